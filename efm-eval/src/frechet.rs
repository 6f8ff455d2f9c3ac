use efm_core::{Points, Stream};
use nalgebra::{DMatrix, DVector};

use crate::cloud::check_pair;
use crate::measure::values;
use crate::{Budget, EvalError, Label, Measure};

/// Squared Fréchet distance |m₁ − m₂|² + tr(C₁ + C₂ − 2 (C₁ C₂)^½) of the normal laws with the clouds' means and
/// covariances (Dowson & Landau 1982): the squared W2 of these laws. On features of a network it is what FID is made of
/// (Heusel et al. 2017, arXiv 1706.08500), but numbers of different networks do not compare. Biased upwards by few points, so
/// compare with that of two draws of the target, as large.
///
/// # Errors
/// [`EvalError::Empty`], [`EvalError::DimensionMismatch`], and [`EvalError::TooSmall`] below two points.
pub fn frechet_distance(a: &Points, b: &Points) -> Result<f64, EvalError> {
    check_pair(a, b)?;
    for points in [a, b] {
        if points.len() < 2 {
            return Err(EvalError::TooSmall { what: "the number of points", value: points.len(), least: 2 });
        }
    }
    let (a, b) = (Moments::of(a), Moments::of(b));
    let (few, dim) = (a.rows.ncols().min(b.rows.ncols()), a.rows.nrows());
    // With X the centred points, C = X Xᵀ/(n − 1): the roots of the eigenvalues of C₁ C₂ are the singular values of X₁ᵀ X₂ over
    // √((n₁ − 1)(n₂ − 1)). That is small where points are few, and squares nothing: covariances of fewer points than
    // coordinates are singular.
    let cross: f64 = if few <= dim {
        let freedom = (a.freedom * b.freedom).sqrt();
        a.rows.tr_mul(&b.rows).singular_values().iter().sum::<f64>() / freedom
    } else {
        // C₁ = F Fᵀ: the eigenvalues of C₁ C₂ are those of Fᵀ C₂ F, which is symmetric.
        let factor = factor(&a.covariance());
        let inner = factor.tr_mul(&(&b.covariance() * &factor));
        (0.5 * (&inner + inner.transpose())).symmetric_eigenvalues().iter().map(|v| v.max(0.0).sqrt()).sum()
    };
    let square = (&a.mean - &b.mean).norm_squared() + a.variance() + b.variance() - 2.0 * cross;
    Ok(square.max(0.0))
}

/// A mean, and points from which it was taken off, one to a column.
struct Moments {
    mean: DVector<f64>,
    rows: DMatrix<f64>,
    /// n − 1, the divisor of covariances.
    freedom: f64,
}

impl Moments {
    fn of(points: &Points) -> Self {
        let values = points.as_slice().iter().map(|&v| f64::from(v));
        let mut rows = DMatrix::from_iterator(points.dim(), points.len(), values);
        let mean = rows.column_mean();
        rows.column_iter_mut().for_each(|mut column| column -= &mean);
        Self { mean, rows, freedom: points.len() as f64 - 1.0 }
    }

    fn covariance(&self) -> DMatrix<f64> {
        &self.rows * self.rows.transpose() / self.freedom
    }

    /// The trace of the covariance.
    fn variance(&self) -> f64 {
        self.rows.norm_squared() / self.freedom
    }
}

/// The lower triangle F with F Fᵀ = `matrix`, for matrices without negative eigenvalues. Covariances of few points, or of
/// features that never change, have directions without any variance: a pivot within rounding of zero leaves its column empty.
fn factor(matrix: &DMatrix<f64>) -> DMatrix<f64> {
    let size = matrix.nrows();
    let mut left = matrix.clone();
    let mut factor = DMatrix::zeros(size, size);
    let least = matrix.diagonal().amax() * f64::EPSILON * size as f64;
    for pivot in 0..size {
        if left[(pivot, pivot)] <= least {
            continue;
        }
        let column = left.view_range(pivot.., pivot) / left[(pivot, pivot)].sqrt();
        for (offset, &value) in column.iter().enumerate() {
            left.view_range_mut(pivot + offset.., pivot + offset).axpy(-value, &column.rows_range(offset..), 1.0);
        }
        factor.view_range_mut(pivot.., pivot).copy_from(&column);
    }
    factor
}

/// [`frechet_distance`] as a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FrechetDistance;

impl Measure for FrechetDistance {
    fn name(&self) -> &str {
        "frechet"
    }

    fn value(&self, a: &Points, b: &Points, _: &Stream) -> Result<f64, EvalError> {
        frechet_distance(a, b)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::new("frechet").titled("Fréchet distance")]
    }

    fn budget(&self, dim: usize) -> Budget {
        // Roots of D × D matrices take long, however few the points.
        let draws = (4e9 / (dim as f64).powi(3)).max(4.0) as usize;
        Budget { most: 100_000, draws, ..Budget::of_all() }
    }

    fn work(&self, [n, m]: [usize; 2], dim: usize) -> f64 {
        let dim = dim as f64;
        20.0 * dim.powi(3) + (n as f64 + m as f64) * dim * dim * 0.1
    }

    fn memory(&self, points: [usize; 2], dim: usize) -> u64 {
        8 * values(points, dim) + 64 * (dim as u64).saturating_pow(2)
    }
}
