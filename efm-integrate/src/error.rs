use efm_field::FieldError;

use crate::Method;

/// Misuse of a tracer, or a field that failed. What happens to a single line is a [`crate::Stop`], not an error.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// The starts live in another space than the field.
    #[error("starts have D = {starts_dim}, the field has D = {field_dim}")]
    DimensionMismatch {
        /// D of the starts.
        starts_dim: usize,
        /// D of the field.
        field_dim: usize,
    },
    /// A start has a NaN or infinite coordinate.
    #[error("line {line} starts at a point that is not finite")]
    NonFiniteStart {
        /// Index of the line, from 0.
        line: usize,
    },
    /// A form that lives in the gap was given a start outside, or past the end of the line.
    #[error("line {line} starts at z = {z}; this form of the line equation needs {low} ≤ z ≤ {high}")]
    StartOutside {
        /// Index of the line, from 0.
        line: usize,
        /// Its height.
        z: f64,
        /// Lowest height allowed.
        low: f64,
        /// Greatest height allowed.
        high: f64,
    },
    /// Adaptive steps need an embedded error estimate.
    #[error(
        "the method {method} estimates no error, so its steps cannot adapt; use fixed steps, or heun, bosh3, dopri5"
    )]
    NoErrorEstimate {
        /// The method asked for.
        method: Method,
    },
    /// A setting is out of its range.
    #[error("{setting} is {value}; it must be {wanted}")]
    BadSetting {
        /// Name of the setting.
        setting: &'static str,
        /// Its value.
        value: f64,
        /// What is allowed.
        wanted: &'static str,
    },
    /// Strengths were asked of a field that has none.
    #[error("the field knows its direction but not its strength; take the divergence of its lines instead")]
    NoStrength,
    /// The field could not be evaluated.
    #[error(transparent)]
    Field(#[from] FieldError),
}
