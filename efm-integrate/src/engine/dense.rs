use crate::Tableau;
use crate::equation::Course;

/// One step of one line, from y₀ at t to y₁ at t + h, and everything in between.
///
/// Cubic Hermite interpolation between the ends and their slopes, plus θ²(1−θ)² h Σ d_i k_i where the tableau has d
/// (Hairer, Nørsett, Wanner, Solving ODEs I, eqs. (II.6.7) and (II.6.15)).
#[derive(Clone, Copy)]
pub(super) struct Dense<'a> {
    pub course: &'a Course,
    pub tableau: &'a Tableau,
    pub t: f64,
    pub h: f64,
    pub before: &'a [f64],
    pub after: &'a [f64],
    /// All slopes of the batch, one buffer per stage; the last one holds the slopes at the ends of the steps.
    pub slopes: &'a [Vec<f64>],
    /// Where this line's values start in every buffer of slopes.
    pub offset: usize,
}

impl Dense<'_> {
    /// Coordinate `j` of the state at the fraction `theta` of the step.
    fn coordinate(&self, j: usize, theta: f64) -> f64 {
        let slope = |stage: usize| self.slopes[stage][self.offset + j];
        let change = self.after[j] - self.before[j];
        let first = self.h * slope(0) - change;
        let last = change - self.h * slope(self.slopes.len() - 1);
        let lift: f64 = self.tableau.dense.iter().enumerate().map(|(stage, d)| d * slope(stage)).sum();
        let rest = 1.0 - theta;
        self.before[j] + theta * (change + rest * (first + theta * (last - first + rest * self.h * lift)))
    }

    /// Height at the fraction `theta` of the step.
    pub fn height(&self, theta: f64) -> f64 {
        self.course.height(self.t + theta * self.h, || self.coordinate(self.course.dim, theta))
    }

    /// Writes the point (x,z) at the fraction `theta` of the step.
    pub fn point(&self, theta: f64, point: &mut [f64]) {
        for (j, value) in point[..self.course.dim].iter_mut().enumerate() {
            *value = self.coordinate(j, theta);
        }
        point[self.course.dim] = self.height(theta);
    }

    /// The fraction of the step at which a gap form is at height `z`.
    pub fn fraction(&self, z: f64) -> f64 {
        ((self.course.variable(z) - self.t) / self.h).clamp(0.0, 1.0)
    }
}
