//! The measures that have a name on command lines and in configurations.

use std::str::FromStr;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::{
    C2st, DEFAULT_DIRECTIONS, DEFAULT_MEMORY_LIMIT, DEFAULT_NEIGHBOURS, DEFAULT_RELABELLINGS, EnergyDistance,
    FrechetDistance, KernelDistance, KsMax, ManifoldPart, Measure, Mmd, PrecisionRecall, SlicedW2, W2,
};

/// Names of the measures of this crate. What is compared are [`Measure`]s, which [`MeasureSettings::of`] makes of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum MeasureKind {
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

impl MeasureKind {
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

    /// Its name in JSON and on command lines; that of the measure's label.
    pub fn key(self) -> &'static str {
        match self {
            Self::W2 => "w2",
            Self::SlicedW2 => "sliced_w2",
            Self::EnergyDistance => "energy_distance",
            Self::Mmd => "mmd",
            Self::KsMax => "ks_max",
            Self::C2st => "c2st",
            Self::Precision => "precision",
            Self::Recall => "recall",
            Self::Density => "density",
            Self::Coverage => "coverage",
            Self::Frechet => "frechet",
            Self::KernelDistance => "kernel_distance",
        }
    }

    /// The part of [`PrecisionRecall`] that it is.
    fn part(self) -> Option<ManifoldPart> {
        match self {
            Self::Precision => Some(ManifoldPart::Precision),
            Self::Recall => Some(ManifoldPart::Recall),
            Self::Density => Some(ManifoldPart::Density),
            Self::Coverage => Some(ManifoldPart::Coverage),
            _ => None,
        }
    }
}

impl Serialize for MeasureKind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.key())
    }
}

impl FromStr for MeasureKind {
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

/// How thoroughly the measures of this crate are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeasureSettings {
    /// Points of each set in the exact W2, at most, for D > 1.
    pub exact: usize,
    /// Bytes the exact W2 may take.
    pub memory_limit: u64,
    /// Whether the exact W2 takes fewer points where so many do not fit into the memory; otherwise that is an error.
    pub shrink: bool,
    /// k of nearest neighbours.
    pub neighbours: usize,
    /// Directions of the sliced distance.
    pub directions: usize,
    /// Relabellings behind the p-value of the classifier test.
    pub relabellings: usize,
}

impl Default for MeasureSettings {
    /// 5 000 points in the exact W2, fewer where 2 GiB do not hold them, 5 neighbours, 256 directions, 999 relabellings.
    fn default() -> Self {
        Self {
            exact: 5_000,
            memory_limit: DEFAULT_MEMORY_LIMIT,
            shrink: true,
            neighbours: DEFAULT_NEIGHBOURS,
            directions: DEFAULT_DIRECTIONS,
            relabellings: DEFAULT_RELABELLINGS,
        }
    }
}

impl MeasureSettings {
    /// The measures of these names, each once, in the order of [`MeasureKind::ALL`].
    pub fn of(&self, kinds: &[MeasureKind]) -> Vec<Arc<dyn Measure>> {
        let mut measures: Vec<Arc<dyn Measure>> = Vec::new();
        let wanted = || MeasureKind::ALL.into_iter().filter(|kind| kinds.contains(kind));
        let parts: Vec<ManifoldPart> = wanted().filter_map(MeasureKind::part).collect();
        for kind in wanted() {
            measures.push(match kind {
                MeasureKind::W2 => Arc::new(W2 {
                    most: self.exact,
                    memory_limit: self.memory_limit,
                    shrink: self.shrink,
                    one_to_one: false,
                }),
                MeasureKind::SlicedW2 => Arc::new(SlicedW2 { directions: self.directions }),
                MeasureKind::EnergyDistance => Arc::new(EnergyDistance),
                MeasureKind::Mmd => Arc::new(Mmd::default()),
                MeasureKind::KsMax => Arc::new(KsMax),
                MeasureKind::C2st => Arc::new(C2st { neighbours: self.neighbours, relabellings: self.relabellings }),
                MeasureKind::Frechet => Arc::new(FrechetDistance),
                MeasureKind::KernelDistance => Arc::new(KernelDistance),
                // One computation gives all of them.
                part if part.part() == parts.first().copied() => {
                    Arc::new(PrecisionRecall { neighbours: self.neighbours, parts: parts.clone() })
                }
                _ => continue,
            });
        }
        measures
    }
}
