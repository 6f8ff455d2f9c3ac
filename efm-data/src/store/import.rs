use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use rayon::prelude::*;

use super::{KnownSet, digest, package};
use crate::DataError;

/// What an import put in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The set's folder.
    pub folder: PathBuf,
    /// How many files it has.
    pub files: usize,
    /// How many bytes they have.
    pub bytes: u64,
    /// Whether the contents were held against known checksums.
    pub verified: bool,
}

/// Puts a known set into the folder `store` from a package: the package's file (.deb, .tgz, .tar.gz, .tar, .zip), or the
/// folder it was unpacked or installed to. `progress` is told the number of files done so far.
///
/// The set appears under its name only when it is whole and its checksums, where they are known, are right.
///
/// # Errors
/// [`DataError::SetExists`] unless `replace`, [`DataError::NoImages`] where the package does not hold the set or only a part,
/// [`DataError::WrongChecksum`], [`DataError::Malformed`], [`DataError::TooLarge`], [`DataError::Io`].
pub fn import(
    set: &KnownSet,
    package: &Path,
    store: &Path,
    replace: bool,
    progress: &mut dyn FnMut(usize),
) -> Result<Imported, DataError> {
    let folder = set.folder(store);
    if folder.exists() && !replace {
        return Err(DataError::SetExists { path: folder });
    }
    let written = |error| DataError::Io { path: store.into(), action: "write", error };
    let new_store = !store.exists();
    fs::create_dir_all(store).map_err(written)?;
    let imported = into_store(set, package, store, progress);
    if imported.is_err() && new_store {
        // Nothing came into it; where something did, it stays.
        let _ = fs::remove_dir(store);
    }
    imported
}

fn into_store(
    set: &KnownSet,
    package: &Path,
    store: &Path,
    progress: &mut dyn FnMut(usize),
) -> Result<Imported, DataError> {
    let folder = set.folder(store);
    let written = |path: &Path, error| DataError::Io { path: path.into(), action: "write", error };
    // Beside its final place, so that it can be renamed; gone on any error.
    let temporary = tempfile::Builder::new().prefix(".efm-").suffix(".part").tempdir_in(store);
    let temporary = temporary.map_err(|error| written(store, error))?;
    // Not the temporary folder itself: that one is private to its owner.
    let fresh = temporary.path().join(set.name);
    fs::create_dir(&fresh).map_err(|error| written(&fresh, error))?;
    let mut seen = BTreeSet::new();
    let mut bytes = 0;
    package::visit(package, &|path| set.layout.place(path).is_some(), &mut |path, reader| {
        let Some(place) = set.layout.place(path) else { return Ok(()) };
        if !seen.insert(place.clone()) {
            let problem = format!("{} is there twice", place.display());
            return Err(DataError::Malformed { path: package.into(), place: "package".into(), problem });
        }
        let goal = fresh.join(&place);
        bytes += put(&goal, reader).map_err(|error| written(&goal, error))?;
        progress(seen.len());
        Ok(())
    })?;
    if seen.len() < set.least {
        let problem = match seen.len() {
            0 => format!("holds no file of {}", set.name),
            some => format!("holds {some} file(s) of {}; a whole set has {} or more", set.name, set.least),
        };
        return Err(DataError::NoImages { path: package.into(), problem });
    }
    for (name, sha256) in set.contents {
        let packed = fresh.join(format!("{name}.gz"));
        if packed.exists() {
            digest::check(&packed, sha256, true)?;
        } else {
            digest::check(&fresh.join(name), sha256, false)?;
        }
    }
    sync(&fresh, &seen).map_err(|error| written(&fresh, error))?;
    if folder.exists() {
        // Moved first: removing thousands of files takes its time, and the name is to be free for none of it.
        fs::rename(&folder, temporary.path().join("old")).map_err(|error| written(&folder, error))?;
    }
    fs::rename(&fresh, &folder).map_err(|error| written(&folder, error))?;
    Ok(Imported { folder, files: seen.len(), bytes, verified: !set.contents.is_empty() })
}

fn put(goal: &Path, reader: &mut dyn Read) -> io::Result<u64> {
    if let Some(parent) = goal.parent() {
        fs::create_dir_all(parent)?;
    }
    io::copy(reader, &mut File::create_new(goal)?)
}

/// Makes all files durable, many at once: one after another, thousands of small ones take half a minute.
fn sync(folder: &Path, names: &BTreeSet<PathBuf>) -> io::Result<()> {
    names.par_iter().try_for_each(|name| File::open(folder.join(name))?.sync_all())
}
