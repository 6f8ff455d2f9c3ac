/// What can go wrong when a field is asked for its values.
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
}
