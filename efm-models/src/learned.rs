use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use efm_core::Augmented;
use efm_field::{Field, FieldError, FieldValues};

#[cfg(doc)]
use crate::Head;
use crate::{FieldNet, Geometry, Network};

/// Points sent to the device at once; bounds memory, not accuracy.
const CHUNK: usize = 16_384;

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
pub struct LearnedField {
    network: Network,
    geometry: Geometry,
    device: Device,
}

impl LearnedField {
    /// Takes a network for use; gradients are switched off.
    pub fn new(network: &Network, geometry: Geometry, device: &Device) -> Self {
        Self { network: network.valid(), geometry, device: device.clone() }
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
        let Geometry { gap, source_spread, target_spread, head, .. } = self.geometry;
        let heights = if head.is_everywhere() { [f64::NEG_INFINITY, f64::INFINITY] } else { [0.0, gap] };
        let far = FAR * (gap + source_spread.max(target_spread));
        let reach = FARTHEST * gap.max(source_spread).max(target_spread);
        let device_error = |message: String| FieldError::Device { message };
        for first in (0..at.len()).step_by(CHUNK) {
            let count = CHUNK.min(at.len() - first);
            let mut x = Vec::with_capacity(count * dim);
            let mut z = Vec::with_capacity(count);
            for index in first..first + count {
                if !at.point(index).iter().all(|value| value.is_finite()) {
                    return Err(FieldError::NonFiniteQuery { point: index });
                }
                x.extend(at.x(index).iter().map(|&value| value.clamp(-reach, reach) as f32));
                z.push(at.z(index).clamp(heights[0], heights[1]).clamp(-reach, reach) as f32);
            }
            let x = Tensor::<2>::from_data(TensorData::new(x, [count, dim]), &self.device);
            let z = Tensor::<2>::from_data(TensorData::new(z, [count, 1]), &self.device);
            let values =
                self.network.forward(x, z).try_into_vec_as::<f32>().map_err(|e| device_error(e.to_string()))?;
            for (index, value) in values.chunks_exact(head.outputs(dim)).enumerate() {
                let at = at.point(first + index);
                let direction = out.directions.point_mut(first + index);
                if head.is_everywhere() && at[..dim].iter().any(|x| x.abs() > far) | (at[dim].abs() > far) {
                    dipole(at, gap, direction);
                } else {
                    head.assemble(value, &at[..dim], at[dim], &self.geometry, direction);
                }
                let norm = direction.iter().fold(0.0_f64, |norm, &part| norm.hypot(part));
                if !norm.is_finite() {
                    return Err(device_error("the network's values are not finite".to_owned()));
                }
                if norm > 0.0 {
                    direction.iter_mut().for_each(|part| *part /= norm);
                } else {
                    direction[dim] = 1.0;
                }
            }
        }
        Ok(())
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
