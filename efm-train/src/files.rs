use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;

use efm_core::files;

use crate::TrainError;

/// What writing a checkpoint asks of a file system. [`Disk`] is the real one; the tests put one in its place that fails.
pub trait Files: std::fmt::Debug + Send + Sync {
    /// Makes a folder, and those above it, where they are missing.
    ///
    /// # Errors
    /// What the system says.
    fn create_folder(&self, path: &Path) -> io::Result<()>;

    /// Writes a file and waits until it is on the disk.
    ///
    /// # Errors
    /// What the system says; the file may then hold anything.
    fn write_synced(&self, path: &Path, content: &[u8]) -> io::Result<()>;

    /// Waits until the names in a folder are on the disk.
    ///
    /// # Errors
    /// What the system says.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;

    /// Gives a folder its final name, which no other has.
    ///
    /// # Errors
    /// What the system says; the old name then stands.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a folder, or a file in its place, with all it holds.
    ///
    /// # Errors
    /// What the system says; a part may then be gone.
    fn remove(&self, path: &Path) -> io::Result<()>;
}

/// The file system of this machine.
#[derive(Debug, Clone, Copy)]
pub struct Disk;

impl Files for Disk {
    fn create_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    fn write_synced(&self, path: &Path, content: &[u8]) -> io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(content)?;
        file.sync_all()
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        files::sync_folder(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        if fs::symlink_metadata(path)?.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
    }
}

/// Writes a file so that its name never stands for half of it, see [`files::write`].
///
/// # Errors
/// [`TrainError::Io`].
pub fn write_atomically(path: &Path, content: &[u8]) -> Result<(), TrainError> {
    files::write(path, content).map_err(|error| TrainError::io(path, error))
}

/// Reads a file of `most` bytes or fewer. What is no regular file is not opened at all: opening a pipe waits.
///
/// # Errors
/// [`TrainError::Io`], also for pipes, devices and folders, and [`TrainError::TooLarge`].
pub fn read_within(path: &Path, most: u64) -> Result<Vec<u8>, TrainError> {
    let fail = |error: io::Error| TrainError::io(path, error);
    regular(path, &fs::metadata(path).map_err(fail)?)?;
    let file = File::open(path).map_err(fail)?;
    let metadata = file.metadata().map_err(fail)?;
    regular(path, &metadata)?;
    if metadata.len() > most {
        let message = format!("has {} bytes; the limit is {most}", metadata.len());
        return Err(TrainError::TooLarge { path: path.to_path_buf(), message });
    }
    let mut content = Vec::new();
    file.take(most).read_to_end(&mut content).map_err(fail)?;
    Ok(content)
}

/// Reads a whole file of a run.
pub fn read(path: &Path) -> Result<Vec<u8>, TrainError> {
    read_within(path, u64::MAX)
}

/// Refuses folders, pipes, sockets and devices.
pub fn regular(path: &Path, metadata: &fs::Metadata) -> Result<(), TrainError> {
    if metadata.is_file() {
        return Ok(());
    }
    let found = if metadata.is_dir() { "is a folder" } else { "is a pipe, a socket or a device" };
    Err(TrainError::io(path, format!("{found}, not a regular file")))
}
