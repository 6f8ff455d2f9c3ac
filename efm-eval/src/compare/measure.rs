//! What can be measured, on how many points, and at what cost.

use std::collections::BTreeMap;
use std::str::FromStr;

use efm_core::{Points, Stream};
use serde::{Serialize, Serializer};

use super::Comparison;
use crate::*;

/// A measure of two sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// Exact 2-Wasserstein distance, [`crate::w2`].
    W2,
    /// Sliced 2-Wasserstein distance, [`crate::sliced_w2`].
    SlicedW2,
    /// Energy distance, [`crate::energy_distance`].
    EnergyDistance,
    /// Maximum mean discrepancy, [`crate::mmd`].
    Mmd,
    /// Greatest Kolmogorov–Smirnov statistic of a coordinate, [`crate::ks_per_marginal`].
    KsMax,
    /// Accuracy of a classifier that tells the sets apart, [`crate::classifier_test`].
    C2st,
    /// [`crate::Manifold::precision`].
    Precision,
    /// [`crate::Manifold::recall`].
    Recall,
    /// [`crate::Manifold::density`].
    Density,
    /// [`crate::Manifold::coverage`].
    Coverage,
    /// Squared Fréchet distance, [`crate::frechet_distance`].
    Frechet,
    /// Kernel distance, [`crate::kernel_distance`].
    KernelDistance,
}

impl Measure {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 12] = [
        Self::W2,
        Self::SlicedW2,
        Self::EnergyDistance,
        Self::Mmd,
        Self::KsMax,
        Self::C2st,
        Self::Precision,
        Self::Recall,
        Self::Density,
        Self::Coverage,
        Self::Frechet,
        Self::KernelDistance,
    ];

    /// What two sets of points are compared by unless told otherwise: all but those made for features of images.
    pub const OF_POINTS: [Self; 10] = [
        Self::W2,
        Self::SlicedW2,
        Self::EnergyDistance,
        Self::Mmd,
        Self::KsMax,
        Self::C2st,
        Self::Precision,
        Self::Recall,
        Self::Density,
        Self::Coverage,
    ];

    /// What features of images are compared by unless told otherwise.
    pub const OF_FEATURES: [Self; 6] =
        [Self::Frechet, Self::KernelDistance, Self::Precision, Self::Recall, Self::Density, Self::Coverage];

    /// Its name in JSON and on the command line.
    pub fn key(self) -> &'static str {
        self.names().0
    }

    /// Its name in tables.
    pub fn title(self) -> &'static str {
        self.names().1
    }

    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::W2 => ("w2", "W2"),
            Self::SlicedW2 => ("sliced_w2", "sliced W2"),
            Self::EnergyDistance => ("energy_distance", "energy distance"),
            Self::Mmd => ("mmd", "MMD"),
            Self::KsMax => ("ks_max", "KS, worst axis"),
            Self::C2st => ("c2st", "classifier's accuracy"),
            Self::Precision => ("precision", "precision"),
            Self::Recall => ("recall", "recall"),
            Self::Density => ("density", "density"),
            Self::Coverage => ("coverage", "coverage"),
            Self::Frechet => ("frechet", "Fréchet distance"),
            Self::KernelDistance => ("kernel_distance", "kernel distance"),
        }
    }

    /// The values it can take.
    pub(super) fn range(self) -> (f64, f64) {
        match self {
            Self::KernelDistance => (f64::NEG_INFINITY, f64::INFINITY),
            Self::KsMax | Self::C2st | Self::Precision | Self::Recall | Self::Coverage => (0.0, 1.0),
            _ => (0.0, f64::INFINITY),
        }
    }

    /// Whether its floor is where it ends and ratios to that make sense.
    pub(super) fn has_ratio(self) -> bool {
        !matches!(self, Self::KernelDistance | Self::C2st)
    }

    pub(super) fn family(self) -> Family {
        match self {
            Self::W2 => Family::W2,
            Self::SlicedW2 => Family::Sliced,
            Self::EnergyDistance => Family::Energy,
            Self::Mmd => Family::Mmd,
            Self::KsMax => Family::Ks,
            Self::C2st => Family::Classifier,
            Self::Precision | Self::Recall | Self::Density | Self::Coverage => Family::Manifold,
            Self::Frechet => Family::Frechet,
            Self::KernelDistance => Family::Kernel,
        }
    }
}

impl Serialize for Measure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.key())
    }
}

impl FromStr for Measure {
    type Err = String;

    /// The keys of JSON, with `-` for `_` if you like, and short forms: `sliced`, `energy`, `ks`, `kid`, `fid`.
    fn from_str(text: &str) -> Result<Self, String> {
        let name = text.trim().to_ascii_lowercase().replace('-', "_");
        let name = match name.as_str() {
            "sliced" => "sliced_w2",
            "energy" => "energy_distance",
            "ks" => "ks_max",
            "kid" | "kernel" => "kernel_distance",
            "fid" => "frechet",
            name => name,
        };
        Self::ALL.into_iter().find(|measure| measure.key() == name).ok_or_else(|| {
            let all: Vec<_> = Self::ALL.iter().map(|measure| measure.key()).collect();
            format!("there is no measure `{text}`; there are {}", all.join(", "))
        })
    }
}

/// Measures that are taken together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    W2,
    Sliced,
    Energy,
    Mmd,
    Ks,
    Classifier,
    Manifold,
    Frechet,
    Kernel,
}

/// A family's values, and what else there is to say.
pub(super) struct Taken {
    pub(super) values: Vec<(Measure, f64)>,
    pub(super) p_value: Option<f64>,
    pub(super) details: BTreeMap<&'static str, f64>,
}

