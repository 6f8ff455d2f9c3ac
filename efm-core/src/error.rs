use crate::Side;

/// What can be wrong with data on the plates.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CoreError {
    /// Points need at least one coordinate.
    #[error("points have no coordinates; D must be at least 1")]
    NoCoordinates,
    /// The values do not fill whole points.
    #[error("{values} values do not make whole points of {dim} coordinates")]
    RaggedValues {
        /// Number of values given.
        values: usize,
        /// Coordinates per point, D.
        dim: usize,
    },
    /// A coordinate is NaN or infinite.
    #[error("point {point}, coordinate {coordinate} is {value}; every coordinate must be finite")]
    NonFinite {
        /// Index of the point, from 0.
        point: usize,
        /// Index of the coordinate, from 0.
        coordinate: usize,
        /// The offending value.
        value: f32,
    },
    /// A plate carries no charge.
    #[error("the {side} plate has no points; it needs at least one charge")]
    EmptyPlate {
        /// Which plate.
        side: Side,
    },
    /// The plates hold points of different dimension.
    #[error("source points have D = {source_dim}, target points D = {target_dim}; both plates need the same D")]
    DimensionMismatch {
        /// D on the source plate.
        source_dim: usize,
        /// D on the target plate.
        target_dim: usize,
    },
    /// The gap between the plates is not a positive finite length.
    #[error("the gap between the plates is {gap}; it must be a positive finite length")]
    BadGap {
        /// The gap that was asked for.
        gap: f64,
    },
}
