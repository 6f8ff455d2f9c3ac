//! The fields of the two plates, each on its own.

use efm_core::{Augmented, Side};
use rayon::prelude::*;

use super::large::Large;
use super::product::{Product, TILE};
use super::small::MIRRORED;
use super::sums::{length, normalise};
use super::{ExactField, Kernel, SAFE, reference};
use crate::{FieldError, FieldValues, Law};

impl ExactField {
    /// The field of the charges of each plate alone, images included: source first. Their sum is the field; what each
    /// contributes to E_z is its share of the flux there (§2.6 of the physics notes).
    ///
    /// Strengths are those of [`Law::Coulomb`] for the published law too, whose plates know directions only.
    ///
    /// # Errors
    /// As [`crate::Field::evaluate_into`].
    pub fn per_plate(&self, at: &Augmented) -> Result<[FieldValues; 2], FieldError> {
        let dim = self.capacitor.dim();
        FieldError::check_queries(dim, at)?;
        let exact = Large::<f64>::new(&self.capacitor, &self.frame, self.law, &self.images);
        let one = |index: usize| {
            let range = index..index + 1;
            let (places, heights, near) = self.near_places(at, range.clone());
            let (places, heights) = if near[0] { (places, heights) } else { self.place(at, range) };
            if let (Kernel::Small32(kernel, _), true) = (&self.kernel, near[0]) {
                let mut sums = [[[0.0; MIRRORED + 1]; 2]];
                kernel.sums(dim, &places, &heights, &mut sums);
                let vectors = sums[0].map(|sum| [&sum[..dim], &sum[MIRRORED..]].concat());
                if vectors.iter().all(|vector| SAFE.contains(&length(vector))) {
                    return vectors.map(|vector| (0.0, vector));
                }
            }
            let mut vectors = [(f64::NEG_INFINITY, Vec::new()), (f64::NEG_INFINITY, Vec::new())];
            exact.sums(&places, &heights, |_, sums| vectors = sums.map(|sum| (sum.ln_scale, sum.vector)));
            vectors
        };
        let all: Vec<_> = match self.apart() {
            Some(kernels) => {
                let tiles = (0..at.len()).into_par_iter().step_by(TILE);
                tiles.flat_map_iter(|first| self.apart_tile(kernels, at, first, &one)).collect()
            }
            None => (0..at.len()).into_par_iter().map(one).collect(),
        };
        Ok(Side::BOTH.map(|side| {
            let mut values = FieldValues::default();
            values.prepare(dim, at.len(), true);
            for (index, vectors) in all.iter().enumerate() {
                let (ln_scale, vector) = &vectors[side as usize];
                let direction = values.directions.point_mut(index);
                direction.copy_from_slice(vector);
                let norm = normalise(direction);
                let law = if self.law == Law::Published { Law::Coulomb } else { self.law };
                let ln_sum = if norm > 0.0 { ln_scale + norm.ln() } else { f64::NEG_INFINITY };
                values.ln_strengths[index] = reference::ln_strength(law, dim, self.frame.unit, ln_sum);
            }
            values
        }))
    }

    /// Kernels of the plates each on its own, where products sum fastest.
    fn apart(&self) -> Option<&[Product; 2]> {
        match &self.kernel {
            Kernel::Apart(kernels, _) => Some(kernels),
            Kernel::Product(..) => Some(self.apart.get_or_init(|| {
                let one = |side| Product::new(&self.capacitor, &self.frame, self.law, &self.images, &[side]);
                Box::new(Side::BOTH.map(one))
            })),
            _ => None,
        }
    }

    /// The sums at the points from `first` on, those that f32 cannot resolve by `exact`.
    fn apart_tile(
        &self,
        kernels: &[Product; 2],
        at: &Augmented,
        first: usize,
        exact: &impl Fn(usize) -> [Scaled; 2],
    ) -> Vec<[Scaled; 2]> {
        let range = first..at.len().min(first + TILE);
        let (places, heights, near) = self.near_places(at, range.clone());
        let [sources, targets] = kernels.each_ref().map(|kernel| {
            let mut sums = Vec::with_capacity(heights.len());
            kernel.sums(&places, &heights, |_, sum| sums.push(sum.map(|sum| (sum.ln_scale, sum.vector))));
            sums
        });
        let rows = range.zip(near).zip(sources.into_iter().zip(targets));
        rows.map(|((index, near), (source, target))| match (near, source, target) {
            (true, Some(source), Some(target)) => [source, target],
            _ => exact(index),
        })
        .collect()
    }
}

/// A sum of a plate, and the logarithm of what it is in units of.
type Scaled = (f64, Vec<f64>);
