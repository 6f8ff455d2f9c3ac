use std::fmt;

use efm_core::vector::length;

use crate::{Stop, TraceError};

/// Which equation of a field line is solved. All need the direction n = E/|E| only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Form {
    /// dx/dz = n_x/n_z, z from plate to plate. In the gap only.
    ///
    /// On a plate of samples n_z vanishes between the charges. A line that finds it so at the end of its last step goes
    /// straight to the plate if it is within [`crate::Tracer::edge`] of it and the way is no longer, in x, than the
    /// step control neglects. Equal steps longer than the edge turn back there: take [`Form::Graded`], or a margin.
    Z,
    /// s = ln(z/(L−z)), dx/ds = (z(L−z)/L) n_x/n_z. In the gap only; steps shrink towards both plates, where the
    /// field of samples is that of separate atoms. Within [`crate::Tracer::edge`] of a plate the line is straight.
    #[default]
    LogitZ,
    /// As [`Form::Z`], for few steps: equal steps are equal in (z/L)^{1/7} − ((L−z)/L)^{1/7}, so that heights crowd towards both
    /// plates as noise levels do towards the data in Karras et al. 2022 (arXiv 2206.00364, eq. 5, ρ = 7). Each step goes
    /// straight in z, as lines do near a plate, and within [`crate::Tracer::edge`] of one the line is straight.
    Graded,
    /// d(x,z)/dσ = n: unit speed, everywhere. The only form for lines behind the plates.
    Unit,
}

/// Which way the lines are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Heading {
    /// Along the field, to the target plate.
    #[default]
    Forward,
    /// Against the field, to the source plate.
    Reverse,
}

impl Heading {
    /// The other way.
    pub fn reversed(self) -> Self {
        match self {
            Self::Forward => Self::Reverse,
            Self::Reverse => Self::Forward,
        }
    }

    /// +1 or −1.
    pub(crate) fn sign(self) -> f64 {
        match self {
            Self::Forward => 1.0,
            Self::Reverse => -1.0,
        }
    }
}

impl Form {
    /// All forms.
    pub const ALL: [Self; 4] = [Self::Z, Self::LogitZ, Self::Graded, Self::Unit];

    /// The name used in configurations.
    pub fn name(self) -> &'static str {
        match self {
            Self::Z => "z",
            Self::LogitZ => "logit-z",
            Self::Graded => "graded",
            Self::Unit => "unit",
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How strongly the heights of [`Form::Graded`] crowd at the plates; that of EDM.
const RHO: f64 = 7.0;

/// Below this n_z/|n| a line counts as turned back: the slope n_x/n_z would be noise.
const FLAT: f64 = 1e-6;

/// A form with the lengths of one trace filled in: how states, points and slopes belong together.
///
/// The state of a line is x in the gap forms, whose independent variable t tells the height, and (x,z) at unit speed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Course {
    pub form: Form,
    pub dim: usize,
    pub gap: f64,
    /// +1 forward, −1 in reverse: the sign of every step.
    pub sign: f64,
    /// Height at which lines have arrived.
    pub finish: f64,
    /// Lowest and greatest height at which the gap forms ask for slopes.
    inner: [f64; 2],
}

impl Course {
    pub fn new(form: Form, heading: Heading, dim: usize, gap: f64, margin: f64, edge: f64) -> Self {
        let finish = match heading {
            Heading::Forward => gap - margin,
            Heading::Reverse => margin,
        };
        let edge = if matches!(form, Form::LogitZ | Form::Graded) { edge * gap } else { 0.0 };
        Self { form, dim, gap, sign: heading.sign(), finish, inner: [edge, gap - edge] }
    }

    /// Numbers per state.
    pub fn width(&self) -> usize {
        match self.form {
            Form::Z | Form::Graded | Form::LogitZ => self.dim,
            Form::Unit => self.dim + 1,
        }
    }

    /// Whether height and independent variable determine each other.
    pub fn in_gap(&self) -> bool {
        self.form != Form::Unit
    }

    /// Refuses heights at which this form cannot start.
    pub fn check_start(&self, line: usize, z: f64) -> Result<(), TraceError> {
        let (low, high) = if self.sign > 0.0 { (0.0, self.finish) } else { (self.finish, self.gap) };
        if self.in_gap() && !(low <= z && z <= high) {
            return Err(TraceError::StartOutside { line, z, low, high });
        }
        Ok(())
    }

    /// The height nearest to `z` at which slopes are asked for.
    pub fn clamp(&self, z: f64) -> f64 {
        z.clamp(self.inner[0], self.inner[1])
    }

    /// t at height `z`; 0 at unit speed.
    pub fn variable(&self, z: f64) -> f64 {
        match self.form {
            Form::Z | Form::Graded => z,
            Form::LogitZ => (z / (self.gap - z)).ln(),
            Form::Unit => 0.0,
        }
    }

    /// t at the end of the line; infinite at unit speed.
    pub fn last(&self) -> f64 {
        match self.form {
            Form::Z | Form::Graded | Form::LogitZ => self.variable(self.clamp(self.finish)),
            Form::Unit => self.sign * f64::INFINITY,
        }
    }

    /// A typical extent of t: plate to plate.
    pub fn extent(&self) -> f64 {
        match self.form {
            Form::Z | Form::Graded | Form::Unit => self.gap,
            Form::LogitZ => self.variable(self.inner[1]) - self.variable(self.inner[0]),
        }
    }

