//! Every write, sync, rename and removal of a checkpoint may fail, or be the last before the power goes: the old checkpoint
//! or the new one is there afterwards, whole.
#![allow(clippy::print_stdout)] // how many operations there are is worth reading

mod common;

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use efm_train::{Checkpoints, Disk, Files, State, Tensors, TrainError};

/// A disk on which operation number `fails` fails, and all after it if the `power` is gone. Writes count twice: once
/// for the bytes, half of which get there, and once for the sync.
#[derive(Debug)]
struct Failing {
    fails: usize,
    power: bool,
    done: AtomicUsize,
}

impl Failing {
    fn at(fails: usize, power: bool) -> Arc<Self> {
        Arc::new(Self { fails, power, done: AtomicUsize::new(0) })
    }

    fn next(&self) -> io::Result<()> {
        let number = self.done.fetch_add(1, Ordering::Relaxed);
        if number == self.fails || (self.power && number > self.fails) {
            return Err(io::Error::other(format!("operation {number} fails")));
        }
        Ok(())
    }
}

impl Files for Failing {
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        self.next()?;
        Disk.create_folder(path)
    }

    fn write_synced(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        if let Err(error) = self.next() {
            if self.done.load(Ordering::Relaxed) == self.fails + 1 {
                fs::write(path, &content[..content.len() / 2])?;
            }
            return Err(error);
        }
        fs::write(path, content)?;
        self.next()
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.next()?;
        Disk.sync_folder(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.next()?;
        Disk.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        if let Err(error) = self.next() {
            // A removal may end half-way: the manifest goes first in the worst case.
            let _ = fs::remove_file(path.join("manifest.json"));
            return Err(error);
        }
        Disk.remove(path)
    }
}

/// A folder in memory, where there is such a place: no real disk has to wait for every one of these checkpoints.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap()
}

fn state(step: usize) -> State {
    State { step, loss: Some(0.5), best: Some(0.25), best_step: 0, stale: 1, fingerprint: "f".to_owned() }
}

fn tensors(mark: u8) -> Tensors {
    Tensors { weights: vec![mark; 400], average: vec![mark + 1; 300], optimizer: vec![mark + 2; 500] }
}

/// Saves checkpoints of steps 10, 20, 30 on a good disk and one of step `last` on a failing one; whether it was saved.
fn save(folder: &Path, last: usize, fails: usize, power: bool) -> (Result<(), TrainError>, usize) {
    let place = folder.join("checkpoints");
    let good = Checkpoints::new(place.clone());
    [10, 20, 30].iter().for_each(|&step| drop(good.save(&state(step), &tensors(step as u8)).unwrap()));
    let disk = Failing::at(fails, power);
    let saved = Checkpoints::on(disk.clone(), place).save(&state(last), &tensors(last as u8)).map(|_| ());
    (saved, disk.done.load(Ordering::Relaxed))
}

/// Every operation once, until all succeed; how many there are.
fn every_operation(power: bool) -> usize {
    for fails in 0.. {
        let folder = folder();
        let (saved, done) = save(folder.path(), 40, fails, power);
        let good = Checkpoints::new(folder.path().join("checkpoints"));
        let what = format!("operation {fails} of {done}, power gone: {power}, {saved:?}");
        let (found, _) = good.newest().unwrap();
        let (found, content) = found.unwrap_or_else(|| panic!("{what}: no checkpoint is left"));
        assert!([30, 40].contains(&found.step), "{what}: step {}", found.step);
        assert_eq!((&found, &content), (&state(found.step), &tensors(found.step as u8)), "{what}");
        // A failure is told, unless it only kept what would have been cleared.
        if done <= fails {
            assert!(saved.is_ok(), "{what}");
            return done;
        }
        if let Err(error) = &saved {
            assert!(matches!(error, TrainError::Io { .. }), "{what}");
        } else {
            assert_eq!(found.step, 40, "{what}");
        }
        // The next save finds its way, and clears what was left.
        good.save(&state(50), &tensors(50)).unwrap();
        assert_eq!(common::newest(&good).0.step, 50, "{what}");
        let names: Vec<_> = fs::read_dir(folder.path().join("checkpoints")).unwrap().flatten().collect();
        assert!(names.iter().all(|name| name.file_name().to_string_lossy().starts_with("step-")), "{what}: {names:?}");
    }
    unreachable!()
}

#[test]
fn whatever_fails_the_old_checkpoint_or_the_new_one_loads() {
    // Two folders, five files written and synced, two folders synced, one rename, one old checkpoint removed.
    let operations = every_operation(false);
    assert!(operations >= 15, "{operations}");
    println!("{operations} operations failed one by one");
}

#[test]
fn whenever_the_power_goes_the_old_checkpoint_or_the_new_one_loads() {
    println!("the power went before each of {} operations", every_operation(true));
}

#[test]
fn a_step_that_is_there_is_never_taken_away_on_the_way_to_itself() {
    // A run that had ended saves its last step again when it is resumed.
    for power in [false, true] {
        for fails in 0..20 {
            let folder = folder();
            let (saved, _) = save(folder.path(), 30, fails, power);
            let (state, content) = common::newest(&Checkpoints::new(folder.path().join("checkpoints")));
            assert_eq!((state.step, content), (30, tensors(30)), "{fails}: {saved:?}");
        }
    }
}
