use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use safetensors::tensor::Metadata;

use super::{Source, Stored, floats, line};
use crate::ModelError;

/// Where a tensor lies in a file.
#[derive(Debug)]
pub(super) struct Place {
    dtype: String,
    start: u64,
    bytes: usize,
}

/// Longest header the format allows.
const LONGEST: u64 = 100_000_000;

/// The tensors of a safetensors file; only its header is read.
pub(super) fn open(path: &Path, mut file: File) -> Result<BTreeMap<String, Stored>, ModelError> {
    let bad = |message: String| ModelError::BadWeights { path: path.into(), message };
    let unreadable = |error: std::io::Error| ModelError::Unreadable { path: path.into(), message: error.to_string() };
    let length = file.metadata().map_err(unreadable)?.len();
    let mut head = [0; 8];
    file.seek(SeekFrom::Start(0)).and_then(|_| file.read_exact(&mut head)).map_err(unreadable)?;
    let header = u64::from_le_bytes(head);
    if header > LONGEST || header.saturating_add(8) > length {
        return Err(bad(format!("claims a header of {header} bytes in a file of {length}")));
    }
    let mut bytes = Vec::new();
    file.take(header).read_to_end(&mut bytes).map_err(unreadable)?;
    let metadata: Metadata = serde_json::from_slice(&bytes).map_err(|error| bad(line(&format!("header: {error}"))))?;
    let mut stored = BTreeMap::new();
    for (name, info) in metadata.tensors() {
        let (from, to) = info.data_offsets;
        let start = 8 + header + from as u64;
        if to < from || 8 + header + to as u64 > length {
            return Err(bad("is cut: a tensor lies behind its end".to_owned()));
        }
        let place = Place { dtype: format!("{:?}", info.dtype), start, bytes: to - from };
        stored.insert(name, Stored { shape: info.shape.clone(), source: Source::Safetensors(place) });
    }
    Ok(stored)
}

impl Place {
    /// The values of this tensor of `path`.
    pub fn values(&self, path: &Path) -> Result<Vec<f32>, ModelError> {
        let unreadable =
            |error: std::io::Error| ModelError::Unreadable { path: path.into(), message: error.to_string() };
        let mut file = File::open(path).map_err(unreadable)?;
        file.seek(SeekFrom::Start(self.start)).map_err(unreadable)?;
        let mut bytes = Vec::new();
        file.take(self.bytes as u64).read_to_end(&mut bytes).map_err(unreadable)?;
        floats(&self.dtype, &bytes).ok_or_else(|| {
            let message = format!("holds {}; weights are floating-point numbers", self.dtype);
            ModelError::BadWeights { path: path.into(), message }
        })
    }
}
