use efm_core::{Points, Stream};

use crate::cloud::check_pair;
use crate::measure::all_pairs;
use crate::pairwise::{Form, sum_over_pairs};
use crate::{EvalError, Label, Measure};

/// The kernel distance (KID): the unbiased estimate of MMD² with the kernel (⟨x, y⟩/D + 1)³, no unit. On features of a
/// network it compares sets of images (Bińkowski, Sutherland, Arbel and Gretton, ICLR 2018, arXiv 1801.01401).
///
/// Means within a cloud leave out a point with itself, so the expectation of two draws of one law is 0 and values below
/// 0 happen. Takes all pairs at once, not the means over blocks of 1 000 points that other programs take; both expect the
/// same. O(N² D), threaded.
///
/// # Errors
/// [`EvalError::Empty`], [`EvalError::DimensionMismatch`], and [`EvalError::TooSmall`] below two points.
pub fn kernel_distance(a: &Points, b: &Points) -> Result<f64, EvalError> {
    check_pair(a, b)?;
    for points in [a, b] {
        if points.len() < 2 {
            return Err(EvalError::TooSmall { what: "the number of points", value: points.len(), least: 2 });
        }
    }
    let scale = 1.0 / a.dim() as f64;
    let total = |x: &Points, y: Option<&Points>| {
        sum_over_pairs(
            x,
            y,
            Form::Products,
            #[inline(always)]
            |product| {
                let base = product * scale + 1.0;
                base * base * base
            },
        )
    };
    let itself = |x: &[f32]| (x.iter().map(|&v| f64::from(v) * f64::from(v)).sum::<f64>() * scale + 1.0).powi(3);
    let within = |x: &Points| {
        let own: f64 = x.iter().map(itself).sum();
        (total(x, None) - own) / (x.len() as f64 * (x.len() - 1) as f64)
    };
    let between = total(a, Some(b)) / a.len() as f64 / b.len() as f64;
    Ok(within(a) + within(b) - 2.0 * between)
}

/// [`kernel_distance`] as a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct KernelDistance;

impl Measure for KernelDistance {
    fn name(&self) -> &str {
        "kernel_distance"
    }

    fn value(&self, a: &Points, b: &Points, _: &Stream) -> Result<f64, EvalError> {
        kernel_distance(a, b)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::new("kernel_distance").within(f64::NEG_INFINITY, f64::INFINITY).without_ratio()]
    }

    fn work(&self, points: [usize; 2], dim: usize) -> f64 {
        all_pairs(points) * 0.1 * dim as f64
    }
}
