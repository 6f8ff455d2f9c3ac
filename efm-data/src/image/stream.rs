//! Image files decoded on demand, behind a cache of bounded size.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use super::{DecodeLimits, Raster, Target, cache::Cache, decode::is_png_or_jpeg, decode_image, packed::Packed};
use crate::{
    DataError,
    folder::{is_image, other_picture, walk},
    format::Source,
};

/// Where the files are.
enum Place {
    Folder,
    Archive(Packed, Vec<usize>),
}

/// A list of image files.
pub(super) struct Files {
    root: PathBuf,
    place: Place,
    /// Relative to the root.
    pub(super) names: Vec<PathBuf>,
    /// Pictures in formats that are not read: extension, how many.
    pub(super) passed_over: BTreeMap<String, usize>,
}

/// Whether a file begins as PNG or JPEG do, whatever its name.
fn begins_like_image(path: &Path) -> bool {
    let mut start = [0; 8];
    let read = fs::metadata(path).is_ok_and(|found| found.is_file())
        && File::open(path).is_ok_and(|mut file| file.read_exact(&mut start).is_ok());
    read && is_png_or_jpeg(&start)
}

impl Files {
    pub(super) fn in_folder(root: &Path) -> Result<Self, DataError> {
        let passed_over = RefCell::new(BTreeMap::new());
        let wanted = |name: &Path| {
            if is_image(name) {
                return true;
            }
            let other = other_picture(name);
            let unnamed = name.extension().is_none();
            let wanted = (other.is_some() || unnamed) && begins_like_image(&root.join(name));
            if let Some(other) = other.filter(|_| !wanted) {
                *passed_over.borrow_mut().entry(other).or_default() += 1;
            }
            wanted
        };
        let names = walk(root, &wanted)?;
        Ok(Self { root: root.into(), place: Place::Folder, names, passed_over: passed_over.into_inner() })
    }

    pub(super) fn in_archive(root: &Path, archive: Packed) -> Self {
        let (names, places) = archive.list().into_iter().unzip();
        let passed_over = archive.passed_over();
        Self { root: root.into(), place: Place::Archive(archive, places), names, passed_over }
    }

    /// The folder or archive.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Keeps the files whose indices are listed.
    pub(super) fn keep(&mut self, indices: &[usize]) {
        self.names = indices.iter().map(|&index| std::mem::take(&mut self.names[index])).collect();
        if let Place::Archive(_, places) = &mut self.place {
            *places = indices.iter().map(|&index| places[index]).collect();
        }
    }

    /// The path an error is about.
    pub(super) fn path(&self, index: usize) -> PathBuf {
        self.root.join(&self.names[index])
    }

    /// Decodes one file, as it is.
    pub(super) fn decode(&self, index: usize, background: [u8; 3], limits: &DecodeLimits) -> Result<Raster, DataError> {
        let path = self.path(index);
        let bytes = match &self.place {
            Place::Archive(archive, places) => archive.read(places[index], &self.names[index], limits.file_bytes)?,
            Place::Folder => {
                let mut source = Source::open(&path)?;
                if source.len > limits.file_bytes {
                    let problem = format!("the file has {} bytes; the limit is {}", source.len, limits.file_bytes);
                    return Err(source.too_large("image", problem));
                }
                // A file that grows while it is read is cut at its length, and then found damaged.
                let mut bytes = Vec::with_capacity(source.len as usize);
                let read = (&mut source.file).take(source.len).read_to_end(&mut bytes);
                read.map_err(|error| source.io(error))?;
                bytes
            }
        };
        decode_image(&path, &bytes, background, limits)
    }
}

/// Files brought to one size when they are asked for.
pub(super) struct Stream {
    pub(super) files: Files,
    pub(super) target: Target,
    limits: DecodeLimits,
    cache: Mutex<Cache>,
    /// The first files that could be decoded once and later not.
    faults: Mutex<Vec<DataError>>,
}

/// Faults remembered; after so many, more say nothing new.
const REMEMBERED: usize = 100;

impl Stream {
    pub(super) fn new(files: Files, target: Target, limits: DecodeLimits, cache_bytes: u64) -> Self {
        Self { files, target, limits, cache: Mutex::new(Cache::new(cache_bytes)), faults: Mutex::default() }
    }

    /// Values `[C, H, W]` of file `index`.
    pub(super) fn image(&self, index: usize) -> Result<Arc<[u8]>, DataError> {
        if let Some(image) = self.lock().get(index) {
            return Ok(image);
        }
        let raster = self.files.decode(index, self.target.background, &self.limits)?;
        let image: Arc<[u8]> = self.target.apply(raster).planar().into();
        self.lock().put(index, Arc::clone(&image));
        Ok(image)
    }

    pub(super) fn remember(&self, error: DataError) {
        let mut faults = self.faults.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if faults.len() < REMEMBERED {
            faults.push(error);
        }
    }

    pub(super) fn faults(&self) -> Vec<DataError> {
        std::mem::take(&mut self.faults.lock().unwrap_or_else(|poisoned| poisoned.into_inner()))
    }

    pub(super) fn cached_bytes(&self) -> u64 {
        self.lock().used()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
