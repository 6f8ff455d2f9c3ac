use std::ops::Range;

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use efm_core::Augmented;
use efm_field::{Field, FieldError, FieldValues};
use rayon::prelude::*;

use crate::device::is_host;
use crate::{Condition, FieldNet, Geometry, Network};

/// Coordinates beyond this many lengths of the capacitor are taken back to it: the squares of a network's features stay
/// far inside the range of f32, and no data are there.
const FARTHEST: f64 = 1e6;

/// A network as a field: from here on it cannot be told from an exact sum.
///
/// Directions come from the network, strengths are unknown. Between the plates every line moves forward; on and behind
/// a plate the direction is that at the plate.
#[derive(Debug)]
pub struct LearnedField {
    network: Network,
    geometry: Geometry,
    device: Device,
    condition: Option<Condition>,
}

impl LearnedField {
    /// Takes a network for use; gradients are switched off.
    pub fn new(network: &Network, geometry: Geometry, device: &Device) -> Self {
        Self { network: network.valid(), geometry, device: device.clone(), condition: None }
    }

    /// The field for the target that `condition` describes; it has one row, for all points.
    #[must_use]
    pub fn under(self, condition: Condition) -> Self {
        Self { condition: Some(condition), ..self }
    }

    /// Values of the network at the points `range` of `at`, D + 1 each.
    fn values(&self, at: &Augmented, range: Range<usize>) -> Result<Vec<f32>, FieldError> {
        let Geometry { dim, gap, source_spread, target_spread, .. } = self.geometry;
        let reach = FARTHEST * gap.max(source_spread).max(target_spread);
        let count = range.len();
        let mut x = Vec::with_capacity(count * dim);
        let mut z = Vec::with_capacity(count);
        for index in range {
            if !at.point(index).iter().all(|value| value.is_finite()) {
                return Err(FieldError::NonFiniteQuery { point: index });
            }
            x.extend(at.x(index).iter().map(|&value| value.clamp(-reach, reach) as f32));
            z.push(at.z(index).clamp(0.0, gap) as f32);
        }
        let x = Tensor::<2>::from_data(TensorData::new(x, [count, dim]), &self.device);
        let z = Tensor::<2>::from_data(TensorData::new(z, [count, 1]), &self.device);
        let condition = self.condition.as_ref().map(|condition| condition.repeated(count));
        let values = self.network.conditional(x, z, condition.as_ref());
        values.try_into_vec_as::<f32>().map_err(|error| FieldError::Device { message: error.to_string() })
    }
}

impl Field for LearnedField {
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
        out.prepare(dim, at.len(), false);
        let host = is_host(&self.device);
        let rows = if host { self.network.rows_per_core() } else { self.network.rows_at_once() };
        let ranges: Vec<_> = (0..at.len()).step_by(rows).map(|first| first..at.len().min(first + rows)).collect();
        // What the cores of the host work on side by side is bounded as well.
        for ranges in ranges.chunks((self.network.rows_at_once() / rows).max(1)) {
            let values: Vec<_> = if host {
                ranges.par_iter().map(|range| self.values(at, range.clone())).collect::<Result<_, _>>()?
            } else {
                ranges.iter().map(|range| self.values(at, range.clone())).collect::<Result<_, _>>()?
            };
            for (range, values) in ranges.iter().zip(values) {
                self.take(at, range.start, &values, out)?;
            }
        }
        Ok(())
    }
}

impl LearnedField {
    /// Unit directions of the network's `values` at the points from `first` on.
    fn take(&self, at: &Augmented, first: usize, values: &[f32], out: &mut FieldValues) -> Result<(), FieldError> {
        let dim = self.geometry.dim;
        for (index, value) in values.chunks_exact(dim + 1).enumerate() {
            let at = at.point(first + index);
            let unit = self.geometry.axial_unit(&at[..dim], at[dim]);
            let axial = unit * f64::from(value[dim]);
            let lateral = value[..dim].iter().map(|&v| f64::from(v).powi(2)).sum::<f64>();
            let norm = lateral.sqrt().hypot(axial);
            if !norm.is_finite() {
                return Err(FieldError::Device { message: "the network's values are not finite".to_owned() });
            }
            let direction = out.directions.point_mut(first + index);
            for (to, &from) in direction.iter_mut().zip(value) {
                *to = f64::from(from) / norm;
            }
            direction[dim] = axial / norm;
        }
        Ok(())
    }
}
