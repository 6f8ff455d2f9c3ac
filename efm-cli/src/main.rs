//! The binary `efm`: thin, and the only crate that picks a backend.
#![forbid(unsafe_code)]

mod args;
mod commands;
mod data_folder;
mod failure;
mod memory;
mod progress;
mod say;
mod signals;
mod sparkline;
mod terminal;
mod watch;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    say::quiet_panics();
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => return unparsed(&error),
    };
    match commands::dispatch(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// Help and version are no errors; everything else is said in the two lines of every other one.
fn unparsed(error: &clap::Error) -> ExitCode {
    use clap::error::ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    match error.kind() {
        DisplayHelp | DisplayVersion | DisplayHelpOnMissingArgumentOrSubcommand => {
            // A reader that has gone away is no error.
            let _ = error.print();
            if error.use_stderr() { ExitCode::from(failure::Exit::Usage as u8) } else { ExitCode::SUCCESS }
        }
        _ => failure::Failure::command_line(error).report(),
    }
}
