use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

use efm_core::{Points, Stream};
use serde::{Serialize, Serializer};

use crate::EvalError;

/// A measure of two sets of points, the second of which is the target.
///
/// A name and a value make a measure; floors, intervals, tables and the page of a run follow by themselves. All that is random
/// comes from the stream, and nothing depends on the number of threads.
///
/// ```
/// use std::sync::Arc;
///
/// use efm_core::{Points, Seed, Stream};
/// use efm_eval::{Comparison, EvalError, Measure, compare, space_table};
///
/// /// The distance of the two means.
/// #[derive(Debug)]
/// struct MeanShift;
///
/// impl Measure for MeanShift {
///     fn name(&self) -> &str {
///         "mean_shift"
///     }
///
///     fn value(&self, a: &Points, b: &Points, _: &Stream) -> Result<f64, EvalError> {
///         let mean = |points: &Points, axis: usize| {
///             points.iter().map(|point| f64::from(point[axis])).sum::<f64>() / points.len() as f64
///         };
///         Ok((0..a.dim()).map(|axis| (mean(a, axis) - mean(b, axis)).powi(2)).sum::<f64>().sqrt())
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let line = |shift: f32| Points::from_values(1, (0..100).map(|k| k as f32 * 0.01 + shift).collect());
/// let options = Comparison { measures: vec![Arc::new(MeanShift)], ..Comparison::default() };
/// let (figures, skipped) = compare(&line(3.0)?, &line(0.0)?, &options, &mut |_, _| ())?;
/// assert!((figures[0].value - 3.0).abs() < 1e-6 && figures[0].floor.is_some() && figures[0].low.is_some());
/// assert!(space_table("", &figures, &skipped).contains("mean shift"));
/// # Ok(())
/// # }
/// ```
pub trait Measure: Debug + Send + Sync {
    /// Its name in JSON: lower case, `_` for spaces.
    fn name(&self) -> &str;

    /// The measure of `a` against the target `b`.
    ///
    /// # Errors
    /// What keeps it from being taken; [`EvalError::own`] wraps an error of another crate. [`EvalError::TooLarge`] and
    /// [`EvalError::Undefined`] say that these points have no such measure: it is left out, and the others are taken.
    fn value(&self, a: &Points, b: &Points, stream: &Stream) -> Result<f64, EvalError>;

    /// What its figures are called, in the order of [`Measure::values`]: one, with its name, unless one computation gives more.
    fn labels(&self) -> Vec<Label> {
        vec![Label::new(self.name())]
    }

    /// All its figures. Draws behind floors and intervals are measured by this.
    ///
    /// # Errors
    /// As [`Measure::value`].
    fn values(&self, a: &Points, b: &Points, stream: &Stream) -> Result<Vec<f64>, EvalError> {
        Ok(vec![self.value(a, b, stream)?])
    }

    /// All its figures with what belongs to them; taken once, on the whole sets.
    ///
    /// # Errors
    /// As [`Measure::value`].
    fn reading(&self, a: &Points, b: &Points, stream: &Stream) -> Result<Reading, EvalError> {
        Ok(Reading::of(self.values(a, b, stream)?))
    }

    /// The measure made for a target, where something must be the same for figure, draws and floor, such as the width of a
    /// kernel; `None` where there is nothing like that.
    fn for_target(&self, _target: &Points) -> Option<Arc<dyn Measure>> {
        None
    }

    /// On how many points of D = `dim` it is taken.
    fn budget(&self, dim: usize) -> Budget {
        Budget::of_pairs(dim)
    }

    /// Nanoseconds of one core for sets of so many points, roughly. Progress goes by it.
    fn work(&self, points: [usize; 2], dim: usize) -> f64 {
        all_pairs(points) * (0.3 + 0.1 * dim as f64)
    }

    /// Bytes beside the sets themselves, roughly.
    fn memory(&self, points: [usize; 2], dim: usize) -> u64 {
        12 * (points[0] as u64 + points[1] as u64).saturating_mul(dim as u64)
    }
}

