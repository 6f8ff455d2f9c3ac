use burn::tensor::{Tensor, TensorData};
use efm_core::Augmented;
use efm_field::{Field, FieldError, FieldValues};

use super::DeviceField;
use super::shape::{HORIZON, MEASURES, Mirror};

/// Where the plates cancel to less than this share of their fields, f32 leaves the point to the host.
const CANCELS: f64 = 0.03;
/// Squared distances below this have lost digits.
const LEAST: f64 = 1e-30;

impl Field for DeviceField {
    fn dim(&self) -> usize {
        self.host.dim()
    }

    fn gap(&self) -> f64 {
        self.host.gap()
    }

    fn evaluate_into(&self, at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError> {
        let dim = self.dim();
        if at.dim() != dim {
            return Err(FieldError::DimensionMismatch { query_dim: at.dim(), field_dim: dim });
        }
        if let Some(bad) = at.as_slice().iter().position(|value| !value.is_finite()) {
            return Err(FieldError::NonFiniteQuery { point: bad / (dim + 1) });
        }
        out.prepare(dim, at.len(), true);
        if at.is_empty() {
            return Ok(());
        }
        let (places, heights, near) = self.place(at);
        let places = Tensor::from_data(TensorData::new(places, [at.len(), dim]), &self.device);
        let heights = Tensor::from_data(TensorData::new(heights, [at.len(), 4]), &self.device);
        let values = self.sums(places, heights).try_into_vec_as::<f32>();
        let values = values.map_err(|error| FieldError::Device { message: error.to_string() })?;
        let mut left = Vec::new();
        for (index, row) in values.chunks_exact(dim + 1 + MEASURES).enumerate() {
            let (direction, measures) = row.split_at(dim + 1);
            let [both, source, target, top2] = [0, 1, 2, 3].map(|index| f64::from(measures[index]));
            if !near[index] || !(both > CANCELS * (source + target) && (LEAST..f64::from(HORIZON)).contains(&top2)) {
                left.push(index);
                continue;
            }
            let slot = out.directions.point_mut(index);
            let norm = direction.iter().map(|&part| f64::from(part).powi(2)).sum::<f64>().sqrt();
            slot.iter_mut().zip(direction).for_each(|(slot, &part)| *slot = f64::from(part) / norm);
            out.ln_strengths[index] = (both * norm).ln() - 0.5 * dim as f64 * top2.ln() + self.ln_unit();
        }
        if !left.is_empty() {
            let mut points = Augmented::new(dim);
            left.iter().for_each(|&index| points.push_point(at.point(index)));
            let values = self.host.evaluate(&points)?;
            for (row, &index) in left.iter().enumerate() {
                out.directions.point_mut(index).copy_from_slice(values.directions.point(row));
                out.ln_strengths[index] = values.ln_strengths[row];
            }
        }
        Ok(())
    }
}

impl DeviceField {
    /// Places and heights in this field's units, and which points are near enough; the others are put where they do no
    /// harm.
    fn place(&self, at: &Augmented) -> (Vec<f32>, Vec<f32>, Vec<bool>) {
        let dim = at.dim();
        let gap = self.gap() / self.unit;
        let limit = self.limit;
        let mut places = Vec::with_capacity(at.len() * dim);
        let mut heights = Vec::with_capacity(at.len() * 4);
        let mut near = Vec::with_capacity(at.len());
        for index in 0..at.len() {
            let z = at.z(index) / self.unit;
            let above = match self.sum.mirror {
                Mirror::Absent => [z, z - gap],
                _ => [z, z - 1.0].map(|z| z - 2.0 * (z / 2.0).round()),
            };
            let start = places.len();
            places.extend(at.x(index).iter().zip(&self.centre).map(|(x, middle)| ((x - middle) / self.unit) as f32));
            let inside = places[start..].iter().all(|place| f64::from(place.abs()) <= limit)
                && above.iter().all(|height| height.abs() <= limit);
            if inside {
                heights.extend(
                    above.iter().flat_map(|&height| [height as f32, (height - f64::from(height as f32)) as f32]),
                );
            } else {
                places[start..].fill(0.0);
                heights.extend([0.5, 0.0, -0.5, 0.0]);
            }
            near.push(inside);
        }
        (places, heights, near)
    }
}
