//! The equation of a line: a form with the lengths of one trace filled in.

use efm_core::vector::length;

use crate::{Form, Heading, Stop, TraceError};

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
