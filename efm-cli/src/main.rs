//! The binary `efm`: thin, and the only crate that picks a backend.
#![forbid(unsafe_code)]

mod args;
mod commands;
mod data_folder;
mod failure;
mod pipeline;
mod presets;
mod progress;
mod report_args;
mod say;
mod signals;
mod sparkline;
mod watch;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    say::quiet_panics();
    let args = args::Args::parse();
    match commands::dispatch(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
