//! The binary, tiny runs and small files, shared by the tests.
#![allow(dead_code)] // every test program uses a part

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use assert_cmd::assert::Assert;

/// A run that takes a second: what is trained does not matter, what is written does.
pub const TINY: [&str; 14] = [
    "train.steps=20",
    "train.batch=64",
    "train.pool=128",
    "train.charges=50",
    "train.warmup=2",
    "train.validate_every=5",
    "train.checkpoint_every=5",
    "model.width=8",
    "model.depth=1",
    "eval.samples=50",
    "eval.floor_repeats=1",
    "eval.projections=8",
    "eval.lines=5",
    "solver.lost_share=1.0",
];

/// `efm` in a folder of its own.
pub struct Bench {
    folder: tempfile::TempDir,
}

impl Bench {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file; gives its name back.
    pub fn put<'a>(&self, name: &'a str, bytes: impl AsRef<[u8]>) -> &'a str {
        std::fs::write(self.path(name), bytes).expect("a file in a temporary folder");
        name
    }

    pub fn efm(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_efm"));
        command.args(args).current_dir(self.folder.path()).timeout(std::time::Duration::from_secs(300));
        command
    }

    /// `efm` with these arguments and the settings of a tiny run.
    pub fn tiny(&self, args: &[&str]) -> Command {
        let mut command = self.efm(args);
        for setting in TINY {
            command.args(["--set", setting]);
        }
        command
    }

    /// What is in the folder now.
    pub fn entries(&self) -> Vec<String> {
        let read = std::fs::read_dir(self.folder.path()).expect("the folder is there");
        let mut names: Vec<_> = read.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

/// Holds a failure to its form: this exit code, one line of cause, one hint, all these words, no panic, nothing on stdout.
pub fn refused(assert: Assert, code: i32, words: &[&str]) {
    let output = assert.code(code).get_output().clone();
    let text = String::from_utf8(output.stderr).expect("messages are UTF-8");
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 2, "one line of cause and one hint:\n{text}");
    assert!(lines[0].starts_with("efm: ") && lines[1].starts_with("hint: "), "{text}");
    for word in words {
        assert!(text.contains(word), "`{word}` is missing from:\n{text}");
    }
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// Every file below a folder with its bytes, in order; locks left out.
pub fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).expect("a folder of a run") {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.file_name().is_some_and(|name| name != ".lock") {
                found.push((path.strip_prefix(folder).unwrap().to_path_buf(), std::fs::read(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// `rows` points in the plane on a spiral around (`shift`, 0), as CSV.
pub fn csv(rows: usize, shift: f64) -> String {
    let row = |i: usize| {
        // Not from 0: a first row of 0 and 1 would be the header that pandas writes for unnamed columns.
        let t = 0.2 + 0.37 * i as f64;
        format!("{},{}\n", shift + t.sin() * (1.0 + 0.01 * i as f64), t.cos())
    };
    (0..rows).map(row).collect()
}
