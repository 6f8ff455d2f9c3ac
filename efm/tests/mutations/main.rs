//! Damaged input by the million: every reader, the configuration and the files of a run, fed with mutations of good files.
//!
//! `cargo xtask fuzz TARGET --executions 1000000` runs one target for long; the usual test run takes a few thousand of each,
//! and replays every file of `corpus/TARGET`, where inputs go that once found something. Execution number n of a target
//! is the same on every machine.

#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::print_stderr)] // what was found and how fast is worth reading

#[path = "../../../efm-data/tests/support/mod.rs"]
mod bytes;
#[path = "../../../efm-data/tests/support/images.rs"]
mod images;
mod mutate;
mod promises;
#[path = "../../../efm-data/tests/support/readers.rs"]
mod readers;
mod targets;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use efm_core::Seed;
use mutate::mutated;
use rayon::prelude::*;
use targets::{TARGETS, Target};

/// Executions of each target in a usual test run.
const EXECUTIONS: u64 = 3_000;

fn number(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().map_or(usual, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// Runs one input; a panic or a broken promise is an `Err` with what it said.
fn outcome(target: &Target, input: &[u8], place: &Path) -> Result<bool, String> {
    catch_unwind(AssertUnwindSafe(|| (target.run)(input, place))).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(text.or_else(|| panic.downcast_ref::<&str>().map(|&text| text.to_owned())).unwrap_or_default())
    })
}

/// Where an input that found something is kept.
fn keep(target: &Target, number: u64, input: &[u8]) -> PathBuf {
    let folder = std::env::temp_dir().join("efm-fuzz");
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{}-{number}", target.name));
    std::fs::write(&path, input).unwrap();
    path
}

/// How many of the executions found something.
fn hammer(target: &Target, first: u64, executions: u64) -> u64 {
    let stream = Seed(1).stream(&format!("fuzz/{}", target.name));
    let seeds = (target.seeds)();
    for (index, seed) in seeds.iter().enumerate() {
        let place = tempfile::tempdir().unwrap();
        let accepted = outcome(target, seed, place.path());
        assert_eq!(accepted, Ok(true), "{}: seed {index} is not accepted", target.name);
    }
    let (accepted, found) = (AtomicU64::new(0), AtomicU64::new(0));
    let started = Instant::now();
    // One folder per piece of work, in memory where there is such a place.
    let shared = Path::new("/dev/shm");
    (0..executions.div_ceil(PIECE)).into_par_iter().for_each(|piece| {
        let folder = if shared.is_dir() { tempfile::tempdir_in(shared) } else { tempfile::tempdir() };
        let folder = folder.unwrap();
        for number in first + piece * PIECE..first + executions.min((piece + 1) * PIECE) {
            let input = mutated(&mut stream.at(number), &seeds, target);
            match outcome(target, &input, folder.path()) {
                Ok(whole) => drop(accepted.fetch_add(u64::from(whole), Ordering::Relaxed)),
                Err(problem) => {
                    found.fetch_add(1, Ordering::Relaxed);
                    let path = keep(target, number, &input);
                    eprintln!("{}: execution {number} found: {problem}; kept as {}", target.name, path.display());
                }
            }
        }
    });
    let seconds = started.elapsed().as_secs_f64();
    println!(
        "{:<12} {executions} executions from {first}, {:.1} % accepted, {:.0} per second, {} found",
        target.name,
        100.0 * accepted.load(Ordering::Relaxed) as f64 / executions as f64,
        executions as f64 / seconds,
        found.load(Ordering::Relaxed)
    );
    found.into_inner()
}

/// Executions that share a folder.
const PIECE: u64 = 500;

#[test]
fn mutations_of_good_files_never_panic() {
    let wanted = std::env::var("EFM_FUZZ_TARGET").ok().filter(|name| name != "all");
    let chosen: Vec<_> =
        TARGETS.iter().filter(|target| wanted.as_deref().is_none_or(|name| name == target.name)).collect();
    let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
    assert!(!chosen.is_empty(), "there is no target {wanted:?}; there are {}", names.join(", "));
    let (first, executions) = (number("EFM_FUZZ_FIRST", 0), number("EFM_FUZZ_EXECUTIONS", EXECUTIONS));
    let found: u64 = chosen.iter().map(|target| hammer(target, first, executions)).sum();
    assert_eq!(found, 0, "inputs that break a promise were found; they are kept");
}

/// Files of a folder with a folder for each target; a name that no target has would never be fed again.
fn corpus(folder: &Path) -> Vec<(&'static Target, PathBuf)> {
    let inside = |folder: &Path| -> Vec<PathBuf> {
        let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths
    };
    let mut files = Vec::new();
    for folder in inside(folder) {
        let target = TARGETS.iter().find(|target| folder.ends_with(target.name));
        let target = target.unwrap_or_else(|| panic!("{} belongs to no target", folder.display()));
        files.extend(inside(&folder).into_iter().map(|path| (target, path)));
    }
    files
}

fn replay(files: &[(&Target, PathBuf)]) {
    for (target, path) in files {
        let place = tempfile::tempdir().unwrap();
        let result = outcome(target, &std::fs::read(path).unwrap(), place.path());
        assert!(result.is_ok(), "{}: {result:?}", path.display());
    }
    println!("{} files replayed", files.len());
}

#[test]
fn what_once_found_something_does_not_any_more() {
    let files = corpus(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mutations/corpus"));
    // Each of these once broke a promise; it has to be among those fed.
    for name in ["npy/line-feeds-in-descr.npy", "model/line-feed-in-key.json"] {
        assert!(files.iter().any(|(_, path)| path.ends_with(name)), "{name}");
    }
    replay(&files);
}

#[test]
fn inputs_that_reach_new_code_keep_the_promises() {
    replay(&corpus(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus")));
}
