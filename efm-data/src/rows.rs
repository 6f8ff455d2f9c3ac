use efm_core::Points;

use crate::DataError;

/// Rows of a file in the precision of the file: `[N, D]`, one row after another.
///
/// [`Points`] are f32. Time stamps in seconds or metres of a map grid lose their differences there, so that rows stay f64
/// until something is subtracted from them: [`Rows::about`].
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    dim: usize,
    values: Values,
}

/// Numbers as f32 where the file has no more than that.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Values {
    Single(Vec<f32>),
    Double(Vec<f64>),
}

impl Rows {
    /// Rows of `dim` coordinates each.
    ///
    /// # Errors
    /// [`DataError::BadParameter`] for D = 0, or numbers that fill no whole number of rows or are not finite.
    pub fn new(dim: usize, values: Vec<f64>) -> Result<Self, DataError> {
        let bad = |field, problem| Err(DataError::BadParameter { place: "rows", field, problem });
        if dim == 0 || !values.len().is_multiple_of(dim) {
            return bad("dim", format!("is {dim}, which does not divide {} numbers", values.len()));
        }
        if let Some(at) = values.iter().position(|value| !value.is_finite()) {
            return bad("values", format!("is {} in row {}, column {}", values[at], at / dim, at % dim));
        }
        Ok(Self { dim, values: Values::Double(values) })
    }

    /// Numbers that were checked.
    pub(crate) fn checked(dim: usize, values: Values) -> Self {
        Self { dim, values }
    }

