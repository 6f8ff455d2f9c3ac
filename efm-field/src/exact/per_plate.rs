//! The fields of the two plates, each on its own.

use efm_core::{Augmented, Side};
use rayon::prelude::*;

use super::{ExactField, reference};
use crate::kernels::{Kernel, PlateSum};
use crate::vector::normalise;
use crate::{FieldError, FieldValues, Law};

/// The sum of a plate and the logarithm of what it is in units of.
type Scaled = (f64, Vec<f64>);

fn keep(plates: [PlateSum; 2]) -> [Scaled; 2] {
    plates.map(|plate| (plate.ln_scale, plate.vector.to_vec()))
}

impl ExactField {
    /// The field of the charges of each plate alone, images included: source first. Their sum is the field; what each
    /// contributes to E_z is its share of the flux there (§2.6 of the physics notes).
    ///
    /// Strengths are those of [`Law::Coulomb`] for the published law too, whose plates know directions only.
    ///
    /// # Errors
    /// As [`crate::Field::evaluate_into`].
    pub fn per_plate(&self, at: &Augmented) -> Result<[FieldValues; 2], FieldError> {
        let (dim, layout) = (self.layout.capacitor.dim(), &self.layout);
        FieldError::check_queries(dim, at)?;
        let fast = self.route.apart.get(layout);
        let exact = layout.pairwise();
        let indices: Vec<usize> = (0..at.len()).collect();
        let tiles = indices.par_chunks(fast.map_or(1, Kernel::tile));
        let sums = tiles.flat_map_iter(|indices| {
            let mut found: Vec<[Scaled; 2]> = vec![Default::default(); indices.len()];
            let left = self.escalate(at, indices, fast.into_iter(), |row, plates| {
                found[row] = keep(plates);
            });
            // The exact kernel takes queries that are far away as well.
            for row in left {
                exact.sums(&self.queries(at, &indices[row..=row]), &mut |_, plates| {
                    found[row] = plates.map(keep).unwrap_or_default();
                });
            }
            found
        });
        let sums: Vec<[Scaled; 2]> = sums.collect();
        Ok(Side::BOTH.map(|side| {
            let mut values = FieldValues::default();
            values.prepare(dim, at.len(), true);
            for (index, plates) in sums.iter().enumerate() {
                let (ln_scale, vector) = &plates[side as usize];
                let direction = values.directions.point_mut(index);
                direction.copy_from_slice(vector);
                let norm = normalise(direction);
                let law = if layout.law == Law::Published { Law::Coulomb } else { layout.law };
                let ln_sum = if norm > 0.0 { ln_scale + norm.ln() } else { f64::NEG_INFINITY };
                values.ln_strengths[index] = reference::ln_strength(law, dim, layout.coordinates.unit, ln_sum);
            }
            values
        }))
    }
}