    /// Whether lines are straight next to the plates.
    pub fn has_edges(&self) -> bool {
        self.inner[0] > 0.0
    }

    /// Whether a line at height `z` that turns back on the plate it ends on is as good as there.
    ///
    /// On a plate of samples the field has no z between its charges, so a form that asks for slopes on the plate itself
    /// finds them turned back, and lines near a charge run straight to it: within `edge`, as in the forms with edges.
    pub fn lies_flat_at(&self, z: f64, edge: f64) -> bool {
        let on_plate = self.finish == 0.0 || self.finish == self.gap;
        self.form == Form::Z && on_plate && (self.finish - z).abs() <= edge * self.gap
    }

    /// t after the share `taken` of equal steps from `from` to the end of the line.
    pub fn after(&self, from: f64, taken: f64) -> f64 {
        let last = self.last();
        if self.form != Form::Graded {
            return from + (last - from) * taken;
        }
        // Rising in z; 50 halvings leave nothing of f64.
        let grade = |z: f64| (z / self.gap).powf(1.0 / RHO) - (1.0 - z / self.gap).powf(1.0 / RHO);
        let wanted = grade(from) + (grade(last) - grade(from)) * taken;
        let (mut low, mut high) = (from.min(last), from.max(last));
        for _ in 0..50 {
            let middle = 0.5 * (low + high);
            if grade(middle) < wanted {
                low = middle;
            } else {
                high = middle;
            }
        }
        0.5 * (low + high)
    }

    /// Height of a line at `t`; `z` is the state's own height, which only unit speed has.
    pub fn height(&self, t: f64, z: impl FnOnce() -> f64) -> f64 {
        match self.form {
            Form::Z | Form::Graded => t,
            Form::LogitZ => self.gap / (1.0 + (-t).exp()),
            Form::Unit => z(),
        }
    }

    /// Writes the point (x,z) of `state` at `t`.
    pub fn place(&self, t: f64, state: &[f64], point: &mut [f64]) {
        point[..self.dim].copy_from_slice(&state[..self.dim]);
        point[self.dim] = self.height(t, || state[self.dim]);
    }

    /// Writes the point of `state` at `t`, whose height is known exactly, as `z`, in the gap forms.
    pub fn put(&self, t: f64, state: &[f64], z: f64, point: &mut [f64]) {
        self.place(t, state, point);
        if self.in_gap() {
            point[self.dim] = z;
        }
    }

    /// Whether a line that goes from `from` to `to` passes `height`, which may be its new end but not its old one.
    pub fn passes(&self, from: f64, height: f64, to: f64) -> bool {
        (height - from) * self.sign > 0.0 && (to - height) * self.sign >= 0.0
    }

    /// dz/dt in the gap forms, which does not depend on the field.
    pub fn climb(&self, t: f64) -> f64 {
        match self.form {
            Form::LogitZ => self.gap / ((1.0 + (-t).exp()) * (1.0 + t.exp())), // z(L−z)/L
            Form::Z | Form::Graded | Form::Unit => 1.0,
        }
    }

    /// Writes the slope of the state at `t` for the field direction `n`.
    pub fn slope(&self, t: f64, n: &[f64], slope: &mut [f64]) -> Result<(), Stop> {
        if !n.iter().all(|value| value.is_finite()) {
            return Err(Stop::NotFinite);
        }
        if self.form == Form::Unit {
            slope.copy_from_slice(n);
            return Ok(());
        }
        let n_z = n[self.dim];
        let length = length(n);
        if n_z <= FLAT * length {
            return Err(Stop::TurnedBack);
        }
        let scale = self.climb(t) / n_z;
        for (to, from) in slope.iter_mut().zip(&n[..self.dim]) {
            *to = scale * from;
        }
        Ok(())
    }

    /// Length of the line per unit of t, for a slope at `t`.
    pub fn speed(&self, t: f64, slope: &[f64]) -> f64 {
        let x = slope.iter().map(|value| value * value).sum::<f64>();
        match self.form {
            Form::Unit => x.sqrt(),
            Form::Z | Form::Graded | Form::LogitZ => (x + self.climb(t).powi(2)).sqrt(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Form, Solver, Stop};

    /// A new case does not compile here before it has a place, and its place must be in the list.
    #[test]
    fn the_lists_are_complete() {
        let form = |form| match form {
            Form::Z => 0,
            Form::LogitZ => 1,
            Form::Graded => 2,
            Form::Unit => 3,
        };
        assert_eq!(Form::ALL.map(form), std::array::from_fn(|place| place));
        let solver = |solver| match solver {
            Solver::Euler => 0,
            Solver::Heun => 1,
            Solver::Bosh3 => 2,
            Solver::Rk4 => 3,
            Solver::Dopri5 => 4,
            Solver::Own(_) => usize::MAX,
        };
        assert_eq!(Solver::ALL.map(solver), std::array::from_fn(|place| place));
        let stop = |stop| match stop {
            Stop::Landed => 0,
            Stop::Captured => 1,
            Stop::Rejected => 2,
            Stop::Escaped => 3,
            Stop::TooManyEvaluations => 4,
            Stop::StepTooSmall => 5,
            Stop::TurnedBack => 6,
            Stop::NotFinite => 7,
            Stop::Cancelled => 8,
            Stop::Own(_) => usize::MAX,
        };
        assert_eq!(Stop::ALL.map(stop), std::array::from_fn(|place| place));
    }
}