/// What a figure is called, and how it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Label {
    name: String,
    title: String,
    range: (f64, f64),
    has_ratio: bool,
}

impl Label {
    /// A figure of 0 and more whose ratio to its floor says something. In tables it is its name with spaces.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self { title: name.replace('_', " "), name, range: (0.0, f64::INFINITY), has_ratio: true }
    }

    /// Another name in tables.
    #[must_use]
    pub fn titled(self, title: impl Into<String>) -> Self {
        Self { title: title.into(), ..self }
    }

    /// The values it can take; intervals end there.
    #[must_use]
    pub fn within(self, least: f64, most: f64) -> Self {
        Self { range: (least, most), ..self }
    }

    /// A figure whose ratio to its floor says nothing.
    #[must_use]
    pub fn without_ratio(self) -> Self {
        Self { has_ratio: false, ..self }
    }

    /// Its name in JSON.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its name in tables.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The least and the greatest value it can take.
    pub fn range(&self) -> (f64, f64) {
        self.range
    }

    /// Whether its floor is where it ends and ratios to that make sense.
    pub fn has_ratio(&self) -> bool {
        self.has_ratio
    }
}

impl Serialize for Label {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.name)
    }
}

/// The figures of a measure, and what else there is to say.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Reading {
    /// One value for each of the measure's labels.
    pub values: Vec<f64>,
    /// Probability of values as large if both sets came from one law, for tests.
    pub p_value: Option<f64>,
    /// What else belongs to them: directions, neighbours, width of a kernel.
    pub details: BTreeMap<String, f64>,
}

impl Reading {
    /// Values alone.
    pub fn of(values: Vec<f64>) -> Self {
        Self { values, ..Self::default() }
    }

    /// The same with a detail.
    #[must_use]
    pub fn with(mut self, name: &str, value: f64) -> Self {
        self.details.insert(name.to_owned(), value);
        self
    }

    /// The same with a probability.
    #[must_use]
    pub fn with_p_value(self, p_value: Option<f64>) -> Self {
        Self { p_value, ..self }
    }
}

/// On how many points a measure is taken: so many that it ends in a minute or so on two cores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Budget {
    /// Points of each set in a figure, at most, unless the comparison asks for another number.
    pub most: usize,
    /// Whether a comparison that asks for more gets no more.
    pub firm: bool,
    /// Points of each set in a draw behind floor and interval, at most.
    pub draw: usize,
    /// Draws, at most.
    pub draws: usize,
    /// Whether both sets must have one size.
    pub equal: bool,
}

impl Budget {
    /// For a measure that looks at all pairs of points.
    pub fn of_pairs(dim: usize) -> Self {
        let pairs = |most: f64| (most / dim.max(1) as f64).sqrt() as usize;
        Self { most: pairs(2e10).clamp(1_000, 100_000), draw: pairs(1e9).clamp(200, 5_000), ..Self::of_all() }
    }

    /// For a measure that takes all points there are.
    pub fn of_all() -> Self {
        Self { most: usize::MAX, firm: false, draw: 5_000, draws: usize::MAX, equal: false }
    }
}

/// Pairs of points of two sets, and within each.
pub(crate) fn all_pairs([n, m]: [usize; 2]) -> f64 {
    let (n, m) = (n as f64, m as f64);
    n * m + 0.5 * (n * n + m * m)
}

/// Nanoseconds to find the nearest neighbours of all points: by a tree where D is small.
pub(crate) fn near([n, m]: [usize; 2], dim: usize) -> f64 {
    let all = n as f64 + m as f64;
    if dim > 8 { all.powi(2) * 0.2 * dim as f64 } else { all * 3_000.0 }
}

/// The values of two sets.
pub(crate) fn values([n, m]: [usize; 2], dim: usize) -> u64 {
    (n as u64 + m as u64).saturating_mul(dim as u64)
}
