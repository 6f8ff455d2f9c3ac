use efm_core::{Points, Stream};
use rayon::prelude::*;

use crate::assignment::solve;
use crate::cloud::{check_pair, choose, coordinate, squared_distance};
use crate::costs::Costs;
use crate::measure::values;
use crate::{Budget, EvalError, Label, Measure};

/// Memory an exact assignment may take unless told otherwise: 2 GiB, which is n ≈ 16 000.
pub const DEFAULT_MEMORY_LIMIT: u64 = 2 << 30;

/// Bytes that an exact assignment between two clouds of `points` points needs: the cost matrix, 8 n², and small change.
pub fn assignment_memory(points: usize) -> u64 {
    Costs::memory(points)
}

/// An optimal one-to-one pairing of two clouds.
#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// Pairs (index in the first cloud, index in the second), by rising first index.
    pub pairs: Vec<(usize, usize)>,
    /// Mean of |xᵢ − yⱼ|² over the pairs, in squared data units: the least that any pairing reaches.
    pub mean_squared: f64,
}

impl Assignment {
    /// W2 = √(mean of |xᵢ − yⱼ|²), in data units.
    pub fn w2(&self) -> f64 {
        self.mean_squared.sqrt()
    }
}

/// The pairing of least mean |xᵢ − yⱼ|² between two clouds, exact, in f64.
///
/// Of clouds of unequal size the larger one is subsampled without replacement, by generator 0 of `stream`. Takes
/// O(n³) time at worst and [`assignment_memory`] bytes; for D = 1 it sorts.
///
/// # Errors
/// [`EvalError::Empty`], [`EvalError::DimensionMismatch`], or [`EvalError::TooLarge`] above `limit` bytes.
pub fn assignment(a: &Points, b: &Points, stream: &Stream, limit: u64) -> Result<Assignment, EvalError> {
    check_pair(a, b)?;
    let size = a.len().min(b.len());
    let mut generator = stream.at(0);
    let mut left = choose(a.len(), size, &mut generator);
    let mut right = choose(b.len(), size, &mut generator);
    let mut pairs: Vec<(usize, usize)> = if a.dim() == 1 {
        let by_value = |cloud: &Points, indices: &mut Vec<usize>| {
            indices.sort_by(|&i, &j| cloud.point(i)[0].total_cmp(&cloud.point(j)[0]));
        };
        by_value(a, &mut left);
        by_value(b, &mut right);
        left.into_iter().zip(right).collect()
    } else {
        let needed = assignment_memory(size);
        if needed > limit {
            return Err(EvalError::TooLarge { points: size, needed, limit });
        }
        let costs = squared_distances(a, &left, b, &right);
        let columns = solve(&costs);
        left.into_iter().zip(columns).map(|(i, column)| (i, right[column])).collect()
    };
    pairs.sort_unstable();
    let total: f64 = pairs.iter().map(|&(i, j)| squared_distance(a.point(i), b.point(j))).sum();
    Ok(Assignment { pairs, mean_squared: total / size as f64 })
}

/// Rows of the cost matrix that one thread fills while a point of the second cloud stays in cache.
const BLOCK: usize = 16;

/// |x − y − shift|² for all pairs, where the shift puts the mean of one cloud on that of the other: the optimal pairing is
/// the same, since this changes each cost by a part of x alone plus a part of y alone, and prices need not find it first.
fn squared_distances(a: &Points, left: &[usize], b: &Points, right: &[usize]) -> Costs {
    let mut costs = Costs::new(left.len());
    let stride = costs.stride;
    let arch = pulp::Arch::new();
    let shift: Vec<f64> = mean(a, left).iter().zip(mean(b, right)).map(|(x, y)| x - y).collect();
    costs.values_mut().par_chunks_mut(stride * BLOCK).zip(left.par_chunks(BLOCK)).for_each(|(rows, block)| {
        arch.dispatch(
            #[inline(always)]
            || {
                for (column, &j) in right.iter().enumerate() {
                    for (row, &i) in block.iter().enumerate() {
                        rows[row * stride + column] = shifted_distance(a.point(i), b.point(j), &shift);
                    }
                }
            },
        );
    });
    costs
}

fn mean(cloud: &Points, chosen: &[usize]) -> Vec<f64> {
    let mut sums = vec![0.0; cloud.dim()];
    for &index in chosen {
        for (sum, &value) in sums.iter_mut().zip(cloud.point(index)) {
            *sum += f64::from(value);
        }
    }
    sums.iter().map(|sum| sum / chosen.len() as f64).collect()
}

/// |x − y − shift|².
#[inline(always)]
fn shifted_distance(x: &[f32], y: &[f32], shift: &[f64]) -> f64 {
    let mut lanes = [0.0_f64; 8];
    let (x_chunks, x_rest) = x.as_chunks::<8>();
    let (y_chunks, y_rest) = y.as_chunks::<8>();
    let (shift_chunks, shift_rest) = shift.as_chunks::<8>();
    for ((x, y), shift) in x_chunks.iter().zip(y_chunks).zip(shift_chunks) {
        for lane in 0..8 {
            let difference = f64::from(x[lane]) - f64::from(y[lane]) - shift[lane];
            lanes[lane] += difference * difference;
        }
    }
    let mut sum: f64 = lanes.iter().sum();
    for ((&x, &y), &shift) in x_rest.iter().zip(y_rest).zip(shift_rest) {
        let difference = f64::from(x) - f64::from(y) - shift;
        sum += difference * difference;
    }
    sum
}

