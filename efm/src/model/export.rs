use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use burn::module::Module;
use burn::store::ModuleRecord;
use burn::tensor::{Bytes, Device};
use burn_pack::{DType, Reader, Tensor, Writer};
use efm_models::Network;
use efm_train::{read, write_atomically};
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors, serialize};
use serde::{Deserialize, Serialize};

use super::file::Description;
use crate::{Error, TrainedModel};

/// What a safetensors file says of its model, under the key [`KEY`] of its metadata; one key, because the order of
/// several is not fixed by the format and equal models make equal files.
#[derive(Serialize, Deserialize)]
struct About {
    /// Name of the experiment.
    name: String,
    /// The run's configuration, TOML.
    config: String,
    /// Version of burn that wrote the weights.
    burn: String,
    /// All that is needed besides the weights.
    model: Description,
}

/// Key of the metadata.
const KEY: &str = "efm";

/// The version of burn that the workspace pins.
const BURN: &str = "0.22.1";

impl TrainedModel {
    /// Writes the model as one safetensors file, which holds all that [`TrainedModel::import`] needs: weights by the names
    /// of their modules, and in the metadata, under `efm`, a JSON object of `name`, `config` (the run's configuration,
    /// TOML), versions, geometry, network, scaling and solver. Equal models make equal files.
    ///
    /// # Errors
    /// [`Error::Train`], also when the weights cannot be read from their device.
    pub fn export(&self, path: &Path, name: &str, config: &str) -> Result<(), Error> {
        let device = |error: String| Error::device(error);
        let weights = tensors(&self.network)?;
        let about = About {
            name: name.to_owned(),
            config: config.to_owned(),
            burn: BURN.to_owned(),
            model: self.description(hash(weights.iter().map(|(name, (_, bytes))| (name.as_str(), bytes.as_slice())))),
        };
        let metadata = HashMap::from([(KEY.to_owned(), serde_json::to_string(&about).expect("plain data"))]);
        let views: Result<Vec<_>, _> = weights
            .iter()
            .map(|(name, (shape, bytes))| Ok((name, TensorView::new(Dtype::F32, shape.clone(), bytes)?)))
            .collect();
        let text = views
            .and_then(|views| serialize(views, Some(metadata)))
            .map_err(|error: safetensors::SafeTensorError| device(error.to_string()))?;
        Ok(write_atomically(path, &text)?)
    }

    /// Reads what [`TrainedModel::export`] wrote, onto `device`.
    ///
    /// # Errors
    /// [`Error::Train`], and [`Error::Train`] for other safetensors files and for such that were cut or changed.
    pub fn import(path: &Path, device: &Device) -> Result<Self, Error> {
        let wrong = |message: String| Error::corrupt(path, message);
        let bytes = read(path)?;
        let (_, header) = SafeTensors::read_metadata(&bytes).map_err(|error| wrong(error.to_string()))?;
        let about = header.metadata().as_ref().and_then(|metadata| metadata.get(KEY));
        let about = about.ok_or_else(|| wrong(format!("its metadata have no key `{KEY}`: not a model of efm")))?;
        let about: About = serde_json::from_str(about).map_err(|error| wrong(format!("metadata: {error}")))?;
        about.model.check(path)?;
        let file = SafeTensors::deserialize(&bytes).map_err(|error| wrong(error.to_string()))?;
        let weights: BTreeMap<String, TensorView<'_>> = file.tensors().into_iter().collect();
        if hash(weights.iter().map(|(name, view)| (name.as_str(), view.data()))) != about.model.weights_blake3 {
            return Err(wrong("the weights differ from those that were saved".to_owned()));
        }
        let tensors = weights
            .into_iter()
            .map(|(name, view)| {
                let bytes = Bytes::from_bytes_vec(view.data().to_vec());
                Tensor::new(name, DType::F32, view.shape().to_vec(), None, bytes)
            })
            .collect();
        let packed = Writer::new(tensors).into_bytes().map_err(|error| wrong(error.to_string()))?;
        let record = ModuleRecord::from_bytes(packed).map_err(|error| wrong(error.to_string()))?;
        about.model.model(record, path, device)
    }
}

/// Tensors by their names: shape and f32 bytes.
type Named = BTreeMap<String, (Vec<usize>, Vec<u8>)>;

/// The tensors of a network.
pub(crate) fn tensors(network: &Network) -> Result<Named, Error> {
    let device = |error: String| Error::device(error);
    let packed = network.clone().into_record().into_bytes().map_err(|error| device(error.to_string()))?.to_vec();
    let tensors = Reader::from_bytes(Bytes::from_bytes_vec(packed))
        .and_then(Reader::into_tensors)
        .map_err(|error| device(error.to_string()))?;
    let mut weights = BTreeMap::new();
    for tensor in tensors {
        let (name, dtype, shape, _, bytes) = tensor.into_parts().map_err(|error| device(error.to_string()))?;
        if dtype != DType::F32 {
            return Err(device(format!("{name} holds {dtype:?}; exported are f32 weights")));
        }
        let shape: Vec<usize> = shape.iter().copied().collect();
        weights.insert(name, (shape, bytes.to_vec()));
    }
    Ok(weights)
}

/// Hash of named weights in the order of their names.
fn hash<'a>(weights: impl Iterator<Item = (&'a str, &'a [u8])>) -> String {
    let mut hasher = blake3::Hasher::new();
    for (name, bytes) in weights {
        hasher.update(name.as_bytes()).update(&[0]).update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
    }
    hasher.finalize().to_hex().to_string()
}
