//! `cargo xtask`: the checks, benches and experiments of the workspace, as commands that shell out to cargo.
// Printing is what a command for people does; the libraries keep the lints.
#![allow(clippy::print_stdout, clippy::print_stderr)]
#![forbid(unsafe_code)]

mod bench;
mod cells;
mod ci;
mod cuda;
mod digits;
mod experiment;
mod frozen;
mod fuzz;
mod invariants;
mod python;
mod reliability;
mod shell;
mod table;
mod test;
mod variants;

/// Checks, benches and experiments of the workspace.
#[derive(clap::Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Command {
    Ci(ci::Args),
    Test(test::Args),
    Bench(bench::Args),
    Experiment(experiment::Args),
    Cells(cells::Args),
    Cuda(cuda::Args),
    Digits(digits::Args),
    Variants(variants::Args),
    Frozen(frozen::Args),
    Fuzz(fuzz::Args),
    Reliability(reliability::Args),
}

fn main() -> std::process::ExitCode {
    let result = match clap::Parser::parse() {
        Command::Ci(args) => ci::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::Experiment(args) => experiment::run(&args),
        Command::Cells(args) => cells::run(&args),
        Command::Cuda(args) => cuda::run(&args),
        Command::Digits(args) => digits::run(&args),
        Command::Variants(args) => variants::run(&args),
        Command::Frozen(args) => frozen::run(&args),
        Command::Fuzz(args) => fuzz::run(&args),
        Command::Reliability(args) => reliability::run(&args),
    };
    let Err(error) = result else { return std::process::ExitCode::SUCCESS };
    // Not by returning the error: where backtraces are switched on they would bury it.
    eprintln!("xtask: {error}");
    error.chain().skip(1).for_each(|cause| eprintln!("because: {cause}"));
    std::process::ExitCode::FAILURE
}
