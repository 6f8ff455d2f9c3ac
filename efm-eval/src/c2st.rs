use efm_core::{Points, Stream};
use rayon::prelude::*;

use crate::cloud::{check_pair, choose, shuffled};
use crate::measure::{near, values};
use crate::neighbours::nearest;
use crate::{DEFAULT_NEIGHBOURS, EvalError, Label, Measure, Reading};

/// Relabellings behind the p-value of [`classifier_test`] unless told otherwise.
pub const DEFAULT_RELABELLINGS: usize = 999;

/// Result of a classifier two-sample test.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ClassifierTest {
    /// Share of the points whose cloud the classifier tells, 0 to 1: ½ for equal laws, 1 for clouds apart. Well below ½ where points
    /// of one cloud are copies of points of the other.
    pub accuracy: f64,
    /// Probability of an accuracy at least as high for equal laws: (1 + number of relabellings that reach it)/(1 + number of
    /// relabellings); none without relabellings.
    pub p_value: Option<f64>,
    /// Points of each cloud that were classified.
    pub points: usize,
}

/// The classifier two-sample test (Lopez-Paz and Oquab, ICLR 2017, arXiv 1610.06545) with the k-nearest-neighbour classifier: both
/// clouds together, each point gets the cloud of most of its k nearest other points (leave-one-out cross-validation), k odd.
///
/// Of clouds of unequal size the larger one is subsampled by generator 0 of `stream`, so that chance is ½. Who is near whom does
/// not depend on the labels; so the p-value comes from `relabellings` random ones of all points (generators 2, 3, …), and it is
/// exact for any number of points and any law.
///
/// # Errors
/// [`EvalError::Empty`], [`EvalError::DimensionMismatch`], and [`EvalError::TooSmall`] for k = 0 or fewer than k + 1 points together.
pub fn classifier_test(
    a: &Points,
    b: &Points,
    neighbours: usize,
    relabellings: usize,
    stream: &Stream,
) -> Result<ClassifierTest, EvalError> {
    check_pair(a, b)?;
    if neighbours == 0 {
        return Err(EvalError::TooSmall { what: "the number of neighbours", value: 0, least: 1 });
    }
    // An even number of neighbours would need a rule for draws.
    let neighbours = neighbours + usize::from(neighbours.is_multiple_of(2));
    let size = a.len().min(b.len());
    if 2 * size <= neighbours {
        let (what, least) = ("the number of points of both clouds", neighbours + 1);
        return Err(EvalError::TooSmall { what, value: 2 * size, least });
    }
    let mut generator = stream.at(0);
    let (left, right) = (choose(a.len(), size, &mut generator), choose(b.len(), size, &mut generator));
    // Of points at equal distances those that come first count as nearer: let chance order them.
    let order = shuffled(2 * size, 2 * size, &mut stream.at(1));
    let point = |&place: &usize| if place < size { a.point(left[place]) } else { b.point(right[place - size]) };
    let values: Vec<f32> = order.iter().flat_map(point).copied().collect();
    let labels: Vec<bool> = order.iter().map(|&place| place < size).collect();
    let pool = Points::from_values(a.dim(), values)?;
    let near: Vec<u32> = nearest(&pool, neighbours)
        .into_iter()
        .flat_map(|found| found.into_iter().map(|(index, _)| index as u32))
        .collect();
    let right_ones = |labels: &[bool]| {
        let told = |(label, near): (&bool, &[u32])| {
            let same = near.iter().filter(|&&other| labels[other as usize] == *label).count();
            usize::from(2 * same > neighbours)
        };
        labels.iter().zip(near.chunks_exact(neighbours)).map(told).sum::<usize>()
    };
    let found = right_ones(&labels);
    let reach = (0..relabellings as u64)
        .into_par_iter()
        .filter(|&round| {
            let mut other = vec![false; 2 * size];
            shuffled(2 * size, size, &mut stream.at(2 + round)).into_iter().for_each(|place| other[place] = true);
            right_ones(&other) >= found
        })
        .count();
    Ok(ClassifierTest {
        accuracy: found as f64 / (2 * size) as f64,
        p_value: (relabellings > 0).then(|| (1 + reach) as f64 / (1 + relabellings) as f64),
        points: size,
    })
}

/// The accuracy of [`classifier_test`] as a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct C2st {
    /// k of the classifier.
    pub neighbours: usize,
    /// Relabellings behind the p-value.
    pub relabellings: usize,
}

impl Default for C2st {
    /// [`DEFAULT_NEIGHBOURS`] neighbours and [`DEFAULT_RELABELLINGS`] relabellings.
    fn default() -> Self {
        Self { neighbours: DEFAULT_NEIGHBOURS, relabellings: DEFAULT_RELABELLINGS }
    }
}

impl Measure for C2st {
    fn name(&self) -> &str {
        "c2st"
    }

    fn value(&self, a: &Points, b: &Points, stream: &Stream) -> Result<f64, EvalError> {
        Ok(classifier_test(a, b, self.neighbours, 0, stream)?.accuracy)
    }

    fn labels(&self) -> Vec<Label> {
        vec![Label::new("c2st").titled("classifier's accuracy").within(0.0, 1.0).without_ratio()]
    }

    fn reading(&self, a: &Points, b: &Points, stream: &Stream) -> Result<Reading, EvalError> {
        let test = classifier_test(a, b, self.neighbours, self.relabellings, stream)?;
        Ok(Reading::of(vec![test.accuracy])
            .with("neighbours", self.neighbours as f64)
            .with("relabellings", self.relabellings as f64)
            .with_p_value(test.p_value))
    }

    fn work(&self, points: [usize; 2], dim: usize) -> f64 {
        near(points, dim)
    }

    fn memory(&self, points: [usize; 2], dim: usize) -> u64 {
        8 * values(points, dim) + values(points, 300)
    }
}
