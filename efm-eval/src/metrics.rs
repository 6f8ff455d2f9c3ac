use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::write::write_atomic;
use crate::{EvalError, Label, PairDistances, Statistics};

/// Everything measured about one run; the contents of `metrics.json`.
///
/// Keys are stable: new ones may come, none change their meaning. A measure that was not taken is `null`. Distances are
/// in data units unless said; each `…_floor` is the mean of the same measure between two fresh draws of the target.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Metrics {
    /// Version of the program that measured.
    pub version: String,
    /// How the points were transported, in words of the program that did it.
    pub method: String,
    /// Seed of the run.
    pub seed: u64,
    /// Device the field was evaluated on.
    pub device: String,
    /// Number n of transported points in each measure.
    pub samples: usize,
    /// Number of coordinates D.
    pub dim: usize,
    /// Distance between the plates L, in units of the scaled data.
    pub gap: Option<f64>,
    /// Exact 2-Wasserstein distance, see [`crate::w2`].
    pub w2: Option<f64>,
    /// Floor of `w2`.
    pub w2_floor: Option<f64>,
    /// Sliced 2-Wasserstein distance, see [`crate::sliced_w2`].
    pub sliced_w2: Option<f64>,
    /// Floor of `sliced_w2`.
    pub sliced_w2_floor: Option<f64>,
    /// Energy distance, see [`crate::energy_distance`].
    pub energy_distance: Option<f64>,
    /// Floor of `energy_distance`.
    pub energy_distance_floor: Option<f64>,
    /// Maximum mean discrepancy, no unit, see [`crate::mmd`].
    pub mmd: Option<f64>,
    /// Floor of `mmd`.
    pub mmd_floor: Option<f64>,
    /// Mean W2 inside the modes, see [`crate::w2_per_mode`]; null when the target has no named modes.
    pub w2_per_mode: Option<f64>,
    /// Floor of `w2_per_mode`.
    pub w2_per_mode_floor: Option<f64>,
    /// Share of the transported points in each mode; null when the target has no named modes.
    pub mode_shares: Option<Vec<f64>>,
    /// Greatest Kolmogorov–Smirnov statistic over the coordinates, no unit, see [`crate::ks_per_marginal`].
    pub ks_max: Option<f64>,
    /// Floor of `ks_max`.
    pub ks_max_floor: Option<f64>,
    /// Mean squared displacement of the map, in squared data units, see [`crate::transport_cost`].
    pub transport_cost: Option<f64>,
    /// Least transport cost between the same starts and ends, in squared data units, see [`crate::optimal_cost`].
    pub optimal_cost: Option<f64>,
    /// Correlation of the mean colours of images and of where they went, see [`crate::colour_correlation`]; null for other data.
    pub colour_correlation: Option<f64>,
    /// Distances of transported held-out points to the partners they are known to have, see [`crate::pair_distances`]; null where none
    /// are known.
    pub pairs: Option<PairDistances>,
    /// Field evaluations per transported point, mean.
    pub evaluations_mean: Option<f64>,
    /// Number of lines that ended for each reason.
    pub lines: BTreeMap<String, u64>,
    /// Share of the lines that arrived, among those that a map did not reject on arrival; null where no lines were followed.
    pub landed_share: Option<f64>,
    /// Wall time.
    pub seconds: Seconds,
    /// Spread of each measure over several draws of the map, by its name; empty for one draw. The measure is their mean.
    pub repeats: BTreeMap<String, Statistics>,
    /// The same measures of the points where the lines start, by the name of the measure: what there was to move; empty where starts
    /// are not known.
    pub before: BTreeMap<String, f64>,
    /// Mean, spread and range behind each floor, by the name of its measure.
    pub floors: BTreeMap<String, Statistics>,
    /// Measures that are not of this crate, see [`crate::Evaluation::own`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub own: Vec<Measured>,
}

/// Wall time of the stages of a run, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Seconds {
    /// Training; null where nothing was trained.
    pub train: Option<f64>,
    /// Transport of all points.
    pub transport: Option<f64>,
    /// Points trained on per second, those of all batches; null where nothing was trained.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub points_per_second: Option<f64>,
}

