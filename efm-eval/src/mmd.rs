use std::sync::Arc;

use efm_core::{Points, Stream};

use crate::cloud::{check_pair, squared_distance};
use crate::measure::all_pairs;
use crate::pairwise::{exp, mean_over_pairs, mean_within};
use crate::{Budget, EvalError, Label, Measure, Reading};

/// A mixture of Gaussian kernels, k(x, y) = mean over c in {½, 1, 2} of exp(−|x − y|² / (2 c² σ²)).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RbfMixture {
    squared_width: f64,
}

/// Points that the median heuristic looks at.
const MEDIAN_POINTS: usize = 1_000;

impl RbfMixture {
    /// The kernel of width σ > 0, in data units; a width that is zero or not finite becomes 1.
    pub fn new(width: f64) -> Self {
        let squared_width = width * width;
        Self { squared_width: if squared_width.is_finite() && squared_width > 0.0 { squared_width } else { 1.0 } }
    }

    /// σ² = the median of |x − x′|² over pairs of different points of the cloud (the median heuristic; Gretton et al.,
    /// JMLR 13, 2012), looking at 1 000 points spread evenly over the cloud's order.
    ///
    /// Built from the target alone, the kernel is the same for every method that is measured against that target and
    /// for its noise floor. A cloud whose points all coincide gets σ = 1.
    pub fn from_target(target: &Points) -> Self {
        let count = target.len().min(MEDIAN_POINTS);
        let chosen: Vec<usize> = (0..count).map(|k| k * target.len() / count).collect();
        let mut squares = Vec::with_capacity(count * count.saturating_sub(1) / 2);
        for (place, &i) in chosen.iter().enumerate() {
            for &j in &chosen[..place] {
                squares.push(squared_distance(target.point(i), target.point(j)));
            }
        }
        if squares.is_empty() {
            return Self::new(1.0);
        }
        let middle = squares.len() / 2;
        let (_, &mut median, _) = squares.select_nth_unstable_by(middle, f64::total_cmp);
        // More than half of the pairs coincide: the mean still tells a scale.
        let scale = if median > 0.0 { median } else { squares.iter().sum::<f64>() / squares.len() as f64 };
        Self::new(scale.sqrt())
    }

    /// σ, in data units.
    pub fn width(&self) -> f64 {
        self.squared_width.sqrt()
    }

    /// k as a function of |x − y|².
    #[inline(always)]
    fn at(&self, squared: f64) -> f64 {
        // The widest kernel (c = 2); the others are its 4th and 16th power.
        let wide = exp(-0.125 * squared / self.squared_width);
        let square = wide * wide;
        let middle = square * square;
        let square = middle * middle;
        (wide + middle + square * square) / 3.0
    }
}

/// The maximum mean discrepancy √(E k(X,X′) + E k(Y,Y′) − 2 E k(X,Y)), without unit, between 0 and √2.
///
/// All means run over all pairs, a point with itself included (the V-statistic): never negative, zero for equal clouds,
/// and of order 1/√n for two draws of one law; compare with the floor. O(N²), threaded.
///
/// # Errors
/// [`EvalError::Empty`], [`EvalError::DimensionMismatch`].
pub fn mmd(a: &Points, b: &Points, kernel: &RbfMixture) -> Result<f64, EvalError> {
    check_pair(a, b)?;
    let within = |cloud| {
        mean_within(
            cloud,
            #[inline(always)]
            |squared| kernel.at(squared),
        )
    };
    let between = mean_over_pairs(
        a,
        b,
        #[inline(always)]
        |squared| kernel.at(squared),
    );
    Ok((within(a) + within(b) - 2.0 * between).max(0.0).sqrt())
}

/// [`mmd`] as a measure.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Mmd {
    /// The kernel; `None` makes it from the target, [`RbfMixture::from_target`].
    pub kernel: Option<RbfMixture>,
}

impl Mmd {
    fn kernel(&self, target: &Points) -> RbfMixture {
        self.kernel.unwrap_or_else(|| RbfMixture::from_target(target))
    }
}

impl Measure for Mmd {
    fn name(&self) -> &str {
        "mmd"
    }

    fn value(&self, a: &Points, b: &Points, _: &Stream) -> Result<f64, EvalError> {
        mmd(a, b, &self.kernel(b))
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::new("mmd").titled("MMD")]
    }

    fn reading(&self, a: &Points, b: &Points, stream: &Stream) -> Result<Reading, EvalError> {
        let value = self.value(a, b, stream)?;
        Ok(Reading::of(vec![value]).with("width", self.kernel(b).width()))
    }

    fn for_target(&self, target: &Points) -> Option<Arc<dyn Measure>> {
        self.kernel.is_none().then(|| Arc::new(Self { kernel: Some(self.kernel(target)) }) as _)
    }

    fn budget(&self, dim: usize) -> Budget {
        let budget = Budget::of_pairs(dim);
        Budget { most: budget.most.min(30_000), ..budget }
    }

    fn work(&self, points: [usize; 2], dim: usize) -> f64 {
        all_pairs(points) * (3.5 + 0.1 * dim as f64)
    }
}
