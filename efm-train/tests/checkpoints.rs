//! Checkpoints survive cut files, flipped bits and missing parts: the newest whole one counts.

mod common;

use std::fs;
use std::path::{Path, PathBuf};

use efm_train::{Checkpoints, State, Tensors, TrainError};

fn state(step: usize, best_step: usize) -> State {
    State { step, loss: Some(0.5), best: Some(0.25), best_step, stale: 1, fingerprint: "f".to_owned() }
}

fn tensors(mark: u8) -> Tensors {
    Tensors { weights: vec![mark; 40], average: vec![mark + 1; 30], optimizer: vec![mark + 2; 50] }
}

/// Two checkpoints; the folder of the newer one.
fn two(folder: &Path) -> (Checkpoints, PathBuf) {
    let checkpoints = Checkpoints::new(folder.join("checkpoints"));
    checkpoints.save(&state(10, 0), &tensors(1)).unwrap();
    let newer = checkpoints.save(&state(20, 0), &tensors(7)).unwrap();
    (checkpoints, newer)
}

const FILES: [&str; 5] = ["manifest.json", "state.json", "weights.bpk", "average.bpk", "optimizer.bpk"];

/// The older checkpoint is found, and the broken file of the newer one is named.
fn falls_back(checkpoints: &Checkpoints, broken_folder: &Path, what: &str) {
    let (found, broken) = checkpoints.newest().unwrap();
    assert_eq!(found, Some((state(10, 0), tensors(1))), "{what}");
    let [error] = &broken[..] else { panic!("{what}: {broken:?}") };
    let message = error.to_string();
    assert!(message.contains(&broken_folder.display().to_string()), "{what}: {message}");
    assert!(!message.contains('\n') && !error.hint().is_empty(), "{what}: {message}");
}

#[test]
fn what_was_saved_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let (checkpoints, _) = two(folder.path());
    assert_eq!(common::newest(&checkpoints), (state(20, 0), tensors(7)));
}

#[test]
fn no_folder_no_checkpoint() {
    let folder = tempfile::tempdir().unwrap();
    let (found, broken) = Checkpoints::new(folder.path().join("none")).newest().unwrap();
    assert!(found.is_none() && broken.is_empty());
}

#[test]
fn files_cut_at_any_byte() {
    let folder = tempfile::tempdir().unwrap();
    let (checkpoints, newer) = two(folder.path());
    for name in FILES {
        let path = newer.join(name);
        let whole = fs::read(&path).unwrap();
        for length in 0..whole.len() {
            fs::write(&path, &whole[..length]).unwrap();
            falls_back(&checkpoints, &newer, &format!("{name} cut to {length} of {} bytes", whole.len()));
        }
        fs::write(&path, &whole).unwrap();
    }
    assert_eq!(common::newest(&checkpoints).0.step, 20);
}

#[test]
fn one_bit_flipped_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let (checkpoints, newer) = two(folder.path());
    for name in FILES {
        let path = newer.join(name);
        let whole = fs::read(&path).unwrap();
        for byte in 0..whole.len() {
            let mut flipped = whole.clone();
            flipped[byte] ^= 1 << (byte % 8);
            fs::write(&path, &flipped).unwrap();
            falls_back(&checkpoints, &newer, &format!("{name}, byte {byte}"));
        }
        fs::write(&path, &whole).unwrap();
    }
}

#[test]
fn parts_that_are_missing_or_folders() {
    for name in FILES {
        let folder = tempfile::tempdir().unwrap();
        let (checkpoints, newer) = two(folder.path());
        fs::remove_file(newer.join(name)).unwrap();
        falls_back(&checkpoints, &newer, &format!("no {name}"));
        fs::create_dir(newer.join(name)).unwrap();
        falls_back(&checkpoints, &newer, &format!("{name} is a folder"));
    }
}

#[test]
fn bytes_after_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let (checkpoints, newer) = two(folder.path());
    for name in FILES {
        let path = newer.join(name);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, [&whole[..], b"x"].concat()).unwrap();
        falls_back(&checkpoints, &newer, name);
        fs::write(&path, &whole).unwrap();
    }
}

