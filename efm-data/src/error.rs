use std::{io, path::PathBuf};

/// What kind of trouble an error is; a command line maps it to an exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// A parameter of a data set, a scaling or a split makes no sense: the configuration is at fault.
    Config,
    /// The bytes are not the data they claim to be, or not data that can be used.
    BadData,
    /// The operating system refused.
    Io,
    /// Reading on would take more memory than the limits allow.
    ResourceLimit,
}

/// What is wrong with a field of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CellFault {
    /// Text in a column of numbers.
    Text,
    /// Nothing, or a word that stands for nothing.
    Missing,
    /// Infinite, or beyond f32.
    Beyond,
    /// A line with more or fewer fields than the first.
    Width,
    /// A quote without an end.
    Quote,
}

/// What can go wrong between a file and a cloud of points. Every message names the file and the place in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// The operating system refused to open, read or write.
    #[error("{}: cannot {action}: {error}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried, as a verb: `open`, `read`, `write`.
        action: &'static str,
        /// The refusal.
        #[source]
        error: io::Error,
    },
    /// The path leads to a folder, a pipe or a device.
    #[error("{}: is {found}, not a regular file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
        /// What is there instead, with its article.
        found: &'static str,
    },
    /// Neither the first bytes nor the extension tell the format.
    #[error("{}: unknown format", path.display())]
    UnknownFormat {
        /// The file.
        path: PathBuf,
    },
    /// The file is of a known format that is not read.
    #[error("{}: is {format}, which is not read", path.display())]
    ForeignFormat {
        /// The file.
        path: PathBuf,
        /// Which format, with its article.
        format: &'static str,
        /// How to convert it: the hint.
        convert: &'static str,
    },
    /// A table has no column of this name.
    #[error("{}: {field}: no column \"{}\"; there are: {}", path.display(), shown(name), names(available))]
    NoSuchColumn {
        /// The file.
        path: PathBuf,
        /// What asked for it: `columns`, `drop`, `label`.
        field: &'static str,
        /// The name.
        name: String,
        /// The names there are.
        available: Vec<String>,
    },
    /// Two tables that belong together have other columns.
    #[error("the columns differ: {} in one file, {} in the other", names(here), names(wanted))]
    NamesDiffer {
        /// Those of the one.
        here: Vec<String>,
        /// Those of the other.
        wanted: Vec<String>,
    },
    /// The bytes break the rules of their format.
    #[error("{}: {place}: {problem}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where: `header`, `array "x"`, `entry "x.npy"`.
        place: String,
        /// What is wrong there.
        problem: String,
    },
    /// A line of a CSV file is no point.
    #[error("{}:{line}:{column}: {problem}", path.display())]
    BadCell {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: u64,
        /// Field within the line, from 1.
        column: usize,
        /// The kind of what is wrong.
        fault: CellFault,
        /// What is wrong there.
        problem: String,
    },
    /// The numbers are of a type that has no place on the real line.
    #[error("{}: {place}: elements of type {} are no real numbers", path.display(), shown(found))]
    UnsupportedType {
        /// The file.
        path: PathBuf,
        /// Where: `header`, `array "x"`.
        place: String,
        /// The type, as the file writes it.
        found: String,
    },
    /// A value is NaN, infinite, or beyond the range of f32.
    #[error("{}: {place}: row {row}, column {column} is NaN, infinite or beyond the range of f32", path.display())]
    NonFinite {
        /// The file.
        path: PathBuf,
        /// Where: `data`, `array "x"`.
        place: String,
        /// Row, from 0: the index of the point.
        row: usize,
        /// Column, from 0: the coordinate.
        column: usize,
    },
    /// The file holds no array of this name.
    #[error("{}: no array \"{}\"; there are: {}", path.display(), shown(key), names(available))]
    NoSuchKey {
        /// The file.
        path: PathBuf,
        /// The name that was asked for.
        key: String,
        /// The names there are.
        available: Vec<String>,
    },
    /// The file holds several arrays and none was asked for.
    #[error("{}: holds several arrays and no key was given; there are: {}", path.display(), names(available))]
    KeyNeeded {
        /// The file.
        path: PathBuf,
        /// The names there are.
        available: Vec<String>,
    },
    /// Two arrays bear one name.
    #[error("{}: two arrays are called \"{}\"; there are: {}", path.display(), shown(key), names(available))]
    DuplicateKey {
        /// The file.
        path: PathBuf,
        /// The name that occurs twice.
        key: String,
        /// The names there are.
        available: Vec<String>,
    },
    /// A key was given for a format without names.
    #[error("{}: key \"{key}\" given, but {format} files hold one array without a name", path.display())]
    NoKeys {
        /// The file.
        path: PathBuf,
        /// The name that was asked for.
        key: String,
        /// The format.
        format: &'static str,
    },
    /// There is no class of this name, or there are no labels.
    #[error("{}: no class \"{}\"; there are: {}", path.display(), shown(class), names(available))]
    NoSuchClass {
        /// The data set.
        path: PathBuf,
        /// The class that was asked for.
        class: String,
        /// The classes there are.
        available: Vec<String>,
    },
    /// Nothing in a folder or an archive is an image.
    #[error("{}: {problem}", path.display())]
    NoImages {
        /// The folder or archive.
        path: PathBuf,
        /// What is missing, continuing the sentence: `holds no image`.
        problem: String,
    },
    /// No known set has this name.
    #[error("no data set is called \"{name}\"; there are: {}", names(available))]
    UnknownSet {
        /// The name that was asked for.
        name: String,
        /// The names there are.
        available: Vec<String>,
    },
    /// A set would be written over.
    #[error("{}: is there already", path.display())]
    SetExists {
        /// Its folder.
        path: PathBuf,
    },
    /// A file is not the one that was expected.
    #[error("{}: SHA-256 is {found}, expected {expected}", path.display())]
    WrongChecksum {
        /// The file.
        path: PathBuf,
        /// What it should be, in hexadecimal digits.
        expected: String,
        /// What it is.
        found: String,
    },
    /// A download failed.
    #[error("{url}: {problem}")]
    Fetch {
        /// The address.
        url: String,
        /// What happened.
        problem: String,
    },
    /// The caller stopped the work.
    #[error("stopped; what was fetched is kept")]
    Stopped,
    /// Reading on would take more than the limit.
    #[error("{}: {place}: {problem}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Where: `header`, `entry "x.npy"`, `line 7, field 2`.
        place: String,
        /// What is too large, and the limit.
        problem: String,
    },
    /// There are not enough points.
    #[error("{}: {count} point(s); at least {needed} are needed", path.display())]
    TooFewPoints {
        /// The file, or the name of what holds the points.
        path: PathBuf,
        /// Points there are.
        count: usize,
        /// Points it takes.
        needed: usize,
    },
    /// A parameter of a data set, a scaling or a split is out of its range.
    #[error("{place}: {field} {problem}")]
    BadParameter {
        /// Which data set or transform: `swiss-roll`, `split`.
        place: &'static str,
        /// The field at fault.
        field: &'static str,
        /// Why, continuing the sentence: `is -1; it must be …`.
        problem: String,
    },
    /// Two clouds that belong together differ in dimension.
    #[error("{place}: points have D = {found}, expected D = {expected}")]
    DimensionMismatch {
        /// What was at work: `scaler`, `write`.
        place: &'static str,
        /// The D there is.
        found: usize,
        /// The D there should be.
        expected: usize,
    },
    /// The two clouds of a capacitor differ in dimension.
    #[error("{place}: the source has D = {source_dim} and the target D = {target_dim}")]
    UnequalDims {
        /// What needs both: `scaler`.
        place: &'static str,
        /// D of the source.
        source_dim: usize,
        /// D of the target.
        target_dim: usize,
    },
    /// A sampler gave a number that is not finite.
    #[error("the sampler's row {row}, column {column} is {value}")]
    BadDraw {
        /// Index of the draw, from 0.
        row: u64,
        /// Index of the coordinate, from 0.
        column: usize,
        /// NaN or infinite.
        value: f32,
    },
    /// A sampler of the user's own failed; see [`DataError::own`].
    #[error("{place}: {error}")]
    Own {
        /// What failed: the name of the sampler.
        place: String,
        /// Why.
        #[source]
        error: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A transform takes a coordinate out of the range of f32.
    #[error("{place}: coordinate {coordinate} of point {point} leaves the range of f32")]
    OutOfRange {
        /// Which transform.
        place: &'static str,
        /// Index of the point, from 0.
        point: usize,
        /// Index of the coordinate, from 0.
        coordinate: usize,
    },
}

impl DataError {
    /// The error of a sampler of one's own: its name, and why it failed (an error of any type, or a text).
    pub fn own(place: impl Into<String>, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Own { place: place.into(), error: error.into() }
    }
}

/// Text of a file, fit for a message: without control characters, and not too long.
pub(crate) fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    let plain = |c: char| if c.is_control() { c.escape_default().collect() } else { c.to_string() };
    let mut short: String = text.chars().take(LONGEST).map(plain).collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    short
}

fn names(available: &[String]) -> String {
    const SHOWN: usize = 20;
    if available.is_empty() {
        return "none".to_owned();
    }
    let mut list = available.iter().take(SHOWN).map(|name| shown(name)).collect::<Vec<_>>().join(", ");
    if available.len() > SHOWN {
        list.push_str(&format!(", … ({} in all)", available.len()));
    }
    list
}
