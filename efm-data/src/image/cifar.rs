//! The binary versions of CIFAR-10 and CIFAR-100: records of a label (CIFAR-100: a coarse and a fine one) and 3072 bytes,
//! 32 × 32 red, then green, then blue. Format: cs.toronto.edu/~kriz/cifar.html

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{ImageSet, ImageShape, Labels, Split, gzip::Content};
use crate::{DataError, Limits, format::Source};

const SHAPE: ImageShape = ImageShape { height: 32, width: 32, channels: 3 };
const PIXELS: usize = 3072;

/// Reads one file of the binary versions. Files called `train.bin` and `test.bin` are CIFAR-100, of which the fine label is
/// kept; others are CIFAR-10 where their length allows it.
///
/// # Errors
/// [`DataError::Malformed`] for a length that is no number of records or a label beyond the classes,
/// [`DataError::TooLarge`], [`DataError::Io`], [`DataError::NotAFile`].
pub fn read_cifar(path: &Path, limits: &Limits) -> Result<ImageSet, DataError> {
    let source = Source::open(path)?;
    let (ten, hundred) = (PIXELS as u64 + 1, PIXELS as u64 + 2);
    let named = path.file_name().is_some_and(|name| name == "train.bin" || name == "test.bin");
    let len = source.len;
    let (record, classes) = match (len % ten == 0, len % hundred == 0) {
        (_, true) if named => (hundred, 100),
        (true, _) => (ten, 10),
        (false, true) => (hundred, 100),
        _ => {
            let problem =
                format!("{len} bytes are no whole number of records of {ten} (CIFAR-10) or {hundred} (CIFAR-100)");
            return Err(source.malformed("file", problem));
        }
    };
    let bytes = Content::open(source)?.rest(0, len, limits)?;
    let mut pixels = Vec::with_capacity(bytes.len());
    let mut of = Vec::with_capacity(bytes.len() / record as usize);
    for (index, bytes) in bytes.chunks_exact(record as usize).enumerate() {
        let (head, image) = bytes.split_at(record as usize - PIXELS);
        let label = head[head.len() - 1];
        if label >= classes {
            let problem = format!("label {label}; CIFAR-{classes} has classes 0 to {}", classes - 1);
            return Err(DataError::Malformed { path: path.into(), place: format!("record {index}"), problem });
        }
        of.push(u32::from(label));
        pixels.extend_from_slice(image);
    }
    let names = names(path, usize::from(classes));
    Ok(ImageSet { shape: SHAPE, pixels, labels: Some(Labels { names, of }) })
}

/// The names beside the file, and numbers where there are none.
fn names(path: &Path, classes: usize) -> Vec<String> {
    let file = path.with_file_name(if classes == 10 { "batches.meta.txt" } else { "fine_label_names.txt" });
    // Not worth an error: names are a comfort. No such file is long.
    let small = fs::metadata(&file).is_ok_and(|metadata| metadata.is_file() && metadata.len() < 1 << 16);
    let text = if small { fs::read_to_string(&file).unwrap_or_default() } else { String::new() };
    let names: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    if names.len() == classes { names } else { (0..classes).map(|class| class.to_string()).collect() }
}

/// The files of a folder with one of the sets in it, or in the sub-folder its archive unpacks to.
pub(super) fn files_in(folder: &Path, split: Split) -> Vec<PathBuf> {
    for folder in [folder.to_path_buf(), folder.join("cifar-10-batches-bin"), folder.join("cifar-100-binary")] {
        let batches = (1..=5).map(|batch| folder.join(format!("data_batch_{batch}.bin")));
        let train: Vec<_> = batches.chain([folder.join("train.bin")]).filter(|path| path.exists()).collect();
        let tests = ["test_batch.bin", "test.bin"].map(|name| folder.join(name));
        let test: Vec<_> = tests.into_iter().filter(|path| path.exists()).collect();
        if train.is_empty() && test.is_empty() {
            continue;
        }
        return match split {
            Split::Train => train,
            Split::Test => test,
            Split::All => [train, test].concat(),
        };
    }
    Vec::new()
}