#[test]
fn a_file_in_place_of_a_checkpoint_and_strangers_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let (checkpoints, newer) = two(folder.path());
    fs::remove_dir_all(&newer).unwrap();
    fs::write(&newer, "no folder").unwrap();
    fs::write(newer.with_file_name("notes.txt"), "mine").unwrap();
    fs::create_dir(newer.with_file_name("step-x")).unwrap();
    falls_back(&checkpoints, &newer, "a file");
}

#[test]
fn all_broken_none_found() {
    let folder = tempfile::tempdir().unwrap();
    let (checkpoints, newer) = two(folder.path());
    fs::write(newer.join("state.json"), "").unwrap();
    fs::remove_file(newer.with_file_name("step-00000010").join("manifest.json")).unwrap();
    let (found, broken) = checkpoints.newest().unwrap();
    assert!(found.is_none());
    assert_eq!(broken.len(), 2, "newest first: {broken:?}");
    assert!(broken[0].to_string().contains("step-00000020"), "{broken:?}");
}

/// Names in the folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_last_two_and_the_best_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let checkpoints = Checkpoints::new(folder.path().to_path_buf());
    for step in 1..=7 {
        // Step 3 is the best from then on.
        checkpoints.save(&state(step, if step < 3 { step } else { 3 }), &tensors(step as u8)).unwrap();
    }
    assert_eq!(names(folder.path()), ["step-00000003", "step-00000006", "step-00000007"]);
    checkpoints.save(&state(8, 8), &tensors(8)).unwrap();
    assert_eq!(names(folder.path()), ["step-00000007", "step-00000008"]);
}

#[test]
fn a_step_saved_again_replaces_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let (checkpoints, newer) = two(folder.path());
    fs::write(newer.join("weights.bpk"), "broken").unwrap();
    checkpoints.save(&state(20, 0), &tensors(9)).unwrap();
    assert_eq!(common::newest(&checkpoints).1, tensors(9));
}

#[test]
fn another_run_of_the_same_name_and_step_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let (checkpoints, _) = two(folder.path());
    // Same folder, same fingerprint, same step; other weights, or the same ones with another loss.
    checkpoints.save(&state(20, 0), &tensors(9)).unwrap();
    assert_eq!(common::newest(&checkpoints), (state(20, 0), tensors(9)));
    let other = State { loss: Some(0.75), ..state(20, 0) };
    checkpoints.save(&other, &tensors(9)).unwrap();
    assert_eq!(common::newest(&checkpoints), (other, tensors(9)));
}

#[test]
fn what_was_saved_last_is_the_newest() {
    // A run of 20 steps left its checkpoints here; a second one is at step 5.
    let folder = tempfile::tempdir().unwrap();
    let (checkpoints, _) = two(folder.path());
    checkpoints.save(&state(5, 0), &tensors(9)).unwrap();
    assert_eq!(common::newest(&checkpoints), (state(5, 0), tensors(9)));
}

#[test]
fn a_checkpoint_that_is_there_is_not_written_again() {
    let folder = tempfile::tempdir().unwrap();
    let (checkpoints, newer) = two(folder.path());
    fs::write(newer.join("notes.txt"), "mine").unwrap();
    checkpoints.save(&state(20, 0), &tensors(7)).unwrap();
    assert!(newer.join("notes.txt").exists(), "the folder was replaced");
}

#[test]
fn leftovers_of_a_killed_process_are_cleared() {
    let folder = tempfile::tempdir().unwrap();
    let (checkpoints, newer) = two(folder.path());
    let left = newer.with_file_name(".writing-abc");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("weights.bpk"), "half").unwrap();
    assert_eq!(common::newest(&checkpoints).0.step, 20, "what is not renamed does not count");
    checkpoints.save(&state(30, 0), &tensors(3)).unwrap();
    assert_eq!(names(&folder.path().join("checkpoints")), ["step-00000020", "step-00000030"]);
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Checkpoints::new(file.join("checkpoints")).save(&state(1, 0), &tensors(1)).unwrap_err();
    assert!(matches!(error, TrainError::Io { .. }), "{error}");
    assert!(error.to_string().contains("checkpoints"), "{error}");
}
