//! Files of rows: which format a file has, and the way in and out of each.
//!
//! Every reader follows one order: what the header claims is checked for overflow, compared with the bytes that are
//! there and with the limits, and only then is memory taken.

mod atomic;
mod decode;
mod foreign;
mod npy;
mod npz;
mod safetensors;
mod source;

use std::{
    collections::HashSet,
    io::{Read, Seek, SeekFrom, Write},
    path::Path,
};

use efm_core::Points;

use crate::{DataError, Rows, Table, TableOptions, table};
#[cfg(feature = "images")]
pub(crate) use decode::Number;
use decode::Precision;
pub(crate) use decode::Shaped;
pub(crate) use source::Source;
#[cfg(any(feature = "fetch", feature = "images"))]
pub(crate) use source::regular;

/// How much a reader may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes one array may take, both in the file and as f32 in memory. Default 4 GiB.
    pub max_bytes: u64,
    /// Most times larger a compressed entry may become; entries below 16 MiB are exempt. Default 200.
    pub max_ratio: u64,
}

/// What unpacks to no more than this may have been packed as well as it likes.
pub(crate) const HARMLESS: u64 = 16 << 20;

impl Default for Limits {
    fn default() -> Self {
        Self { max_bytes: 4 << 30, max_ratio: 200 }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Npy,
    Npz,
    Csv,
    Safetensors,
}

impl Format {
    fn by_extension(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "npy" => Some(Self::Npy),
            "npz" => Some(Self::Npz),
            "csv" | "tsv" | "txt" => Some(Self::Csv),
            "safetensors" => Some(Self::Safetensors),
            _ => None,
        }
    }

    /// The format the first bytes tell, and where they do not, the extension.
    fn of(source: &mut Source) -> Result<Self, DataError> {
        let mut magic = [0_u8; 64];
        let length = source.len.min(magic.len() as u64) as usize;
        source.file.read_exact(&mut magic[..length]).map_err(|error| source.io(error))?;
        source.file.seek(SeekFrom::Start(0)).map_err(|error| source.io(error))?;
        let named = Self::by_extension(&source.path);
        if let Some((format, convert)) = foreign::format(&magic[..length]) {
            return Err(DataError::ForeignFormat { path: source.path.clone(), format, convert });
        }
        if magic.starts_with(npy::MAGIC) {
            return Ok(Self::Npy);
        }
        if magic.starts_with(b"PK\x03\x04") || magic.starts_with(b"PK\x05\x06") {
            return Ok(Self::Npz);
        }
        let text = ["tab", "dat", "data", "asc", "prn", "xyz"];
        let text = source.path.extension().is_some_and(|end| text.iter().any(|name| end.eq_ignore_ascii_case(name)));
        match named {
            Some(format) => Ok(format),
            None if text => Ok(Self::Csv),
            None if magic[8] == b'{' => Ok(Self::Safetensors),
            None => Err(DataError::UnknownFormat { path: source.path.clone() }),
        }
    }
}

/// Reads rows from an npy, npz, CSV or safetensors file, within the default [`Limits`].
///
/// Text is read by the rules of [`read_table`].
///
/// The first bytes tell the format, and where they do not, the extension. `key` names the array of an npz or
/// safetensors file; it may be left out where there is only one. An array of shape `[N]` is N points of D = 1, one of
/// shape `[N, a, b, …]` is N points of D = a·b·…, in C order whatever the order in the file. Integers, booleans and
/// floats of 16, 32 and 64 bits of either byte order become f32.
///
/// # Errors
/// [`DataError`] with the file and the place: all kinds but [`DataError::BadParameter`].
pub fn read_points(path: &Path, key: Option<&str>) -> Result<Points, DataError> {
    read_points_within(path, key, &Limits::default())
}

/// [`read_points`] within limits of one's own.
///
/// # Errors
/// As [`read_points`].
pub fn read_points_within(path: &Path, key: Option<&str>, limits: &Limits) -> Result<Points, DataError> {
    read_as(path, key, &TableOptions::default(), limits, Precision::Single)?.rows.into_points()
}

/// Reads rows in the precision of the file, with the names of their columns, and with what was left out or converted on the
/// way ([`Table::notes`]). `options` say how text is read; arrays of the other formats have no names to choose by.
///
/// # Errors
/// As [`read_points`], [`DataError::NoSuchColumn`], and [`DataError::BadParameter`] for options of text where there is none.
pub fn read_table(path: &Path, key: Option<&str>, options: &TableOptions, limits: &Limits) -> Result<Table, DataError> {
    read_as(path, key, options, limits, Precision::AsFile)
}