/// The 2-Wasserstein distance of two clouds, exact, in data units: √min over pairings of the mean |xᵢ − yⱼ|².
///
/// D = 1 goes by [`w2_1d`] and uses every point of clouds of unequal size; otherwise see [`assignment`]. The memory
/// limit is [`DEFAULT_MEMORY_LIMIT`].
///
/// # Errors
/// As [`assignment`].
pub fn w2(a: &Points, b: &Points, stream: &Stream) -> Result<f64, EvalError> {
    check_pair(a, b)?;
    if a.dim() == 1 {
        return w2_1d(&coordinate(a, 0), &coordinate(b, 0));
    }
    Ok(assignment(a, b, stream, DEFAULT_MEMORY_LIMIT)?.w2())
}

/// W2 of two samples of a line, exact for any sizes: W2² = ∫₀¹ (F⁻¹(u) − G⁻¹(u))² du with the empirical quantile
/// functions F⁻¹, G⁻¹; O(n log n).
///
/// # Errors
/// [`EvalError::Empty`].
pub fn w2_1d(a: &[f64], b: &[f64]) -> Result<f64, EvalError> {
    if a.is_empty() {
        return Err(EvalError::Empty { what: "the first sample" });
    }
    if b.is_empty() {
        return Err(EvalError::Empty { what: "the second sample" });
    }
    let (mut a, mut b) = (a.to_vec(), b.to_vec());
    a.sort_unstable_by(f64::total_cmp);
    b.sort_unstable_by(f64::total_cmp);
    Ok(squared_w2_sorted(&a, &b).sqrt())
}

/// W2² of two sorted, non-empty samples.
pub(crate) fn squared_w2_sorted(a: &[f64], b: &[f64]) -> f64 {
    if a.len() == b.len() {
        return a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum::<f64>() / a.len() as f64;
    }
    // Quantile i of a ends at (i+1)/n, quantile j of b at (j+1)/m; times n m both are whole numbers.
    let (n, m) = (a.len() as u128, b.len() as u128);
    let (mut i, mut j, mut from, mut sum) = (0, 0, 0_u128, 0.0);
    while i < a.len() && j < b.len() {
        let (end_a, end_b) = ((i as u128 + 1) * m, (j as u128 + 1) * n);
        let to = end_a.min(end_b);
        sum += (to - from) as f64 * (a[i] - b[j]).powi(2);
        from = to;
        i += usize::from(end_a == to);
        j += usize::from(end_b == to);
    }
    sum / (n * m) as f64
}

/// The exact W2 as a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct W2 {
    /// Points of each cloud, at most, for D > 1: it takes 8 bytes per pair and longer than their square.
    pub most: usize,
    /// Bytes it may take.
    pub memory_limit: u64,
    /// Whether fewer points are taken where so many do not fit into that; otherwise that is an error.
    pub shrink: bool,
    /// Whether clouds on a line are brought to one size as all others are, and [`assignment`] pairs them; otherwise every
    /// point counts, see [`w2_1d`].
    pub one_to_one: bool,
}

impl Default for W2 {
    /// 5 000 points, fewer where [`DEFAULT_MEMORY_LIMIT`] does not hold them, all of them on a line.
    fn default() -> Self {
        Self { most: 5_000, memory_limit: DEFAULT_MEMORY_LIMIT, shrink: true, one_to_one: false }
    }
}

impl Measure for W2 {
    fn name(&self) -> &str {
        "w2"
    }

    fn value(&self, a: &Points, b: &Points, stream: &Stream) -> Result<f64, EvalError> {
        if a.dim() == 1 && !self.one_to_one {
            return w2(a, b, stream);
        }
        Ok(assignment(a, b, stream, self.memory_limit)?.w2())
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::new("w2").titled("W2")]
    }

    fn budget(&self, dim: usize) -> Budget {
        if dim == 1 {
            return Budget::of_all();
        }
        let most = if self.shrink { self.most.min(fitting(self.memory_limit)) } else { self.most };
        Budget { most, firm: true, draw: 1_000, equal: true, ..Budget::of_all() }
    }

    fn work(&self, [n, m]: [usize; 2], dim: usize) -> f64 {
        let (few, n, m) = (n.min(m) as f64, n as f64, m as f64);
        if dim > 1 { 2.0 * few.powf(2.4) + n * m * dim as f64 } else { (n + m) * 60.0 }
    }

    fn memory(&self, points: [usize; 2], dim: usize) -> u64 {
        if dim > 1 { assignment_memory(points[0].min(points[1])) } else { 12 * values(points, dim) }
    }
}

/// Points of an assignment that fits into so many bytes.
fn fitting(limit: u64) -> usize {
    let mut count = ((limit / 8) as f64).sqrt() as usize;
    while count > 0 && assignment_memory(count) > limit {
        count -= 1 + count / 1_000;
    }
    count
}
