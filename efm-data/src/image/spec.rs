use std::{
    fmt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{ClassName, Fit, ImageSampler, Opened, Selection, Target, ValueRange, open};
use crate::DataError;

/// Which part of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// For training; also sets that are not split.
    #[default]
    Train,
    /// For tests.
    Test,
    /// Both.
    All,
}

impl Split {
    /// As in file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Test => "test",
            Self::All => "all",
        }
    }
}

/// Rows and columns: one number for a square, or `[height, width]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ImageSize {
    /// A square of this side.
    Square(usize),
    /// Rows, columns.
    Sides([usize; 2]),
}

impl ImageSize {
    /// Rows and columns.
    pub fn sides(self) -> (usize, usize) {
        match self {
            Self::Square(side) => (side, side),
            Self::Sides([height, width]) => (height, width),
        }
    }
}

/// What becomes of the colours of grey images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Colour {
    /// They stay as they are.
    #[default]
    Keep,
    /// Every draw gets a random hue, as in the coloured MNIST of the EFM paper; see [`super::tint`]. Images become grey
    /// first and have three channels then.
    Random,
}

/// A set of images in a configuration.
///
/// `path` is an IDX file (raw or gzip) or a folder of MNIST's four, a CIFAR file or its folder, a folder of PNG and JPEG files, a
/// zip of such, or an npy or npz array. Folders and archives of images may hold `train` and `test`, CycleGAN's `trainA`,
/// `trainB`, `testA`, `testB` (choose by `domain`), and in each one sub-folder per class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImagesSpec {
    /// File, folder or archive. A relative path starts at the folder given to [`ImagesSpec::open`].
    pub path: PathBuf,
    /// Side in pixels, or `[height, width]`; needed where the files differ in size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<ImageSize>,
    /// 1 (grey) or 3 (colour). Default: as the data are; colour for PNG and JPEG unless all are grey.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channels: Option<usize>,
    /// Only this class, by name or number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<ClassName>,
    /// Only these classes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<ClassName>,
    /// `keep` or `random`.
    #[serde(default, alias = "color")]
    pub colour: Colour,
    /// Mirror every other draw, left to right.
    #[serde(default)]
    pub flip: bool,
    /// `train`, `test` or `all`.
    #[serde(default)]
    pub split: Split,
    /// `A` or `B`, for CycleGAN's folders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub domain: Option<String>,
    /// At most the first so many images, of those of the class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// Count files that are damaged instead of stopping at the first.
    #[serde(default)]
    pub skip_bad: bool,
    /// `crop`, `pad` or `stretch`, where the aspect ratio changes.
    #[serde(default)]
    pub fit: Fit,
    /// `signed`, [−1, 1], or `unit`, [0, 1].
    #[serde(default)]
    pub range: ValueRange,
    /// Red, green, blue, 0 to 255: what is behind transparent pixels and beside padded images.
    #[serde(default = "white")]
    pub background: [u8; 3],
    /// Name of the array in an npz file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Most bytes of pixels kept in memory; sets of files beyond it are decoded on demand. Default 1 GiB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_bytes: Option<u64>,
}

fn white() -> [u8; 3] {
    [255; 3]
}

impl ImagesSpec {
    /// The name of this kind in a configuration.
    pub const NAME: &'static str = "images";

    /// Everything at `path`, with defaults.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            size: None,
            channels: None,
            class: None,
            classes: Vec::new(),
            colour: Colour::default(),
            flip: false,
            split: Split::default(),
            domain: None,
            limit: None,
            skip_bad: false,
            fit: Fit::default(),
            range: ValueRange::default(),
            background: white(),
            key: None,
            max_bytes: None,
        }
    }

    /// Opens the set; a relative path starts at `base`. Every file is decoded once, in parallel, so that damaged ones are
    /// known before they are drawn; sets within `max_bytes` stay in memory.
    ///
    /// # Errors
    /// [`DataError::BadParameter`] and [`DataError::NoSuchClass`] for keys out of range, [`DataError::NoImages`] for nothing
    /// to draw from, [`DataError::Malformed`], [`DataError::UnknownFormat`], [`DataError::TooLarge`] and [`DataError::Io`]
    /// for the first file, in order of names, that is no image of its format, [`DataError::TooFewPoints`] below 2 images.
    pub fn open(&self, base: &Path) -> Result<ImageSampler, DataError> {
        self.open_with(base, &mut |_, _| {}).map(|opened| opened.sampler)
    }

    /// [`ImagesSpec::open`], with what was found, and `progress(done, all)` called between files.
    ///
    /// # Errors
    /// As [`ImagesSpec::open`].
    pub fn open_with(&self, base: &Path, progress: &mut dyn FnMut(usize, usize)) -> Result<Opened, DataError> {
        open::open(self, &base.join(&self.path), progress)
    }

    /// The test images of the set whose training images these are; `None` if there are none, or if these are others.
    ///
    /// # Errors
    /// As [`ImagesSpec::open`], but for what is merely not there.
    pub fn held_out(&self, base: &Path) -> Result<Option<ImageSampler>, DataError> {
        if self.split != Split::Train {
            return Ok(None);
        }
        match (Self { split: Split::Test, limit: None, ..self.clone() }).open(base) {
            Ok(sampler) => Ok(Some(sampler)),
            Err(DataError::NoImages { .. } | DataError::NoSuchClass { .. } | DataError::TooFewPoints { .. }) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// The classes asked for, and how many images.
    pub(super) fn selection(&self) -> Result<Selection, DataError> {
        if self.class.is_some() && !self.classes.is_empty() {
            return Err(bad("class", "is set and so is classes; set one of them"));
        }
        if self.limit.is_some_and(|limit| limit < 2) {
            return Err(bad("limit", "is below 2; a data set needs 2 images"));
        }
        Ok(Selection { classes: self.class.iter().chain(&self.classes).cloned().collect(), limit: self.limit })
    }

    /// What every image is brought to.
    pub(super) fn target(&self) -> Result<Target, DataError> {
        let size = self.size.map(ImageSize::sides);
        let (height, width) = size.unwrap_or((1, 1));
        super::ImageShape::new(height, width, self.channels.unwrap_or(1))?;
        let channels = match (self.colour, self.channels) {
            (Colour::Random, Some(1)) => return Err(bad("channels", "is 1, but random colours need 3")),
            (Colour::Random, _) => Some(1),
            (Colour::Keep, channels) => channels,
        };
        if self.domain.as_deref().is_some_and(|domain| domain.is_empty() || domain.contains(['/', '\\', '.'])) {
            return Err(bad("domain", "is no plain name; it is A or B"));
        }
        Ok(Target { size, channels, fit: self.fit, background: self.background })
    }
}

fn bad(field: &'static str, problem: &str) -> DataError {
    DataError::BadParameter { place: ImagesSpec::NAME, field, problem: problem.to_owned() }
}

impl fmt::Display for ImagesSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path.display())?;
        match self.size.map(ImageSize::sides) {
            Some((height, width)) if height == width => write!(f, ", {height} px")?,
            Some((height, width)) => write!(f, ", {height} × {width} px")?,
            None => {}
        }
        if let Some(domain) = &self.domain {
            write!(f, ", domain {domain}")?;
        }
        let classes: Vec<_> = self.class.iter().chain(&self.classes).map(ClassName::to_string).collect();
        if !classes.is_empty() {
            write!(f, ", class {}", classes.join(" "))?;
        }
        if self.colour == Colour::Random {
            write!(f, ", random colours")?;
        }
        write!(f, ", {}", self.split.name())
    }
}
