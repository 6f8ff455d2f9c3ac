//! Named tensors of a file: a PyTorch checkpoint or safetensors.

pub(crate) mod layout;
mod pytorch;
mod safetensors;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::ModelError;

/// The tensors of a file of weights, by name. Opening reads their names and shapes; values are read one tensor at a time, so
/// that a checkpoint with the state of an optimiser in it takes no more memory than what is asked for.
///
/// Of a PyTorch checkpoint (`torch.save`; zip, legacy or tar) nothing is executed: its pickle is only parsed, and objects other
/// than tensors, numbers, texts, lists and dictionaries are passed over. Names are the keys on the way to a tensor, with dots in between.
#[derive(Debug)]
pub struct Weights {
    path: PathBuf,
    stored: BTreeMap<String, Stored>,
}

/// A tensor that has not been read yet.
#[derive(Debug)]
struct Stored {
    shape: Vec<usize>,
    source: Source,
}

#[derive(Debug)]
enum Source {
    Pytorch(pytorch_reader::Tensor),
    Safetensors(safetensors::Place),
    Memory(Vec<f32>),
}

impl Weights {
    /// Opens a file of weights; which format it has, its first bytes tell.
    ///
    /// # Errors
    /// [`ModelError::Unreadable`], and [`ModelError::BadWeights`] for files of other formats and damaged ones.
    pub fn open(path: &Path) -> Result<Self, ModelError> {
        let unreadable =
            |error: std::io::Error| ModelError::Unreadable { path: path.into(), message: error.to_string() };
        // Opening a pipe would wait for somebody to write into it.
        if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
            let message = "it is a folder, a pipe or a device, not a file".to_owned();
            return Err(ModelError::Unreadable { path: path.into(), message });
        }
        let mut file = File::open(path).map_err(unreadable)?;
        let mut head = Vec::new();
        file.by_ref().take(9).read_to_end(&mut head).map_err(unreadable)?;
        let stored = if head.get(8) == Some(&b'{') { safetensors::open(path, file) } else { pytorch::open(path) }?;
        if stored.is_empty() {
            return Err(ModelError::BadWeights { path: path.into(), message: "holds no tensors".to_owned() });
        }
        Ok(Self { path: path.into(), stored })
    }

    /// Tensors that were read otherwise, from `path`: name, shape and values of each.
    pub fn of(path: &Path, tensors: impl IntoIterator<Item = (String, Vec<usize>, Vec<f32>)>) -> Self {
        let stored =
            tensors.into_iter().map(|(name, shape, values)| (name, Stored { shape, source: Source::Memory(values) }));
        Self { path: path.into(), stored: stored.collect() }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Names and shapes, in the order of the names.
    pub fn shapes(&self) -> impl Iterator<Item = (&str, &[usize])> {
        self.stored.iter().map(|(name, stored)| (name.as_str(), stored.shape.as_slice()))
    }

    /// Shape of the tensor called `name`, if there is one.
    pub fn shape(&self, name: &str) -> Option<&[usize]> {
        self.stored.get(name).map(|stored| stored.shape.as_slice())
    }

    /// Values of the tensor called `name`, which has to have that shape, row after row as f32.
    ///
    /// # Errors
    /// [`ModelError::BadWeights`] when it is missing, has another shape, or holds integers or values that are not finite;
    /// [`ModelError::Unreadable`].
    pub fn read(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        let stored = self.stored.get(name).ok_or_else(|| self.bad(format!("has no tensor called {}", quoted(name))))?;
        if stored.shape != shape {
            let name = quoted(name);
            return Err(self.bad(format!("{name} has the shape {:?}, not {shape:?}", stored.shape)));
        }
        let values = match &stored.source {
            Source::Pytorch(tensor) => pytorch::values(tensor, &self.path),
            Source::Safetensors(place) => place.values(&self.path),
            Source::Memory(values) => Ok(values.clone()),
        }?;
        if values.len() != shape.iter().product::<usize>() {
            return Err(self.bad(format!("is cut: {} holds {} numbers of {shape:?}", quoted(name), values.len())));
        }
        if values.iter().any(|value| !value.is_finite()) {
            return Err(self.bad(format!("{} holds values that are not finite", quoted(name))));
        }
        Ok(values)
    }

    /// An error of this file, which `message` explains.
    pub fn bad(&self, message: String) -> ModelError {
        ModelError::BadWeights { path: self.path.clone(), message }
    }
}

/// A message made of what a file holds, as one short line.
fn line(message: &str) -> String {
    message
        .chars()
        .take(500)
        .flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] })
        .collect()
}

/// A name from outside, fit for a line of text.
fn quoted(name: &str) -> String {
    let short: String = name.chars().take(100).flat_map(char::escape_debug).collect();
    format!("`{short}`")
}

/// Little-endian numbers of `N` bytes each.
fn decoded<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f32) -> Vec<f32> {
    bytes.as_chunks::<N>().0.iter().map(|chunk| number(*chunk)).collect()
}

/// Values of a tensor, by the name of its type.
fn floats(dtype: &str, bytes: &[u8]) -> Option<Vec<f32>> {
    Some(match dtype {
        "F64" => decoded(bytes, |bytes| f64::from_le_bytes(bytes) as f32),
        "F32" => decoded(bytes, f32::from_le_bytes),
        "F16" => decoded(bytes, |bytes| half::f16::from_le_bytes(bytes).to_f32()),
        "BF16" => decoded(bytes, |bytes| half::bf16::from_le_bytes(bytes).to_f32()),
        _ => return None,
    })
}
