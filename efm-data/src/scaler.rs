use efm_core::Points;
use serde::{Deserialize, Serialize};

use crate::DataError;

const PLACE: &str = "scaler";

/// How both clouds are brought to unit size before they become charges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Scaling {
    /// Left as they are.
    #[default]
    None,
    /// The joint mean goes to the origin and all coordinates are divided by one length, the joint root mean square
    /// per coordinate: shapes, angles and ratios of distances stay.
    Joint,
    /// Every coordinate gets mean 0 and standard deviation 1 over both clouds together.
    PerCoordinate,
    /// Every coordinate fills [−1, 1] over both clouds together.
    Range,
}

impl Scaling {
    /// Learns the transform from both clouds. Each cloud has the same say whatever its number of points, as each
    /// plate has the same charge. A coordinate that never varies is shifted but not stretched.
    ///
    /// # Errors
    /// [`DataError::UnequalDims`] for clouds of different D, [`DataError::TooFewPoints`] for an empty one.
    pub fn fit(self, source: &Points, target: &Points) -> Result<Scaler, DataError> {
        Scaler::fit(self, source, target)
    }
}

/// A learned affine map per coordinate, scaled = (x − shift) / stretch, that belongs to a run and is stored with it.
///
/// Computed in f64; [`Scaler::undo`] after [`Scaler::apply`] returns each coordinate up to the rounding of f32.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Record", deny_unknown_fields)]
pub struct Scaler {
    scaling: Scaling,
    shift: Vec<f64>,
    stretch: Vec<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    colour: Option<ColourWeight>,
}

/// How much more the mean colour of an image counts than its shape: the mean of every `area` coordinates, a colour plane,
/// is multiplied by `weight`. Lengths in scaled units, and with them the field, then tell colours apart before shapes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColourWeight {
    /// Pixels of a plane, height · width.
    pub area: usize,
    /// Factor of the mean; 1 changes nothing.
    pub weight: f64,
}

impl ColourWeight {
    fn problem(self, dim: usize) -> Option<String> {
        if !(self.weight.is_normal() && self.weight > 0.0) {
            return Some(format!("has the weight {}; it must be positive and finite", self.weight));
        }
        let fills = self.area > 0 && dim.is_multiple_of(self.area);
        (!fills).then(|| format!("is the mean of {} coordinates, which do not divide D = {dim}", self.area))
    }
}

/// What is read back from disk, before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    scaling: Scaling,
    shift: Vec<f64>,
    stretch: Vec<f64>,
    #[serde(default)]
    colour: Option<ColourWeight>,
}

impl TryFrom<Record> for Scaler {
    type Error = String;

    fn try_from(record: Record) -> Result<Self, String> {
        let Record { scaling, shift, stretch, colour } = record;
        let given = Self::given(shift, stretch).map_err(|error| error.to_string())?;
        if let Some(problem) = colour.and_then(|colour| colour.problem(given.dim())) {
            return Err(problem);
        }
        Ok(Self { scaling, colour, ..given })
    }
}

impl Scaler {
    /// The map that changes nothing in R^`dim`.
    pub fn identity(dim: usize) -> Self {
        Self { scaling: Scaling::None, shift: vec![0.0; dim], stretch: vec![1.0; dim], colour: None }
    }

    /// The map of these numbers, scaled = (x − shift) / stretch, both in data units and one per coordinate: a scaling that
    /// was learned elsewhere, or one that is known. Its [`Scaler::scaling`] is [`Scaling::None`], as no rule learned it.
    ///
    /// # Errors
    /// [`DataError::BadParameter`] for no numbers, for different numbers of them, for a shift that is not finite, and for a
    /// stretch that is not positive and finite.
    pub fn given(shift: Vec<f64>, stretch: Vec<f64>) -> Result<Self, DataError> {
        let bad = |field, problem| Err(DataError::BadParameter { place: PLACE, field, problem });
        if shift.is_empty() || shift.len() != stretch.len() {
            let problem =
                format!("has {} number(s), and shift has {}; each coordinate needs one", stretch.len(), shift.len());
            return bad("stretch", problem);
        }
        if let Some(at) = shift.iter().position(|value| !value.is_finite()) {
            return bad("shift", format!("is {} for coordinate {at}; it must be finite", shift[at]));
        }
        if let Some(at) = stretch.iter().position(|value| !(value.is_normal() && *value > 0.0)) {
            return bad("stretch", format!("is {} for coordinate {at}; it must be positive and finite", stretch[at]));
        }
        Ok(Self { scaling: Scaling::None, shift, stretch, colour: None })
    }

