use std::path::Path;

use efm_core::files;

use crate::EvalError;

/// Writes a file that appears under its name only when it is whole, see [`files::write`].
///
/// # Errors
/// [`EvalError::Io`].
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), EvalError> {
    files::write(path, bytes).map_err(|error| EvalError::Io { path: path.to_path_buf(), error })
}
