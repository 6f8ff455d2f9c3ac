use std::ops::Range;

use burn::tensor::{Device, Tensor, TensorData};
use efm_backend::device::is_host;
use efm_core::Augmented;
use efm_field::{Field, FieldError, FieldValues};
use rayon::prelude::*;

#[cfg(doc)]
use crate::Head;
use crate::{Condition, FieldNet, Geometry, ModelError, Network, TrainableNet};

/// Coordinates beyond this many lengths of the capacitor are taken back to it: the squares of a network's features stay
/// far inside the range of f32, and no data are there.
const FARTHEST: f64 = 1e6;

/// A network as a field: from here on it cannot be told from an exact sum.
///
/// Directions come from the network, strengths are unknown. With [`Head::Forward`] every line between the plates moves
/// forward, and on and behind a plate the direction is that at the plate. With the other heads the field behind the plates
/// is learned as well; far from both plates, where no network can be trained, it is that of two charges +1 and −1 in
/// their middles, which every capacitor has there.
#[derive(Debug)]
pub struct LearnedField<N = Network> {
    network: N,
    geometry: Geometry,
    device: Device,
    condition: Option<Condition>,
    /// Origin of the lines under the condition, where that is not the one without: see [`FieldNet::middle`].
    middle: Option<Vec<f32>>,
    guidance: f64,
}

impl<N: TrainableNet> LearnedField<N> {
    /// Takes a network for use; gradients are switched off. The field's values are an error where the network is not one for
    /// points of this geometry.
    pub fn new(network: &N, geometry: Geometry, device: &Device) -> Self {
        Self {
            network: network.valid(),
            geometry,
            device: device.clone(),
            condition: None,
            middle: None,
            guidance: 1.0,
        }
    }
}

impl<N: FieldNet> LearnedField<N> {
    /// The field for the target that `condition` describes; it has one row, for all points. Where the network knows the middles of
    /// classes the lines of this field have theirs for their origin.
    ///
    /// # Errors
    /// [`ModelError::Shape`] for a condition of other than one row, or with other numbers than the network takes,
    /// [`ModelError::NoClass`], and as [`FieldNet::middle`].
    pub fn under(self, condition: Condition) -> Result<Self, ModelError> {
        let known = self.network.conditions();
        condition.check(1, known)?;
        condition.check_classes(known)?;
        Ok(Self { middle: self.network.middle(&condition)?, condition: Some(condition), ..self })
    }

    /// Where the lines under the condition have their origin, in the scaled units of the whole target; none where that is its own.
    pub fn middle(&self) -> Option<&[f32]> {
        self.middle.as_deref()
    }

    /// Goes `weight` times as far from the field of all targets as the condition does: guidance without a classifier
    /// (Ho & Salimans 2022, arXiv 2207.12598). 1 is the field under the condition, 0 the one without. Between the plates
    /// slopes E_x/E_z are taken apart, for they are what lines follow; of heads that know more, unit directions. Where classes have
    /// origins of their own, in the half of the target only: above the source both fields differ by where their charges are.
    /// Costs a second evaluation of the network.
    #[must_use]
    pub fn guided(self, weight: f64) -> Self {
        Self { guidance: weight, ..self }
    }

    /// Values of the network at the points `range` of `at`, as many for each as its head has.
    fn values(
        &self,
        at: &Augmented,
        range: Range<usize>,
        condition: Option<&Condition>,
        moved: Option<&[f32]>,
    ) -> Result<Vec<f32>, FieldError> {
        let Geometry { dim, gap, source_spread, target_spread, head, .. } = self.geometry;
        let reach = FARTHEST * gap.max(source_spread).max(target_spread);
        let count = range.len();
        let mut x = Vec::with_capacity(count * dim);
        let mut z = Vec::with_capacity(count);
        for index in range {
            if !at.point(index).iter().all(|value| value.is_finite()) {
                return Err(FieldError::NonFiniteQuery { point: index });
            }
            let first = x.len();
            x.extend(at.x(index).iter().map(|&value| value.clamp(-reach, reach) as f32));
            if let Some(moved) = moved {
                x[first..].iter_mut().zip(moved).for_each(|(x, moved)| *x += moved);
            }
            let z_inside =
                if head.is_everywhere() { at.z(index).clamp(-reach, reach) } else { at.z(index).clamp(0.0, gap) };
            z.push(z_inside as f32);
        }
        let x = Tensor::<2>::from_data(TensorData::new(x, [count, dim]), &self.device);
        let z = Tensor::<2>::from_data(TensorData::new(z, [count, 1]), &self.device);
        let condition = condition.map(|condition| condition.repeated(count));
        let values = self.network.conditional(x, z, condition.as_ref());
        let (given, expected) = (values.dims(), [count, head.outputs(dim)]);
        if given != expected {
            return Err(FieldError::own(ModelError::Values { head, given, expected }));
        }
        values.try_into_vec_as::<f32>().map_err(|error| FieldError::Device { message: error.to_string() })
    }
}

impl<N: FieldNet + Send> Field for LearnedField<N> {
    fn dim(&self) -> usize {
        self.geometry.dim
    }

