use std::path::PathBuf;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use efm::eval::{DEFAULT_DIRECTIONS, DEFAULT_NEIGHBOURS, MeasureKind};

use super::FeatureArgs;

/// What `eval` takes.
#[derive(Debug, Args)]
pub struct EvalArgs {
    /// A run's folder alone, to measure it again; or the first of two sets: points (npy, npz, CSV, safetensors), images (a folder, a
    /// zip, a known set), or a run, for the points it transported.
    #[arg(value_name = "A")]
    pub first: PathBuf,
    /// The second set, the target. `RUN:target` and `RUN:source` are other points of a run, `SET:test` the test images of a set,
    /// `SET:test:3` those of a class.
    #[arg(value_name = "B")]
    pub second: Option<PathBuf>,
    /// Where the points of the first set came from, row by row: adds the transport cost.
    #[arg(long, value_name = "FILE", requires = "second")]
    pub start: Option<PathBuf>,
    /// What to measure: w2, sliced_w2, energy_distance, mmd, ks_max, c2st, precision, recall, density, coverage, frechet,
    /// kernel_distance. What is named is taken on all points, or refused where memory does not suffice.
    #[arg(long, value_name = "LIST", value_delimiter = ',', requires = "second")]
    pub measures: Vec<MeasureKind>,
    /// Points of each set in a measure, at most; without it each takes what is done in about a minute. With --features images
    /// of each set, drawn by the seed, of which without it 10 000 are taken. With --evaluations lines.
    #[arg(long, value_name = "COUNT", value_parser = RangedU64ValueParser::<usize>::new().range(2..))]
    pub max: Option<usize>,
    /// Draws behind each floor and confidence interval; 0 leaves them out.
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = RangedU64ValueParser::<usize>::new().range(..=10_000))]
    pub draws: usize,
    /// Neighbours that make precision, recall, density, coverage and the classifier.
    #[arg(long, value_name = "K", default_value_t = DEFAULT_NEIGHBOURS,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=1_000))]
    pub neighbours: usize,
    /// Directions of the sliced W2.
    #[arg(long, value_name = "COUNT", default_value_t = DEFAULT_DIRECTIONS,
        value_parser = RangedU64ValueParser::<usize>::new().range(1..=1_000_000))]
    pub directions: usize,
    /// Bring images to SIZE × SIZE pixels in colour.
    #[arg(long, value_name = "SIZE", requires = "second", value_parser = clap::value_parser!(u16).range(2..=1024))]
    pub image: Option<u16>,
    /// Seed of the measures' randomness.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Print JSON instead of a table.
    #[arg(long)]
    pub json: bool,
    /// Write the JSON to this file too.
    #[arg(long, value_name = "FILE", requires = "second")]
    pub out: Option<PathBuf>,
    /// For a run: measure it with about so many evaluations of the field per line, e.g. `5,10,20,40`, beside its own solver,
    /// with the error of going back and forth; draws `pictures/quality.svg`.
    #[arg(long, value_name = "COUNTS", value_delimiter = ',', conflicts_with = "second")]
    pub evaluations: Vec<usize>,
    /// Images by their features.
    #[command(flatten)]
    pub features: FeatureArgs,
}
