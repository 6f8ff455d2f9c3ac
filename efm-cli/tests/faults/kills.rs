//! SIGKILL at random moments of a training run.

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::common::{Bench, files};
use crate::row::{efm, watch};

pub const TESTS: &[(&str, &str)] = &[("SIGKILL at any moment", "a_killed_run_resumes_to_the_same_bits")];

/// Kills of the usual test run; `cargo xtask reliability kills --count N` makes others.
const KILLS: usize = 8;

/// A run of a tiny network that does little but write: a checkpoint after every second step.
const RUN: [&str; 14] = [
    "train.steps=120",
    "train.batch=32",
    "train.pool=64",
    "train.charges=20",
    "train.warmup=2",
    "train.validate_every=10",
    "train.checkpoint_every=2",
    "train.log_every=1",
    "model.width=8",
    "model.depth=1",
    "eval.samples=50",
    "eval.floor_repeats=1",
    "eval.projections=8",
    "eval.lines=2",
];

fn train(bench: &Bench, out: &str, more: &[&str]) -> std::process::Command {
    let mut command = efm(bench);
    command.args(["train", "gaussian-to-moons", "--out", out]).args(more);
    command.args(RUN.iter().flat_map(|setting| ["--set", setting]));
    command
}

/// What equal runs have in common: the model, the last checkpoint, the log, byte for byte.
pub fn stamp(run: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = files(run);
    let newest = found.iter().filter(|(name, _)| name.starts_with("checkpoints")).map(|(name, _)| name.clone()).max();
    let newest = newest.and_then(|name| name.parent().map(Path::to_path_buf)).expect("a checkpoint");
    found.retain(|(name, _)| name.starts_with("model") || name.starts_with(&newest) || name.ends_with("log.jsonl"));
    assert!(found.len() >= 8, "{:?}", found.iter().map(|(name, _)| name).collect::<Vec<_>>());
    found
}

/// Numbers from 0 to 1, spread evenly and in no order (a golden-ratio sequence).
fn moment(index: u64) -> f64 {
    (0.5 + index as f64 * 0.618_033_988_749_894_9).fract()
}

/// Kills a run `wait` after its start; whether it was still at work.
fn kill_after(mut child: Child, wait: Duration) -> bool {
    std::thread::sleep(wait);
    let running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    running
}

#[test]
fn a_killed_run_resumes_to_the_same_bits() {
    let wanted = std::env::var("EFM_KILLS").ok().map_or(KILLS, |count| count.parse().expect("EFM_KILLS is a number"));
    let bench = Bench::new();
    let ran = watch(&mut train(&bench, "whole", &[]));
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let whole = stamp(&bench.path("whole"));
    let index = AtomicU64::new(0);
    let (mut kills, mut before_first, mut steps) = (0, 0, Vec::new());
    let begun = Instant::now();
    while kills < wanted {
        let number = index.fetch_add(1, Ordering::Relaxed);
        assert!(number < 20 * wanted as u64 + 100, "runs end before they can be killed");
        let out = format!("run-{number}");
        let child = train(&bench, &out, &[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        if !kill_after(child, ran.wall.mul_f64(1.05 * moment(number))) {
            continue;
        }
        kills += 1;
        let resumed = watch(&mut train(&bench, &out, &["--resume"]));
        assert_eq!(resumed.code, Some(0), "kill {kills}: {}", resumed.err);
        assert!(!resumed.err.contains("passed over"), "kill {kills} left a broken checkpoint: {}", resumed.err);
        match resumed.err.split("going on from step ").nth(1).and_then(|rest| rest.split_whitespace().next()) {
            Some(step) => steps.push(step.parse::<usize>().unwrap()),
            None => before_first += 1,
        }
        assert!(stamp(&bench.path(&out)) == whole, "kill {kills} ended with other bits");
        // Nothing that was being written is left beside what was.
        let litter: Vec<_> =
            files(&bench.path(&out)).into_iter().map(|(name, _)| name).filter(|name| is_litter(name)).collect();
        assert!(litter.is_empty(), "kill {kills} left {litter:?}");
        std::fs::remove_dir_all(bench.path(&out)).unwrap();
    }
    steps.sort_unstable();
    println!(
        "{kills} of {kills} kills resumed to the same bits in {:.0} s: {before_first} before the first checkpoint, the others went on from steps {} to {}",
        begun.elapsed().as_secs_f64(),
        steps.first().unwrap_or(&0),
        steps.last().unwrap_or(&0)
    );
}

fn is_litter(name: &Path) -> bool {
    name.components().any(|part| part.as_os_str().as_encoded_bytes().starts_with(b"."))
}
