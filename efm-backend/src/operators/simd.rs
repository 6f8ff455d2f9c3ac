//! Register kernels, written once for every vector width.

use pulp::{Arch, Simd, WithSimd};

/// Rows of a tile: with [`VECTORS`] columns of vectors, 12 sums fill the 16 registers of AVX2 and hide the latency of a
/// multiply-add.
pub(super) const ROWS: usize = 6;

/// Vectors across a tile.
pub(super) const VECTORS: usize = 2;

/// The sums of a tile.
pub(super) type Sums<S> = [[<S as Simd>::f32s; VECTORS]; ROWS];

/// Columns of a tile in numbers, on this machine.
pub(super) fn columns(arch: Arch) -> usize {
    struct Columns;
    impl WithSimd for Columns {
        type Output = usize;
        fn with_simd<S: Simd>(self, _: S) -> usize {
            S::F32_LANES * VECTORS
        }
    }
    arch.dispatch(Columns)
}

/// `values` as rows of vectors, `columns` numbers each.
#[inline(always)]
pub(super) fn vectors<S: Simd>(values: &[f32]) -> &[[S::f32s; VECTORS]] {
    S::as_simd_f32s(values).0.as_chunks().0
}

/// sums[i] += Σ_k rows[i][k] · panel[k].
#[inline(always)]
pub(super) fn add_rows<S: Simd>(simd: S, sums: &mut Sums<S>, rows: [&[f32]; ROWS], panel: &[[S::f32s; VECTORS]]) {
    let mut rows = rows;
    for row in &mut rows {
        *row = &row[..panel.len()];
    }
    for (k, weights) in panel.iter().enumerate() {
        for (sums, row) in sums.iter_mut().zip(rows) {
            let factor = simd.splat_f32s(row[k]);
            for (sum, &weight) in sums.iter_mut().zip(weights) {
                *sum = simd.mul_add_e_f32s(factor, weight, *sum);
            }
        }
    }
}

/// sums[i] += Σ_k left[k][i] · right[k].
#[inline(always)]
pub(super) fn add_products<S: Simd>(simd: S, sums: &mut Sums<S>, left: &[[f32; ROWS]], right: &[[S::f32s; VECTORS]]) {
    for (left, right) in left.iter().zip(right) {
        for (sums, &factor) in sums.iter_mut().zip(left) {
            let factor = simd.splat_f32s(factor);
            for (sum, &value) in sums.iter_mut().zip(right) {
                *sum = simd.mul_add_e_f32s(factor, value, *sum);
            }
        }
    }
}

/// Up to `columns` numbers as the vectors of a tile's row; what is missing is zero.
#[inline(always)]
fn load<S: Simd>(simd: S, from: &[f32]) -> [S::f32s; VECTORS] {
    // Loops, not closures: a closure is compiled by itself, without the vector instructions.
    let mut values = [simd.splat_f32s(0.0); VECTORS];
    if let Some(whole) = vectors::<S>(from).first() {
        return *whole;
    }
    for (vector, value) in values.iter_mut().enumerate() {
        let first = (vector * S::F32_LANES).min(from.len());
        *value = simd.partial_load_f32s(&from[first..from.len().min(first + S::F32_LANES)]);
    }
    values
}

/// [`load`] of every row of a tile; row i starts at `starts[i]`.
#[inline(always)]
pub(super) fn load_rows<S: Simd>(simd: S, from: &[f32], starts: [usize; ROWS], width: usize) -> Sums<S> {
    let mut sums = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
    for (sums, start) in sums.iter_mut().zip(starts) {
        *sums = load(simd, &from[start..start + width]);
    }
    sums
}

/// The reverse of [`load_rows`], for the first `rows`.
#[inline(always)]
pub(super) fn store_rows<S: Simd>(
    simd: S,
    to: &mut [f32],
    starts: [usize; ROWS],
    width: usize,
    sums: Sums<S>,
    rows: usize,
) {
    for (sums, start) in sums.into_iter().zip(starts).take(rows) {
        store(simd, &mut to[start..start + width], sums);
    }
}

/// The reverse of [`load`].
#[inline(always)]
fn store<S: Simd>(simd: S, to: &mut [f32], values: [S::f32s; VECTORS]) {
    let len = to.len();
    if let Some(whole) = S::as_mut_simd_f32s(to).0.first_chunk_mut() {
        *whole = values;
        return;
    }
    for (vector, value) in values.into_iter().enumerate() {
        let first = (vector * S::F32_LANES).min(len);
        simd.partial_store_f32s(&mut to[first..len.min(first + S::F32_LANES)], value);
    }
}

/// 1/(1 + exp(−x)) to 2 units in the last place of f32.
///
/// exp by x = n ln 2 + r and the polynomial of the Cephes library (S. Moshier, 1989) for |r| ≤ ½ ln 2; beyond ±87 the
/// result is that of ±87.
#[inline(always)]
pub(super) fn sigmoid<S: Simd>(simd: S, x: S::f32s) -> S::f32s {
    // Adding 1.5 · 2^23 rounds to an integer, which then stands in the low bits.
    const ROUND: f32 = 12_582_912.0;
    const LN2: [f32; 2] = [0.693_359_4, -2.121_944_4e-4];
    const SERIES: [f32; 6] = [1.987_569_1e-4, 1.398_199_9e-3, 8.333_452e-3, 4.166_579_6e-2, 1.666_666_5e-1, 5e-1];
    let splat = |value: f32| simd.splat_f32s(value);
    let x = simd.min_f32s(simd.max_f32s(simd.neg_f32s(x), splat(-87.0)), splat(87.0));
    let shifted = simd.mul_add_e_f32s(x, splat(std::f32::consts::LOG2_E), splat(ROUND));
    let n = simd.sub_f32s(shifted, splat(ROUND));
    let r = simd.mul_add_e_f32s(n, splat(-LN2[0]), x);
    let r = simd.mul_add_e_f32s(n, splat(-LN2[1]), r);
    let mut sum = splat(SERIES[0]);
    for term in &SERIES[1..] {
        sum = simd.mul_add_e_f32s(sum, r, splat(*term));
    }
    let fraction = simd.mul_add_e_f32s(sum, simd.mul_f32s(r, r), simd.add_f32s(r, splat(1.0)));
    let exponent = simd.wrapping_dyn_shl_u32s(simd.transmute_u32s_f32s(shifted), simd.splat_u32s(23));
    let exp = simd.transmute_f32s_u32s(simd.add_u32s(simd.transmute_u32s_f32s(fraction), exponent));
    simd.div_f32s(splat(1.0), simd.add_f32s(exp, splat(1.0)))
}

/// Numbers `start..` of `from` as one vector; what is missing is zero.
#[inline(always)]
pub(super) fn at<S: Simd>(simd: S, from: &[f32], start: usize) -> S::f32s {
    match from.get(start..start + S::F32_LANES) {
        Some(whole) => S::as_simd_f32s(whole).0[0],
        None => simd.partial_load_f32s(&from[start..]),
    }
}

/// The reverse of [`at`].
#[inline(always)]
pub(super) fn put<S: Simd>(simd: S, to: &mut [f32], start: usize, value: S::f32s) {
    match to.get_mut(start..start + S::F32_LANES) {
        Some(whole) => S::as_mut_simd_f32s(whole).0[0] = value,
        None => simd.partial_store_f32s(&mut to[start..], value),
    }
}