    fn gap(&self) -> f64 {
        self.geometry.gap
    }

    fn evaluate_into(&self, at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError> {
        let dim = self.geometry.dim;
        if at.dim() != dim {
            return Err(FieldError::DimensionMismatch { query_dim: at.dim(), field_dim: dim });
        }
        if let Some(of_network) = self.network.dim().filter(|&of_network| of_network != dim) {
            return Err(FieldError::DimensionMismatch { query_dim: dim, field_dim: of_network });
        }
        out.prepare(dim, at.len(), false);
        let host = is_host(&self.device);
        let rows = if host { self.network.rows_per_core() } else { self.network.rows_at_once() }.max(1);
        let ranges: Vec<_> = (0..at.len()).step_by(rows).map(|first| first..at.len().min(first + rows)).collect();
        // What the cores of the host work on side by side is bounded as well.
        for ranges in ranges.chunks((self.network.rows_at_once() / rows).max(1)) {
            let values = |range: &Range<usize>| -> Result<(Vec<f32>, Option<Vec<f32>>), FieldError> {
                let plain = self
                    .is_guided()
                    .then(|| self.values(at, range.clone(), None, self.middle.as_deref()))
                    .transpose()?;
                Ok((self.values(at, range.clone(), self.condition.as_ref(), None)?, plain))
            };
            let values: Vec<_> = if host {
                ranges.par_iter().map(values).collect::<Result<_, _>>()?
            } else {
                ranges.iter().map(values).collect::<Result<_, _>>()?
            };
            for (range, (values, plain)) in ranges.iter().zip(values) {
                self.take(at, range.start, &values, plain.as_deref(), out)?;
            }
        }
        Ok(())
    }
}

impl<N> LearnedField<N> {
    fn is_guided(&self) -> bool {
        self.condition.is_some() && self.guidance != 1.0
    }

    /// Unit directions of the field that the network's `values` make at the points from `first` on, taken further away from
    /// those of its values without condition, `plain`, where these are given.
    fn take(
        &self,
        at: &Augmented,
        first: usize,
        values: &[f32],
        plain: Option<&[f32]>,
        out: &mut FieldValues,
    ) -> Result<(), FieldError> {
        let mut from = vec![0.0; self.geometry.dim + 1];
        let Geometry { dim, gap, head, .. } = self.geometry;
        let far = FAR * (gap + self.geometry.source_spread.max(self.geometry.target_spread));
        for (index, value) in values.chunks_exact(head.outputs(dim)).enumerate() {
            let at = at.point(first + index);
            let direction = out.directions.point_mut(first + index);
            if head.is_everywhere() && at.iter().any(|value| value.abs() > far) {
                dipole(at, gap, direction);
            } else {
                let z = if head.is_everywhere() { at[dim] } else { at[dim].clamp(0.0, gap) };
                head.assemble(value, &at[..dim], z, &self.geometry, direction);
                if let Some(plain) = plain.filter(|_| self.middle.is_none() || z > 0.5 * gap) {
                    let width = head.outputs(dim);
                    let plain = &plain[index * width..(index + 1) * width];
                    head.assemble(plain, &at[..dim], z, &self.geometry, &mut from);
                    self.guide(&from, direction);
                }
            }
            let norm = direction.iter().map(|part| part * part).sum::<f64>().sqrt();
            if !norm.is_finite() {
                return Err(FieldError::Device { message: "the network's values are not finite".to_owned() });
            }
            if norm > 0.0 {
                direction.iter_mut().for_each(|part| *part /= norm);
            } else {
                direction[dim] = 1.0;
            }
        }
        Ok(())
    }
}

impl<N> LearnedField<N> {
    /// Replaces the field `to` under the condition by from + w (to − from), both in units that can be subtracted.
    fn guide(&self, from: &[f64], to: &mut [f64]) {
        let unit = |field: &[f64]| match self.geometry.head.is_everywhere() {
            true => field.iter().map(|part| part * part).sum::<f64>().sqrt(),
            false => field[self.geometry.dim],
        };
        let (unit_from, unit_to) = (unit(from).max(f64::MIN_POSITIVE), unit(to).max(f64::MIN_POSITIVE));
        for (to, from) in to.iter_mut().zip(from) {
            let from = from / unit_from;
            *to = from + self.guidance * (*to / unit_to - from);
        }
    }
}

/// Far away is this many sizes of the capacitor: there its field is that of two charges but for a few per cent.
const FAR: f64 = 20.0;

/// The field of a charge +1 at the origin and of −1 at the height `gap` above it, up to a factor.
fn dipole(at: &[f64], gap: f64, field: &mut [f64]) {
    let dim = at.len() - 1;
    let lateral: f64 = at[..dim].iter().map(|x| x * x).sum();
    let heights = [at[dim], at[dim] - gap];
    let ln = heights.map(|height| -0.5 * (dim as f64 + 1.0) * (lateral + height * height).ln());
    let weights = [1.0, (ln[1] - ln[0]).exp()];
    field.iter_mut().zip(at).for_each(|(to, x)| *to = x * (weights[0] - weights[1]));
    field[dim] = heights[0] * weights[0] - heights[1] * weights[1];
}
