use std::fs;
use std::fs::File;
use std::path::{Path, PathBuf};

use efm_core::files::remove_unfinished;
use efm_train::{Checkpoints, regular};

use crate::Error;

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
