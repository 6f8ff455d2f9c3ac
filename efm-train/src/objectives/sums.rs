//! The direction of the exact field, summed over all charges of a pool.

use efm_core::Augmented;
use efm_field::{ExactField, Field, FieldError};
use efm_models::Geometry;

use super::PoolDraw;
use crate::{Pool, TrainError};

/// What the network should give at one point, and how much the point counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    /// Factor from the stretched direction (n_x, n_z/unit) to the regressed vector.
    pub scale: f64,
    /// The unit of the axial part, [`Geometry::axial_unit`].
    pub unit: f64,
    /// Weight of the squared error.
    pub weight: f64,
}

/// Points of `draw` with the vectors that `target` makes of the exact field's direction: the arguments are those of
/// [`super::Field::target`].
pub(super) fn pool(
    draw: &PoolDraw<'_>,
    target: fn(&[f64], f64, &[f64], f64, &Geometry) -> Target,
) -> Result<Pool, TrainError> {
    let (capacitor, points) = draw.charges_and_points()?;
    let geometry = draw.geometry();
    let (directions, flux) = match geometry.head.is_everywhere() {
        true => directions(&draw.exact(capacitor), &points, true)?,
        false => gap_directions(&*draw.field(capacitor), &points)?,
    };
    let dim = points.dim();
    let (mut targets, mut weights) = (Vec::new(), Vec::new());
    for (index, flux) in flux.into_iter().enumerate() {
        let direction = directions.point(index);
        let target = target(direction, flux, points.x(index), points.z(index), &geometry);
        targets.extend(direction[..dim].iter().map(|&n| (target.scale * n) as f32));
        targets.push((target.scale * direction[dim] / target.unit) as f32);
        weights.push(target.weight as f32);
    }
    Pool::new(&points, targets, weights)
}

/// As [`directions`] between the plates, where E_z is that of both plates; any field will do.
///
/// # Errors
/// When the field fails.
pub fn gap_directions(field: &dyn Field, points: &Augmented) -> Result<(Augmented, Vec<f64>), FieldError> {
    let values = field.evaluate(points)?;
    let flux = values.directions.iter().map(|direction| direction[points.dim()]).collect();
    Ok((values.directions, flux))
}

/// Unit directions of the whole field and, for each point, |E_z| of both plates over |E|.
///
/// # Errors
/// When the field fails.
pub fn directions(
    field: &ExactField,
    points: &Augmented,
    everywhere: bool,
) -> Result<(Augmented, Vec<f64>), FieldError> {
    if !everywhere {
        return gap_directions(field, points);
    }
    let dim = points.dim();
    let plates = field.per_plate(points)?;
    let mut directions = Augmented::zeros(dim, points.len());
    let flux = (0..points.len())
        .map(|index| {
            let ln = [plates[0].ln_strengths[index], plates[1].ln_strengths[index]];
            let top = ln[0].max(ln[1]);
            let total = directions.point_mut(index);
            let mut flux = 0.0;
            for (plate, ln) in plates.iter().zip(ln) {
                let weight = (ln - top).exp();
                let n = plate.directions.point(index);
                total.iter_mut().zip(n).for_each(|(sum, n)| *sum += weight * n);
                flux += weight * n[dim].abs();
            }
            let norm = total.iter().fold(0.0_f64, |norm, part| norm.hypot(*part)).max(f64::MIN_POSITIVE);
            total.iter_mut().for_each(|part| *part /= norm);
            flux / norm
        })
        .collect();
    Ok((directions, flux))
}
