use std::error::Error;

use efm_core::{Augmented, CoreError, OwnError};

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
    /// A point that was given or drawn is NaN or infinite.
    #[error("point {point} is not finite")]
    NonFinitePoint {
        /// Index of the point, from 0.
        point: usize,
    },
    /// A single point has too few or too many coordinates.
    #[error("a point has {given} coordinates, where D + 1 = {wanted} are needed, z last")]
    Coordinates {
        /// Number of coordinates that were given.
        given: usize,
        /// Number that is needed.
        wanted: usize,
    },
    /// A field gave something that is no direction.
    #[error("the field's direction at point {point} has length {length}; directions are unit vectors")]
    Direction {
        /// Index of the point, from 0.
        point: usize,
        /// Length of what was given; NaN or infinite if a coordinate is.
        length: f64,
    },
    /// A field gave strengths of some points only.
    #[error("the field gave {strengths} strengths for {points} points; it must give all of them or none")]
    Strengths {
        /// Number of points.
        points: usize,
        /// Number of strengths.
        strengths: usize,
    },
    /// The strength of a field that knows its direction only.
    #[error("the field knows its direction but not its strength")]
    NoStrength,
    /// |E| is no number of f64.
    #[error("|E| at point {point} is e^{ln_strength}, which f64 cannot hold to full precision; work with ln |E|")]
    Range {
        /// Index of the point, from 0.
        point: usize,
        /// ln |E|.
        ln_strength: f64,
    },
    /// A sampler that promises the charge of every point did not give it, or named charges that do not exist.
    #[error("{points} points were drawn from charges, but charges of the capacitor came for {origins} of them")]
    Origins {
        /// Number of points.
        points: usize,
        /// Number of charges that exist.
        origins: usize,
    },
    /// A parameter makes no sense.
    #[error(transparent)]
    Parameter(#[from] ParameterError),
    /// Points or plates make no sense.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// The error of a field or a sampler that was made elsewhere.
    #[error(transparent)]
    Own(OwnError),
}

impl FieldError {
    /// The error of a field or a sampler of one's own: any error, or a text.
    pub fn own(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Own(OwnError::new(error))
    }

    /// Checks the points that a field of D = `dim` is asked at.
    pub(crate) fn check_queries(dim: usize, at: &Augmented) -> Result<(), Self> {
        if at.dim() != dim {
            return Err(Self::DimensionMismatch { query_dim: at.dim(), field_dim: dim });
        }
        match at.as_slice().iter().position(|value| !value.is_finite()) {
            Some(bad) => Err(Self::NonFiniteQuery { point: bad / (dim + 1) }),
            None => Ok(()),
        }
    }

    /// Checks one point (x, z) of a field of D = `dim`.
    pub(crate) fn check_point(dim: usize, point: &[f64]) -> Result<(), Self> {
        if point.len() != dim + 1 {
            return Err(Self::Coordinates { given: point.len(), wanted: dim + 1 });
        }
        match point.iter().all(|value| value.is_finite()) {
            true => Ok(()),
            false => Err(Self::NonFinitePoint { point: 0 }),
        }
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
