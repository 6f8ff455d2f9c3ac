use std::sync::Arc;

use efm_core::{Points, Stream};
use rand_chacha::ChaCha8Rng;

use crate::{DataError, Modes};

/// A source of points in R^D: a distribution, the rows of a file, or whatever else gives a point for an index. One that
/// can fail, such as a data base, says so with [`DataError::own`].
///
/// The point of index `i` depends on the stream and on `i` only, so threads, shards, batch sizes and resumed runs all
/// see the same points. Coordinates are finite and in data units.
///
/// ```
/// use efm_core::{Seed, Stream};
/// use efm_data::{DataError, Sampler};
/// use rand::RngExt;
///
/// /// Uniform in the unit cube.
/// struct Cube(usize);
///
/// impl Sampler for Cube {
///     fn dim(&self) -> usize {
///         self.0
///     }
///     fn draw_into(&self, stream: &Stream, first: u64, out: &mut [f32]) -> Result<(), DataError> {
///         for (index, point) in (first..).zip(out.chunks_exact_mut(self.0)) {
///             let mut generator = stream.at(index);
///             point.fill_with(|| generator.random());
///         }
///         Ok(())
///     }
/// }
///
/// let stream = Seed(1).stream("cube");
/// let whole = Cube(3).draw(&stream, 0, 100)?;
/// assert_eq!(Cube(3).draw(&stream, 42, 1)?.point(0), whole.point(42));
/// # Ok::<(), DataError>(())
/// ```
#[expect(clippy::len_without_is_empty, reason = "a sampler always has points; `len` tells whether they are countable")]
pub trait Sampler: Send + Sync {
    /// Number of coordinates of a point, D ≥ 1.
    fn dim(&self) -> usize;

    /// Writes the points of indices `first`, `first + 1`, … into `out`, D coordinates each, until `out` is full.
    /// What is left of `out` after the last whole point is not touched.
    ///
    /// # Errors
    /// What keeps a sampler from its points. Those of this crate draw without errors, but for images that are read from
    /// their files on demand.
    fn draw_into(&self, stream: &Stream, first: u64, out: &mut [f32]) -> Result<(), DataError>;

    /// The points of indices `first .. first + count`.
    ///
    /// # Errors
    /// Those of [`Sampler::draw_into`], and [`DataError::BadDraw`] where an implementation breaks its promise: a coordinate
    /// that is not finite, or D = 0.
    fn draw(&self, stream: &Stream, first: u64, count: usize) -> Result<Points, DataError> {
        let dim = self.dim();
        let mut values = vec![0.0; count * dim];
        self.draw_into(stream, first, &mut values)?;
        if let Some(bad) = values.iter().position(|value| !value.is_finite()) {
            let row = first.wrapping_add((bad / dim) as u64);
            return Err(DataError::BadDraw { row, column: bad % dim, value: values[bad] });
        }
        Points::from_values(dim, values).map_err(|error| DataError::BadParameter {
            place: "sampler",
            field: "dim",
            problem: format!("is {dim}: {error}"),
        })
    }

    /// The modes of a mixture, for scores per mode; `None` where there are no separate modes.
    fn modes(&self) -> Option<&Modes> {
        None
    }

    /// ln of the probability density at `point`, D coordinates in data units, in 1/length^D; −∞ where there are no points.
    /// `None` for distributions without a density in closed form: rows of a file, curves with noise, clouds of no width.
    fn ln_density(&self, point: &[f64]) -> Option<f64> {
        let _ = point;
        None
    }

    /// As [`Sampler::ln_density`], of the distribution after independent normal noise of these variances has been added to
    /// its D coordinates.
    fn ln_density_smeared(&self, point: &[f64], variances: &[f64]) -> Option<f64> {
        let _ = (point, variances);
        None
    }

    /// Names of the classes that its points belong to; none where they have no classes.
    fn classes(&self) -> Vec<String> {
        Vec::new()
    }

    /// The points of one class alone, an index into [`Sampler::classes`]; `None` beyond them.
    fn of_class(&self, class: usize) -> Option<Box<dyn Sampler>> {
        let _ = class;
        None
    }

    /// Number of distinct rows of a finite set; `None` for a distribution.
    fn len(&self) -> Option<usize> {
        None
    }
}

macro_rules! forward {
    ($($pointer:ty),*) => {$(
        impl<S: Sampler + ?Sized> Sampler for $pointer {
            fn dim(&self) -> usize {
                (**self).dim()
            }
            fn draw_into(&self, stream: &Stream, first: u64, out: &mut [f32]) -> Result<(), DataError> {
                (**self).draw_into(stream, first, out)
            }
            fn draw(&self, stream: &Stream, first: u64, count: usize) -> Result<Points, DataError> {
                (**self).draw(stream, first, count)
            }
            fn modes(&self) -> Option<&Modes> {
                (**self).modes()
            }
            fn ln_density(&self, point: &[f64]) -> Option<f64> {
                (**self).ln_density(point)
            }
            fn ln_density_smeared(&self, point: &[f64], variances: &[f64]) -> Option<f64> {
                (**self).ln_density_smeared(point, variances)
            }
            fn classes(&self) -> Vec<String> {
                (**self).classes()
            }
            fn of_class(&self, class: usize) -> Option<Box<dyn Sampler>> {
                (**self).of_class(class)
            }
            fn len(&self) -> Option<usize> {
                (**self).len()
            }
        }
    )*};
}

forward!(&S, Box<S>, Arc<S>);

/// Calls `fill` with the generator of each index and the place of its point.
pub(crate) fn each_point(
    stream: &Stream,
    first: u64,
    dim: usize,
    out: &mut [f32],
    mut fill: impl FnMut(&mut ChaCha8Rng, &mut [f32]),
) {
    let mut index = first;
    for point in out.chunks_exact_mut(dim) {
        fill(&mut stream.at(index), point);
        index = index.wrapping_add(1);
    }
}
