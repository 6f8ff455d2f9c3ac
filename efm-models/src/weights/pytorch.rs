use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use pytorch_reader::{PytorchError, PytorchReader, Tensor};
use zip::ZipArchive;

use super::{Source, Stored, floats, line, quoted};
use crate::ModelError;

/// The tensors of a PyTorch checkpoint.
pub(super) fn open(path: &Path) -> Result<BTreeMap<String, Stored>, ModelError> {
    refuse_packed(path)?;
    let reader = PytorchReader::new(path).map_err(|error| match error {
        PytorchError::Io(error) if !is_of_the_file(error.kind()) => {
            ModelError::Unreadable { path: path.into(), message: error.to_string() }
        }
        error => ModelError::BadWeights { path: path.into(), message: line(&error.to_string()) },
    })?;
    let stored = reader.into_tensors().into_iter().map(|(name, tensor)| {
        let shape = tensor.shape().to_vec();
        (name, Stored { shape, source: Source::Pytorch(tensor) })
    });
    Ok(stored.collect())
}

/// The values, of a tensor of numbers with a fraction.
pub(super) fn values(tensor: &Tensor, path: &Path) -> Result<Vec<f32>, ModelError> {
    let bytes = tensor.read().map_err(|error| {
        let message = line(&error.to_string());
        if is_of_the_file(error.kind()) {
            ModelError::BadWeights { path: path.into(), message }
        } else {
            ModelError::Unreadable { path: path.into(), message }
        }
    })?;
    let dtype = format!("{:?}", tensor.dtype());
    floats(&dtype, &bytes).ok_or_else(|| {
        let message = format!("{} holds {dtype}; weights are floating-point numbers", quoted(&tensor.name));
        ModelError::BadWeights { path: path.into(), message }
    })
}

/// PyTorch stores the parts of a zip as they are. A small file whose pickle unpacks to a hundred megabytes of one-byte
/// instructions would become gigabytes of objects.
fn refuse_packed(path: &Path) -> Result<(), ModelError> {
    let bad = |message: String| ModelError::BadWeights { path: path.into(), message };
    let file =
        File::open(path).map_err(|error| ModelError::Unreadable { path: path.into(), message: error.to_string() })?;
    let Ok(mut archive) = ZipArchive::new(BufReader::new(file)) else { return Ok(()) };
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(|error| bad(line(&error.to_string())))?;
        if entry.name().ends_with(".pkl")
            && (entry.size() > HARMLESS.max(entry.compressed_size()) || entry.size() > LARGEST)
        {
            return Err(bad(format!("its pickle unpacks from {} to {} bytes", entry.compressed_size(), entry.size())));
        }
    }
    Ok(())
}

/// A pickle up to this size, in bytes, may be compressed.
const HARMLESS: u64 = 1 << 20;

/// A pickle of a thousand tensors has a quarter of a megabyte.
const LARGEST: u64 = 8 << 20;

/// Whether such an error says that the file contradicts itself, rather than that it cannot be read.
fn is_of_the_file(kind: std::io::ErrorKind) -> bool {
    use std::io::ErrorKind::{InvalidData, InvalidInput, Other, UnexpectedEof, Unsupported};
    matches!(kind, InvalidData | InvalidInput | Other | UnexpectedEof | Unsupported)
}
