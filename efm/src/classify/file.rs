use std::fs;
use std::path::Path;

use burn::module::Module;
use burn::store::ModuleRecord;
use burn::tensor::{Bytes, Device};
use efm_core::Seed;
use efm_core::streams;
use efm_data::Sampler;
use efm_data::image::ImageSampler;
use efm_train::{read, write_atomically};
use serde::{Deserialize, Serialize};

use super::Classifier;
use crate::Error;

/// A classifier in a folder: `classifier.json` and `classifier.bpk`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Description {
    format: u32,
    /// What it was trained on and how, see [`classifier_key`].
    key: String,
    /// Channels, height and width.
    image: [usize; 3],
    classes: usize,
    weights_blake3: String,
}

/// Also of the architecture and of how it is trained: other classifiers are not those of before.
const FORMAT: u32 = 1;
const DESCRIPTION: &str = "classifier.json";
const WEIGHTS: &str = "classifier.bpk";

/// Draws of a set that tell it from others.
const DRAWS: usize = 64;

/// Hash of all that a classifier depends on: the labels of `images`, some draws of them, which show size and colours as
/// well, `steps` and `seed`.
///
/// # Errors
/// [`Error::Data`] for images that can no longer be read.
pub fn classifier_key(images: &ImageSampler, steps: usize, seed: Seed) -> Result<String, Error> {
    let mut hash = blake3::Hasher::new();
    hash.update(&FORMAT.to_le_bytes());
    for value in [seed.0, steps as u64, images.count() as u64] {
        hash.update(&value.to_le_bytes());
    }
    if let Some(labels) = images.labels() {
        labels.names().iter().for_each(|name| _ = hash.update(name.as_bytes()).update(&[0]));
        labels.classes().iter().for_each(|class| _ = hash.update(&class.to_le_bytes()));
    }
    let draws = images.draw(&seed.stream(streams::CLASSIFIER_KEY), 0, DRAWS)?;
    draws.as_slice().iter().for_each(|value| _ = hash.update(&value.to_le_bytes()));
    Ok(hash.finalize().to_hex().to_string())
}

/// Writes a classifier of `images` into `folder`; the description, which holds the hash of the weights, comes last.
///
/// # Errors
/// [`Error::Train`], [`Error::Unlabelled`].
pub fn save_classifier(classifier: &Classifier, images: &ImageSampler, key: &str, folder: &Path) -> Result<(), Error> {
    fs::create_dir_all(folder).map_err(|error| Error::io(folder, error))?;
    let record = classifier.clone().into_record();
    let weights = record.into_bytes().map_err(|error| Error::device(error.to_string()))?.to_vec();
    let shape = images.shape();
    let description = Description {
        format: FORMAT,
        key: key.to_owned(),
        image: [shape.channels, shape.height, shape.width],
        classes: images.labels().ok_or(Error::Unlabelled)?.names().len(),
        weights_blake3: blake3::hash(&weights).to_hex().to_string(),
    };
    write_atomically(&folder.join(WEIGHTS), &weights)?;
    let text = serde_json::to_vec_pretty(&description).expect("plain data");
    Ok(write_atomically(&folder.join(DESCRIPTION), &text)?)
}

/// The classifier in `folder`, if it is there and its key is `key`.
///
/// # Errors
/// [`Error::Train`], and [`Error::Train`] for files that are damaged or of another classifier.
pub fn load_classifier(key: &str, folder: &Path, device: &Device) -> Result<Option<Classifier>, Error> {
    let path = folder.join(DESCRIPTION);
    if !path.exists() {
        return Ok(None);
    }
    let description = describe(&path)?;
    if description.key != key {
        return Err(Error::corrupt(&path, OTHER));
    }
    of(description, folder, device).map(Some)
}

/// The classifier in `folder`, whatever it was trained on.
///
/// # Errors
/// As [`load_classifier`].
pub fn open_classifier(folder: &Path, device: &Device) -> Result<Classifier, Error> {
    of(describe(&folder.join(DESCRIPTION))?, folder, device)
}

const OTHER: &str = "a classifier of other images, or trained otherwise";

fn describe(path: &Path) -> Result<Description, Error> {
    let description: Description =
        serde_json::from_slice(&read(path)?).map_err(|error| Error::corrupt(path, error.to_string()))?;
    if description.format != FORMAT { Err(Error::corrupt(path, OTHER)) } else { Ok(description) }
}

fn of(description: Description, folder: &Path, device: &Device) -> Result<Classifier, Error> {
    let path = folder.join(WEIGHTS);
    let weights = read(&path)?;
    if blake3::hash(&weights).to_hex().to_string() != description.weights_blake3 {
        return Err(Error::corrupt(&path, "its hash differs from the one in classifier.json"));
    }
    let wrong = |error: burn::store::RecordError| Error::corrupt(&path, error.to_string());
    // The drawn weights are overwritten at once; the seed does not matter.
    let blank = Classifier::new(description.image, description.classes, &Seed(0).stream(streams::WEIGHTS), device)?;
    let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(weights)).map_err(wrong)?;
    blank.try_load_record(record).map_err(wrong)
}
