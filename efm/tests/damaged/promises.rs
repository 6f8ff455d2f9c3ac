//! What the configuration and the files of a run promise, whatever is in them.

use std::fs;
use std::path::Path;

use efm::config::{ConfigSource, load};
use efm::{Error, TrainedModel};
use efm_core::Points;
use efm_models::device;
use efm_train::{Checkpoints, State, Tensors, TrainError};

use crate::readers::{one_line, put};

/// A configuration is refused in a line with a hint, or comes back as itself once it is written out.
fn read(source: &ConfigSource) -> Result<bool, String> {
    match load(source) {
        Ok(config) => {
            let text = toml::to_string(&config).map_err(|error| format!("cannot be written: {error}"))?;
            // Compared as text: NaN, which the data set refuses later, is not equal to itself.
            let again = load(&ConfigSource { text: text.clone(), ..ConfigSource::default() });
            match again.as_ref().map(toml::to_string) {
                Ok(Ok(again)) if again == text => Ok(true),
                other => Err(format!("{text}\nreads back as {other:?}")),
            }
        }
        Err(error) if one_line(&error.to_string()) && one_line(&error.hint) => Ok(false),
        Err(error) => Err(format!("{error:?}")),
    }
}

pub fn config(input: &[u8], place: &Path) -> Result<bool, String> {
    match ConfigSource::from_file(&put(place, "x.toml", input)) {
        Ok(source) => read(&source),
        Err(Error::Config(error)) if one_line(&error.to_string()) => Ok(false),
        Err(error) => Err(error.to_string()),
    }
}

pub fn setting(input: &[u8], _: &Path) -> Result<bool, String> {
    let text = "source.kind = 'gaussian'\ntarget.kind = 'gaussian'\n".to_owned();
    let settings = String::from_utf8_lossy(input).split('\n').map(str::to_owned).collect();
    read(&ConfigSource { text, settings, ..ConfigSource::default() })
}

pub fn state() -> State {
    State { step: 3, loss: Some(0.5), best: None, best_step: 0, stale: 1, fingerprint: "f".to_owned() }
}

pub fn contents() -> Tensors {
    Tensors { weights: vec![1; 40], average: vec![2; 30], optimizer: vec![3; 50] }
}

/// A checkpoint with this manifest counts only as what it was.
pub fn checkpoint(input: &[u8], place: &Path) -> Result<bool, String> {
    let checkpoints = Checkpoints::new(place.join("checkpoints"));
    let folder = place.join("checkpoints/step-00000003");
    if !folder.exists() {
        checkpoints.save(&state(), &contents()).unwrap();
    }
    fs::write(folder.join("manifest.json"), input).unwrap();
    match checkpoints.newest() {
        Ok((Some(found), _)) if found == (state(), contents()) => Ok(true),
        Ok((None, broken)) if broken.len() == 1 && one_line(&broken[0].to_string()) => Ok(false),
        other => Err(format!("{other:?}")),
    }
}

/// A model of a network one neuron wide.
pub fn small_model(folder: &Path) {
    use efm_data::Scaling;
    use efm_models::{Geometry, Head, MlpConfig, NetworkConfig};
    let geometry =
        Geometry { dim: 1, gap: 2.0, source_spread: 1.0, target_spread: 1.0, stretched: true, head: Head::Forward };
    let config = NetworkConfig::Mlp(MlpConfig { width: 1, depth: 1, ..MlpConfig::default() }.resolved(1));
    let cpu = device::parse("cpu").unwrap();
    let cloud = Points::from_values(1, vec![1.0, 2.0, 4.0]).unwrap();
    let model = TrainedModel {
        network: config.init(geometry, &efm_core::Seed(1).stream("weights"), &cpu).unwrap(),
        geometry,
        scalers: efm::Scalers::fit(Scaling::PerCoordinate, true, None, &cloud, &cloud).unwrap(),
        solver: efm::config::SolverConfig::default(),
        config,
        classes: Vec::new(),
    };
    model.save(folder).unwrap();
}

pub fn model(input: &[u8], place: &Path) -> Result<bool, String> {
    if !place.join("weights.bpk").exists() {
        small_model(place);
    }
    fs::write(place.join("model.json"), input).unwrap();
    match TrainedModel::load(place, &device::parse("cpu").unwrap()) {
        Ok(loaded) if loaded.geometry.dim == 1 => Ok(true),
        Ok(loaded) => Err(format!("accepted {:?}", loaded.geometry)),
        Err(error @ (Error::Train(TrainError::Corrupt { .. }) | Error::Model(_))) if one_line(&error.to_string()) => {
            Ok(false)
        }
        Err(error) => Err(error.to_string()),
    }
}

pub fn weights_of(input: &[u8], place: &Path) -> Result<bool, String> {
    use efm_models::{ModelError, Weights};
    let held = |error: ModelError| match error {
        ModelError::BadWeights { .. } if one_line(&error.to_string()) => Ok(false),
        error => Err(error.to_string()),
    };
    let weights = match Weights::open(&put(place, "a.pth", input)) {
        Ok(weights) => weights,
        Err(error) => return held(error),
    };
    for (name, shape) in weights.shapes() {
        let count = shape.iter().try_fold(1_usize, |count, &size| count.checked_mul(size));
        // A view may be much larger than what is stored; networks ask for tensors of their own size.
        if count.is_none_or(|count| count > 4_096) {
            continue;
        }
        match weights.read(name, shape) {
            Ok(values) if values.iter().all(|value| value.is_finite()) => {}
            Ok(values) => return Err(format!("accepted {values:?}")),
            Err(error) => return held(error),
        }
    }
    Ok(true)
}
