//! What the commands take that look into data and runs: `doctor`, `density`, `classify`.

use std::path::PathBuf;

use clap::Args;
use efm::config::Method;

use super::{ExperimentArgs, values};

/// What `doctor` takes.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// The clouds.
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// Which map is to be learned.
    #[arg(long, value_parser = values::method())]
    pub method: Option<Method>,
    /// Print JSON instead of a page.
    #[arg(long)]
    pub json: bool,
    /// Write an experiment with the recommended gap, for `efm run FILE`.
    #[arg(long, value_name = "FILE")]
    pub write: Option<PathBuf>,
    /// Write over that file if it is there.
    #[arg(long, requires = "write")]
    pub force: bool,
}

/// What `density` takes.
#[derive(Debug, Args)]
pub struct DensityArgs {
    /// Folder of a run whose source has a density: gaussian, mixture, eight-gaussians, checkerboard.
    pub run: PathBuf,
    /// Points of the target, in data units.
    #[arg(long, short, value_name = "FILE")]
    pub input: PathBuf,
    /// Name of the array in an npz or safetensors file.
    #[arg(long)]
    pub key: Option<String>,
    /// Where ln q of each point goes, row by row (npy or CSV); `nan` where a line did not get to the source.
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// Random probes of the divergence; all derivatives up to 16 dimensions, 16 probes above, if not given.
    #[arg(long, value_name = "COUNT")]
    pub probes: Option<usize>,
    /// Points of the quadrature along a line.
    #[arg(long, value_name = "COUNT", default_value_t = 64)]
    pub nodes: usize,
    /// Seed of the probes.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// What `classify` takes.
#[derive(Debug, Args)]
pub struct ClassifyArgs {
    /// Folders of runs or maps whose target is a set of images with classes; all are judged by one classifier if it is one set.
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// Steps of 128 images that the classifier is trained for.
    #[arg(long, default_value_t = efm::CLASSIFIER_STEPS, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..))]
    pub steps: usize,
    /// Seed of the classifier and of the test draws.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Folder the classifier is kept in; by default one below that of the known sets of images.
    #[arg(long, value_name = "DIR")]
    pub classifier: Option<PathBuf>,
    /// Print JSON instead of a table.
    #[arg(long)]
    pub json: bool,
}
