//! Values of the field on the grid of a plane.

use efm_core::Augmented;
use efm_field::{Field, Law, coulomb_potential, potential};
use efm_report::picture::Plane;

use super::{Show, Source};
use crate::Error;

impl Source<'_> {
    pub(super) fn has(&self, what: Show) -> bool {
        self.options.show.contains(&what)
    }

    /// The values asked for on a grid; `place` says where a point of the plane is, `part` which components of a direction and
    /// of its turned x are in it.
    pub(super) fn plane(
        &self,
        [from, to]: [[f64; 2]; 2],
        place: impl Fn([f64; 2]) -> (Vec<f64>, f64),
        part: impl Fn(&[f64], [f64; 2]) -> [f64; 2],
    ) -> Result<Plane, Error> {
        let size = self.options.size;
        let mut at = Augmented::new(self.exact.dim());
        for row in 0..size {
            for column in 0..size {
                let share = |k: usize, axis: usize| from[axis] + (to[axis] - from[axis]) * k as f64 / (size - 1) as f64;
                let (x, z) = place([share(column, 0), share(row, 1)]);
                at.push(&x, z);
            }
        }
        let mut plane = Plane { from, to, size: [size, size], ..Plane::default() };
        if self.has(Show::Strength) {
            plane.ln_strengths = self.summed.evaluate(&at)?.ln_strengths;
            if plane.ln_strengths.len() < at.len() || plane.ln_strengths.iter().any(|value| value.is_nan()) {
                return Err(no_strength());
            }
        }
        if self.has(Show::Potential) {
            let (x, z) = (self.view.lift([self.middle(0), self.middle(1)]), 0.5 * self.exact.gap());
            let origin: Vec<f64> = x.into_iter().chain([z]).collect();
            plane.potentials = match self.exact.law() {
                Law::Coulomb => coulomb_potential(self.exact.capacitor(), &at, &origin)?,
                _ => potential(self.exact, &at, &origin)?.ok_or_else(no_strength)?,
            };
        }
        if self.has(Show::Direction) {
            let values = self.direction.evaluate(&at)?.directions;
            let one = |direction: &[f64]| part(direction, self.view.turn(&direction[..direction.len() - 1]));
            plane.directions = values.iter().map(one).collect();
        }
        Ok(plane)
    }
}

fn no_strength() -> Error {
    Error::argument(
        "show",
        "",
        "the published field has directions only: no strength, no potential",
        "show directions and lines, or take another law, e.g. plates.law = \"mirror\"",
    )
}
