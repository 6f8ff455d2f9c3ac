//! Rules that judge steps by their error.

use std::fmt;

use crate::TraceError;

/// A rule for the length of steps: it sees the error of a step that was tried, and says whether the step is good and how
/// long the next one shall be.
///
/// It keeps no state. Every line has steps of its own, and what the rule must remember of a line is one number that is
/// kept with the line, see [`Verdict`]. So a line's steps do not depend on the lines traced with it.
///
/// All lengths are positive and in the independent variable of the [`crate::Form`]. Steps that lead a line out of what the
/// form can describe are repeated shorter without asking the rule, and a line whose steps fall below 1e-12 of the
/// way from plate to plate ends as [`crate::Stop::StepTooSmall`].
///
/// A rule that halves and doubles:
///
/// ```
/// use efm_integrate::{ProportionalIntegral, StepControl, StepController, Tracer, Tried, Verdict};
///
/// #[derive(Debug)]
/// struct Halving(ProportionalIntegral);
///
/// impl StepController for Halving {
///     fn size(&self, before: &[f64], after: &[f64], change: &[f64]) -> f64 {
///         self.0.size(before, after, change) // against tolerances, as by default
///     }
///     fn judge(&self, tried: &Tried<'_>) -> Verdict {
///         match tried.error {
///             error if error < 0.01 => Verdict::Accept { next: 2.0 * tried.length, memory: error },
///             error if error <= 1.0 => Verdict::Accept { next: tried.length, memory: error },
///             _ => Verdict::Reject { next: 0.5 * tried.length },
///         }
///     }
/// }
///
/// let step = StepControl::own(Halving(ProportionalIntegral::new(1e-6, 1e-6)));
/// let tracer = Tracer { step, ..Tracer::default() };
/// # let field = efm_integrate::problems::Contraction { dim: 1, gap: 2.0, rate: 1.0 };
/// # let mut starts = efm_core::Augmented::new(1);
/// # starts.push(&[3.0], 0.0);
/// let lines = tracer.trace(&field, &starts)?;
/// # assert!((lines.ends.x(0)[0] - 3.0 * (-2.0_f64).exp()).abs() < 1e-2);
/// # Ok::<(), efm_integrate::TraceError>(())
/// ```
pub trait StepController: fmt::Debug + Send + Sync {
    /// Size of `change`, a change of the coordinates of the state on the way from `before` to `after`, relative to what
    /// may be neglected. By this the error of a step is measured and the first step is guessed.
    fn size(&self, before: &[f64], after: &[f64], change: &[f64]) -> f64;

    /// What becomes of a step that was tried.
    fn judge(&self, tried: &Tried<'_>) -> Verdict;

    /// Length of the first step; chosen by the curvature at the start if `None`.
    fn first(&self) -> Option<f64> {
        None
    }

    /// The longest step; unlimited if `None`.
    fn longest(&self) -> Option<f64> {
        None
    }

    /// Whether the rule looks at [`Tried::error`]. If so, a tableau without an error estimate is refused.
    fn needs_error(&self) -> bool {
        true
    }

    /// Refuses settings of the rule that are out of range.
    ///
    /// # Errors
    /// Usually [`TraceError::BadSetting`].
    fn check(&self) -> Result<(), TraceError> {
        Ok(())
    }
}

/// A step that was tried.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Tried<'a> {
    /// State at its start: x in the gap forms, (x, z) at unit speed.
    pub before: &'a [f64],
    /// State at its end.
    pub after: &'a [f64],
    /// Estimated error of each coordinate; empty if the tableau estimates none.
    pub errors: &'a [f64],
    /// [`StepController::size`] of these errors; NaN if the tableau estimates none.
    pub error: f64,
    /// Length of the step.
    pub length: f64,
    /// Order k of the tableau: the error of a step of length h is O(h^k).
    pub order: u32,
    /// What was remembered at the last good step of the line; 1 before there is one.
    pub memory: f64,
    /// Whether the try before this one was rejected.
    pub again: bool,
}

