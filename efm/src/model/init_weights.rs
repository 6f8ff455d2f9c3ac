use std::path::Path;

use burn::tensor::Device;
use efm_models::Weights;

use super::export::tensors;
use crate::{Error, TrainedModel};

/// Weights to begin with: a file of weights, the folder of a model, or that of a run, whose model is then read on
/// `device`.
///
/// # Errors
/// [`Error::Model`] for files that hold none, and all of [`TrainedModel::load`].
pub fn weights_at(path: &Path, device: &Device) -> Result<Weights, Error> {
    if !path.is_dir() {
        return Ok(Weights::open(path)?);
    }
    let model = path.join("model");
    let folder = if model.is_dir() { &model } else { path };
    let model = TrainedModel::load(folder, device)?;
    let tensors = tensors(&model.network)?.into_iter().map(|(name, (shape, bytes))| {
        let values = bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_ne_bytes(*bytes)).collect();
        (name, shape, values)
    });
    Ok(Weights::of(folder, tensors))
}
