use std::path::Path;

use efm_core::{Points, Stream};
use rand::RngExt;

use crate::{DataError, Sampler, sampler::each_point};

/// The rows of a data set, drawn uniformly with replacement.
#[derive(Debug, Clone, PartialEq)]
pub struct Empirical {
    points: Points,
}

impl Empirical {
    /// Wraps the rows of `points`; `name` (a path, say) is what an error is about.
    ///
    /// # Errors
    /// [`DataError::TooFewPoints`] below 2 points.
    pub fn new(points: Points, name: impl AsRef<Path>) -> Result<Self, DataError> {
        if points.len() < 2 {
            return Err(DataError::TooFewPoints { path: name.as_ref().into(), count: points.len(), needed: 2 });
        }
        Ok(Self { points })
    }

    /// All rows, in their order.
    pub fn points(&self) -> &Points {
        &self.points
    }

    /// Gives the rows back.
    pub fn into_points(self) -> Points {
        self.points
    }
}

impl Sampler for Empirical {
    fn dim(&self) -> usize {
        self.points.dim()
    }

    fn draw_into(&self, stream: &Stream, first: u64, out: &mut [f32]) -> Result<(), DataError> {
        each_point(stream, first, self.dim(), out, |generator, point| {
            point.copy_from_slice(self.points.point(generator.random_range(0..self.points.len())));
        });
        Ok(())
    }

    fn len(&self) -> Option<usize> {
        Some(self.points.len())
    }
}
