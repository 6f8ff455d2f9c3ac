//! One row, and what is held against it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::rc::Rc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use wait4::Wait4;

use crate::common::Bench;

/// What a refusal may cost at most, the binary itself included.
const PEAK: u64 = 64 << 20;

/// After this a command counts as hanging.
const PATIENCE: Duration = Duration::from_secs(120);

/// A fault, what is typed, and what must hold afterwards.
#[derive(Clone)]
pub struct Row {
    /// One of [`crate::FAULTS`].
    pub fault: &'static str,
    /// Which way of it.
    pub name: &'static str,
    given: Rc<dyn Fn(&Bench)>,
    typed: Vec<String>,
    code: i32,
    says: Vec<&'static str>,
    /// What the command makes besides what was given; a folder stands for all it holds.
    makes: Vec<&'static str>,
}

impl Row {
    /// A row whose command is refused with `code`, says all these words, and leaves everything as it was.
    pub fn refused(fault: &'static str, name: &'static str, code: i32, says: &[&'static str]) -> Self {
        Self { fault, name, given: Rc::new(|_| {}), typed: Vec::new(), code, says: says.to_vec(), makes: Vec::new() }
    }

    /// A row whose command succeeds, says all these words, and makes these files and folders.
    pub fn accepted(fault: &'static str, name: &'static str, says: &[&'static str], makes: &[&'static str]) -> Self {
        Self { makes: makes.to_vec(), ..Self::refused(fault, name, 0, says) }
    }

    /// What lies in the folder before.
    pub fn given(self, given: impl Fn(&Bench) + 'static) -> Self {
        Self { given: Rc::new(given), ..self }
    }

    /// A file that lies in the folder before, and whatever else was given.
    pub fn file(self, name: &'static str, content: impl AsRef<[u8]> + 'static) -> Self {
        let before = Rc::clone(&self.given);
        self.given(move |bench| {
            before(bench);
            bench.put(name, content.as_ref());
        })
    }

    /// What the command makes though it is refused.
    pub fn making(self, makes: &[&'static str]) -> Self {
        Self { makes: makes.to_vec(), ..self }
    }

    /// What is typed after `efm`.
    pub fn typed(self, words: &[&str]) -> Self {
        Self { typed: words.iter().map(|&word| word.to_owned()).collect(), ..self }
    }

    /// What is wrong with what the command did.
    fn check(&self) -> Result<String, String> {
        let bench = Bench::new();
        (self.given)(&bench);
        let before = snapshot(&bench.path(""));
        let mut command = efm(&bench);
        command.args(&self.typed);
        let ran = watch(&mut command);
        let (code, out, err) = (ran.code, &ran.out, &ran.err);
        let line = format!("efm {}", self.typed.join(" "));
        let all = format!("{out}{err}");
        let mut wrong = Vec::new();
        if code != Some(self.code) {
            wrong.push(format!("exit {code:?}, expected {}", self.code));
        }
        wrong
            .extend(self.says.iter().filter(|word| !all.contains(**word)).map(|word| format!("does not say `{word}`")));
        wrong.extend(BUGS.iter().filter(|word| all.contains(**word)).map(|word| format!("says `{word}`")));
        if self.code != 0 {
            let lines: Vec<_> = err.lines().collect();
            let [.., cause, hint] = &lines[..] else { return Err(format!("{line}: no two lines:\n{all}")) };
            if !(cause.starts_with("efm: ") && hint.starts_with("hint: ") && hint.len() > 6) {
                wrong.push("does not end in a line of cause and a hint".to_owned());
            }
        }
        if ran.peak > PEAK && self.code != 0 {
            wrong.push(format!("took {} MiB", ran.peak >> 20));
        }
        let mut after = snapshot(&bench.path(""));
        for name in &self.makes {
            if after.keys().all(|path| !path.starts_with(name)) {
                wrong.push(format!("made no {name}"));
            }
            after.retain(|path, _| !path.starts_with(name));
        }
        if after != before {
            let names =
                |all: &BTreeMap<PathBuf, Kind>| all.keys().map(|path| path.display().to_string()).collect::<Vec<_>>();
            wrong.push(format!("the folder held {:?}, now {:?}", names(&before), names(&after)));
        }
        let cost = format!("{:<28} {:>5.0} ms {:>4} MiB", self.name, 1e3 * ran.wall.as_secs_f64(), ran.peak >> 20);
        if wrong.is_empty() { Ok(cost) } else { Err(format!("{}: {line}\n  {}\n{all}", self.name, wrong.join("\n  "))) }
    }
}

/// Words of bugs of ours, which nothing a user does may bring up.
const BUGS: [&str; 4] = ["panicked", "internal error", "stack backtrace", "memory allocation of"];

/// Holds every row against what the binary does, and names all that do not hold; `--nocapture` shows what each cost.
pub fn check(rows: &[Row]) {
    let results: Vec<_> = rows.iter().map(Row::check).collect();
    results.iter().flatten().for_each(|cost| println!("{cost}"));
    let wrong: Vec<_> = results.iter().filter_map(|result| result.as_ref().err().map(String::as_str)).collect();
    assert!(wrong.is_empty(), "{} of {} rows do not hold:\n\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

/// The binary in the folder of `bench`, with backtraces switched on, so that one would be seen.
pub fn efm(bench: &Bench) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_efm"));
    command.current_dir(bench.path("")).env("RUST_BACKTRACE", "1");
    command
}

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    /// Its exit code, or less than zero the signal that killed it.
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
    /// Most memory it had at once, in bytes.
    pub peak: u64,
    pub wall: Duration,
}

/// Runs a command to its end without a terminal; one that hangs is killed.
///
/// A program of its own starts it: the system counts what a process had in memory before it became another program, so
/// that started from here the binary would be charged with the memory of all these tests.
pub fn watch(command: &mut Command) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let words: Vec<_> = std::iter::once(command.get_program()).chain(command.get_args()).collect();
    fs::write(folder.path().join("words"), words.join(OsStr::from_bytes(b"\0")).as_bytes()).unwrap();
    let mut launcher = Command::new(std::env::current_exe().unwrap());
    launcher.args(["row::launcher", "--exact"]).env("EFM_LAUNCH", folder.path()).stdout(Stdio::null());
    if let Some(place) = command.get_current_dir() {
        launcher.current_dir(place);
    }
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => launcher.env(name, value),
            None => launcher.env_remove(name),
        };
    }
    assert!(launcher.status().unwrap().success(), "{words:?} cannot be started");
    let text = |name: &str| String::from_utf8_lossy(&fs::read(folder.path().join(name)).unwrap()).into_owned();
    let used = text("used");
    let [code, peak, micros] = used.split(' ').map(|word| word.parse::<i64>().unwrap()).collect::<Vec<_>>()[..] else {
        panic!("{used}")
    };
    let wall = Duration::from_micros(micros as u64);
    Ran { code: Some(code as i32), out: text("out"), err: text("err"), peak: peak as u64, wall }
}

