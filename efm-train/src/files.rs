use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use crate::TrainError;

/// Writes a file so that its name never stands for half of it: temporary file beside it, fsync, rename, fsync of the
/// folder.
///
/// # Errors
/// [`TrainError::Io`].
pub fn write_atomically(path: &Path, content: &[u8]) -> Result<(), TrainError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let fail = |error: std::io::Error| TrainError::io(path, error);
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(fail)?;
    file.write_all(content).map_err(fail)?;
    file.as_file().sync_all().map_err(fail)?;
    // Temporary files are private; a result is as readable as the folder that holds it.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.as_file().set_permissions(fs::Permissions::from_mode(0o644)).map_err(fail)?;
    }
    file.persist(path).map_err(|error| TrainError::io(path, error.error))?;
    sync_folder(folder)
}

/// Makes renames inside a folder durable.
pub(crate) fn sync_folder(folder: &Path) -> Result<(), TrainError> {
    File::open(folder).and_then(|file| file.sync_all()).map_err(|error| TrainError::io(folder, error))
}

/// Writes and fsyncs a file inside a folder that is not yet under its final name.
pub(crate) fn write_synced(path: &Path, content: &[u8]) -> Result<(), TrainError> {
    let mut file = File::create(path).map_err(|error| TrainError::io(path, error))?;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(|error| TrainError::io(path, error))
}

/// Reads a whole file.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, TrainError> {
    fs::read(path).map_err(|error| TrainError::io(path, error))
}
