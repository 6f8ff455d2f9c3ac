use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

#[cfg(feature = "images")]
use crate::image::ImagesSpec;
use crate::{
    DataError, Delimiter, Empirical, Limits, Missing, Sampler, Table, TableOptions, read_table,
    toy::{Checkerboard, EightGaussians, Gaussian, Mixture, Moons, Pinwheel, Spiral, SwissRoll},
};

/// A data set as a configuration names it: `kind` and the parameters of that kind, all of which have defaults.
///
/// In TOML: `kind = "gaussian"`, or `kind = "file"` with `path = "rows.npz"` and `key = "x"`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum DataSpec {
    /// `gaussian`
    Gaussian(Gaussian),
    /// `mixture`
    Mixture(Mixture),
    /// `swiss-roll`
    SwissRoll(SwissRoll),
    /// `moons`
    Moons(Moons),
    /// `eight-gaussians`
    EightGaussians(EightGaussians),
    /// `checkerboard`
    Checkerboard(Checkerboard),
    /// `spiral`
    Spiral(Spiral),
    /// `pinwheel`
    Pinwheel(Pinwheel),
    /// `file`
    File(FileSpec),
    /// `images`, with the feature of that name.
    #[cfg(feature = "images")]
    Images(ImagesSpec),
    /// `given`: data of the program that uses the library; a configuration alone cannot open them again.
    Given,
}

/// Rows of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct FileSpec {
    /// The file: npy, npz, CSV or safetensors. A relative path starts at the folder given to [`DataSpec::open`].
    pub path: PathBuf,
    /// Name of the array, for npz and safetensors; needed where there are several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Most bytes the rows may take, instead of the default of [`Limits`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<u64>,
    /// What separates the fields of a text: one character, `tab` or `blanks`. Found by itself if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<Delimiter>,
    /// Whether the first line of a text names the columns. Judged by the lines after it if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// The columns of a text to take, by name, in this order; all if empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Columns of a text to leave out, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drop: Vec<String>,
    /// The column of a text whose values are the classes of the rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// `refuse`, or `drop-rows`: what becomes of rows of a text that lack a number.
    #[serde(default, skip_serializing_if = "Missing::is_refused")]
    pub missing: Missing,
}

impl Default for DataSpec {
    /// N(0, I) in the plane.
    fn default() -> Self {
        Self::Gaussian(Gaussian::default())
    }
}

impl DataSpec {
    /// The names `kind` can have.
    pub const KINDS: &[&str] = &[
        Gaussian::NAME,
        Mixture::NAME,
        SwissRoll::NAME,
        Moons::NAME,
        EightGaussians::NAME,
        Checkerboard::NAME,
        Spiral::NAME,
        Pinwheel::NAME,
        "file",
        #[cfg(feature = "images")]
        ImagesSpec::NAME,
    ];

    /// The rows of a file, of its only array.
    pub fn from_path(path: impl Into<PathBuf>) -> Self {
        Self::File(FileSpec::new(path))
    }

    /// The kind that reads a path, by its looks: `images` for folders and for names that end like IDX, CIFAR, zip, PNG or
    /// JPEG, `file` for everything else. npy and npz are rows; to read them as images, say `kind = "images"`.
    pub fn kind_for(path: &Path) -> &'static str {
        let end = path.extension().and_then(|end| end.to_str()).map(str::to_ascii_lowercase);
        let images = match end.as_deref() {
            Some("npy" | "npz" | "csv" | "tsv" | "txt" | "safetensors") => false,
            Some("zip" | "idx" | "gz" | "bin" | "png" | "jpg" | "jpeg") => true,
            _ => path.is_dir() || path.to_string_lossy().ends_with("-ubyte"),
        };
        if images && cfg!(feature = "images") { "images" } else { "file" }
    }

    /// Opens the data set; a relative path starts at `base`. Files are read whole.
    ///
    /// # Errors
    /// [`DataError::BadParameter`] for parameters out of range, all errors of [`crate::read_points`] and of
    /// `ImagesSpec::open`, and [`DataError::TooFewPoints`] for a file of fewer than 2 rows.
    pub fn open(&self, base: &Path) -> Result<Box<dyn Sampler>, DataError> {
        match self {
            Self::Gaussian(toy) => toy.sampler(),
            Self::Mixture(toy) => toy.sampler(),
            Self::SwissRoll(toy) => toy.sampler(),
            Self::Moons(toy) => toy.sampler(),
            Self::EightGaussians(toy) => toy.sampler(),
            Self::Checkerboard(toy) => toy.sampler(),
            Self::Spiral(toy) => toy.sampler(),
            Self::Pinwheel(toy) => toy.sampler(),
            Self::File(file) => Ok(Box::new(file.read(base)?)),
            #[cfg(feature = "images")]
            Self::Images(images) => Ok(Box::new(images.open(base)?)),
            Self::Given => {
                Err(DataError::own("given", "the data came from a program, and no configuration can open them again"))
            }
        }
    }

    /// The name of this kind.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Gaussian(_) => Gaussian::NAME,
            Self::Mixture(_) => Mixture::NAME,
            Self::SwissRoll(_) => SwissRoll::NAME,
            Self::Moons(_) => Moons::NAME,
            Self::EightGaussians(_) => EightGaussians::NAME,
            Self::Checkerboard(_) => Checkerboard::NAME,
            Self::Spiral(_) => Spiral::NAME,
            Self::Pinwheel(_) => Pinwheel::NAME,
            Self::File(_) => "file",
            #[cfg(feature = "images")]
            Self::Images(_) => ImagesSpec::NAME,
            Self::Given => "given",
        }
    }

    /// The path of a kind that has one.
    pub fn path_mut(&mut self) -> Option<&mut PathBuf> {
        match self {
            Self::File(file) => Some(&mut file.path),
            #[cfg(feature = "images")]
            Self::Images(images) => Some(&mut images.path),
            _ => None,
        }
    }

    /// One line for a log; the same as `to_string`.
    pub fn summary(&self) -> String {
        self.to_string()
    }
}

