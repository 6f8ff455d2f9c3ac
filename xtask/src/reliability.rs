//! `cargo xtask reliability`: what takes too long for the usual tests.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::{shell, table};

/// Faults injected into the binary, kills by the hundred, and runs that are watched for hours
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// Every fault, with what each refusal took in time and memory
    Faults,
    /// SIGKILL at random moments of a training run; each time it must resume to the bits of an undisturbed run
    Kills {
        /// How many
        #[arg(long, default_value_t = 200)]
        count: usize,
    },
    /// A training run that is watched: memory and open files must not grow
    Soak {
        /// For how long
        #[arg(long, default_value_t = 30.0)]
        minutes: f64,
    },
}

/// Runs the checks asked for.
///
/// # Errors
/// When one of them does not hold.
pub fn run(args: &Args) -> Result<()> {
    match args.what {
        What::Faults => faults(&[], ""),
        What::Kills { count } => faults(&[("EFM_KILLS", count.to_string())], "kills::"),
        What::Soak { minutes } => soak(Duration::from_secs_f64(60.0 * minutes)),
    }
}

/// The tests of the binary whose names begin like this.
fn faults(env: &[(&str, String)], names: &str) -> Result<()> {
    let mut command = shell::cargo(&["test", "--release", "--workspace", "--test", "faults", "--", "--nocapture"]);
    command.arg(names).envs(env.iter().map(|(name, value)| (name, value)));
    shell::run(&mut command).map(|_| ())
}

/// Trains without an end, interrupts it when the time is up, and looks at what it took on the way.
fn soak(time: Duration) -> Result<()> {
    shell::run(&mut shell::cargo(&["build", "--release", "--workspace", "--bin", "efm", "--examples"]))?;
    let folder = std::env::temp_dir().join(format!("efm-soak-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let settings =
        ["train.steps=1000000000", "train.checkpoint_every=200", "train.validate_every=500", "train.log_every=200"];
    let mut command = shell::program(shell::target_dir()?.join("release/efm"));
    command.args(["train", "gaussian-to-moons", "--out"]).arg(folder.join("run"));
    command.args(settings.iter().flat_map(|setting| ["--set", setting])).stdout(Stdio::null()).stderr(Stdio::null());
    println!("$ {}", shell::command_line(&command));
    let mut child = command.spawn().context("the binary does not start")?;
    let watched = watch(&mut child, time);
    // As a person would: with a checkpoint.
    let _ = shell::program("kill").args(["-INT", &child.id().to_string()]).status();
    let ended = child.wait()?;
    let samples = watched?;
    fs::remove_dir_all(&folder)?;
    report(&samples)?;
    if ended.code() != Some(130) {
        bail!("the run ended with {ended} after SIGINT, not with 130");
    }
    Ok(())
}

/// Memory in MiB, open files and threads at a moment in minutes.
struct Sample {
    minutes: f64,
    memory: f64,
    files: usize,
    threads: usize,
}

/// Looks at a process until the time is up.
fn watch(child: &mut Child, time: Duration) -> Result<Vec<Sample>> {
    let folder = PathBuf::from(format!("/proc/{}", child.id()));
    let started = Instant::now();
    let mut samples = Vec::new();
    while started.elapsed() < time {
        std::thread::sleep((time / 60).clamp(Duration::from_millis(200), Duration::from_secs(10)));
        if let Some(status) = child.try_wait()? {
            bail!("the run ended by itself: {status}");
        }
        let status = fs::read_to_string(folder.join("status")).context("no /proc to look into")?;
        let kilobytes = |key: &str| -> Option<f64> {
            status.lines().find_map(|line| line.strip_prefix(key)?.split_whitespace().next()?.parse().ok())
        };
        samples.push(Sample {
            minutes: started.elapsed().as_secs_f64() / 60.0,
            memory: kilobytes("VmRSS:").context("no memory in /proc")? / 1024.0,
            files: fs::read_dir(folder.join("fd"))?.count(),
            threads: fs::read_dir(folder.join("task"))?.count(),
        });
    }
    Ok(samples)
}

/// Ten rows, and whether the last half takes more than the first did once it had warmed up.
fn report(samples: &[Sample]) -> Result<()> {
    let rows: Vec<_> = samples
        .iter()
        .step_by(samples.len().div_ceil(10).max(1))
        .map(|s| {
            vec![format!("{:.1}", s.minutes), format!("{:.1}", s.memory), s.files.to_string(), s.threads.to_string()]
        })
        .collect();
    println!("\n{}", table::markdown(&["minutes", "memory, MiB", "open files", "threads"], &rows));
    let (first, last) = samples.split_at(samples.len() / 2);
    let most = |samples: &[Sample], of: fn(&Sample) -> f64| samples.iter().map(of).fold(0.0, f64::max);
    let warm = &first[first.len() / 4..];
    for (name, of) in [("memory", (|s| s.memory) as fn(&Sample) -> f64), ("open files", |s| s.files as f64)] {
        let (before, after) = (most(warm, of), most(last, of));
        println!("most {name}: {before:.1} in the first half, {after:.1} in the second");
        if after > 1.05 * before + 2.0 {
            bail!("{name} grows");
        }
    }
    Ok(())
}