/// What becomes of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Verdict {
    /// It is taken.
    Accept {
        /// Length of the next one.
        next: f64,
        /// What to remember of it, see [`Tried::memory`].
        memory: f64,
    },
    /// It is tried again.
    Reject {
        /// Length of the repetition.
        next: f64,
    },
}

/// Steps by the error against atol + rtol·|coordinate|, root mean square over the coordinates.
///
/// Proportional-integral control (K. Gustafsson, ACM TOMS 17 (1991) 533-554) with the constants of Hairer, Nørsett,
/// Wanner, Solving ODEs II, sec. IV.2: the next step is longer by 0.9 · err^(−0.85/k) · err_before^(0.2/k).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ProportionalIntegral {
    /// Relative tolerance.
    pub rtol: f64,
    /// Absolute tolerance, in data units.
    pub atol: f64,
    /// First step; chosen by the curvature at the start if absent.
    pub first: Option<f64>,
    /// Longest step; unlimited if absent.
    pub max: Option<f64>,
}

impl ProportionalIntegral {
    /// With these tolerances and nothing else said.
    pub fn new(rtol: f64, atol: f64) -> Self {
        Self { rtol, atol, first: None, max: None }
    }
}

impl StepController for ProportionalIntegral {
    fn size(&self, before: &[f64], after: &[f64], change: &[f64]) -> f64 {
        let sum: f64 = change
            .iter()
            .zip(before.iter().zip(after))
            .map(|(change, (before, after))| {
                let scale = self.atol + self.rtol * before.abs().max(after.abs());
                (change / scale).powi(2)
            })
            .sum();
        (sum / before.len() as f64).sqrt()
    }

    fn judge(&self, tried: &Tried<'_>) -> Verdict {
        let (error, order) = (tried.error, f64::from(tried.order));
        if error <= 1.0 {
            let error = error.max(1e-10);
            let factor = (0.9 * error.powf(-0.85 / order) * tried.memory.powf(0.2 / order)).clamp(0.2, 10.0);
            let factor = if tried.again { factor.min(1.0) } else { factor };
            return Verdict::Accept { next: tried.length * factor, memory: error.max(1e-4) };
        }
        let factor = 0.9 * error.powf(-1.0 / order);
        let factor = if factor.is_finite() { factor.clamp(0.2, 0.9) } else { 0.2 };
        Verdict::Reject { next: tried.length * factor }
    }

    fn first(&self) -> Option<f64> {
        self.first
    }

    fn longest(&self) -> Option<f64> {
        self.max
    }

    fn check(&self) -> Result<(), TraceError> {
        let bad = |setting, value, wanted| Err(TraceError::BadSetting { setting, value, wanted });
        if !(self.rtol.is_finite() && self.rtol >= 0.0) {
            return bad("rtol", self.rtol, "finite and not negative");
        }
        if !(self.atol.is_finite() && self.atol > 0.0) {
            return bad("atol", self.atol, "finite and positive");
        }
        Ok(())
    }
}

/// First guess of a step: one on which the state changes by a hundredth of its size (Hairer, Nørsett, Wanner, Solving
/// ODEs I, sec. II.4, starting step size, a and b). `extent` bounds it where the slope is next to nothing.
pub(crate) fn guess(controller: &dyn StepController, state: &[f64], slope: &[f64], extent: f64) -> f64 {
    let size = controller.size(state, state, state);
    let speed = controller.size(state, state, slope);
    let guess = 0.01 * size.max(1.0) / speed;
    if guess.is_finite() { guess.clamp(1e-4 * extent, 0.1 * extent) } else { 1e-3 * extent }
}

/// Better guess from `turn`, by which the slope changes on a step of length `guess` (ibid., d to f).
pub(crate) fn refine(
    controller: &dyn StepController,
    (guess, order): (f64, u32),
    state: &[f64],
    slope: &[f64],
    turn: &[f64],
    extent: f64,
) -> f64 {
    let speed = controller.size(state, state, slope);
    let bend = controller.size(state, state, turn) / guess;
    let step = (0.01 / speed.max(bend)).powf(1.0 / f64::from(order));
    if step.is_nan() { guess } else { step.min(100.0 * guess).min(extent) }
}
