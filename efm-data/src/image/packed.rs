//! Image files in a zip archive.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufReader, Read},
    path::{Path, PathBuf},
    sync::Mutex,
};

use zip::{ZipArchive, result::ZipError};

use crate::{
    DataError, Limits,
    folder::{is_image, other_picture},
    format::{HARMLESS, Source},
};

/// An open archive. Entries are unpacked one at a time; what is slow, decoding, is done outside the lock.
pub(super) struct Packed {
    path: PathBuf,
    len: u64,
    archive: Mutex<ZipArchive<BufReader<File>>>,
}

impl Packed {
    pub(super) fn open(path: &Path) -> Result<Self, DataError> {
        let source = Source::open(path)?;
        let file = source.file.try_clone().map_err(|error| source.io(error))?;
        let archive = ZipArchive::new(BufReader::new(file)).map_err(|error| match error {
            ZipError::Io(error) => source.io(error),
            other => source.malformed("archive", other.to_string()),
        })?;
        Ok(Self { path: path.into(), len: source.len, archive: Mutex::new(archive) })
    }

    /// Names of the entries that are images, in order, with the place of each in the archive.
    pub(super) fn list(&self) -> Vec<(PathBuf, usize)> {
        let archive = self.archive.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let names = archive.file_names().filter_map(|name| Some((name.to_owned(), archive.index_for_name(name)?)));
        let mut images: Vec<_> = names
            .filter(|(name, _)| !name.ends_with('/') && !name.starts_with("__MACOSX"))
            .map(|(name, index)| (name.split(['/', '\\']).filter(|part| !part.is_empty()).collect::<PathBuf>(), index))
            .filter(|(name, _)| is_image(name))
            .collect();
        images.sort();
        images
    }

    /// Pictures in formats that are not read: extension, how many.
    pub(super) fn passed_over(&self) -> BTreeMap<String, usize> {
        let archive = self.archive.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let mut found = BTreeMap::new();
        for name in archive.file_names().filter(|name| !name.starts_with("__MACOSX")) {
            if let Some(other) = other_picture(Path::new(name)) {
                *found.entry(other).or_default() += 1;
            }
        }
        found
    }

    /// Whether an entry is an npy array, as in an npz.
    pub(super) fn holds_arrays(&self) -> bool {
        let archive = self.archive.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        archive.file_names().any(|name| name.ends_with(".npy"))
    }

    /// The bytes of an entry; `most` is the limit on their number.
    pub(super) fn read(&self, index: usize, name: &Path, most: u64) -> Result<Vec<u8>, DataError> {
        let place = format!("entry {:?}", name.display().to_string());
        let malformed =
            |problem: String| DataError::Malformed { path: self.path.clone(), place: place.clone(), problem };
        let large = |problem: String| DataError::TooLarge { path: self.path.clone(), place: place.clone(), problem };
        let mut archive = self.archive.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        let entry = archive.by_index(index).map_err(|error| malformed(error.to_string()))?;
        let (len, packed) = (entry.size(), entry.compressed_size());
        if packed > self.len {
            return Err(malformed(format!("claims {packed} bytes of {}", self.len)));
        }
        let ratio = Limits::default().max_ratio;
        if len > most || (len > HARMLESS && len / packed.max(1) > ratio) {
            return Err(large(format!(
                "unpacks from {packed} to {len} bytes; the limits are {most} and a factor of {ratio}"
            )));
        }
        // Memory grows with what comes out; a claim alone costs nothing. Reading to the end compares the checksum.
        let mut bytes = Vec::new();
        let read = entry.take(len.saturating_add(1)).read_to_end(&mut bytes);
        read.map_err(|error| malformed(format!("damaged: {error}")))?;
        if bytes.len() as u64 != len {
            return Err(malformed(format!("unpacks to other than the {len} bytes it claims")));
        }
        Ok(bytes)
    }
}
