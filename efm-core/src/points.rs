use nalgebra::DMatrix;

use crate::CoreError;

/// A cloud of N points in R^D with finite coordinates, in data units.
///
/// One point per column: the memory is that of a row-major `[N, D]` tensor, so moving it to a device is a copy.
/// A cloud may be empty (N = 0); plates ask for more, see [`crate::Capacitor`].
#[derive(Debug, Clone, PartialEq)]
pub struct Points {
    matrix: DMatrix<f32>,
}

impl Points {
    /// Wraps a `D × N` matrix, one point per column.
    ///
    /// # Errors
    /// [`CoreError::NoCoordinates`] for D = 0 and [`CoreError::NonFinite`] for NaN or infinite coordinates.
    pub fn new(matrix: DMatrix<f32>) -> Result<Self, CoreError> {
        if matrix.nrows() == 0 {
            return Err(CoreError::NoCoordinates);
        }
        let dim = matrix.nrows();
        if let Some(bad) = matrix.as_slice().iter().position(|value| !value.is_finite()) {
            return Err(CoreError::NonFinite {
                point: bad / dim,
                coordinate: bad % dim,
                value: matrix.as_slice()[bad],
            });
        }
        Ok(Self { matrix })
    }

    /// Takes `values` point after point: `[x₀ of point 0, x₁ of point 0, …, x₀ of point 1, …]`.
    ///
    /// # Errors
    /// As [`Points::new`], and [`CoreError::RaggedValues`] when the length is no multiple of `dim`.
    pub fn from_values(dim: usize, values: Vec<f32>) -> Result<Self, CoreError> {
        if dim == 0 {
            return Err(CoreError::NoCoordinates);
        }
        if !values.len().is_multiple_of(dim) {
            return Err(CoreError::RaggedValues { values: values.len(), dim });
        }
        Self::new(DMatrix::from_vec(dim, values.len() / dim, values))
    }

    /// Number of coordinates of a point, D.
    pub fn dim(&self) -> usize {
        self.matrix.nrows()
    }

    /// Number of points, N.
    pub fn len(&self) -> usize {
        self.matrix.ncols()
    }

    /// Whether the cloud holds no point.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The `D × N` matrix, one point per column.
    pub fn matrix(&self) -> &DMatrix<f32> {
        &self.matrix
    }

    /// All coordinates, point after point.
    pub fn as_slice(&self) -> &[f32] {
        self.matrix.as_slice()
    }

    /// Coordinates of point `index`, D of them.
    ///
    /// # Panics
    /// If `index` is not below [`Points::len`].
    pub fn point(&self, index: usize) -> &[f32] {
        let dim = self.dim();
        &self.as_slice()[index * dim..(index + 1) * dim]
    }

    /// The points one after another, D coordinates each.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[f32]> + '_ {
        self.as_slice().chunks_exact(self.dim())
    }

    /// The points with these indices, in this order; an index may repeat.
    ///
    /// # Panics
    /// If an index is not below [`Points::len`].
    pub fn select(&self, indices: &[usize]) -> Self {
        Self { matrix: self.matrix.select_columns(indices) }
    }

    /// Gives the matrix back.
    pub fn into_matrix(self) -> DMatrix<f32> {
        self.matrix
    }
}
