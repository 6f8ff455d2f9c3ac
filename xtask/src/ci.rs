//! `cargo xtask ci`: every check, cheapest first; what continuous integration runs.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::{invariants, shell, table};

/// Run every check, cheapest first, and stop at the first that fails
#[derive(clap::Args)]
pub struct Args {
    /// Run this step alone
    #[arg(long, value_name = "STEP")]
    only: Option<String>,
    /// Print the steps and stop
    #[arg(long)]
    list: bool,
}

/// What a step does.
enum Work {
    /// Runs cargo with these environment variables and arguments.
    Cargo(&'static [(&'static str, &'static str)], &'static [&'static str]),
    /// Checks what ARCHITECTURE.md promises.
    Invariants,
}

/// One check.
struct Step {
    name: &'static str,
    says: &'static str,
    work: Work,
}

/// Release everywhere and always `--workspace`: another profile or another selection of crates would resolve other
/// features somewhere below burn and build it a second time.
const STEPS: [Step; 6] = [
    Step { name: "fmt", says: "formatting", work: Work::Cargo(&[], &["fmt", "--all", "--check"]) },
    Step { name: "invariants", says: "the promises of ARCHITECTURE.md", work: Work::Invariants },
    Step {
        name: "package",
        says: "what a registry would get of every crate; nothing is built",
        work: Work::Cargo(
            &[],
            &["package", "--workspace", "--exclude", "xtask", "--no-verify", "--allow-dirty", "--quiet"],
        ),
    },
    Step {
        name: "clippy",
        says: "lints, warnings are errors",
        work: Work::Cargo(&[], &["clippy", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"]),
    },
    Step {
        name: "doc",
        says: "documentation, warnings are errors",
        work: Work::Cargo(&[("RUSTDOCFLAGS", "-D warnings")], &["doc", "--release", "--workspace", "--no-deps"]),
    },
    Step {
        name: "test",
        says: "libraries, binary, integration tests, examples, doctests",
        work: Work::Cargo(&[], &["test", "--release", "--workspace"]),
    },
];

impl Step {
    fn command(env: &[(&str, &str)], args: &[&str]) -> std::process::Command {
        let mut command = shell::cargo(args);
        command.envs(env.iter().copied());
        command
    }

    fn run(&self) -> Result<()> {
        match self.work {
            Work::Cargo(env, args) => shell::run(&mut Self::command(env, args)).map(|_| ()),
            Work::Invariants => invariants::run(),
        }
    }

    fn rerun(&self) -> String {
        match self.work {
            Work::Cargo(env, args) => shell::command_line(&Self::command(env, args)),
            Work::Invariants => format!("cargo xtask ci --only {}", self.name),
        }
    }
}

/// Runs the steps asked for.
///
/// # Errors
/// At the first step that fails, with the command that repeats it; for a step nobody knows.
pub fn run(args: &Args) -> Result<()> {
    if args.list {
        for step in &STEPS {
            println!("{:<12}{:<58}{}", step.name, step.says, step.rerun());
        }
        return Ok(());
    }
    let steps = select(args.only.as_deref())?;
    let start = Instant::now();
    let mut rows = Vec::new();
    for step in steps {
        println!("\n== {} ({})", step.name, step.says);
        let begun = Instant::now();
        let result = step.run();
        rows.push(row(step.name, if result.is_ok() { "ok" } else { "failed" }, begun.elapsed()));
        if result.is_err() {
            print_summary(&rows);
        }
        result.with_context(|| format!("step `{}` failed; to repeat it: {}", step.name, step.rerun()))?;
    }
    print_summary(&rows);
    println!("ci: every step passed in {:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}

fn select(only: Option<&str>) -> Result<Vec<&'static Step>> {
    let steps: Vec<_> = STEPS.iter().filter(|step| only.is_none_or(|name| name == step.name)).collect();
    if steps.is_empty() {
        let names: Vec<_> = STEPS.iter().map(|step| step.name).collect();
        bail!("no step is called `{}`; there are {}", only.unwrap_or_default(), names.join(", "));
    }
    Ok(steps)
}

fn row(name: &str, result: &str, took: Duration) -> Vec<String> {
    vec![name.into(), result.into(), format!("{:.1}", took.as_secs_f64())]
}

fn print_summary(rows: &[Vec<String>]) {
    println!("\n{}", table::markdown(&["step", "result", "seconds"], rows));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_can_be_run_alone_and_repeated() {
        for step in &STEPS {
            let alone = select(Some(step.name)).unwrap();
            assert_eq!(alone.len(), 1);
            assert!(alone[0].rerun().contains("cargo"), "{}", alone[0].rerun());
        }
        assert_eq!(select(None).unwrap().len(), STEPS.len());
    }

    #[test]
    fn an_unknown_step_is_answered_with_the_known_ones() {
        let error = select(Some("tests")).err().unwrap().to_string();
        assert!(error.contains("`tests`") && error.contains("fmt, invariants, package, clippy, doc, test"), "{error}");
    }

    #[test]
    fn whatever_builds_burn_does_it_for_the_whole_workspace_in_release() {
        for step in &STEPS {
            if let Work::Cargo(_, args) = step.work
                && !["fmt", "package"].contains(&args[0])
            {
                assert!(args.contains(&"--release") && args.contains(&"--workspace"), "{}", step.name);
            }
        }
    }
}
