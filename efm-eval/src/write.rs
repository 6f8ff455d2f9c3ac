use std::fs::File;
use std::io::Write;
use std::path::Path;

use crate::EvalError;

/// Writes a file under its final name only once it is complete: a temporary file in the same folder, synced, renamed.
///
/// # Errors
/// [`EvalError::Io`].
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), EvalError> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let io = |error| EvalError::Io { path: path.to_path_buf(), error };
    let mut file = tempfile::Builder::new().prefix(".efm-").suffix(".tmp").tempfile_in(folder).map_err(io)?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(io)?;
    // Temporary files are private; a result is as readable as the folder that holds it.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644)).map_err(io)?;
    }
    file.persist(path).map_err(|error| io(error.error))?;
    // The rename itself reaches the disk with the folder; a system that cannot sync folders still has the file.
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
    Ok(())
}