    /// D.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// N.
    pub fn len(&self) -> usize {
        match &self.values {
            Values::Single(values) => values.len() / self.dim,
            Values::Double(values) => values.len() / self.dim,
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the file had numbers that f32 does not hold: f64, wide integers, text.
    pub fn is_double(&self) -> bool {
        matches!(self.values, Values::Double(_))
    }

    /// Coordinate `column` of row `row`.
    ///
    /// # Panics
    /// If there is no such row or column.
    pub fn value(&self, row: usize, column: usize) -> f64 {
        assert!(column < self.dim, "column {column} of D = {}", self.dim);
        match &self.values {
            Values::Single(values) => f64::from(values[row * self.dim + column]),
            Values::Double(values) => values[row * self.dim + column],
        }
    }

    /// All numbers, where they are f32; none where not.
    #[cfg(feature = "images")]
    pub(crate) fn single(&self) -> &[f32] {
        match &self.values {
            Values::Single(values) => values,
            Values::Double(_) => &[],
        }
    }

    /// All numbers, row after row.
    pub fn values(&self) -> Vec<f64> {
        match &self.values {
            Values::Single(values) => values.iter().map(|&value| f64::from(value)).collect(),
            Values::Double(values) => values.clone(),
        }
    }

    /// The rows of these indices, in this order.
    ///
    /// # Panics
    /// If an index is not below [`Rows::len`].
    pub fn select(&self, rows: &[usize]) -> Self {
        fn pick<T: Copy>(values: &[T], dim: usize, rows: &[usize]) -> Vec<T> {
            rows.iter().flat_map(|row| &values[row * dim..(row + 1) * dim]).copied().collect()
        }
        let values = match &self.values {
            Values::Single(values) => Values::Single(pick(values, self.dim, rows)),
            Values::Double(values) => Values::Double(pick(values, self.dim, rows)),
        };
        Self { dim: self.dim, values }
    }

    /// The columns of these indices, in this order.
    ///
    /// # Panics
    /// If an index is not below D, or there is none.
    pub fn reorder(&self, columns: &[usize]) -> Self {
        fn pick<T: Copy>(values: &[T], dim: usize, columns: &[usize]) -> Vec<T> {
            values.chunks_exact(dim).flat_map(|row| columns.iter().map(|&column| row[column])).collect()
        }
        assert!(!columns.is_empty(), "a row has a column");
        let values = match &self.values {
            Values::Single(values) => Values::Single(pick(values, self.dim, columns)),
            Values::Double(values) => Values::Double(pick(values, self.dim, columns)),
        };
        Self { dim: columns.len(), values }
    }

    /// The rows in f32.
    ///
    /// # Errors
    /// [`DataError::OutOfRange`] for numbers beyond f32.
    pub fn to_points(&self) -> Result<Points, DataError> {
        match &self.values {
            Values::Single(values) => points(self.dim, values.clone()),
            Values::Double(_) => self.about(&vec![0.0; self.dim]),
        }
    }

    /// As [`Rows::to_points`]; takes no second copy where the file had f32.
    ///
    /// # Errors
    /// As [`Rows::to_points`].
    pub fn into_points(self) -> Result<Points, DataError> {
        match self.values {
            Values::Single(values) => points(self.dim, values),
            Values::Double(_) => self.to_points(),
        }
    }

    /// x − origin for every row, subtracted in f64, in f32.
    ///
    /// # Errors
    /// [`DataError::DimensionMismatch`] for an origin of other D, [`DataError::OutOfRange`].
    pub fn about(&self, origin: &[f64]) -> Result<Points, DataError> {
        if origin.len() != self.dim {
            return Err(DataError::DimensionMismatch { place: "rows", found: origin.len(), expected: self.dim });
        }
        let shifted = |value: f64, at: usize| (value - origin[at % self.dim]) as f32;
        let values = match &self.values {
            Values::Single(values) => values.iter().enumerate().map(|(at, &v)| shifted(f64::from(v), at)).collect(),
            Values::Double(values) => values.iter().enumerate().map(|(at, &v)| shifted(v, at)).collect(),
        };
        points(self.dim, values)
    }

    /// Where the origin of both clouds should lie for their differences to survive f32: for each column the mean of the
    /// first where the largest number is more than [`FAR`] times as large as the spread of the narrower cloud, else 0.
    /// `None` where every column is well off as it is.
    ///
    /// # Errors
    /// [`DataError::UnequalDims`].
    pub fn common_origin(&self, other: &Self) -> Result<Option<Vec<f64>>, DataError> {
        if self.dim != other.dim {
            return Err(DataError::UnequalDims { place: "rows", source_dim: self.dim, target_dim: other.dim });
        }
        let origin: Vec<f64> = (0..self.dim)
            .map(|column| {
                let (one, two) = (Extent::of(self, column), Extent::of(other, column));
                // Of columns that never vary, their distance is what there is to keep.
                let spreads = [one.spread.min(two.spread), one.spread.max(two.spread), (one.mean - two.mean).abs()];
                let spread = spreads.into_iter().find(|&spread| spread > 0.0).unwrap_or(f64::INFINITY);
                if one.largest.max(two.largest) > FAR * spread { one.mean } else { 0.0 }
            })
            .collect();
        Ok(origin.iter().any(|&value| value != 0.0).then_some(origin))
    }
}

/// f32 rounds a number of this many spreads to 1e−4 of a spread.
pub const FAR: f64 = 1678.0;

/// Mean, standard deviation and largest size of a column.
struct Extent {
    mean: f64,
    spread: f64,
    largest: f64,
}

impl Extent {
    fn of(rows: &Rows, column: usize) -> Self {
        let count = rows.len().max(1) as f64;
        let values = || (0..rows.len()).map(|row| rows.value(row, column));
        let mean = values().sum::<f64>() / count;
        let variance = values().map(|value| (value - mean).powi(2)).sum::<f64>() / count;
        Self { mean, spread: variance.sqrt(), largest: values().fold(0.0, |most, value| value.abs().max(most)) }
    }
}

impl From<Points> for Rows {
    fn from(points: Points) -> Self {
        Self { dim: points.dim(), values: Values::Single(points.as_slice().to_vec()) }
    }
}

fn points(dim: usize, values: Vec<f32>) -> Result<Points, DataError> {
    let bad = values.iter().position(|value| !value.is_finite()).unwrap_or_default();
    let (point, coordinate) = (bad / dim, bad % dim);
    Points::from_values(dim, values).map_err(|_| DataError::OutOfRange { place: "rows", point, coordinate })
}
