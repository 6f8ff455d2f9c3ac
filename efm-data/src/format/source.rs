use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use crate::DataError;

/// An open regular file, its length, and the errors that name it.
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    pub(crate) len: u64,
}

impl Source {
    /// Opens a regular file that is not empty. What is no regular file is not opened at all: opening a pipe waits.
    pub(crate) fn open(path: &Path) -> Result<Self, DataError> {
        let failed = |error| DataError::Io { path: path.into(), action: "open", error };
        regular(path, &fs::metadata(path).map_err(failed)?)?;
        let file = File::open(path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        regular(path, &metadata)?;
        let source = Self { path: path.into(), file, len: metadata.len() };
        if source.len == 0 {
            return Err(source.malformed("file", "is empty"));
        }
        Ok(source)
    }

    /// A read failed; a file that ends early is bad data, anything else is the system's doing.
    pub(crate) fn io(&self, error: io::Error) -> DataError {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => self.malformed("data", "ends early"),
            _ => DataError::Io { path: self.path.clone(), action: "read", error },
        }
    }

    pub(crate) fn malformed(&self, place: impl Into<String>, problem: impl Into<String>) -> DataError {
        DataError::Malformed { path: self.path.clone(), place: place.into(), problem: problem.into() }
    }

    pub(crate) fn too_large(&self, place: impl Into<String>, problem: impl Into<String>) -> DataError {
        DataError::TooLarge { path: self.path.clone(), place: place.into(), problem: problem.into() }
    }
}

/// Refuses folders, pipes, sockets and devices.
pub(crate) fn regular(path: &Path, metadata: &fs::Metadata) -> Result<(), DataError> {
    if metadata.is_file() {
        return Ok(());
    }
    let found = if metadata.is_dir() { "a folder" } else { "a pipe, a socket or a device" };
    Err(DataError::NotAFile { path: path.into(), found })
}
