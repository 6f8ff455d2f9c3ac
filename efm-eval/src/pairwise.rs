use efm_core::Points;
use rayon::prelude::*;

use crate::cloud::squared_distance;

/// Points of the first cloud that share one pass over the second.
const BLOCK: usize = 16;

/// Mean of f(|x − y|²) over all pairs of a point of `a` and a point of `b`; f64, threaded, same result for any number of
/// threads.
pub(crate) fn mean_over_pairs(a: &Points, b: &Points, f: impl Fn(f64) -> f64 + Sync) -> f64 {
    let indices: Vec<usize> = (0..a.len()).collect();
    let arch = pulp::Arch::new();
    let sums: Vec<f64> = indices
        .par_chunks(BLOCK)
        .map(|block| {
            arch.dispatch(
                #[inline(always)]
                || {
                    let mut sums = [0.0; BLOCK];
                    for y in b.iter() {
                        for (sum, &i) in sums.iter_mut().zip(block) {
                            *sum += f(squared_distance(a.point(i), y));
                        }
                    }
                    sums.iter().sum::<f64>()
                },
            )
        })
        .collect();
    sums.iter().sum::<f64>() / a.len() as f64 / b.len() as f64
}
