use std::path::PathBuf;

use clap::Args;
use efm::ExactMap;
use efm::config::Method;

use super::values;

/// Which two clouds, and how to treat them.
#[derive(Debug, Clone, Args)]
pub struct ExperimentArgs {
    /// An experiment: a preset's name or a TOML file.
    #[arg(value_name = "EXPERIMENT")]
    pub name: Option<String>,
    /// Points of the source plate (npy, npz, CSV, safetensors), or images: a folder, a zip; without it a standard Gaussian.
    #[arg(long, value_name = "FILE")]
    pub source: Option<PathBuf>,
    /// Points of the target plate.
    #[arg(long, value_name = "FILE")]
    pub target: Option<PathBuf>,
    /// Take --source and --target for images of SIZE × SIZE pixels, learned by a U-Net; one without --source begins at noise.
    #[arg(long, value_name = "SIZE", requires = "target", value_parser = clap::value_parser!(u16).range(2..=1024))]
    pub image: Option<u16>,
    /// Set a key of the configuration, e.g. `--set plates.gap=4`; may be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub settings: Vec<String>,
    /// Seed of all randomness.
    #[arg(long)]
    pub seed: Option<u64>,
}

/// What `run` and `train` take.
#[derive(Debug, Clone, Args)]
pub struct RunArgs {
    /// The clouds.
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// Which map to learn.
    #[arg(long, value_parser = values::method())]
    pub method: Option<Method>,
    /// Run once per method, e.g. `mirror,flow-matching`, into folders of their names: the same data, network and steps.
    #[arg(long, value_name = "METHODS", value_parser = values::method(), value_delimiter = ',', conflicts_with_all = ["method", "seeds"])]
    pub methods: Vec<Method>,
    /// Run once per seed and print mean and spread, e.g. `1..5` or `1,4,9`; ranges include both ends.
    #[arg(long, value_name = "SEEDS", conflicts_with = "seed")]
    pub seeds: Option<String>,
    /// Begin training with these weights, where they fit: a PyTorch file (.pt, .pth), safetensors, or the folder of a run.
    #[arg(long, value_name = "FILE")]
    pub init: Option<PathBuf>,
    /// Folder of the run; by default a new one below `runs`.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Go on from the last checkpoint in the run's folder.
    #[arg(long, requires = "out")]
    pub resume: bool,
    /// Replace what is in the run's folder.
    #[arg(long, conflicts_with = "resume")]
    pub force: bool,
    /// Stop after this step with a checkpoint, as an interrupt would.
    #[arg(long, value_name = "STEP")]
    pub stop_after: Option<usize>,
    /// Print the resolved configuration and what would be done; write nothing.
    #[arg(long)]
    pub dry_run: bool,
}

/// What `map` takes.
#[derive(Debug, Clone, Args)]
pub struct MapArgs {
    /// The clouds.
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// Which map.
    #[arg(long, value_parser = values::map(), default_value = "mirror")]
    pub map: ExactMap,
    /// Distance between the plates in units of the scaled data, or `auto`; the same as `--set plates.gap=…`.
    #[arg(long, value_name = "LENGTH", allow_negative_numbers = true)]
    pub gap: Option<String>,
    /// Charges per plate: a number, or `all` rows of a file (10 000 points of a distribution).
    #[arg(long, value_name = "COUNT", default_value = "all")]
    pub charges: String,
    /// Largest relative error of the field, e.g. `1e-3`: with many charges, in up to three dimensions and for maps of the two
    /// plates alone, a tree is then much faster. Without it the field is as exact as f32 sums, 1e-6.
    #[arg(long, value_name = "ERROR", allow_negative_numbers = true)]
    pub accuracy: Option<f64>,
    /// Folder of the results; by default a new one below `runs`.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Replace what is in that folder.
    #[arg(long)]
    pub force: bool,
}
