//! One file per command.

mod bench;
mod classify;
mod compare;
mod data;
mod density;
mod doctor;
mod eval;
mod features;
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
use crate::memory::Memory;

/// Runs the command.
pub fn dispatch(args: Args) -> Result<(), Failure> {
    let memory = Memory::new(args.memory);
    match args.command {
        Command::Run(args) => run::run(&args, run::Stages::All, memory),
        Command::Train(args) => run::run(&args, run::Stages::TrainOnly, memory),
        Command::Map(args) => map::run(&args, memory),
        Command::Transport(args) => transport::run(&args, memory),
        Command::Sample(args) => sample::run(&args, memory),
        Command::Interpolate(args) => interpolate::run(&args, memory),
        Command::Density(args) => density::run(&args, memory),
        Command::Doctor(args) => doctor::run(&args, memory),
        Command::Eval(args) => eval::run(&args, memory),
        Command::Classify(args) => classify::run(&args),
        Command::Field(args) => field::run(&args, memory),
        Command::Report(args) => report::run(&args),
        Command::Watch(args) => watch::run(&args),
        Command::Data(args) => data::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Presets(args) => lists::presets(&args),
        Command::Devices => lists::devices(),
        Command::Completions { shell } => lists::completions(shell),
    }
}
