use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::Path,
};

use efm_core::files;

use super::source::regular;
use crate::DataError;

/// Writes a file that appears under its name only when it is whole, see [`files::write`]. What stands in its place and is no
/// regular file stays.
pub(super) fn write(path: &Path, fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> Result<(), DataError> {
    if let Ok(metadata) = fs::metadata(path) {
        regular(path, &metadata)?;
    }
    files::write_with(path, fill).map_err(|error| DataError::Io { path: path.into(), action: "write", error })
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