fn read_as(
    path: &Path,
    key: Option<&str>,
    options: &TableOptions,
    limits: &Limits,
    precision: Precision,
) -> Result<Table, DataError> {
    let mut source = Source::open(path)?;
    let format = Format::of(&mut source)?;
    if let (Format::Npy | Format::Csv, Some(key)) = (format, key) {
        let format = if format == Format::Npy { "npy" } else { "CSV" };
        return Err(DataError::NoKeys { path: path.into(), key: key.to_owned(), format });
    }
    if format != Format::Csv && *options != TableOptions::default() {
        let problem = "of a table of text are set, and the file holds arrays".to_owned();
        return Err(DataError::BadParameter { place: "file", field: "options", problem });
    }
    let table = match format {
        Format::Npy => Table::plain(npy::read(&mut source, limits, precision)?.rows),
        Format::Npz => Table::plain(npz::read(&mut source, key, limits, precision)?.rows),
        Format::Csv => table::read(&mut source, options, limits)?,
        Format::Safetensors => Table::plain(safetensors::read(&mut source, key, limits, precision)?),
    };
    if table.rows.is_empty() {
        return Err(DataError::TooFewPoints { path: path.into(), count: 0, needed: 1 });
    }
    Ok(table)
}

/// As [`read_points_within`] for npy and npz, with the axes and the type in the file.
pub(crate) fn read_shaped(path: &Path, key: Option<&str>, limits: &Limits) -> Result<Shaped, DataError> {
    let mut source = Source::open(path)?;
    let array = match Format::of(&mut source)? {
        Format::Npy if key.is_some() => {
            return Err(DataError::NoKeys {
                path: path.into(),
                key: key.unwrap_or_default().to_owned(),
                format: "npy",
            });
        }
        Format::Npy => npy::read(&mut source, limits, Precision::Single),
        Format::Npz => npz::read(&mut source, key, limits, Precision::Single),
        Format::Csv | Format::Safetensors => return Err(DataError::UnknownFormat { path: path.into() }),
    }?;
    if array.rows.is_empty() {
        return Err(DataError::TooFewPoints { path: path.into(), count: 0, needed: 1 });
    }
    Ok(array)
}

/// Number of axes of the array in an npy file, or of the only one in an npz file.
///
/// # Errors
/// As [`read_points_within`]; [`DataError::UnknownFormat`] for other files.
pub fn count_axes(path: &Path, limits: &Limits) -> Result<usize, DataError> {
    read_shaped(path, None, limits).map(|array| array.shape.len())
}

/// The names of the arrays in an npz or safetensors file, in the order of the file; none for npy and CSV.
///
/// # Errors
/// As [`read_points`], for the parts of the file that hold the names.
pub fn list_arrays(path: &Path) -> Result<Vec<String>, DataError> {
    let mut source = Source::open(path)?;
    match Format::of(&mut source)? {
        Format::Npy | Format::Csv => Ok(Vec::new()),
        Format::Npz => npz::list(&mut source),
        Format::Safetensors => safetensors::list(&mut source),
    }
}

/// Writes rows as an f32 array of shape `[N, D]`, in the format of the extension: npy, npz and safetensors (array
/// `points`), csv, txt (comma) and tsv (tab), the text formats with a header `x0, x1, …`.
///
/// The file is written under another name in the same folder, synced and renamed: under `path` there is the old file
/// or the whole new one, never a part.
///
/// # Errors
/// [`DataError::UnknownFormat`], [`DataError::NotAFile`], [`DataError::Io`].
pub fn write_points(path: &Path, points: &Points) -> Result<(), DataError> {
    write_arrays(path, &[("points", points)])
}

/// Writes several named arrays to one npz or safetensors file; the other formats hold exactly one, without its name.
///
/// # Errors
/// As [`write_points`], [`DataError::DuplicateKey`] for names that occur twice, and [`DataError::BadParameter`] for
/// anything but one array in a format that holds one, or a name that is empty or holds a slash.
pub fn write_arrays(path: &Path, arrays: &[(&str, &Points)]) -> Result<(), DataError> {
    let Some(format) = Format::by_extension(path) else {
        return Err(DataError::UnknownFormat { path: path.into() });
    };
    check_names(path, format, arrays)?;
    let separator = separator(path);
    atomic::write(path, |out| match (format, arrays) {
        (Format::Npy, [(_, points)]) => npy::write(out, points),
        (Format::Csv, [(_, points)]) => table::write(out, points, separator),
        (Format::Safetensors, _) => safetensors::write(out, arrays),
        _ => npz::write(out, arrays),
    })
}

