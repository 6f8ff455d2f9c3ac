//! One file per command.

mod bench;
mod classify;
mod data;
mod density;
mod doctor;
mod eval;
mod field;
mod interpolate;
mod lists;
mod map;
mod quality;
mod report;
mod run;
mod sample;
mod settings;
mod transport;
mod watch;

use crate::args::{Args, Command};
use crate::failure::Failure;

/// Runs the command.
pub fn dispatch(args: Args) -> Result<(), Failure> {
    match args.command {
        Command::Run(args) => run::run(&args, run::Stages::All),
        Command::Train(args) => run::run(&args, run::Stages::TrainOnly),
        Command::Map(args) => map::run(&args),
        Command::Transport(args) => transport::run(&args),
        Command::Sample(args) => sample::run(&args),
        Command::Interpolate(args) => interpolate::run(&args),
        Command::Density(args) => density::run(&args),
        Command::Doctor(args) => doctor::run(&args),
        Command::Eval(args) => eval::run(&args),
        Command::Classify(args) => classify::run(&args),
        Command::Field(args) => field::run(&args),
        Command::Report(args) => report::run(&args),
        Command::Watch(args) => watch::run(&args),
        Command::Data(args) => data::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Presets(args) => lists::presets(&args),
        Command::Devices => lists::devices(),
        Command::Completions { shell } => lists::completions(shell),
    }
}
