//! What readers promise of any bytes: an error of bad data or of limits, in a line, or finite numbers. Shared by the tests of
//! damaged files and the fuzzers in `fuzz`.
#![allow(dead_code, reason = "each test binary takes what it needs")]

use std::fs;
use std::path::Path;

use efm_data::image::{DecodeLimits, ImagesSpec, decode_image, read_cifar, read_idx};
use efm_data::{DataError, ErrorClass, Limits, list_arrays, read_points_within};

/// More than a reader of these small files could need.
fn limits() -> Limits {
    Limits { max_bytes: 1 << 20, ..Limits::default() }
}

/// Errors are of bad data, or of too much of it, and fit a line.
fn held(error: &DataError) -> Result<bool, String> {
    let (text, hint) = (error.to_string(), error.hint());
    match error.class() {
        ErrorClass::BadData | ErrorClass::ResourceLimit if one_line(&text) && one_line(hint) => Ok(false),
        class => Err(format!("{class:?}: {text}")),
    }
}

/// Whether a message fits a line.
pub fn one_line(text: &str) -> bool {
    !text.is_empty() && !text.contains('\n') && text.len() < 10_000
}

/// Writes the input where a reader will find it.
pub fn put(place: &Path, name: &str, input: &[u8]) -> std::path::PathBuf {
    let path = place.join(name);
    fs::write(&path, input).unwrap();
    path
}

/// Rows of any kind, which the name tells.
pub fn rows(input: &[u8], place: &Path, name: &str) -> Result<bool, String> {
    let path = put(place, name, input);
    let _ = list_arrays(&path);
    let _ = read_points_within(&path, Some("x"), &limits());
    match read_points_within(&path, None, &limits()) {
        Ok(points) if points.as_slice().iter().all(|value| value.is_finite()) && points.dim() > 0 => Ok(true),
        Ok(points) => Err(format!("accepted {points:?}")),
        Err(error) => held(&error),
    }
}

/// IDX, packed or not, CIFAR, and whatever a set of images makes of the file.
pub fn sets(input: &[u8], place: &Path) -> Result<bool, String> {
    let path = put(place, "train-images-idx3-ubyte", input);
    let idx = read_idx(&path, &limits()).map(|idx| {
        let product: usize = idx.axes.iter().product();
        assert_eq!(product, idx.values.len());
    });
    let cifar = read_cifar(&path, &limits()).map(|set| assert!(!set.is_empty()));
    let opened = ImagesSpec::new(&path).open(Path::new("")).map(|sampler| assert!(sampler.count() >= 2));
    let mut accepted = false;
    for result in [idx, cifar, opened] {
        match result {
            Ok(()) => accepted = true,
            Err(error) => drop(held(&error)?),
        }
    }
    Ok(accepted)
}

/// One picture.
pub fn images(input: &[u8], _: &Path) -> Result<bool, String> {
    let limits = DecodeLimits { pixels: 1 << 14, ..DecodeLimits::default() };
    match decode_image(Path::new("a"), input, [255, 0, 128], &limits) {
        Ok(raster) => {
            let shape = raster.shape();
            assert_eq!(raster.pixels().len(), shape.height * shape.width * shape.channels);
            Ok(true)
        }
        Err(error) => held(&error),
    }
}

/// A zip of pictures, every one of them.
pub fn zips(input: &[u8], place: &Path) -> Result<bool, String> {
    let path = put(place, "a.zip", input);
    let spec = ImagesSpec { skip_bad: input.len().is_multiple_of(2), ..ImagesSpec::new(&path) };
    match spec.open(Path::new("")) {
        Ok(sampler) => {
            let mut image = vec![0.0; sampler.shape().dim()];
            (0..sampler.count()).for_each(|index| drop(sampler.image_into(index, &mut image)));
            Ok(true)
        }
        Err(error) => held(&error),
    }
}
