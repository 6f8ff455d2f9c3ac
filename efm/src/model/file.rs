use std::fs;
use std::path::Path;

use burn::module::Module;
use burn::store::ModuleRecord;
use burn::tensor::{Bytes, Device};
use efm_core::Seed;
use efm_core::streams;
use efm_models::{Condition, Geometry, LearnedField, Network, NetworkConfig, TrainableNet};
use efm_train::{read, write_atomically};
use serde::{Deserialize, Serialize};

use crate::config::SolverConfig;
use crate::{Error, Scalers};

/// A trained field with all that is needed to transport points: `model/model.json` and `model/weights.bpk`.
#[derive(Debug)]
pub struct TrainedModel {
    /// The averaged network.
    pub network: Network,
    /// What the network knows of the plates.
    pub geometry: Geometry,
    /// From data units to scaled units and back, on each plate.
    pub scalers: Scalers,
    /// How lines are traced unless told otherwise.
    pub solver: SolverConfig,
    /// Size of the network.
    pub config: NetworkConfig,
    /// Names of the classes that the network can be asked for; none if its field is that of the whole target only.
    pub classes: Vec<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Description {
    format: u32,
    version: String,
    geometry: Geometry,
    network: NetworkConfig,
    scalers: Scalers,
    solver: SolverConfig,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    classes: Vec<String>,
    pub(crate) weights_blake3: String,
    /// Hash of all that the weights go with; how lines are traced may be changed by hand.
    seal: String,
}

impl Description {
    fn sealed(&self) -> String {
        let parts = (&self.geometry, &self.network, &self.scalers, &self.weights_blake3);
        let mut bytes = serde_json::to_vec(&parts).expect("plain data");
        for class in &self.classes {
            bytes.extend(class.bytes().chain([0]));
        }
        blake3::hash(&bytes).to_hex().to_string()
    }

    /// Refuses what another format or another model's numbers are.
    pub(crate) fn check(&self, path: &Path) -> Result<(), Error> {
        if self.format != FORMAT {
            let message = format!("model format {}, this build reads {FORMAT}", self.format);
            return Err(Error::corrupt(path, message));
        }
        if self.seal != self.sealed() {
            return Err(Error::corrupt(path, "geometry, network or scaling differ from those that were saved"));
        }
        Ok(())
    }

    /// The model of these weights, which come from `path`.
    pub(crate) fn model(self, record: ModuleRecord, path: &Path, device: &Device) -> Result<TrainedModel, Error> {
        // The drawn weights are overwritten at once; the seed does not matter.
        let blank = self.network.init(self.geometry, &Seed(0).stream(streams::WEIGHTS), device)?;
        let network = blank.try_load_record(record).map_err(|error| Error::corrupt(path, error.to_string()))?;
        Ok(TrainedModel {
            network,
            geometry: self.geometry,
            scalers: self.scalers,
            solver: self.solver,
            classes: self.classes,
            config: self.network,
        })
    }
}

const FORMAT: u32 = 1;
const DESCRIPTION: &str = "model.json";
const WEIGHTS: &str = "weights.bpk";

impl TrainedModel {
    /// Writes the model into `folder`; the description, which holds the hash of the weights, comes last.
    ///
    /// # Errors
    /// [`Error::Train`].
    pub fn save(&self, folder: &Path) -> Result<(), Error> {
        fs::create_dir_all(folder).map_err(|error| Error::io(folder, error))?;
        let weights =
            self.network.clone().into_record().into_bytes().map_err(|error| Error::device(error.to_string()))?.to_vec();
        let description = self.description(blake3::hash(&weights).to_hex().to_string());
        write_atomically(&folder.join(WEIGHTS), &weights)?;
        let description = serde_json::to_vec_pretty(&description).expect("plain data");
        Ok(write_atomically(&folder.join(DESCRIPTION), &description)?)
    }

    /// Reads a model onto `device`.
    ///
    /// # Errors
    /// [`Error::Train`] and [`Error::Train`].
    pub fn load(folder: &Path, device: &Device) -> Result<Self, Error> {
        let path = folder.join(DESCRIPTION);
        let description: Description =
            serde_json::from_slice(&read(&path)?).map_err(|error| Error::corrupt(&path, error.to_string()))?;
        description.check(&path)?;
        let path = folder.join(WEIGHTS);
        let weights = read(&path)?;
        if blake3::hash(&weights).to_hex().to_string() != description.weights_blake3 {
            return Err(Error::corrupt(&path, "its hash differs from the one in model.json"));
        }
        let record = ModuleRecord::from_bytes(Bytes::from_bytes_vec(weights))
            .map_err(|error| Error::corrupt(&path, error.to_string()))?;
        description.model(record, &path, device)
    }

    /// What goes with weights of this hash.
    pub(crate) fn description(&self, weights_blake3: String) -> Description {
        let mut description = Description {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            geometry: self.geometry,
            network: self.config.clone(),
            scalers: self.scalers.clone(),
            solver: self.solver.clone(),
            classes: self.classes.clone(),
            weights_blake3,
            seal: String::new(),
        };
        description.seal = description.sealed();
        description
    }

    /// The field of one class of the target and the scaling of its plates, `weight` times as far from that of the whole as it is: see
    /// [`LearnedField::guided`].
    ///
    /// # Errors
    /// [`Error::Model`] and [`Error::Data`] for a network whose numbers are of no use.
    pub fn of_class(&self, class: usize, weight: f64, device: &Device) -> Result<(LearnedField, Scalers), Error> {
        let field = self.field(device).under(Condition::class(class, device))?.guided(weight);
        let scalers = match field.middle() {
            Some(middle) => self.scalers.about(middle)?,
            None => self.scalers.clone(),
        };
        Ok((field, scalers))
    }

    /// The field of the model, in scaled units.
    pub fn field(&self, device: &Device) -> LearnedField {
        followed(&self.network, self.geometry, &self.solver, device)
    }
}

/// The field of a network as its lines are followed.
pub fn followed(network: &Network, geometry: Geometry, solver: &SolverConfig, device: &Device) -> LearnedField {
    let network = network.clone();
    let network = if solver.keep_angles { network.keeping_angles() } else { network };
    LearnedField::new(&network, geometry, device)
}

/// Names of the classes that the model in `folder` can be asked for, without its weights.
///
/// # Errors
/// [`Error::Train`] and [`Error::Train`].
pub fn class_names(folder: &Path) -> Result<Vec<String>, Error> {
    let path = folder.join(DESCRIPTION);
    let description: Description =
        serde_json::from_slice(&read(&path)?).map_err(|error| Error::corrupt(&path, error.to_string()))?;
    Ok(description.classes)
}
