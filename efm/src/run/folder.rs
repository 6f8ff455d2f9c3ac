use std::fs;
use std::fs::File;
use std::path::{Path, PathBuf};

use efm_core::files::remove_unfinished;
use efm_train::{Checkpoints, regular};

use crate::{Error, Kind};

/// The folder of one run, locked while it lives.
#[derive(Debug)]
pub struct RunDir {
    path: PathBuf,
    // Held for its lock: the system lets it go when the process ends, however it ends.
    _lock: File,
}

impl RunDir {
    /// Makes the folder where it is missing, locks it, and clears what a killed process was writing.
    ///
    /// # Errors
    /// [`Error::Locked`] when another run is at work there, else [`Error::Train`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let io = |error: std::io::Error| Error::io(path, error);
        fs::create_dir_all(path).map_err(io)?;
        let place = path.join(".lock");
        if let Ok(metadata) = fs::metadata(&place) {
            // Opening a pipe waits.
            regular(&place, &metadata)?;
        }
        let lock = File::options().create(true).truncate(false).write(true).open(&place).map_err(io)?;
        match lock.try_lock() {
            Ok(()) => {
                ["", "model", "pictures"].iter().for_each(|inside| remove_unfinished(&path.join(inside)));
                Ok(Self { path: path.to_path_buf(), _lock: lock })
            }
            Err(fs::TryLockError::WouldBlock) => Err(Error::Locked { path: path.to_path_buf() }),
            Err(fs::TryLockError::Error(error)) => Err(io(error)),
        }
    }

    /// Refuses a folder that holds a run already, unless `force` says that it may be replaced.
    ///
    /// # Errors
    /// [`Error::Used`].
    pub fn check_free(&self, force: bool) -> Result<(), Error> {
        let used = [self.config(), self.metrics(), self.file("checkpoints")].iter().any(|path| path.exists());
        if used && !force { Err(Error::Used { path: self.path.clone() }) } else { Ok(()) }
    }

    /// Removes what a run or a map has left; what else lies in its folder stays.
    ///
    /// # Errors
    /// [`Error::Train`] where something cannot be removed.
    pub fn clear(&self) -> Result<(), Error> {
        for name in ["checkpoints", "model", "pictures"] {
            remove(&self.file(name), |path| fs::remove_dir_all(path))?;
        }
        FILES.iter().try_for_each(|name| remove(&self.file(name), |path| fs::remove_file(path)))
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A file in the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The resolved configuration.
    pub fn config(&self) -> PathBuf {
        self.file("config.toml")
    }

    /// One JSON object per logged step; equal for equal runs.
    pub fn log(&self) -> PathBuf {
        self.file("log.jsonl")
    }

    /// Measures of the transported samples.
    pub fn metrics(&self) -> PathBuf {
        self.file("metrics.json")
    }

    /// The trained model for use elsewhere.
    pub fn model(&self) -> PathBuf {
        self.file("model")
    }

    /// The folder of pictures, made where it is missing.
    ///
    /// # Errors
    /// [`Error::Train`].
    pub fn pictures(&self) -> Result<PathBuf, Error> {
        let folder = self.file("pictures");
        fs::create_dir_all(&folder).map_err(|error| Error::io(&folder, error))?;
        Ok(folder)
    }

    /// The checkpoints.
    pub fn checkpoints(&self) -> Checkpoints {
        Checkpoints::new(self.file("checkpoints"))
    }
}

/// The files of a run; what else lies in its folder is not ours.
const FILES: [&str; 15] = [
    "config.toml",
    "provenance.json",
    "log.jsonl",
    "pace.jsonl",
    "metrics.json",
    "source.npy",
    "transported.npy",
    "classes.npy",
    "target.npy",
    "model.safetensors",
    "lines.npz",
    "slices.npz",
    "failure.json",
    "report.html",
    "model-card.md",
];

fn remove(path: &Path, how: impl Fn(&Path) -> std::io::Result<()>) -> Result<(), Error> {
    match how(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Error::io(path, error)),
        _ => Ok(()),
    }
}

/// The first free one of `PARENT/NAME`, `PARENT/NAME-2`, …; the first one, free or not, if it may be replaced.
///
/// # Errors
/// [`Kind::Io`] where all of 10 000 are taken.
pub fn free_folder(parent: &Path, name: &str, replace: bool) -> Result<PathBuf, Error> {
    // A name is one folder, whatever it holds.
    let name: String = name.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect();
    let name = name.trim_matches('.').to_owned();
    let name = if name.is_empty() { "run".to_owned() } else { name };
    let free = (1..10_000_u32)
        .map(|count| parent.join(if count == 1 { name.clone() } else { format!("{name}-{count}") }))
        .find(|path| replace || !path.exists());
    free.ok_or_else(|| {
        let message = format!("{} holds 10 000 runs of this name", parent.display());
        Error::new(Kind::Io, message, "choose another folder")
    })
}