/// Pairs of points whose Kolmogorov–Smirnov p-value is exact.
const EXACT_P: f64 = 1e8;

impl Family {
    /// Points of each set that the figure itself is taken on, at most, unless told otherwise: a minute or so on two cores.
    pub(super) fn usual_most(self, dim: usize, options: &Comparison) -> usize {
        let pairs = ((2e10 / dim as f64).sqrt() as usize).clamp(1_000, 100_000);
        match self {
            Self::W2 if dim > 1 => options.exact,
            Self::W2 | Self::Sliced | Self::Ks => usize::MAX,
            Self::Energy if dim == 1 => usize::MAX,
            Self::Mmd => pairs.min(30_000),
            Self::Energy | Self::Classifier | Self::Manifold | Self::Kernel => pairs,
            Self::Frechet => 100_000,
        }
    }

    /// Points of each set in a draw behind floors and intervals, at most.
    pub(super) fn draw_most(self, dim: usize) -> usize {
        let pairs = ((1e9 / dim as f64).sqrt() as usize).clamp(200, 5_000);
        match self {
            Self::W2 if dim > 1 => 1_000,
            Self::W2 | Self::Sliced | Self::Ks => 5_000,
            Self::Frechet => 5_000,
            _ => pairs,
        }
    }

    /// Number of draws: fewer where one takes long.
    pub(super) fn draws(self, dim: usize, asked: usize) -> usize {
        match self {
            Self::Frechet if asked > 0 => asked.min((4e9 / (dim as f64).powi(3)).max(4.0) as usize),
            _ => asked,
        }
    }

    /// Nanoseconds of one core, roughly.
    pub(super) fn cost(self, n: usize, m: usize, dim: usize, options: &Comparison) -> f64 {
        let (n, m, dim) = (n as f64, m as f64, dim as f64);
        let pairs = n * m + 0.5 * (n * n + m * m);
        let near = if dim > 8.0 { (n + m).powi(2) * 0.2 * dim } else { (n + m) * 3_000.0 };
        match self {
            Self::W2 if dim > 1.0 => 2.0 * n.min(m).powf(2.4) + n * m * dim,
            Self::W2 => (n + m) * 60.0,
            Self::Sliced => options.directions as f64 * (n + m) * (40.0 + dim),
            Self::Energy => pairs * (0.3 + 0.1 * dim),
            Self::Mmd => pairs * (3.5 + 0.1 * dim),
            Self::Ks => dim * (n + m) * 60.0,
            Self::Classifier | Self::Manifold => near,
            Self::Frechet => 20.0 * dim.powi(3) + (n + m) * dim * dim * 0.1,
            Self::Kernel => pairs * 0.1 * dim,
        }
    }

    /// Takes the measures; `whole` also what one figure needs and draws do not.
    pub(super) fn take(
        self,
        a: &Points,
        b: &Points,
        kernel: &RbfMixture,
        stream: &Stream,
        options: &Comparison,
        whole: bool,
    ) -> Result<Taken, EvalError> {
        let mut details = BTreeMap::new();
        let mut p_value = None;
        let values = match self {
            Self::W2 if a.dim() == 1 => vec![(Measure::W2, w2(a, b, stream)?)],
            Self::W2 => vec![(Measure::W2, assignment(a, b, stream, options.memory_limit)?.w2())],
            Self::Sliced => {
                let found = sliced(a, b, options.directions, stream)?;
                details.insert("directions", options.directions as f64);
                details.insert("monte_carlo_error", found.error);
                vec![(Measure::SlicedW2, found.value)]
            }
            Self::Energy => vec![(Measure::EnergyDistance, energy_distance(a, b)?)],
            Self::Mmd => {
                details.insert("width", kernel.width());
                vec![(Measure::Mmd, mmd(a, b, kernel)?)]
            }
            Self::Ks => {
                let tests = ks_per_marginal(a, b)?;
                let (axis, worst) = tests
                    .iter()
                    .enumerate()
                    .max_by(|(_, x), (_, y)| x.statistic.total_cmp(&y.statistic))
                    .expect("points have coordinates");
                if whole {
                    let exact = a.len() as f64 * b.len() as f64 <= EXACT_P && worst.p_value > 1e-10;
                    let one = match exact {
                        true => ks_exact_p_value(worst.statistic, a.len(), b.len())?,
                        false => worst.p_value,
                    };
                    // Bonferroni: the worst of D tests.
                    p_value = Some((one * tests.len() as f64).min(1.0));
                    details.insert("axis", axis as f64);
                    details.insert("p_value_of_axis", one);
                }
                vec![(Measure::KsMax, worst.statistic)]
            }
            Self::Classifier => {
                let relabellings = if whole { options.relabellings } else { 0 };
                let test = classifier_test(a, b, options.neighbours, relabellings, stream)?;
                p_value = test.p_value;
                details.insert("neighbours", options.neighbours as f64);
                details.insert("relabellings", relabellings as f64);
                vec![(Measure::C2st, test.accuracy)]
            }
            Self::Manifold => {
                let found = manifold(a, b, options.neighbours)?;
                details.insert("neighbours", options.neighbours as f64);
                vec![
                    (Measure::Precision, found.precision),
                    (Measure::Recall, found.recall),
                    (Measure::Density, found.density),
                    (Measure::Coverage, found.coverage),
                ]
            }
            Self::Frechet => vec![(Measure::Frechet, frechet_distance(a, b)?)],
            Self::Kernel => vec![(Measure::KernelDistance, kernel_distance(a, b)?)],
        };
        Ok(Taken { values, p_value, details })
    }
}
