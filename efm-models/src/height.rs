//! What networks see of a point's place before they look closer.

use burn::tensor::Tensor;

use crate::geometry::SMALLEST_SPREAD;
use crate::{Geometry, Head};

/// Heights closer than this share of the gap to a plate look alike to logarithmic features.
pub(crate) const PLATE_LAYER: f64 = 0.001;

/// Inputs are squashed beyond this many spreads, so that far points do not leave the network's range.
const RANGE: f64 = 6.0;

/// Smallest axial component: lines between the plates always move forward (physics notes §2.1), however small the step.
const AXIAL_FLOOR: f64 = 1e-4;

/// x divided by the spread that lines have at its height and squashed far out, `[B, D]`, and the mean square that it had
/// before, `[B, 1]`.
pub(crate) fn place(geometry: &Geometry, x: Tensor<2>, z: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    placed(x, variance(geometry, z))
}

/// The same for x of that variance, `[B, 1]`.
pub(crate) fn placed(x: Tensor<2>, variance: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    let scaled = x / variance.sqrt();
    let radius = scaled.clone().powi_scalar(2).mean_dim(1);
    let squash = radius.clone().div_scalar(RANGE * RANGE).add_scalar(1.0).sqrt();
    (scaled / squash, radius)
}

/// Tensor form of [`Geometry::variance`], `[B, 1]`.
fn variance(geometry: &Geometry, z: Tensor<2>) -> Tensor<2> {
    let Geometry { gap, source_spread, target_spread, head, .. } = *geometry;
    let height = z.clone().div_scalar(gap).clamp(0.0, 1.0);
    if head == Head::Velocity {
        let rest = height.clone().neg().add_scalar(1.0).mul_scalar(source_spread).powi_scalar(2);
        return (rest + height.mul_scalar(target_spread).powi_scalar(2)).clamp_min(SMALLEST_SPREAD.powi(2));
    }
    let behind = z - height.clone().mul_scalar(gap);
    let rest = height.clone().neg().add_scalar(1.0);
    let data = rest.clone().mul_scalar(source_spread.powi(2)) + height.clone().mul_scalar(target_spread.powi(2));
    data.clamp_min(SMALLEST_SPREAD.powi(2)) + (height * rest).mul_scalar(gap.powi(2)) + behind.powi_scalar(2)
}

/// x over its root mean square, `[B, D]`.
pub(crate) fn direction(x: Tensor<2>) -> Tensor<2> {
    let square = x.clone().powi_scalar(2).mean_dim(1);
    x / square.clamp_min(SMALLEST_SPREAD.powi(2)).sqrt()
}

/// A positive axial component of any number.
pub(crate) fn axial(value: Tensor<2>) -> Tensor<2> {
    squareplus(value).add_scalar(AXIAL_FLOOR)
}

/// (x + √(x² + 1)) / 2: positive, smooth, no exponential.
pub(crate) fn squareplus(values: Tensor<2>) -> Tensor<2> {
    ((values.clone() * values.clone()).add_scalar(1.0).sqrt() + values).mul_scalar(0.5)
}
