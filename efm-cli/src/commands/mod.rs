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
use crate::terminal::Terminal;

/// Runs the command.
pub fn dispatch(args: Args) -> Result<(), Failure> {
    let host = &Terminal::new(Memory::new(args.memory), args.device);
    match args.command {
        Command::Run(args) => run::run(&args, false, host),
        Command::Train(args) => run::run(&args, true, host),
        Command::Map(args) => map::run(&args, host),
        Command::Transport(args) => transport::run(&args, host),
        Command::Sample(args) => sample::run(&args, host),
        Command::Interpolate(args) => interpolate::run(&args, host),
        Command::Density(args) => density::run(&args, host),
        Command::Doctor(args) => doctor::run(&args, host),
        Command::Eval(args) => eval::run(&args, host),
        Command::Classify(args) => classify::run(&args, host),
        Command::Field(args) => field::run(&args, host),
        Command::Report(args) => report::run(&args),
        Command::Watch(args) => watch::run(&args, host),
        Command::Data(args) => data::run(&args, host),
        Command::Bench(args) => bench::run(&args, host),
        Command::Presets(args) => lists::presets(&args),
        Command::Devices => lists::devices(),
        Command::Completions { shell } => lists::completions(shell),
    }
}
