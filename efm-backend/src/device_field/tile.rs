//! Parts of the sum over charges that one tile of points and charges takes: see [`super::kernel`].

use cubecl::prelude::*;

use super::shape::{ACROSS, CHARGES, DEGREES, EACH, EXTRA, Mirror, UNITS};
use super::weight::{by_polynomial, one_by_one};

/// The value itself. Compilers of graphics drivers may treat f32 as real numbers, and in those a + b − a is b: Mesa's do,
/// and nothing would be left of what rounding took. They cannot look through bits that depend on a number of the launch.
#[cube]
pub(super) fn as_rounded(value: f32, zero: u32) -> f32 {
    f32::reinterpret(u32::reinterpret(value) ^ zero)
}

/// Coordinates from `from` on of `rows` rows of `matrix` from `first` on into `out`; 0 beyond its ends.
#[cube]
pub(super) fn load(
    matrix: &Tensor<f32>,
    first: usize,
    end: usize,
    from: usize,
    out: &mut Shared<[f32]>,
    #[comptime] rows: usize,
    #[comptime] axes: usize,
    #[comptime] dim: usize,
) {
    let mut index = UNIT_POS as usize;
    while index < comptime!(rows * axes) {
        let (row, axis) = (index / axes, index % axes);
        let mut value = 0.0f32;
        if first + row < end && from + axis < dim {
            value = matrix[(first + row) * matrix.stride(0) + (from + axis) * matrix.stride(1)];
        }
        out[row * comptime!(axes + 1) + axis] = value;
        index += UNITS;
    }
}

/// A and B of a charge with its images.
#[cube]
pub(super) fn images(
    r2: f32,
    h: f32,
    slices: &Shared<[f32]>,
    row: usize,
    far2: f32,
    ln_mean: f32,
    turn2: f32,
    #[comptime] dim: usize,
    #[comptime] mirror: Mirror,
) -> (f32, f32) {
    if comptime!(mirror == Mirror::Polynomial) {
        by_polynomial(r2, h, slices, row * comptime!(2 * DEGREES), turn2, dim)
    } else {
        one_by_one(r2, h, far2, ln_mean, dim)
    }
}

/// Adds one coordinate of Σ w (x − y) over the charges in shared memory to the sums of this unit's points.
#[cube]
pub(super) fn pull(
    xs: &Shared<[f32]>,
    ys: &Shared<[f32]>,
    weights: &Shared<[f32]>,
    factors: &Shared<[f32]>,
    sums: &mut Tensor<f32>,
    first_point: usize,
    split: usize,
    points: usize,
    first: bool,
    from: usize,
    axis: usize,
    #[comptime] axes: usize,
    #[comptime] dim: usize,
) {
    let pitch = comptime!(axes + 1);
    let down = UNIT_POS as usize / ACROSS;
    let mut x = Array::<f32>::new(EACH);
    let mut total = Array::<f32>::new(EACH);
    #[unroll]
    for i in 0..EACH {
        x[i] = xs[(down + i * comptime!(UNITS / ACROSS)) * pitch + axis];
        total[i] = 0.0f32;
    }
    for charge in 0..CHARGES {
        let y = ys[charge * pitch + axis];
        #[unroll]
        for i in 0..EACH {
            let weight = weights[(down + i * comptime!(UNITS / ACROSS)) * comptime!(CHARGES + 1) + charge];
            total[i] += weight * (x[i] - y);
        }
    }
    #[unroll]
    for i in 0..EACH {
        let row = down + i * comptime!(UNITS / ACROSS);
        if first_point + row < points {
            let at = (split * points + first_point + row) * comptime!(dim + EXTRA) + from + axis;
            let mut sum = total[i];
            if !first {
                sum += sums[at] * factors[row];
            }
            sums[at] = sum;
        }
    }
}