/// Writes rows in their own precision: npy (f4 or f8, shape `[N, D]`), or text as [`write_points`]; npz and safetensors take f32.
/// Numbers that are not finite are written as `nan`, `inf` and `-inf`.
///
/// The file appears whole or not at all, as with [`write_points`].
///
/// # Errors
/// As [`write_points`], and [`DataError::OutOfRange`] for numbers that an f32 format does not hold.
pub fn write_rows(path: &Path, rows: &Rows) -> Result<(), DataError> {
    match Format::by_extension(path) {
        Some(Format::Npy) if rows.is_double() => atomic::write(path, |out| npy::write_rows(out, rows)),
        Some(Format::Csv) if rows.is_double() => {
            atomic::write(path, |out| table::write_rows(out, rows, separator(path)))
        }
        _ => write_points(path, &rows.to_points()?),
    }
}

fn separator(path: &Path) -> char {
    if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("tsv")) { '\t' } else { ',' }
}

/// Writes one number per row: npy (f64, shape `[N]`), or csv, txt and tsv with `name` as their header. NaN is written as
/// `nan`, infinite numbers as `inf` and `-inf`, as numpy and pandas read them; [`read_points`] refuses them.
///
/// The file appears whole or not at all, as with [`write_points`].
///
/// # Errors
/// [`DataError::UnknownFormat`], [`DataError::NotAFile`], [`DataError::Io`], and [`DataError::BadParameter`] for npz and
/// safetensors.
pub fn write_column(path: &Path, name: &str, values: &[f64]) -> Result<(), DataError> {
    match Format::by_extension(path) {
        None => Err(DataError::UnknownFormat { path: path.into() }),
        Some(Format::Npy) => atomic::write(path, |out| npy::write_column(out, values)),
        Some(Format::Csv) => atomic::write(path, |out| {
            writeln!(out, "{name}")?;
            // `nan`, `inf`, or the shortest digits that read back as the same f64.
            values.iter().try_for_each(|value| writeln!(out, "{}", format!("{value:?}").to_lowercase()))
        }),
        Some(Format::Npz | Format::Safetensors) => {
            let problem = format!("is {}; one number per row goes into npy or CSV", path.display());
            Err(DataError::BadParameter { place: "write", field: "path", problem })
        }
    }
}

fn check_names(path: &Path, format: Format, arrays: &[(&str, &Points)]) -> Result<(), DataError> {
    let fail = |problem: String| Err(DataError::BadParameter { place: "write", field: "arrays", problem });
    if matches!(format, Format::Npy | Format::Csv) && arrays.len() != 1 {
        return fail(format!("has {} entries, but npy and CSV files hold exactly one", arrays.len()));
    }
    if arrays.is_empty() {
        return fail("is empty; a file needs at least one".to_owned());
    }
    for (index, (name, _)) in arrays.iter().enumerate() {
        if name.is_empty() || name.len() > 1000 || name.contains(['/', '\\', '\0']) || *name == "__metadata__" {
            return fail(format!("holds the name {name:?}, which cannot be the name of an array"));
        }
        if arrays[..index].iter().any(|(other, _)| other == name) {
            let available = arrays.iter().map(|(name, _)| (*name).to_owned()).collect();
            return Err(DataError::DuplicateKey { path: path.into(), key: (*name).to_owned(), available });
        }
    }
    Ok(())
}

/// Picks the array `key`, or the only one there is.
fn pick(path: &Path, key: Option<&str>, available: &[String]) -> Result<usize, DataError> {
    let mut seen = HashSet::with_capacity(available.len());
    if let Some(twice) = available.iter().find(|name| !seen.insert(name.as_str())) {
        return Err(DataError::DuplicateKey { path: path.into(), key: twice.clone(), available: available.to_vec() });
    }
    match key {
        Some(key) => available.iter().position(|name| name == key).ok_or_else(|| DataError::NoSuchKey {
            path: path.into(),
            key: key.to_owned(),
            available: available.to_vec(),
        }),
        None if available.len() == 1 => Ok(0),
        None if available.is_empty() => {
            Err(DataError::Malformed { path: path.into(), place: "archive".into(), problem: "holds no array".into() })
        }
        None => Err(DataError::KeyNeeded { path: path.into(), available: available.to_vec() }),
    }
}
