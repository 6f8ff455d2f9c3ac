//! The files of a package: a folder, or a .deb, .tar.gz, .tgz, .tar or .zip file.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read, Seek, SeekFrom},
    path::Path,
};

use flate2::read::MultiGzDecoder;
use zip::ZipArchive;

use super::archive::data_of_deb;
use crate::{
    DataError, Limits,
    folder::walk,
    format::{HARMLESS, Source},
};

/// Most bytes a package may unpack to.
const MOST: u64 = 16 << 30;

/// What is done with each file that is wanted: its path in the package and its bytes.
pub(super) type Take<'a> = dyn FnMut(&Path, &mut dyn Read) -> Result<(), DataError> + 'a;

/// Hands every wanted file of the package to `take`, in the package's order.
pub(super) fn visit(package: &Path, wanted: &dyn Fn(&Path) -> bool, take: &mut Take<'_>) -> Result<(), DataError> {
    let failed = |error| DataError::Io { path: package.into(), action: "open", error };
    if fs::metadata(package).map_err(failed)?.is_dir() {
        // Part of what tells a file is the folder it is in, which may be the package's own.
        let package = &fs::canonicalize(package).map_err(failed)?;
        for name in walk(package, &|name| wanted(&package.join(name)))? {
            let mut source = Source::open(&package.join(&name))?;
            take(&package.join(&name), &mut source.file)?;
        }
        return Ok(());
    }
    let mut source = Source::open(package)?;
    let mut magic = [0_u8; 8];
    let length = source.len.min(8) as usize;
    source.file.read_exact(&mut magic[..length]).map_err(|error| source.io(error))?;
    source.file.seek(SeekFrom::Start(0)).map_err(|error| source.io(error))?;
    let file = BufReader::new(source.file.try_clone().map_err(|error| source.io(error))?);
    match magic {
        [b'!', b'<', b'a', b'r', b'c', b'h', b'>', b'\n'] => {
            let data = data_of_deb(&source, file)?;
            tar(&source, data, wanted, take)
        }
        [0x1f, 0x8b, ..] => tar(&source, Box::new(MultiGzDecoder::new(file)), wanted, take),
        [b'P', b'K', 3, 4, ..] => zip(&source, file, wanted, take),
        _ if package.extension().is_some_and(|end| end.eq_ignore_ascii_case("tar")) => {
            tar(&source, Box::new(file), wanted, take)
        }
        _ => Err(source.malformed("package", "is neither a folder nor a .deb, .tgz, .tar.gz, .tar or .zip file")),
    }
}

/// Bytes a package of this length may unpack to.
fn room(source: &Source) -> u64 {
    MOST.min(HARMLESS.max(source.len.saturating_mul(Limits::default().max_ratio)))
}

/// A stream that ends in an error after so many bytes.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(count as u64).ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(count)
    }
}

fn damaged(source: &Source, error: &io::Error) -> DataError {
    match error.kind() {
        io::ErrorKind::FileTooLarge => {
            let problem = format!("unpacks from {} to more than {} bytes", source.len, room(source));
            source.too_large("package", problem)
        }
        _ => source.malformed("package", format!("damaged or cut: {error}")),
    }
}

fn tar(
    source: &Source,
    data: Box<dyn Read>,
    wanted: &dyn Fn(&Path) -> bool,
    take: &mut Take<'_>,
) -> Result<(), DataError> {
    let mut archive = tar::Archive::new(Bounded { inner: data, left: room(source) });
    for entry in archive.entries().map_err(|error| damaged(source, &error))? {
        let mut entry = entry.map_err(|error| damaged(source, &error))?;
        let path = entry.path().map_err(|error| damaged(source, &error))?.into_owned();
        if entry.header().entry_type().is_file() && wanted(&path) {
            // A short read of an entry is an end of the archive, which tar does not tell.
            let mut counted = Counted { inner: &mut entry, count: 0, failed: None };
            let result = take(&path, &mut counted);
            let (count, failed) = (counted.count, counted.failed);
            if let Some(kind) = failed {
                return Err(damaged(source, &kind.into()));
            }
            result?;
            if count != entry.size() {
                return Err(source.malformed("package", format!("{} is cut", path.display())));
            }
        }
    }
    Ok(())
}

/// Counts what was read, and remembers that reading failed, so that it is not taken for a failure to write.
struct Counted<'a, R> {
    inner: &'a mut R,
    count: u64,
    failed: Option<io::ErrorKind>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer);
        match &read {
            Ok(count) => self.count += *count as u64,
            Err(error) => self.failed = Some(error.kind()),
        }
        read
    }
}

fn zip(
    source: &Source,
    file: BufReader<File>,
    wanted: &dyn Fn(&Path) -> bool,
    take: &mut Take<'_>,
) -> Result<(), DataError> {
    let refused = |error: zip::result::ZipError| source.malformed("package", error.to_string());
    let mut archive = ZipArchive::new(file).map_err(refused)?;
    let mut left = room(source);
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(refused)?;
        let path = Path::new(entry.name()).to_path_buf();
        if !entry.is_file() || !wanted(&path) {
            continue;
        }
        let mut bounded = Bounded { inner: entry, left };
        let mut counted = Counted { inner: &mut bounded, count: 0, failed: None };
        let result = take(&path, &mut counted);
        if let Some(kind) = counted.failed {
            return Err(damaged(source, &kind.into()));
        }
        result?;
        left = bounded.left;
    }
    Ok(())
}
