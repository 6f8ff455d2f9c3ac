//! A classifier of the real images, trained once and kept.

use std::ops::ControlFlow;
use std::path::Path;

use burn::tensor::Device;
use efm_core::Seed;
use efm_data::image::ImageSampler;

use super::Classifier;
use crate::{Error, Host, classifier_key, load_classifier, save_classifier, train_classifier};

/// The classifier of `images` after `steps`: the one in `folder`, or where there is none a fresh one, which is then kept there.
/// Without a folder it is kept beside the known sets, if they can be written to.
pub fn classifier(
    images: &ImageSampler,
    steps: usize,
    seed: Seed,
    folder: Option<&Path>,
    device: &Device,
    host: &dyn Host,
) -> Result<Classifier, Error> {
    let key = classifier_key(images, steps, seed)?;
    let place = match folder {
        Some(folder) => Some(folder.to_path_buf()),
        None => host.store().map(|store| store.join("classifiers").join(&key[..16])),
    };
    if let Some(place) = &place {
        match load_classifier(&key, place, device) {
            Ok(Some(classifier)) => return Ok(classifier),
            Ok(None) => {}
            // What efm keeps for itself it may make again; a folder of the user's stays as it is.
            Err(error) if folder.is_none() => host.note(&format!("efm: {error}; training it again")),
            Err(error) => return Err(error),
        }
    }
    let mut progress = host.progress("classifier", steps);
    let trained = train_classifier(images, steps, seed, device, &mut |step, loss| {
        progress.set_value(step, "loss", loss, "");
        if host.stop().is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    drop(progress);
    if let Some(kind) = host.stop() {
        return Err(host.stopped(kind, "stopped; nothing was written", None));
    }
    let classifier = trained?;
    if let Some(place) = place {
        match save_classifier(&classifier, images, &key, &place) {
            Err(error) if folder.is_none() => host.note(&format!("efm: the classifier is not kept: {error}")),
            saved => saved?,
        }
    }
    Ok(classifier)
}

/// The classifier of `images` that was kept, if there is one.
pub fn kept_classifier(
    images: &ImageSampler,
    steps: usize,
    seed: Seed,
    device: &Device,
    host: &dyn Host,
) -> Option<Classifier> {
    let key = classifier_key(images, steps, seed).ok()?;
    let store = host.store()?;
    load_classifier(&key, &store.join("classifiers").join(&key[..16]), device).ok()?
}
