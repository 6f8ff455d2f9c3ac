//! Losses that objectives share, each summed over the rows of a batch.

use std::ops::Range;

use burn::tensor::Tensor;

/// Σ w |v − t|²/W over the rows: `values` and `target` are `[B, W]`, `weight` is `[B, 1]`.
pub fn weighted_squared_error(values: Tensor<2>, target: &Tensor<2>, weight: &Tensor<2>) -> Tensor<1> {
    let error = values - target.clone();
    let [_, width] = error.dims();
    ((error.clone() * error) * weight.clone()).sum().div_scalar(width as f64)
}

/// Squared errors across and along x, averaged over D: `values`, `target` and `x` are `[B, D]`, `weight` has those of the two
/// directions, `[B, 2]`.
pub fn across_and_along(values: Tensor<2>, target: &Tensor<2>, weight: &Tensor<2>, x: &Tensor<2>) -> Tensor<1> {
    let error = values - target.clone();
    let [_, dim] = error.dims();
    let square = (error.clone() * error.clone()).sum_dim(1);
    let along = (error * x.clone()).sum_dim(1).powi_scalar(2) / x.clone().powi_scalar(2).sum_dim(1).clamp_min(1e-30);
    let across = (square - along.clone()) * columns(weight, 0..1);
    (across + along * columns(weight, 1..2)).sum().div_scalar(dim as f64)
}

/// Squared errors of the expected ends of lines on source and target, `[B, D]` each, averaged over D: `target` has both, source first,
/// `[B, 2 D]`, `weight` is `[B, 2]`.
pub fn both_ends(ends: [Tensor<2>; 2], target: &Tensor<2>, weight: &Tensor<2>) -> Tensor<1> {
    let [from, to] = ends;
    let [_, dim] = from.dims();
    let [source, target] = [0, 1].map(|side| columns(target, side * dim..(side + 1) * dim));
    let [from, to] = [from - source, to - target].map(|error| error.powi_scalar(2).sum_dim(1));
    (from * columns(weight, 0..1) + to * columns(weight, 1..2)).sum().div_scalar(dim as f64)
}

/// The cross-entropy of shares π and the squared error of slopes, averaged over D: `values` are ln(π/(1 − π)) and D slopes,
/// `target` is π and D slopes, both `[B, D + 1]`; `weight` is `[B, 2]`, of which the second column weighs the slopes.
pub fn shares_and_slopes(values: Tensor<2>, target: &Tensor<2>, weight: &Tensor<2>) -> Tensor<1> {
    let [_, width] = values.dims();
    let ln_ratio = columns(&values, 0..1);
    // −π ln σ(ℓ) − (1 − π) ln(1 − σ(ℓ)) = softplus(ℓ) − πℓ.
    let entropy = softplus(ln_ratio.clone()) - columns(target, 0..1) * ln_ratio;
    let error = columns(&values, 1..width) - columns(target, 1..width);
    let slopes = ((error.clone() * error) * columns(weight, 1..2)).sum().div_scalar((width - 1) as f64);
    entropy.sum() + slopes
}

/// ln(1 + e^x) without overflow.
fn softplus(x: Tensor<2>) -> Tensor<2> {
    x.clone().clamp_min(0.0) + x.abs().neg().exp().log1p()
}

fn columns(tensor: &Tensor<2>, range: Range<usize>) -> Tensor<2> {
    let [rows, _] = tensor.dims();
    tensor.clone().slice([0..rows, range])
}