    /// Learns the transform from both clouds, see [`Scaling::fit`].
    ///
    /// # Errors
    /// As [`Scaling::fit`].
    pub fn fit(scaling: Scaling, source: &Points, target: &Points) -> Result<Self, DataError> {
        let dim = source.dim();
        if target.dim() != dim {
            return Err(DataError::UnequalDims { place: PLACE, source_dim: dim, target_dim: target.dim() });
        }
        for (name, points) in [("source", source), ("target", target)] {
            if points.is_empty() {
                return Err(DataError::TooFewPoints { path: name.into(), count: 0, needed: 1 });
            }
        }
        let columns: Vec<Column> = (0..dim).map(|row| Column::of(row, source, target)).collect();
        let fallback = |length: f64, varies: bool| if varies && length.is_normal() { length } else { 1.0 };
        let (shift, stretch) = match scaling {
            Scaling::None => return Ok(Self::identity(dim)),
            Scaling::Joint => {
                let mean_square = columns.iter().map(|column| column.variance).sum::<f64>() / dim as f64;
                let length = fallback(mean_square.sqrt(), columns.iter().any(Column::varies));
                (columns.iter().map(|column| column.mean).collect(), vec![length; dim])
            }
            Scaling::PerCoordinate => {
                columns.iter().map(|column| (column.mean, fallback(column.variance.sqrt(), column.varies()))).unzip()
            }
            Scaling::Range => columns
                .iter()
                .map(|column| {
                    let half_width = 0.5 * (column.highest - column.lowest);
                    (0.5 * (column.highest + column.lowest), fallback(half_width, column.varies()))
                })
                .unzip(),
        };
        Ok(Self { scaling, shift, stretch, colour: None })
    }

    /// The transform followed by `colour`, and by the one length that brings the joint root mean square per coordinate of
    /// both clouds back to 1.
    ///
    /// # Errors
    /// [`DataError::BadParameter`] for weights that are not positive and planes that do not fill a point, and those of
    /// [`Scaler::apply`].
    pub fn weighing(mut self, colour: ColourWeight, source: &Points, target: &Points) -> Result<Self, DataError> {
        if let Some(problem) = colour.problem(self.dim()) {
            return Err(DataError::BadParameter { place: PLACE, field: "colour", problem });
        }
        self.colour = Some(colour);
        let mut mean_square = 0.0;
        for points in [source, target] {
            let scaled = self.apply(points)?;
            let sum: f64 = scaled.as_slice().iter().map(|&value| f64::from(value).powi(2)).sum();
            mean_square += 0.5 * sum / scaled.as_slice().len().max(1) as f64;
        }
        let length = mean_square.sqrt();
        if length.is_normal() {
            self.stretch.iter_mut().for_each(|stretch| *stretch *= length);
        }
        Ok(self)
    }

    /// Logarithm of the volume in data units that one unit of scaled volume has.
    pub fn ln_volume(&self) -> f64 {
        let colours = self.colour.map_or(0.0, |colour| (self.dim() / colour.area) as f64 * colour.weight.ln());
        self.stretch.iter().map(|stretch| stretch.ln()).sum::<f64>() - colours
    }

    /// Which rule this was learned by; [`Scaling::None`] also for a scaling of given numbers.
    pub fn scaling(&self) -> Scaling {
        self.scaling
    }

    /// D.
    pub fn dim(&self) -> usize {
        self.shift.len()
    }

    /// How colours are weighed, if they are.
    pub fn colour(&self) -> Option<ColourWeight> {
        self.colour
    }

    /// What is subtracted from each coordinate, in data units.
    pub fn shift(&self) -> &[f64] {
        &self.shift
    }

    /// What each coordinate is divided by, in data units.
    pub fn stretch(&self) -> &[f64] {
        &self.stretch
    }

