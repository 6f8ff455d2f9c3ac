//! IDX, the format of MNIST: two zero bytes, the type, the number of axes, the axes as big-endian u32, the values.
//! Format: yann.lecun.com/exdb/mnist

use std::path::{Path, PathBuf};

use super::{ImageSet, ImageShape, Labels, Split, gzip::Content};
use crate::{DataError, Limits, format::Source};

/// An array of unsigned bytes as an IDX file holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idx {
    /// Length of each axis, the slowest first: `[N, H, W]` for images, `[N]` for labels.
    pub axes: Vec<usize>,
    /// The values, last axis fastest.
    pub values: Vec<u8>,
}

/// Images have 3 axes, in colour 4.
const MOST_AXES: u8 = 4;

/// Reads an IDX file of unsigned bytes, raw or gzipped; the first bytes tell.
///
/// # Errors
/// [`DataError::Malformed`] where the axes and the bytes there are disagree, [`DataError::UnsupportedType`] for other types
/// than unsigned bytes, [`DataError::TooLarge`] beyond the limits, [`DataError::Io`], [`DataError::NotAFile`].
pub fn read_idx(path: &Path, limits: &Limits) -> Result<Idx, DataError> {
    let mut content = Content::open(Source::open(path)?)?;
    let [zero, nought, kind, axes_count] = content.header::<4>()?;
    let source = content.source();
    if [zero, nought] != [0, 0] {
        return Err(source.malformed("header", "does not start like an IDX file"));
    }
    if kind != 0x08 {
        let found = match kind {
            0x09 => "signed byte".to_owned(),
            0x0b => "short".to_owned(),
            0x0c => "int".to_owned(),
            0x0d => "float".to_owned(),
            0x0e => "double".to_owned(),
            other => return Err(source.malformed("header", format!("type {other:#04x} is unknown"))),
        };
        return Err(DataError::UnsupportedType { path: path.into(), place: "header".into(), found });
    }
    if !(1..=MOST_AXES).contains(&axes_count) {
        return Err(source.malformed("header", format!("has {axes_count} axes; 1 to {MOST_AXES} are known")));
    }
    let mut axes = Vec::new();
    let mut need = 1_u64;
    for _ in 0..axes_count {
        let axis = u64::from(u32::from_be_bytes(content.header::<4>()?));
        axes.push(axis as usize);
        let product = need.checked_mul(axis);
        need = product.ok_or_else(|| content.source().malformed("header", format!("axes {axes:?} … overflow")))?;
    }
    let values = content.rest(4 + 4 * u64::from(axes_count), need, limits)?;
    Ok(Idx { axes, values })
}

/// Images of an IDX file, `[N, H, W]` or `[N, H, W, 3]`, with the labels of the file beside it, if there is one.
pub(super) fn read_set(images: &Path, limits: &Limits) -> Result<ImageSet, DataError> {
    let Idx { axes, values } = read_idx(images, limits)?;
    let fail = |problem: String| DataError::Malformed { path: images.into(), place: "header".into(), problem };
    let (count, height, width, channels) = match axes[..] {
        [count, height, width] => (count, height, width, 1),
        [count, height, width, channels @ (1 | 3)] => (count, height, width, channels),
        _ => return Err(fail(format!("axes {axes:?} are no images: [N, H, W] is needed"))),
    };
    if count == 0 {
        return Err(DataError::TooFewPoints { path: images.into(), count: 0, needed: 1 });
    }
    let shape = ImageShape::new(height, width, channels).map_err(|error| fail(error.to_string()))?;
    let labels = match labels_beside(images) {
        Some(path) => Some(read_labels(&path, count, limits)?),
        None => None,
    };
    Ok(ImageSet::from_interleaved(shape, values, labels))
}

fn read_labels(path: &Path, count: usize, limits: &Limits) -> Result<Labels, DataError> {
    let Idx { axes, values } = read_idx(path, limits)?;
    let fail = |problem: String| DataError::Malformed { path: path.into(), place: "header".into(), problem };
    if axes.len() != 1 {
        return Err(fail(format!("axes {axes:?} are no labels: [N] is needed")));
    }
    if values.len() != count {
        return Err(fail(format!("{} labels belong to {count} images", values.len())));
    }
    let classes = values.iter().max().map_or(0, |&label| usize::from(label) + 1);
    let names = (0..classes).map(|class| class.to_string()).collect();
    Ok(Labels { names, of: values.into_iter().map(u32::from).collect() })
}

/// `train-labels-idx1-ubyte.gz` for `train-images-idx3-ubyte.gz`, packed or not, if it is there.
fn labels_beside(images: &Path) -> Option<PathBuf> {
    let name = images.file_name()?.to_str()?;
    let name = name.strip_suffix(".gz").unwrap_or(name);
    if !name.contains("images") {
        return None;
    }
    let name = name.replace("images", "labels").replace("idx3", "idx1");
    [name.clone(), format!("{name}.gz")].map(|name| images.with_file_name(name)).into_iter().find(|path| path.exists())
}

/// The image files of a folder laid out like MNIST's: `train-images-idx3-ubyte` and `t10k-…`, packed or not, in the folder
/// or in its `raw`.
pub(super) fn files_in(folder: &Path, split: Split) -> Vec<PathBuf> {
    let prefixes: &[&str] = match split {
        Split::Train => &["train"],
        Split::Test => &["t10k", "test"],
        Split::All => &["train", "t10k", "test"],
    };
    let mut found = Vec::new();
    for prefix in prefixes {
        let names = ["-images-idx3-ubyte", "-images.idx3-ubyte"].map(|end| format!("{prefix}{end}"));
        let all = [folder.to_path_buf(), folder.join("raw"), folder.join("MNIST/raw")];
        let mut paths = all
            .iter()
            .flat_map(|folder| names.iter().flat_map(|name| [folder.join(name), folder.join(format!("{name}.gz"))]));
        found.extend(paths.find(|path| path.exists()));
    }
    found
}
