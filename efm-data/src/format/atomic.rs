use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
};

use super::source::regular;
use crate::DataError;

/// Writes a file that appears under its name only when it is whole: a temporary file in the same folder, synced, then
/// renamed, then the folder synced. On any error the temporary file is gone and the old file, if any, untouched.
pub(super) fn write(path: &Path, fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<(), DataError> {
    if let Ok(metadata) = fs::metadata(path) {
        regular(path, &metadata)?;
    }
    replace(path, fill).map_err(|error| DataError::Io { path: path.into(), action: "write", error })
}

fn replace(path: &Path, fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".efm-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Narrowed by the umask, as for any new file; the default of a temporary file is 0600.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let (file, place) = builder.tempfile_in(folder)?.into_parts();
    let mut out = BufWriter::with_capacity(1 << 16, file);
    fill(&mut out)?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    place.persist(path)?;
    sync_folder(folder)
}

/// Makes the new name itself durable.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Folders cannot be synced here.
#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// Writes values as little-endian f32.
pub(super) fn write_f32(out: &mut impl Write, values: &[f32]) -> io::Result<()> {
    let mut bytes = Vec::with_capacity(1 << 14);
    for chunk in values.chunks(1 << 12) {
        bytes.clear();
        bytes.extend(chunk.iter().flat_map(|value| value.to_le_bytes()));
        out.write_all(&bytes)?;
    }
    Ok(())
}
