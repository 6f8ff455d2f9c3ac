use std::path::Path;

use super::{ImageSet, ImageShape, Labels, Raster, Split};
use crate::{
    DataError, Limits,
    format::{Number, Shaped, read_shaped},
    list_arrays,
};

/// Names images go by in npz files, and those of their labels: MedMNIST's, Keras' and plain ones. `*` is the split.
const NAMES: [(&str, &str); 5] =
    [("*_images", "*_labels"), ("x_*", "y_*"), ("images", "labels"), ("x", "y"), ("arr_0", "arr_1")];

/// Reads an array of images from an npy or npz file.
///
/// Axes are `[N, H, W]` (grey), `[N, H, W, C]` where the last is 1, 3 or 4, or else `[N, C, H, W]` where the second is; four
/// channels are red, green, blue and alpha, and alpha is composited over `background`. Values: bytes as they are; booleans
/// are black and white; u16 by v/257; other integers must lie in 0..=255; floats are taken by the smallest of these that
/// holds the whole array: [0, 1], [−1, 1], [0, 255].
///
/// `key` names the array of an npz; without it the names of MedMNIST (`train_images`), Keras (`x_train`), `images` and `x`
/// are tried, then the only array there is. An array of labels with the matching name (`train_labels`, `y_train`, `labels`,
/// `y`) and N whole numbers gives the classes.
///
/// # Errors
/// As [`crate::read_points`], and [`DataError::Malformed`] for other axes or values outside these ranges.
pub fn read_image_array(
    path: &Path,
    key: Option<&str>,
    split: Split,
    background: [u8; 3],
    limits: &Limits,
) -> Result<ImageSet, DataError> {
    let names = list_arrays(path)?;
    let (key, beside) = match key {
        Some(key) => (Some(key.to_owned()), partner(key)),
        None => guess(&names, split),
    };
    let array = read_shaped(path, key.as_deref(), limits)?;
    let place = key.as_ref().map_or("data".to_owned(), |key| format!("array \"{key}\""));
    let malformed = |problem: String| DataError::Malformed { path: path.into(), place: place.clone(), problem };
    let (height, width, channels, planar) = axes(&array.shape).ok_or_else(|| {
        malformed(format!("shape {:?} is none of images: [N, H, W(, C)] or [N, C, H, W]", array.shape))
    })?;
    let stored = ImageShape { height, width, channels };
    let shape = ImageShape::new(height, width, if channels == 4 { 3 } else { channels })
        .map_err(|error| malformed(error.to_string()))?;
    let bytes = to_bytes(&array).map_err(&malformed)?;
    let labels = match beside.filter(|name| names.contains(name)) {
        Some(name) => Some(labels(path, &name, bytes.len() / stored.dim(), limits)?),
        None => None,
    };
    let bytes = match (channels, planar) {
        (4, _) => opaque(stored, &bytes, planar, background),
        (_, true) => return Ok(ImageSet { shape, pixels: bytes, labels }),
        (_, false) => bytes,
    };
    Ok(ImageSet::from_interleaved(shape, bytes, labels))
}

/// H, W, C, and whether the channels come first.
fn axes(shape: &[u64]) -> Option<(usize, usize, usize, bool)> {
    let channels = |axis: u64| matches!(axis, 1 | 3 | 4);
    let small = |axis: u64| usize::try_from(axis).ok();
    match *shape {
        [_, height, width] => Some((small(height)?, small(width)?, 1, false)),
        [_, height, width, last] if channels(last) => Some((small(height)?, small(width)?, small(last)?, false)),
        [_, first, height, width] if channels(first) => Some((small(height)?, small(width)?, small(first)?, true)),
        _ => None,
    }
}

/// Values as bytes, by the rules of [`read_image_array`].
fn to_bytes(array: &Shaped) -> Result<Vec<u8>, String> {
    let values = array.rows.single();
    let (low, high) = values.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), &v| (l.min(v), h.max(v)));
    // value·stretch + shift
    let (stretch, shift) = match array.number {
        Number::Bool => (255.0, 0.0),
        Number::U16 => (1.0 / 257.0, 0.0),
        Number::F16 | Number::Bf16 | Number::F32 | Number::F64 => {
            if low >= 0.0 && high <= 1.0 {
                (255.0, 0.0)
            } else if low >= -1.0 && high <= 1.0 {
                (127.5, 127.5)
            } else if low >= 0.0 && high <= 255.0 {
                (1.0, 0.0)
            } else {
                return Err(format!("values run from {low} to {high}; [0, 1], [-1, 1] or [0, 255] is needed"));
            }
        }
        _ if low >= 0.0 && high <= 255.0 => (1.0, 0.0),
        _ => return Err(format!("values run from {low} to {high}; integers must lie in 0 to 255")),
    };
    Ok(values.iter().map(|value| (value * stretch + shift).round() as u8).collect())
}

/// Values `[N, H, W, 3]` from images of four channels, alpha over the background.
fn opaque(stored: ImageShape, bytes: &[u8], planar: bool, background: [u8; 3]) -> Vec<u8> {
    let interleaved: Vec<u8> = match planar {
        true => bytes.chunks_exact(stored.dim()).flat_map(|one| Raster::from_planar(stored, one).pixels).collect(),
        false => bytes.to_vec(),
    };
    let pixels = interleaved.as_chunks::<4>().0.iter();
    pixels
        .flat_map(|&[r, g, b, alpha]| {
            let [one, two, three] = background;
            [(r, one), (g, two), (b, three)].map(|(value, behind)| super::decode::composite(value, alpha, behind))
        })
        .collect()
}

fn partner(key: &str) -> Option<String> {
    let pairs = ["train", "test", "all"].iter().flat_map(|split| NAMES.iter().map(move |pair| (pair, split)));
    let mut pairs = pairs.map(|((images, labels), split)| (images.replace('*', split), labels.replace('*', split)));
    pairs.find(|(images, _)| images == key).map(|(_, labels)| labels)
}

fn guess(names: &[String], split: Split) -> (Option<String>, Option<String>) {
    let pairs = NAMES.map(|(images, labels)| (images.replace('*', split.name()), labels.replace('*', split.name())));
    match pairs.into_iter().find(|(images, _)| names.contains(images)) {
        Some((images, labels)) => (Some(images), Some(labels)),
        None => (None, None),
    }
}

fn labels(path: &Path, key: &str, count: usize, limits: &Limits) -> Result<Labels, DataError> {
    /// Classes are counted; no set has so many.
    const MOST: f32 = 1e6;
    let array = read_shaped(path, Some(key), limits)?;
    let fail = |problem: String| DataError::Malformed { path: path.into(), place: format!("array \"{key}\""), problem };
    let values = array.rows.single();
    if values.len() != count {
        return Err(fail(format!("{} labels belong to {count} images", values.len())));
    }
    if let Some(bad) = values.iter().find(|value| value.fract() != 0.0 || !(0.0..MOST).contains(*value)) {
        return Err(fail(format!("label {bad} is no whole number from 0 to {MOST}")));
    }
    let of: Vec<u32> = values.iter().map(|&value| value as u32).collect();
    let classes = of.iter().max().map_or(0, |&label| label + 1);
    Ok(Labels { names: (0..classes).map(|class| class.to_string()).collect(), of })
}
