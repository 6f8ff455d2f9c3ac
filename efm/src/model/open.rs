use std::path::Path;

use burn::tensor::Device;

use crate::{Error, TrainedModel};

impl TrainedModel {
    /// The model at `path`: the folder of a run, that of a model, or one file that a run exported.
    ///
    /// # Errors
    /// As [`TrainedModel::load`] and [`TrainedModel::import`].
    pub fn open(path: &Path, device: &Device) -> Result<Self, Error> {
        let inside = path.join("model");
        match (path.is_file(), inside.is_dir()) {
            (true, _) => Self::import(path, device),
            (false, true) => Self::load(&inside, device),
            (false, false) => Self::load(path, device),
        }
    }
}
