//! Commands that follow the lines of a trained field.

use std::path::PathBuf;

use clap::Args;
use efm::LineOptions;

/// What `transport` takes.
#[derive(Debug, Args)]
pub struct TransportArgs {
    /// Folder of a run, or of its `model`.
    pub run: PathBuf,
    /// Points to transport, in data units; or images: a folder, a zip, an IDX file, sized as in the run.
    #[arg(long, short, value_name = "FILE")]
    pub input: PathBuf,
    /// Name of the array in an npz or safetensors file.
    #[arg(long)]
    pub key: Option<String>,
    /// Where the transported points go: npy, npz or CSV; images also png, for a grid, or a new folder, for all of it.
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// From the target plate back to the source plate.
    #[arg(long)]
    pub reverse: bool,
    /// Follow so many lines from every point, each with noise of its own, and write the mean of their ends: nearer to what may be
    /// expected than the end of one, and less sharp. Lines back draw no noise.
    #[arg(long, conflicts_with = "reverse", value_name = "LINES", default_value_t = 1, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=10_000))]
    pub mean_of: usize,
    /// Seed of the noise that lines start with; by default that of the run.
    #[arg(long)]
    pub seed: Option<u64>,
    /// Which field, and how its lines are followed.
    #[command(flatten)]
    pub lines: LinesArgs,
}

/// Which field of a model, and how its lines are followed; what is left out is as it was trained.
#[derive(Debug, Args)]
pub struct LinesArgs {
    /// Send to this class of the target, by its name or number.
    #[arg(long, value_name = "CLASS")]
    pub class: Option<String>,
    /// Weight of the guidance towards the class: 1 is none, 2 twice as far from the field of the whole target.
    #[arg(long, value_name = "WEIGHT", allow_negative_numbers = true)]
    pub guidance: Option<f64>,
    /// Take so many steps of Heun's method between heights that are close near the plates: two evaluations each.
    #[arg(long, value_name = "COUNT", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=100_000))]
    pub steps: Option<usize>,
}

impl LinesArgs {
    /// The same for the library.
    pub fn options(&self) -> LineOptions {
        LineOptions { class: self.class.clone(), guidance: self.guidance, steps: self.steps }
    }
}

/// What `sample` takes.
#[derive(Debug, Args)]
pub struct SampleArgs {
    /// Folder of a run whose source is a distribution.
    pub run: PathBuf,
    /// Number of samples.
    #[arg(long, default_value_t = 64, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=10_000_000))]
    pub count: usize,
    /// Which field, and how its lines are followed. Without --class, classes come in turn.
    #[command(flatten)]
    pub lines: LinesArgs,
    /// Seed of the starts.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Where samples go: npy, npz or CSV; images also png, for a grid, or a new folder, for all of it. By default a new folder in
    /// that of the run.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// What `interpolate` takes.
#[derive(Debug, Args)]
pub struct InterpolateArgs {
    /// Folder of a run.
    pub run: PathBuf,
    /// Samples in a row, both ends included.
    #[arg(long, default_value_t = 8, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(2..=10_000))]
    pub count: usize,
    /// Rows, each between two points of its own.
    #[arg(long, default_value_t = 6, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..=10_000))]
    pub rows: usize,
    /// Points or images of the target to go between, two for each row, in their order: they are followed back to the source
    /// first. Without them fresh points of the source.
    #[arg(long, short, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Which field, and how its lines are followed.
    #[command(flatten)]
    pub lines: LinesArgs,
    /// Seed of the starts.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Where the samples go, row after row: npy, npz or CSV; images also png, for a grid, or a new folder. By default a new folder in
    /// that of the run.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
