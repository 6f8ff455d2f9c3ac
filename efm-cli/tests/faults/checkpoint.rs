//! Checkpoints that were cut, changed or made by something else, folders that cannot be written, and runs side by side.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use crate::common::{Bench, TINY, files};
use crate::kills::stamp;
use crate::row::{Row, check, efm, fifo, kill, watch};

pub const TESTS: &[(&str, &str)] = &[
    ("cut checkpoint", "a_cut_checkpoint_is_passed_over"),
    ("flipped bit in a checkpoint", "a_changed_checkpoint_is_passed_over"),
    ("fall back to the last checkpoint that verifies", "whatever_else_is_wrong_with_the_newest_it_is_passed_over"),
    ("half a run and the other half", "half_a_run_and_the_other_half_are_a_whole_one_bit_for_bit"),
    ("full disk", "a_full_disk_leaves_the_last_checkpoint"),
    ("read-only folder", "a_folder_that_cannot_be_written_is_refused"),
    ("two runs in one folder", "the_second_run_in_a_folder_is_refused"),
];

/// Arguments with the settings of a tiny run.
fn tiny<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let settings = TINY.iter().flat_map(|setting| ["--set", setting]);
    words.iter().copied().chain(settings).collect()
}

const RESUME: [&str; 5] = ["train", "gaussian-to-moons", "--out", "run", "--resume"];

/// A run stopped after step 12, with checkpoints of steps 10 and 12, and the same run undisturbed.
static STOPPED: LazyLock<Bench> = LazyLock::new(|| {
    let bench = Bench::new();
    bench.tiny(&["train", "gaussian-to-moons", "--out", "run", "--stop-after", "12"]).assert().code(130);
    bench.tiny(&["train", "gaussian-to-moons", "--out", "whole"]).assert().success();
    bench
});

