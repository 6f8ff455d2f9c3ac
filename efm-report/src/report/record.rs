use efm_core::{Augmented, Points};

use crate::picture::LossPoint;
use efm_eval::Metrics;

/// What is known of a run; parts that its folder does not hold are left out of the page.
#[derive(Debug, Clone, Default)]
pub struct RunRecord {
    /// Its name.
    pub name: String,
    /// What ran, in one line.
    pub headline: String,
    /// What the experiment shows, in the words of its author.
    pub about: String,
    /// Whether it goes on, where that is worth a word.
    pub state: String,
    /// Its measures.
    pub metrics: Option<Metrics>,
    /// The same as they stand in the file, keys unknown here included.
    pub numbers: Option<serde_json::Value>,
    /// The training log.
    pub log: Vec<LossPoint>,
    /// When steps were done.
    pub pace: Vec<PacePoint>,
    /// Steps the training has in all.
    pub steps: Option<u64>,
    /// Field lines and charges.
    pub traced: Option<Traced>,
    /// Start, end and target.
    pub clouds: Option<Clouds>,
    /// The field in planes.
    pub slices: Option<Slices>,
    /// Pictures in the run's folder.
    pub pictures: Vec<Picture>,
    /// Commands that make it again: what each is, and its text.
    pub commands: Vec<(String, String)>,
    /// Versions, data and their hashes: name and value.
    pub facts: Vec<(String, String)>,
    /// The configuration file.
    pub config: Option<String>,
    /// What could not be shown, and why.
    pub missing: Vec<String>,
}

/// Wall time of the training.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct PacePoint {
    /// Step of the optimiser.
    pub step: u64,
    /// Seconds of training up to its end, over all resumed parts.
    pub seconds: f64,
}

/// Traced lines and the charges they run between, in scaled units.
#[derive(Debug, Clone)]
pub struct Traced {
    /// Some charges of the source plate, z = 0.
    pub source: Points,
    /// Some charges of the target plate, z = `gap`.
    pub target: Points,
    /// Distance L between the plates.
    pub gap: f64,
    /// Points (x, z) of each line, in the order they were passed.
    pub lines: Vec<Augmented>,
    /// Whether each line should have arrived and did not.
    pub lost: Vec<bool>,
    /// Whether z never falls along a line.
    pub forward: bool,
    /// Evaluations of the field of every transported line, drawn or not; may be empty.
    pub evaluations: Vec<u32>,
}

/// Points in data units.
#[derive(Debug, Clone)]
pub struct Clouds {
    /// Where lines started.
    pub source: Points,
    /// Where they ended.
    pub transported: Points,
    /// Fresh points of the target.
    pub target: Points,
}

/// The field at the points of a square grid in planes parallel to the plates, D = 2, scaled units.
///
/// Values come plane after plane, in each row after row of the second coordinate, in each row along the first.
#[derive(Debug, Clone, PartialEq)]
pub struct Slices {
    /// Least coordinates.
    pub from: [f64; 2],
    /// Greatest coordinates.
    pub to: [f64; 2],
    /// Points per side.
    pub size: usize,
    /// Distance L between the plates.
    pub gap: f64,
    /// Heights of the planes.
    pub heights: Vec<f64>,
    /// Unit direction (x₀, x₁, z) and ln |E| of the exact field; NaN where the strength is unknown.
    pub exact: Option<Vec<[f64; 4]>>,
    /// Unit direction of the learned field.
    pub learned: Option<Vec<[f64; 3]>>,
}

/// A picture of the run.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// Its file's name.
    pub name: String,
    /// What it shows, for those who see it.
    pub caption: String,
    /// What it shows, for those who do not.
    pub alt: String,
    /// The PNG file.
    pub png: Vec<u8>,
}