impl FileSpec {
    /// The rows of a file, of its only array.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            key: None,
            max_bytes: None,
            delimiter: None,
            header: None,
            columns: Vec::new(),
            drop: Vec::new(),
            label: None,
            missing: Missing::default(),
        }
    }

    fn options(&self) -> TableOptions {
        TableOptions {
            delimiter: self.delimiter,
            header: self.header,
            columns: self.columns.clone(),
            drop: self.drop.clone(),
            label: self.label.clone(),
            missing: self.missing,
        }
    }

    /// Reads the rows in the precision of the file, with what it says of them; no more than `most` bytes.
    ///
    /// # Errors
    /// As [`FileSpec::read`].
    pub fn table(&self, base: &Path, most: u64) -> Result<Table, DataError> {
        let path = base.join(&self.path);
        let mut limits = Limits::default();
        limits.max_bytes = self.max_bytes.unwrap_or(limits.max_bytes).min(most);
        let table = read_table(&path, self.key.as_deref(), &self.options(), &limits)?;
        if table.rows.len() < 2 {
            return Err(DataError::TooFewPoints { path, count: table.rows.len(), needed: 2 });
        }
        Ok(table)
    }

    /// Reads the rows; a relative path starts at `base`.
    ///
    /// # Errors
    /// All errors of [`crate::read_points`], and [`DataError::TooFewPoints`] below 2 rows.
    pub fn read(&self, base: &Path) -> Result<Empirical, DataError> {
        self.read_within(base, u64::MAX)
    }

    /// As [`FileSpec::read`], and no more than `most` bytes of rows.
    ///
    /// # Errors
    /// As [`FileSpec::read`].
    pub fn read_within(&self, base: &Path, most: u64) -> Result<Empirical, DataError> {
        let table = self.table(base, most)?;
        let empirical = Empirical::new(table.rows.into_points()?, base.join(&self.path))?;
        Ok(match table.labels {
            Some(labels) => empirical.labelled(labels),
            None => empirical,
        })
    }
}

impl fmt::Display for DataSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (", self.kind())?;
        match self {
            Self::Gaussian(toy) => write!(f, "D = {}, std {}", toy.dim(), toy.std)?,
            Self::Mixture(toy) => {
                write!(f, "D = {}, {} centres, std {}", toy.dim(), toy.centres.len(), toy.std)?;
            }
            Self::SwissRoll(toy) => write!(f, "D = {}, noise {}, scale {}", toy.dim, toy.noise, toy.scale)?,
            Self::Moons(toy) => write!(f, "D = {}, noise {}, scale {}", toy.dim, toy.noise, toy.scale)?,
            Self::EightGaussians(toy) => write!(f, "D = {}, radius {}, std {}", toy.dim, toy.radius, toy.std)?,
            Self::Checkerboard(toy) => {
                write!(f, "D = {}, {} fields a side, half width {}", toy.dim, toy.fields, toy.half_width)?;
            }
            Self::Spiral(toy) => write!(f, "D = {}, {} arms, noise {}", toy.dim, toy.arms, toy.noise)?,
            Self::Pinwheel(toy) => write!(f, "D = {}, {} blades, scale {}", toy.dim, toy.blades, toy.scale)?,
            Self::File(file) => {
                write!(f, "{}", file.path.display())?;
                if let Some(key) = &file.key {
                    write!(f, ", array \"{key}\"")?;
                }
            }
            #[cfg(feature = "images")]
            Self::Images(images) => write!(f, "{images}")?,
            Self::Given => write!(f, "by the program")?,
        }
        write!(f, ")")
    }
}