    /// The scaling that takes `centre`, in the scaled units of this one, to the origin.
    ///
    /// # Errors
    /// As [`Scaler::undo`].
    pub fn centred(&self, centre: &[f32]) -> Result<Self, DataError> {
        let bad = |_| DataError::OutOfRange { place: PLACE, point: 0, coordinate: 0 };
        let middle = self.undo(&Points::from_values(self.dim(), centre.to_vec()).map_err(bad)?)?;
        Ok(Self { shift: middle.as_slice().iter().map(|&value| f64::from(value)).collect(), ..self.clone() })
    }

    /// Data units to scaled units.
    ///
    /// # Errors
    /// [`DataError::DimensionMismatch`], and [`DataError::OutOfRange`] where a coordinate leaves the range of f32.
    pub fn apply(&self, points: &Points) -> Result<Points, DataError> {
        let weigh = |values: &mut [f64]| self.weigh(values, |colour| colour.weight);
        self.map(points, |value, shift, stretch| (value - shift) / stretch, weigh, |value, _, _| value)
    }

    /// Scaled units back to data units.
    ///
    /// # Errors
    /// As [`Scaler::apply`].
    pub fn undo(&self, points: &Points) -> Result<Points, DataError> {
        let weigh = |values: &mut [f64]| self.weigh(values, |colour| 1.0 / colour.weight);
        self.map(points, |value, _, _| value, weigh, |value, shift, stretch| value * stretch + shift)
    }

    fn weigh(&self, values: &mut [f64], factor: impl Fn(ColourWeight) -> f64) {
        let Some(colour) = self.colour else { return };
        for plane in values.chunks_exact_mut(colour.area) {
            let mean = plane.iter().sum::<f64>() / colour.area as f64;
            plane.iter_mut().for_each(|value| *value += (factor(colour) - 1.0) * mean);
        }
    }

    fn map(
        &self,
        points: &Points,
        before: impl Fn(f64, f64, f64) -> f64,
        weigh: impl Fn(&mut [f64]),
        after: impl Fn(f64, f64, f64) -> f64,
    ) -> Result<Points, DataError> {
        let dim = self.dim();
        if points.dim() != dim {
            return Err(DataError::DimensionMismatch { place: PLACE, found: points.dim(), expected: dim });
        }
        let mut matrix = points.clone().into_matrix();
        let mut values = vec![0.0; dim];
        for (point, out) in matrix.as_mut_slice().chunks_exact_mut(dim).enumerate() {
            let rule = |rule: &dyn Fn(f64, f64, f64) -> f64, value: f64, at: usize| {
                rule(value, self.shift[at], self.stretch[at])
            };
            values.iter_mut().zip(&*out).enumerate().for_each(|(at, (to, &v))| *to = rule(&before, f64::from(v), at));
            weigh(&mut values);
            for (coordinate, (out, &value)) in out.iter_mut().zip(&values).enumerate() {
                *out = rule(&after, value, coordinate) as f32;
                if !out.is_finite() {
                    return Err(DataError::OutOfRange { place: PLACE, point, coordinate });
                }
            }
        }
        Points::new(matrix).map_err(|_| DataError::OutOfRange { place: PLACE, point: 0, coordinate: 0 })
    }
}

/// One coordinate over both clouds, each cloud with weight one half.
struct Column {
    mean: f64,
    variance: f64,
    lowest: f64,
    highest: f64,
}

impl Column {
    fn of(row: usize, source: &Points, target: &Points) -> Self {
        let values = |points: &Points, rule: &mut dyn FnMut(f64)| {
            for point in points.iter() {
                rule(f64::from(point[row]));
            }
        };
        let mean_of = |rule: &dyn Fn(f64) -> f64| {
            let mut halves = 0.0;
            for points in [source, target] {
                let mut sum = 0.0;
                values(points, &mut |value| sum += rule(value));
                halves += 0.5 * sum / points.len() as f64;
            }
            halves
        };
        let mean = mean_of(&|value| value);
        let variance = mean_of(&|value| (value - mean).powi(2));
        let (mut lowest, mut highest) = (f64::INFINITY, f64::NEG_INFINITY);
        for points in [source, target] {
            values(points, &mut |value| {
                lowest = lowest.min(value);
                highest = highest.max(value);
            });
        }
        Self { mean, variance, lowest, highest }
    }

    fn varies(&self) -> bool {
        self.highest > self.lowest
    }
}
