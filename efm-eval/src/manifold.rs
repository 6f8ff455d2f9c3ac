//! Precision, recall, density, coverage: balls around the points of a cloud stand for where its law is.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

use efm_core::neighbours::Neighbours;
use efm_core::{Points, Stream};
use rayon::prelude::*;

use crate::cloud::check_pair;
use crate::measure::{near, values};
use crate::neighbours::{squared_radii, wide};
use crate::pairwise::{Form, Row, scan};
use crate::{EvalError, Label, Measure, Reading};

/// Neighbours that set the size of a ball unless told otherwise.
pub const DEFAULT_NEIGHBOURS: usize = 5;

/// How well a cloud lies where another one lies. Every point is given the ball that reaches to its k-th nearest other point of
/// its own cloud; a point at the edge of a ball is in it.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Manifold {
    /// Share of the cloud's points in some ball of the target, 0 to 1 (Kynkäänniemi, Karras, Laine, Lehtinen and Aila,
    /// NeurIPS 2019, arXiv 1904.06991).
    pub precision: f64,
    /// Share of the target's points in some ball of the cloud, 0 to 1 (the same paper).
    pub recall: f64,
    /// Number of balls of the target that hold a point of the cloud, mean over the points, over k: about 1 for equal laws, more
    /// where the cloud keeps to dense places (Naeem, Oh, Uh, Choi and Yoo, ICML 2020, arXiv 2002.09797).
    pub density: f64,
    /// Share of the target's balls with a point of the cloud in them, 0 to 1 (the same paper).
    pub coverage: f64,
}

/// Precision, recall, density and coverage of `cloud` against `target` with balls to the k-th neighbour, k = `neighbours`.
///
/// Up to D = 8 a tree finds what is near; beyond it all pairs are looked at, O(N² D), threaded.
///
/// # Errors
/// [`EvalError::Empty`], [`EvalError::DimensionMismatch`], and [`EvalError::TooSmall`] for k = 0 or clouds of k points or less.
pub fn manifold(cloud: &Points, target: &Points, neighbours: usize) -> Result<Manifold, EvalError> {
    check_pair(cloud, target)?;
    if neighbours == 0 {
        return Err(EvalError::TooSmall { what: "the number of neighbours", value: 0, least: 1 });
    }
    for points in [cloud, target] {
        if points.len() <= neighbours {
            let (value, least) = (points.len(), neighbours + 1);
            return Err(EvalError::TooSmall {
                what: "the number of points beside the neighbours asked for",
                value,
                least,
            });
        }
    }
    let own = squared_radii(cloud, neighbours);
    let theirs = squared_radii(target, neighbours);
    let counts = Counts {
        held: (0..cloud.len()).map(|_| AtomicU32::new(0)).collect(),
        recalled: (0..target.len()).map(|_| AtomicBool::new(false)).collect(),
        covered: (0..target.len()).map(|_| AtomicBool::new(false)).collect(),
    };
    if cloud.dim() <= Neighbours::TREE_DIM {
        counts.by_trees(cloud, target, &own, &theirs);
    } else {
        counts.by_pairs(cloud, target, &own, &theirs);
    }
    let (n, m) = (cloud.len() as f64, target.len() as f64);
    let share = |flags: &[AtomicBool]| flags.iter().filter(|flag| flag.load(Relaxed)).count() as f64 / m;
    let held = |f: &dyn Fn(u32) -> f64| counts.held.iter().map(|count| f(count.load(Relaxed))).sum::<f64>() / n;
    Ok(Manifold {
        precision: held(&|count| f64::from(u8::from(count > 0))),
        recall: share(&counts.recalled),
        density: held(&f64::from) / neighbours as f64,
        coverage: share(&counts.covered),
    })
}

/// Whole numbers only, so that the order in which threads add does not matter.
struct Counts {
    /// Balls of the target that hold each point of the cloud.
    held: Vec<AtomicU32>,
    /// Points of the target in a ball of the cloud.
    recalled: Vec<AtomicBool>,
    /// Points of the target with a point of the cloud in their ball.
    covered: Vec<AtomicBool>,
}