/// What [`watch`] starts: runs the words of a file, and writes down how that went. No test when it is not asked to.
#[test]
fn launcher() {
    let Some(folder) = std::env::var_os("EFM_LAUNCH").map(PathBuf::from) else { return };
    let words = fs::read(folder.join("words")).unwrap();
    let words: Vec<_> = words.split(|&byte| byte == 0).map(OsStr::from_bytes).collect();
    let output = |name: &str| File::create(folder.join(name)).unwrap();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).env_remove("EFM_LAUNCH").stdin(Stdio::null()).stdout(output("out")).stderr(output("err"));
    let started = Instant::now();
    let mut child = command.spawn().expect("the program starts");
    let id = child.id();
    let (ended, has_ended) = mpsc::channel::<()>();
    let guard = std::thread::spawn(move || {
        if has_ended.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
            kill("-KILL", id);
        }
    });
    let used = child.wait4().expect("the command ends");
    let wall = started.elapsed().as_micros();
    drop(ended);
    guard.join().unwrap();
    let code = used.status.code().or_else(|| used.status.signal().map(|signal| -signal)).unwrap();
    fs::write(folder.join("used"), format!("{code} {} {wall}", used.rusage.maxrss)).unwrap();
}

/// Sends a signal to a process.
pub fn kill(signal: &str, id: u32) {
    let sent = Command::new("kill").args([signal, &id.to_string()]).stderr(Stdio::null()).status().unwrap();
    // It may have ended in between.
    let _ = sent;
}

/// What a name in a folder stands for.
#[derive(Debug, PartialEq, Eq)]
pub enum Kind {
    Folder,
    File(Vec<u8>),
    Link(PathBuf),
    Other,
}

/// Everything below a folder, links not followed and pipes not opened; locks left out.
pub fn snapshot(folder: &Path) -> BTreeMap<PathBuf, Kind> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).expect("a folder") {
            let path = entry.unwrap().path();
            let kind = fs::symlink_metadata(&path).unwrap().file_type();
            let kind = if kind.is_dir() {
                open.push(path.clone());
                Kind::Folder
            } else if kind.is_symlink() {
                Kind::Link(fs::read_link(&path).unwrap())
            } else if !kind.is_file() || fs::metadata(&path).unwrap().len() > LARGEST {
                Kind::Other
            } else {
                Kind::File(fs::read(&path).unwrap())
            };
            if path.file_name().is_some_and(|name| name != ".lock") {
                found.insert(path.strip_prefix(folder).unwrap().to_path_buf(), kind);
            }
        }
    }
    found
}

/// Longer files are not compared byte by byte.
const LARGEST: u64 = 64 << 20;

/// Makes a pipe with a name.
pub fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}