/// Copies the stopped run into `bench`.
fn stopped(bench: &Bench) {
    let (from, to) = (STOPPED.path("run"), bench.path("run"));
    for (name, content) in files(&from) {
        let path = to.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

/// The checkpoints of a run, oldest first.
fn checkpoints(bench: &Bench) -> Vec<PathBuf> {
    let entries = fs::read_dir(bench.path("run/checkpoints")).unwrap();
    let mut found: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

const PARTS: [&str; 5] = ["manifest.json", "state.json", "weights.bpk", "average.bpk", "optimizer.bpk"];

fn cut(path: &Path, length: impl Fn(usize) -> usize) {
    let bytes = fs::read(path).unwrap();
    fs::write(path, &bytes[..length(bytes.len())]).unwrap();
}

fn flip(path: &Path, place: impl Fn(usize) -> usize) {
    let mut bytes = fs::read(path).unwrap();
    let place = place(bytes.len());
    bytes[place] ^= 4;
    fs::write(path, bytes).unwrap();
}

pub fn rows() -> Vec<Row> {
    const OTHER: &str = "checkpoint of another architecture";
    let every = |fault, name, part: &'static str, damage: fn(&Path)| {
        Row::refused(fault, name, 3, &["no checkpoint can be read", part, "--force"])
            .given(move |bench| {
                stopped(bench);
                checkpoints(bench).iter().for_each(|checkpoint| damage(&checkpoint.join(part)));
            })
            .typed(&tiny(&RESUME))
    };
    let other = |name, setting: &'static str, says: &[&'static str]| {
        Row::refused(OTHER, name, 3, says).given(stopped).typed(&[&tiny(&RESUME)[..], &["--set", setting]].concat())
    };
    vec![
        every("cut checkpoint", "all-weights-cut", "weights.bpk", |path| cut(path, |length| length - 1)),
        every("cut checkpoint", "all-manifests-empty", "manifest.json", |path| cut(path, |_| 0)),
        every("flipped bit in a checkpoint", "all-states-changed", "state.json", |path| {
            flip(path, |length| length / 2)
        }),
        other("width", "model.width=9", &["model.width was 8, is 9"]),
        other("data", "target.noise=0.25", &["target.noise was 0.05, is 0.25"]),
        other("learning-rate", "train.learning_rate=0.1", &["train.learning_rate was", "is 0.1"]),
        Row::refused(OTHER, "weights-of-another-model", 3, &["weights.bpk", "hash"])
            .given(|bench| {
                for (name, content) in files(&STOPPED.path("whole/model")) {
                    fs::create_dir_all(bench.path("model")).unwrap();
                    fs::write(bench.path("model").join(name), content).unwrap();
                }
                bench.put("a.csv", "1,2\n3,4\n");
                cut(&bench.path("model/weights.bpk"), |length| length - 8);
            })
            .typed(&["transport", "model", "-i", "a.csv", "-o", "b.csv"]),
        Row::refused(OTHER, "model-with-another-width", 3, &["model.json", "network"])
            .given(|bench| {
                for (name, content) in files(&STOPPED.path("whole/model")) {
                    fs::create_dir_all(bench.path("model")).unwrap();
                    fs::write(bench.path("model").join(name), content).unwrap();
                }
                bench.put("a.csv", "1,2\n3,4\n");
                let file = bench.path("model/model.json");
                let text = fs::read_to_string(&file).unwrap().replace("\"width\": 8", "\"width\": 9");
                fs::write(file, text).unwrap();
            })
            .typed(&["transport", "model", "-i", "a.csv", "-o", "b.csv"]),
        Row::refused(
            "two runs in one folder",
            "a-run-that-is-there",
            2,
            &["run holds a run already", "--resume", "--force"],
        )
        .given(stopped)
        .typed(&tiny(&RESUME[..4])),
    ]
}

#[test]
fn broken_checkpoints_are_refused() {
    check(&rows());
}

/// Resumes after `damage` to the newest checkpoint: it is named, and the run ends with the bits of an undisturbed one.
fn passed_over(what: &str, damage: impl Fn(&Path)) {
    let bench = Bench::new();
    stopped(&bench);
    let newest = checkpoints(&bench).pop().unwrap();
    damage(&newest);
    let ran = watch(efm(&bench).args(tiny(&RESUME)));
    assert_eq!(ran.code, Some(0), "{what}: {}", ran.err);
    assert!(ran.err.contains("passed over a broken checkpoint") && ran.err.contains("step-00000012"), "{}", ran.err);
    assert!(ran.err.contains("going on from step 10"), "{what}: {}", ran.err);
    assert_eq!(stamp(&bench.path("run")), stamp(&STOPPED.path("whole")), "{what}");
}

#[test]
fn a_cut_checkpoint_is_passed_over() {
    // Cuts at every byte are tried on the library; here one per part.
    for part in PARTS {
        passed_over(part, |newest| cut(&newest.join(part), |length| length / 2));
    }
}

#[test]
fn a_changed_checkpoint_is_passed_over() {
    for part in PARTS {
        passed_over(part, |newest| flip(&newest.join(part), |length| length / 3));
    }
}

#[test]
fn whatever_else_is_wrong_with_the_newest_it_is_passed_over() {
    passed_over("no manifest", |newest| fs::remove_file(newest.join("manifest.json")).unwrap());
    passed_over("a pipe", |newest| {
        fs::remove_file(newest.join("weights.bpk")).unwrap();
        fifo(&newest.join("weights.bpk"));
    });
    passed_over("a link in a circle", |newest| {
        fs::remove_file(newest.join("state.json")).unwrap();
        std::os::unix::fs::symlink("state.json", newest.join("state.json")).unwrap();
    });
    passed_over("an empty folder", |newest| {
        fs::remove_dir_all(newest).unwrap();
        fs::create_dir(newest).unwrap();
    });
    passed_over("a file", |newest| {
        fs::remove_dir_all(newest).unwrap();
        fs::write(newest, "no folder").unwrap();
    });
}

#[test]
fn half_a_run_and_the_other_half_are_a_whole_one_bit_for_bit() {
    // Step 10 has a checkpoint anyway, step 13 gets one because of the stop.
    for stop in ["10", "13"] {
        let bench = Bench::new();
        let train = ["train", "gaussian-to-moons", "--out", "run"];
        let half = bench.tiny(&[&train[..], &["--stop-after", stop]].concat()).assert();
        let note = String::from_utf8(half.code(130).get_output().stderr.clone()).unwrap();
        assert!(note.contains(&format!("stopped after step {stop}")) && note.contains("--resume"), "{note}");
        bench.tiny(&[&train[..], &["--resume"]].concat()).assert().success();
        assert_eq!(stamp(&STOPPED.path("whole")), stamp(&bench.path("run")));
    }
}

/// A file system of its own on a folder, gone with the value; `None` where only root may make one.
struct Mounted(PathBuf);

impl Mounted {
    fn tmpfs(folder: &Path, options: &str) -> Option<Self> {
        fs::create_dir_all(folder).unwrap();
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(folder).output();
        done.is_ok_and(|done| done.status.success()).then(|| Self(folder.to_path_buf()))
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        assert!(Command::new("mount").args(["-o", &options]).arg(&self.0).status().unwrap().success());
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_leaves_the_last_checkpoint() {
    let mut refused = 0;
    // A checkpoint of the tiny run takes about 60 KiB in pages: the disk is full before the first, in it, or in a later one.
    for kibibytes in [4, 16, 40, 64, 96, 128, 160, 200, 256] {
        let bench = Bench::new();
        let Some(disk) = Mounted::tmpfs(&bench.path("run"), &format!("size={kibibytes}k")) else {
            eprintln!("SKIPPED: a small file system can be mounted by root only");
            return;
        };
        let ran = watch(efm(&bench).args(tiny(&["train", "gaussian-to-moons", "--out", "run"])));
        if ran.code != Some(0) {
            refused += 1;
            assert_eq!(ran.code, Some(4), "{kibibytes} KiB: {}", ran.err);
            assert!(ran.err.contains("No space left") && ran.err.lines().last().unwrap().starts_with("hint: "));
        }
        disk.remount("size=4m");
        let ran = watch(efm(&bench).args(tiny(&RESUME)));
        assert_eq!(ran.code, Some(0), "{kibibytes} KiB: {}", ran.err);
        assert_eq!(stamp(&bench.path("run")), stamp(&STOPPED.path("whole")), "{kibibytes} KiB");
    }
    assert!(refused >= 4, "only {refused} of the disks were too small to say anything");
}

#[test]
fn a_folder_that_cannot_be_written_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    let folder = bench.path("locked");
    fs::create_dir(&folder).unwrap();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o555)).unwrap();
    // Root writes into any folder, but not on a file system that is read-only.
    let mut mounted = None;
    if fs::write(folder.join("probe"), "").is_ok() {
        fs::remove_file(folder.join("probe")).unwrap();
        mounted = Mounted::tmpfs(&folder, "ro");
        if mounted.is_none() {
            eprintln!("SKIPPED: this user writes everywhere");
            return;
        }
    }
    bench.put("a.csv", "1,2\n3,4\n");
    let locked = |name: &str| format!("locked/{name}");
    let trained = STOPPED.path("whole");
    for words in [
        tiny(&["train", "gaussian-to-moons", "--out", "locked"]),
        tiny(&["train", "gaussian-to-moons", "--out", &locked("run")]),
        vec!["map", "gaussian-to-moons", "--charges", "50", "--out", "locked"],
        vec!["transport", trained.to_str().unwrap(), "-i", "a.csv", "-o", &locked("b.npy")],
        tiny(&["doctor", "gaussian-to-moons", "--write", &locked("x.toml")]),
    ] {
        let ran = watch(efm(&bench).args(&words));
        assert_eq!(ran.code, Some(4), "{words:?}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains("locked") && ran.err.contains("hint: "), "{}", ran.err);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0, "{words:?}");
    }
    drop(mounted);
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn the_second_run_in_a_folder_is_refused() {
    let bench = Bench::new();
    let train = tiny(&["train", "gaussian-to-moons", "--out", "run", "--set", "train.steps=1000000"]);
    // The settings of the tiny run come last; what is asked for here has to stand.
    let words: Vec<_> = train.iter().copied().filter(|word| *word != "train.steps=20").collect();
    let words: Vec<_> = words
        .iter()
        .enumerate()
        .filter(|(at, word)| !(**word == "--set" && words.get(at + 1) == Some(&"--set")))
        .map(|(_, word)| *word)
        .collect();
    let mut first = efm(&bench).args(&words).stderr(std::process::Stdio::null()).spawn().unwrap();
    while !bench.path("run/checkpoints").exists() {
        assert!(first.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    for more in [&[][..], &["--resume"], &["--force"]] {
        let second = watch(efm(&bench).args([&words[..], more].concat()));
        assert_eq!(second.code, Some(4), "{more:?}: {}", second.err);
        assert!(second.err.contains("another run is at work") && second.err.contains("--out"), "{}", second.err);
    }
    let map = watch(efm(&bench).args(["map", "gaussian-to-moons", "--charges", "50", "--force", "--out", "run"]));
    assert_eq!(map.code, Some(4), "{}", map.err);
    assert!(first.try_wait().unwrap().is_none(), "the first goes on");
    kill("-TERM", first.id());
    assert_eq!(first.wait().unwrap().code(), Some(143));
}