/// A distance and its floor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// Its name in `metrics.json`.
    pub key: String,
    /// Its name in tables.
    pub title: String,
    /// Its value, where it was taken.
    pub value: Option<f64>,
    /// The mean of its floor, where that was taken.
    pub floor: Option<f64>,
}

impl Metrics {
    /// The distances, in the order of the tables; those that were not taken too.
    pub fn distances(&self) -> Vec<Measured> {
        let row =
            |key: &str, title: &str, value, floor| Measured { key: key.into(), title: title.into(), value, floor };
        let mut rows = vec![
            row("w2", "W2", self.w2, self.w2_floor),
            row("sliced_w2", "sliced W2", self.sliced_w2, self.sliced_w2_floor),
            row("w2_per_mode", "W2 per mode", self.w2_per_mode, self.w2_per_mode_floor),
            row("energy_distance", "energy distance", self.energy_distance, self.energy_distance_floor),
            row("mmd", "MMD", self.mmd, self.mmd_floor),
            row("ks_max", "KS, worst axis", self.ks_max, self.ks_max_floor),
        ];
        rows.extend(self.own.iter().cloned());
        rows
    }

    /// Keeps a distance and its floor under the name of its label.
    pub fn put(&mut self, label: &Label, value: Option<f64>, floor: Option<f64>) {
        let places = match label.name() {
            "w2" => [&mut self.w2, &mut self.w2_floor],
            "sliced_w2" => [&mut self.sliced_w2, &mut self.sliced_w2_floor],
            "w2_per_mode" => [&mut self.w2_per_mode, &mut self.w2_per_mode_floor],
            "energy_distance" => [&mut self.energy_distance, &mut self.energy_distance_floor],
            "mmd" => [&mut self.mmd, &mut self.mmd_floor],
            "ks_max" => [&mut self.ks_max, &mut self.ks_max_floor],
            key => {
                let own = Measured { key: key.to_owned(), title: label.title().to_owned(), value, floor };
                match self.own.iter_mut().find(|measured| measured.key == key) {
                    Some(place) => *place = own,
                    None => self.own.push(own),
                }
                return;
            }
        };
        for (place, value) in places.into_iter().zip([value, floor]) {
            *place = value;
        }
    }

    /// Numbers without a floor: key, title, value.
    pub fn others(&self) -> [(&'static str, &'static str, Option<f64>); 6] {
        [
            ("transport_cost", "transport cost", self.transport_cost),
            ("optimal_cost", "optimal cost", self.optimal_cost),
            ("colour_correlation", "colours kept (correlation)", self.colour_correlation),
            ("evaluations_mean", "evaluations per point", self.evaluations_mean),
            ("seconds.train", "seconds to train", self.seconds.train),
            ("seconds.transport", "seconds to transport", self.seconds.transport),
        ]
    }

    /// Writes `metrics.json`: pretty, keys in the order of the fields, complete or not at all.
    ///
    /// # Errors
    /// [`EvalError::Io`].
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), EvalError> {
        write_json(self, path.as_ref())
    }

    /// Reads a `metrics.json`; keys it lacks keep their defaults, keys not known here are ignored.
    ///
    /// # Errors
    /// [`EvalError::Io`], [`EvalError::Json`].
    pub fn read(path: impl AsRef<Path>) -> Result<Self, EvalError> {
        let path = path.as_ref();
        let text = std::fs::read(path).map_err(|error| EvalError::Io { path: path.to_path_buf(), error })?;
        serde_json::from_slice(&text).map_err(|error| EvalError::Json { path: path.to_path_buf(), error })
    }
}

pub(crate) fn write_json(value: &impl Serialize, path: &Path) -> Result<(), EvalError> {
    let mut text =
        serde_json::to_vec_pretty(value).map_err(|error| EvalError::Json { path: path.to_path_buf(), error })?;
    text.push(b'\n');
    write_atomic(path, &text)
}
