use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::ParameterError;

/// What can go wrong when a field is asked for its values, or a sampler for its points.
///
/// [`FieldError::own`] carries the error of a field or a sampler of one's own.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldError {
    /// The query points live in another space than the field.
    #[error("query points have D = {query_dim}, the field has D = {field_dim}")]
    DimensionMismatch {
        /// D of the query points.
        query_dim: usize,
        /// D of the field.
        field_dim: usize,
    },
    /// A query coordinate is NaN or infinite.
    #[error("query point {point} is not finite")]
    NonFiniteQuery {
        /// Index of the point, from 0.
        point: usize,
    },
    /// A learned field's device failed.
    #[error("the device could not evaluate the field: {message}")]
    Device {
        /// What the device said.
        message: String,
    },
    /// A field or a sampler gave another number of points than it was asked for, or points of another space.
    #[error("{asked} points of D = {asked_dim} were asked for, {given} points of D = {given_dim} came")]
    Shape {
        /// Number of points that were asked for.
        asked: usize,
        /// Their D.
        asked_dim: usize,
        /// Number of points that came.
        given: usize,
        /// Their D.
        given_dim: usize,
    },
    /// A sampler drew a point that is not finite.
    #[error("point {point} of the draws is not finite")]
    NonFinitePoint {
        /// Index among the draws, from 0.
        point: usize,
    },
    /// A sampler that promises the charge of every point did not give it, or named charges that do not exist.
    #[error("{points} points were drawn from charges, but charges of the capacitor came for {origins} of them")]
    Origins {
        /// Number of points.
        points: usize,
        /// Number of charges that exist.
        origins: usize,
    },
    /// A parameter of a sampler makes no sense.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// The error of a field or a sampler that was made elsewhere.
    #[error(transparent)]
    Own(OwnError),
}

impl FieldError {
    /// The error of a field or a sampler of one's own: any error, or a text.
    pub fn own(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Own(OwnError(Arc::from(error.into())))
    }

    /// Checks D and number of points that came.
    pub(crate) fn check_shape(
        (asked_dim, asked): (usize, usize),
        (given_dim, given): (usize, usize),
    ) -> Result<(), Self> {
        if (asked_dim, asked) == (given_dim, given) {
            Ok(())
        } else {
            Err(Self::Shape { asked, asked_dim, given, given_dim })
        }
    }
}

/// Any error. Two are equal if one is a copy of the other.
#[derive(Clone)]
pub struct OwnError(Arc<dyn Error + Send + Sync>);

impl OwnError {
    /// The error itself, to be downcast.
    pub fn get(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

impl PartialEq for OwnError {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for OwnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for OwnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Error for OwnError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
