//! What the commands take that show runs: `report`, `watch`, `field`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use efm::Show;

use super::values;

/// What `report` takes.
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// Folders of runs, or folders that hold one run per seed.
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// Where the page goes; by default `report.html` in the first folder.
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// What `watch` takes.
#[derive(Debug, Args)]
pub struct WatchArgs {
    /// Folders of runs; they may come later.
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// Port on 127.0.0.1; 0 takes a free one. By default 8137, or a free one.
    #[arg(long)]
    pub port: Option<u16>,
    /// Answer under this name too, as behind a tunnel; may be repeated. Others are refused: a page elsewhere could have its
    /// name point here.
    #[arg(long, value_name = "NAME")]
    pub allow_host: Vec<String>,
}

/// Which plane of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum PlaneArg {
    /// From plate to plate: z and the first coordinate, or principal component of the target.
    #[default]
    Across,
    /// Parallel to the plates, at `--height`.
    Along,
}

/// What `field` takes.
#[derive(Debug, Args)]
pub struct FieldArgs {
    /// Folder of a run, a preset's name or a TOML file.
    #[arg(value_name = "RUN|PRESET")]
    pub of: String,
    /// Where it goes; the name's end chooses SVG, PNG or npz.
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Which plane.
    #[arg(long, value_enum, default_value_t)]
    pub plane: PlaneArg,
    /// Heights of planes along the plates, in shares of the gap.
    #[arg(
        long,
        value_name = "SHARE",
        value_delimiter = ',',
        default_value = "0.1,0.5,0.9",
        allow_negative_numbers = true
    )]
    pub height: Vec<f64>,
    /// What to show of it.
    #[arg(long, value_parser = values::show(), value_delimiter = ',', default_value = "strength,lines")]
    pub show: Vec<Show>,
    /// Points of the grid along each axis.
    #[arg(long, default_value_t = 80)]
    pub size: usize,
    /// Charges per plate of the exact field.
    #[arg(long, default_value_t = 2_000, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..))]
    pub charges: usize,
    /// Field lines drawn.
    #[arg(long, default_value_t = 60)]
    pub lines: usize,
    /// The exact field, where a run has a learned one.
    #[arg(long)]
    pub exact: bool,
    /// Set a key of the configuration, e.g. `--set plates.gap=4`; may be repeated.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub settings: Vec<String>,
}
