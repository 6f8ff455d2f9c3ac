use crate::{CoreError, Points};

/// Points (x, z) of R^{D+1}: places between, on or behind the plates.
///
/// Coordinates are f64, point after point, D values of x and then z: this type is the one place that knows that z
/// comes last. f64 costs nothing next to a field evaluation and keeps lines accurate far below f32 rounding.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Augmented {
    dim: usize,
    values: Vec<f64>,
}

impl Augmented {
    /// No points yet; x will have `dim` = D coordinates.
    pub fn new(dim: usize) -> Self {
        Self { dim, values: Vec::new() }
    }

    /// Takes `values` point after point, D values of x and then z.
    ///
    /// # Errors
    /// [`CoreError::RaggedValues`] if they do not make whole points of D + 1 coordinates.
    pub fn from_values(dim: usize, values: Vec<f64>) -> Result<Self, CoreError> {
        if !values.len().is_multiple_of(dim + 1) {
            return Err(CoreError::RaggedValues { values: values.len(), dim: dim + 1 });
        }
        Ok(Self { dim, values })
    }

    /// `len` points, all coordinates zero.
    pub fn zeros(dim: usize, len: usize) -> Self {
        Self { dim, values: vec![0.0; (dim + 1) * len] }
    }

    /// The points of a cloud, all at height `z`.
    pub fn lift(points: &Points, z: f64) -> Self {
        let mut lifted = Self::zeros(points.dim(), points.len());
        for (index, point) in points.iter().enumerate() {
            for (to, &from) in lifted.x_mut(index).iter_mut().zip(point) {
                *to = f64::from(from);
            }
            lifted.set_z(index, z);
        }
        lifted
    }

    /// Number of coordinates of x, D; a point has D + 1.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.values.len() / (self.dim + 1)
    }

    /// Whether there are no points.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// All coordinates, D + 1 per point.
    pub fn as_slice(&self) -> &[f64] {
        &self.values
    }

    /// All coordinates, to be changed.
    pub fn as_mut_slice(&mut self) -> &mut [f64] {
        &mut self.values
    }

    /// The D + 1 coordinates of point `index`, z last.
    ///
    /// # Panics
    /// If there is no such point; so do all that take an index.
    pub fn point(&self, index: usize) -> &[f64] {
        &self.values[index * (self.dim + 1)..(index + 1) * (self.dim + 1)]
    }

    /// The D + 1 coordinates of point `index`, to be changed.
    pub fn point_mut(&mut self, index: usize) -> &mut [f64] {
        &mut self.values[index * (self.dim + 1)..(index + 1) * (self.dim + 1)]
    }

    /// x of point `index`, D coordinates.
    pub fn x(&self, index: usize) -> &[f64] {
        &self.point(index)[..self.dim]
    }

    /// x of point `index`, to be changed.
    pub fn x_mut(&mut self, index: usize) -> &mut [f64] {
        let dim = self.dim;
        &mut self.point_mut(index)[..dim]
    }

    /// Height of point `index` above the source plate.
    pub fn z(&self, index: usize) -> f64 {
        self.point(index)[self.dim]
    }

    /// Moves point `index` to height `z`.
    pub fn set_z(&mut self, index: usize, z: f64) {
        let dim = self.dim;
        self.point_mut(index)[dim] = z;
    }

    /// Appends the point (x, z).
    ///
    /// # Panics
    /// If `x` has not D coordinates.
    pub fn push(&mut self, x: &[f64], z: f64) {
        assert_eq!(x.len(), self.dim, "x must have D coordinates");
        self.values.extend_from_slice(x);
        self.values.push(z);
    }

    /// Appends a point given by its D + 1 coordinates, z last.
    ///
    /// # Panics
    /// If `point` has not D + 1 coordinates.
    pub fn push_point(&mut self, point: &[f64]) {
        assert_eq!(point.len(), self.dim + 1, "a point must have D + 1 coordinates");
        self.values.extend_from_slice(point);
    }

    /// Keeps the memory, drops the points.
    pub fn clear(&mut self) {
        self.values.clear();
    }

    /// Changes the number of points; new ones are zero.
    pub fn resize(&mut self, len: usize) {
        self.values.resize(len * (self.dim + 1), 0.0);
    }

    /// The points one after another, D + 1 coordinates each, z last.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[f64]> + '_ {
        self.values.chunks_exact(self.dim + 1)
    }

    /// The x of every point as a cloud of f32 data; heights are dropped.
    ///
    /// # Errors
    /// [`CoreError::NonFinite`] where a coordinate is no finite f32.
    pub fn to_points(&self) -> Result<Points, CoreError> {
        let values = (0..self.len()).flat_map(|index| self.x(index).iter().map(|&value| value as f32)).collect();
        Points::from_values(self.dim, values)
    }
}
