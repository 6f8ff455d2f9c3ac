use crate::{Method, TraceError};

/// How long a step is.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum StepControl {
    /// Equal steps of the form's independent variable from the start to the end of each line; at unit speed, steps of
    /// length L/steps for as long as it takes.
    Fixed {
        /// Number of steps.
        steps: usize,
    },
    /// Steps as long as the error allows, for every line on its own.
    ///
    /// The error of a step is measured against atol + rtol·|coordinate|, root mean square over the coordinates.
    Adaptive {
        /// Relative tolerance.
        rtol: f64,
        /// Absolute tolerance, in data units.
        atol: f64,
        /// First step, in the form's independent variable; chosen by the curvature at the start if absent.
        #[serde(default)]
        first: Option<f64>,
        /// Longest step, in the form's independent variable; unlimited if absent.
        #[serde(default)]
        max: Option<f64>,
    },
}

impl Default for StepControl {
    fn default() -> Self {
        Self::tolerances(1e-4, 1e-5)
    }
}

impl StepControl {
    /// Adaptive steps with these tolerances and nothing else said.
    pub fn tolerances(rtol: f64, atol: f64) -> Self {
        Self::Adaptive { rtol, atol, first: None, max: None }
    }

    /// The same with adaptive steps no longer than `longest`, in the form's independent variable. Equal steps stay.
    #[must_use]
    pub fn at_most(self, longest: f64) -> Self {
        match self {
            Self::Fixed { .. } => self,
            Self::Adaptive { rtol, atol, first, max } => {
                Self::Adaptive { rtol, atol, first, max: Some(max.unwrap_or(longest).min(longest)) }
            }
        }
    }

    pub(crate) fn check(&self, method: Method) -> Result<(), TraceError> {
        let bad = |setting, value, wanted| Err(TraceError::BadSetting { setting, value, wanted });
        match *self {
            Self::Fixed { steps: 0 } => bad("steps", 0.0, "at least 1"),
            Self::Fixed { .. } => Ok(()),
            Self::Adaptive { rtol, atol, first, max } => {
                if method.tableau().error.is_empty() {
                    return Err(TraceError::NoErrorEstimate { method });
                }
                if !(rtol.is_finite() && rtol >= 0.0) {
                    return bad("rtol", rtol, "finite and not negative");
                }
                if !(atol.is_finite() && atol > 0.0) {
                    return bad("atol", atol, "finite and positive");
                }
                for (setting, value) in [("first step", first), ("max step", max)] {
                    if let Some(value) = value.filter(|value| !(value.is_finite() && *value > 0.0)) {
                        return bad(setting, value, "finite and positive");
                    }
                }
                Ok(())
            }
        }
    }
}

/// The rule for adaptive steps. It keeps no state: what it must remember is kept with each line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Controller {
    pub rtol: f64,
    pub atol: f64,
    /// The error of a step of length h is O(h^order).
    pub order: f64,
}

impl Controller {
    /// Size of `errors` relative to the tolerances, root mean square over the coordinates; a step is good up to 1.
    pub fn norm(&self, before: &[f64], after: &[f64], errors: impl Iterator<Item = f64>) -> f64 {
        let sum: f64 = errors
            .zip(before.iter().zip(after))
            .map(|(error, (before, after))| {
                let scale = self.atol + self.rtol * before.abs().max(after.abs());
                (error / scale).powi(2)
            })
            .sum();
        (sum / before.len() as f64).sqrt()
    }

    /// Factor from a good step of error `error` to the next one; `before` is the error of the good step before it.
    ///
    /// Proportional-integral control (K. Gustafsson, ACM TOMS 17 (1991) 533-554) with the constants of Hairer,
    /// Nørsett, Wanner, Solving ODEs II, sec. IV.2: 0.9 · err^(−0.85/k) · err_before^(0.2/k).
    pub fn grow(&self, error: f64, before: f64) -> f64 {
        let factor = 0.9 * error.powf(-0.85 / self.order) * before.powf(0.2 / self.order);
        factor.clamp(0.2, 10.0)
    }

    /// Factor from a step that was rejected for `error` (NaN and ∞ included) to its repetition.
    pub fn shrink(&self, error: f64) -> f64 {
        let factor = 0.9 * error.powf(-1.0 / self.order);
        if factor.is_finite() { factor.clamp(0.2, 0.9) } else { 0.2 }
    }

    /// First guess of a step: one on which the state changes by a hundredth of its size (Hairer, Nørsett, Wanner,
    /// Solving ODEs I, sec. II.4, starting step size, a and b). `extent` bounds it where the slope is next to nothing.
    pub fn guess(&self, state: &[f64], slope: &[f64], extent: f64) -> f64 {
        let size = self.norm(state, state, state.iter().copied());
        let speed = self.norm(state, state, slope.iter().copied());
        let guess = 0.01 * size.max(1.0) / speed;
        if guess.is_finite() { guess.clamp(1e-4 * extent, 0.1 * extent) } else { 1e-3 * extent }
    }

    /// Better guess from the slope after a step of length `guess` (ibid., d to f).
    pub fn refine(&self, guess: f64, state: &[f64], slope: &[f64], probe: &[f64], extent: f64) -> f64 {
        let speed = self.norm(state, state, slope.iter().copied());
        let bend = self.norm(state, state, probe.iter().zip(slope).map(|(probe, slope)| probe - slope)) / guess;
        let step = (0.01 / speed.max(bend)).powf(1.0 / self.order);
        if step.is_nan() { guess } else { step.min(100.0 * guess).min(extent) }
    }
}