impl Counts {
    fn by_trees(&self, cloud: &Points, target: &Points, own: &[f64], theirs: &[f64]) {
        let tree = Neighbours::new(cloud);
        (0..target.len()).into_par_iter().for_each(|j| {
            tree.visit(&wide(target.point(j)), theirs[j], true, |i, _| {
                self.held[i].fetch_add(1, Relaxed);
                self.covered[j].store(true, Relaxed);
                theirs[j]
            });
        });
        let tree = Neighbours::new(target);
        (0..cloud.len()).into_par_iter().for_each(|i| {
            tree.visit(&wide(cloud.point(i)), own[i], true, |j, _| {
                self.recalled[j].store(true, Relaxed);
                own[i]
            });
        });
    }

    fn by_pairs(&self, cloud: &Points, target: &Points, own: &[f64], theirs: &[f64]) {
        scan(
            cloud,
            Some(target),
            Form::Squares,
            || (),
            #[inline(always)]
            |(), row: Row<'_>| {
                let mut held = 0;
                for (offset, &square) in row.values.iter().enumerate() {
                    let j = row.first + offset;
                    if square <= theirs[j] {
                        held += 1;
                        self.covered[j].store(true, Relaxed);
                    }
                    if square <= own[row.index] {
                        self.recalled[j].store(true, Relaxed);
                    }
                }
                self.held[row.index].fetch_add(held, Relaxed);
            },
        );
    }
}

/// A figure of [`manifold`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ManifoldPart {
    /// [`Manifold::precision`].
    Precision,
    /// [`Manifold::recall`].
    Recall,
    /// [`Manifold::density`].
    Density,
    /// [`Manifold::coverage`].
    Coverage,
}

impl ManifoldPart {
    fn label(self) -> Label {
        match self {
            Self::Precision => Label::new("precision").within(0.0, 1.0),
            Self::Recall => Label::new("recall").within(0.0, 1.0),
            Self::Density => Label::new("density"),
            Self::Coverage => Label::new("coverage").within(0.0, 1.0),
        }
    }

    fn of(self, found: &Manifold) -> f64 {
        match self {
            Self::Precision => found.precision,
            Self::Recall => found.recall,
            Self::Density => found.density,
            Self::Coverage => found.coverage,
        }
    }
}

/// Figures of [`manifold`] as one measure: one computation gives all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrecisionRecall {
    /// k of the balls.
    pub neighbours: usize,
    /// The figures, in their order.
    pub parts: Vec<ManifoldPart>,
}

impl Default for PrecisionRecall {
    /// All four, balls to the [`DEFAULT_NEIGHBOURS`]-th neighbour.
    fn default() -> Self {
        use ManifoldPart::{Coverage, Density, Precision, Recall};
        Self { neighbours: DEFAULT_NEIGHBOURS, parts: vec![Precision, Recall, Density, Coverage] }
    }
}

impl Measure for PrecisionRecall {
    fn name(&self) -> &str {
        "manifold"
    }

    /// The first of the parts, or the precision.
    fn value(&self, a: &Points, b: &Points, _: &Stream) -> Result<f64, EvalError> {
        let found = manifold(a, b, self.neighbours)?;
        Ok(self.parts.first().unwrap_or(&ManifoldPart::Precision).of(&found))
    }

    fn labels(&self) -> Vec<Label> {
        self.parts.iter().map(|part| part.label()).collect()
    }

    fn values(&self, a: &Points, b: &Points, _: &Stream) -> Result<Vec<f64>, EvalError> {
        let found = manifold(a, b, self.neighbours)?;
        Ok(self.parts.iter().map(|part| part.of(&found)).collect())
    }

    fn reading(&self, a: &Points, b: &Points, stream: &Stream) -> Result<Reading, EvalError> {
        Ok(Reading::of(self.values(a, b, stream)?).with("neighbours", self.neighbours as f64))
    }

    fn work(&self, points: [usize; 2], dim: usize) -> f64 {
        near(points, dim)
    }

    fn memory(&self, points: [usize; 2], dim: usize) -> u64 {
        8 * values(points, dim) + values(points, 200)
    }
}
