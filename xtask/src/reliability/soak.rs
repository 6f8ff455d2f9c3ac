//! Memory and open files of a training run and of `efm watch`, looked at for long and under load.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use super::clients::{Counts, Load};
use crate::{shell, table};

/// Trains without an end, serves the page of it to clients of every kind, and stops both when the time is up.
///
/// # Errors
/// When one of the two ends early or badly, grows, or keeps files of clients that have gone.
pub fn run(time: Duration, binary: Option<&Path>) -> Result<()> {
    let binary = match binary {
        Some(binary) => std::path::absolute(binary)?,
        None => {
            shell::run(&mut shell::cargo(&["build", "--release", "--workspace", "--bin", "efm", "--examples"]))?;
            shell::target_dir()?.join("release/efm")
        }
    };
    let folder = std::env::temp_dir().join(format!("efm-soak-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let mut training = train(&binary, &folder)?;
    let mut watching = watch(&binary, &folder)?;
    let watched = observe(&mut training, &mut watching, time);
    // As a person would.
    let ends = [training.interrupt(), watching.0.interrupt()];
    let (training, watching, counts) = watched?;
    fs::remove_dir_all(&folder)?;
    println!("\n{}", counts.told());
    let grown = [report("efm train", &training), report("efm watch", &watching)];
    for (what, (ended, code)) in ["efm train", "efm watch"].iter().zip(ends.into_iter().zip([130, 0])) {
        let ended = ended?;
        if ended != Some(code) {
            bail!("{what} ended with {ended:?} after SIGINT, not with {code}");
        }
    }
    grown.into_iter().collect::<Result<()>>()?;
    let (before, after) = (watching[0].files, watching.last().map_or(0, |sample| sample.files));
    if after > before {
        bail!("efm watch held {before} files before its clients came and {after} after they had gone");
    }
    match counts.wrong.load(Ordering::Relaxed) {
        0 => Ok(()),
        wrong => bail!("{wrong} answers were not those expected"),
    }
}

/// A process that does not outlive this one's interest.
struct Process(Child);

impl Process {
    /// Ctrl-C; the exit code.
    fn interrupt(&mut self) -> Result<Option<i32>> {
        let _ = shell::program("kill").args(["-INT", &self.0.id().to_string()]).status();
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            if let Some(status) = self.0.try_wait()? {
                return Ok(status.code());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        bail!("a process does not end after SIGINT")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn train(binary: &Path, folder: &Path) -> Result<Process> {
    let settings =
        ["train.steps=1000000000", "train.checkpoint_every=200", "train.validate_every=500", "train.log_every=2000"];
    let mut command = shell::program(binary);
    command.args(["train", "gaussian-to-moons", "--out"]).arg(folder.join("run"));
    // One thread, so that the server has a core.
    command.args(settings.iter().flat_map(|setting| ["--set", setting])).env("RAYON_NUM_THREADS", "1");
    println!("$ {}", shell::command_line(&command));
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("the binary does not start")?;
    Ok(Process(child))
}

/// The server and its port.
fn watch(binary: &Path, folder: &Path) -> Result<(Process, u16)> {
    let mut command = shell::program(binary);
    command.args(["watch", "--port", "0"]).arg(folder.join("run"));
    println!("$ {}", shell::command_line(&command));
    let mut process = Process(command.stdout(Stdio::piped()).spawn().context("the binary does not start")?);
    let mut line = String::new();
    BufReader::new(process.0.stdout.take().context("no output")?).read_line(&mut line)?;
    let port = line.strip_prefix("http://127.0.0.1:").and_then(|rest| rest.split('/').next()?.parse().ok());
    Ok((process, port.with_context(|| format!("efm watch tells no address: {line}"))?))
}

/// Memory in MiB, open files and threads at a moment in minutes.
struct Sample {
    minutes: f64,
    memory: f64,
    files: usize,
    threads: usize,
}

impl Sample {
    fn of(process: &mut Process, minutes: f64) -> Result<Self> {
        if let Some(status) = process.0.try_wait()? {
            bail!("a process ended by itself: {status}");
        }
        let folder = PathBuf::from(format!("/proc/{}", process.0.id()));
        let status = fs::read_to_string(folder.join("status")).context("no /proc to look into")?;
        let kilobytes = |key: &str| -> Option<f64> {
            status.lines().find_map(|line| line.strip_prefix(key)?.split_whitespace().next()?.parse().ok())
        };
        Ok(Self {
            minutes,
            memory: kilobytes("VmRSS:").context("no memory in /proc")? / 1024.0,
            files: fs::read_dir(folder.join("fd"))?.count(),
            threads: fs::read_dir(folder.join("task"))?.count(),
        })
    }
}

type Observed = (Vec<Sample>, Vec<Sample>, std::sync::Arc<Counts>);

/// Looks at both until the time is up; the first look is before any client came, the last after all have gone.
fn observe(training: &mut Process, watching: &mut (Process, u16), time: Duration) -> Result<Observed> {
    let started = Instant::now();
    let mut samples = (Vec::new(), Vec::new());
    let mut load = None;
    loop {
        let pause = (time / 120).clamp(Duration::from_millis(200), Duration::from_secs(10));
        std::thread::sleep(pause);
        let minutes = started.elapsed().as_secs_f64() / 60.0;
        samples.0.push(Sample::of(training, minutes)?);
        samples.1.push(Sample::of(&mut watching.0, minutes)?);
        load.get_or_insert_with(|| Load::start(watching.1));
        if started.elapsed() >= time {
            break;
        }
    }
    let counts = load.map(Load::end).context("no time at all")?;
    // Longer than an answer may wait for a client to take it, and than a stream goes without a sign of life.
    std::thread::sleep(Duration::from_secs(16));
    samples.1.push(Sample::of(&mut watching.0, started.elapsed().as_secs_f64() / 60.0)?);
    Ok((samples.0, samples.1, counts))
}

impl Counts {
    fn told(&self) -> String {
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        format!(
            "{} pages and {} streams with {} events taken, {} requests refused as they should be, {} turned away, \
             {} clients that left without a word, {} wrong answers",
            count(&self.pages),
            count(&self.streams),
            count(&self.events),
            count(&self.refused),
            count(&self.busy),
            count(&self.left),
            count(&self.wrong)
        )
    }
}

/// A dozen rows, and whether the second half takes more than the first did once it had warmed up.
fn report(name: &str, samples: &[Sample]) -> Result<()> {
    let last = samples.len() - 1;
    let rows: Vec<_> = (0..=11_usize.min(last))
        .map(|row| &samples[row * last / 11_usize.min(last).max(1)])
        .map(|s| {
            vec![format!("{:.1}", s.minutes), format!("{:.1}", s.memory), s.files.to_string(), s.threads.to_string()]
        })
        .collect();
    println!("\n{name}\n\n{}", table::markdown(&["minutes", "memory, MiB", "open files", "threads"], &rows));
    let (first, second) = samples.split_at(samples.len() / 2);
    let warm = &first[first.len() / 3..];
    println!("slope of memory in the second half: {:+.1} KiB a minute", 1024.0 * slope(second));
    // Memory rises and falls with every pool and checkpoint: of that the middle tells more than the highest moment.
    let growing: [(_, Measure, Over); 2] =
        [("median memory", |s| s.memory, median), ("most open files", |s| s.files as f64, most)];
    for (what, of, over) in growing {
        let (before, after) = (over(warm, of), over(second, of));
        println!("{what}: {before:.1} in the first half, {after:.1} in the second");
        if !warm.is_empty() && after > 1.05 * before + 2.0 {
            bail!("{name}: {what} grows");
        }
    }
    println!("most memory: {:.1} MiB", most(samples, |s| s.memory));
    Ok(())
}

type Measure = fn(&Sample) -> f64;
type Over = fn(&[Sample], Measure) -> f64;

fn most(samples: &[Sample], of: Measure) -> f64 {
    samples.iter().map(of).fold(0.0, f64::max)
}

fn median(samples: &[Sample], of: Measure) -> f64 {
    let mut values: Vec<_> = samples.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// Least squares, in MiB a minute.
fn slope(samples: &[Sample]) -> f64 {
    let count = samples.len().max(1) as f64;
    let (time, memory) =
        samples.iter().fold((0.0, 0.0), |sum, s| (sum.0 + s.minutes / count, sum.1 + s.memory / count));
    let (both, square) = samples.iter().fold((0.0, 0.0), |sum, s| {
        let away = s.minutes - time;
        (sum.0 + away * (s.memory - memory), sum.1 + away * away)
    });
    if square > 0.0 { both / square } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_grows_is_told_from_what_does_not() {
        let line = |rise: f64| -> Vec<Sample> {
            (0..60)
                .map(|i| Sample { minutes: f64::from(i), memory: 40.0 + rise * f64::from(i), files: 8, threads: 3 })
                .collect()
        };
        assert!((slope(&line(0.25)) - 0.25).abs() < 1e-12);
        assert!(report("flat", &line(0.0)).is_ok());
        assert!(report("leaking", &line(0.25)).is_err());
        assert!(report("a moment", &line(0.0)[..1]).is_ok());
    }
}
