//! What a run's weights depend on, as one hash: a checkpoint belongs to a run if their hashes agree.

use blake3::Hasher;
use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;
use efm_core::Seed;
use efm_core::streams;

use crate::config::TrainConfig;
use crate::{PlateData, Setup, TrainError};

/// Points of an endless distribution that stand for it.
const REPRESENTATIVES: usize = 16;

/// The hash of the loop's configuration, of the data and the geometry, of the network's tensors, of the seed, and of what
/// else the caller names, `text`.
pub(crate) fn fingerprint<M: Module>(
    train: &TrainConfig,
    setup: &Setup,
    network: &M,
    seed: Seed,
    text: &str,
) -> Result<String, TrainError> {
    // How often something is saved or written down changes no weight.
    let decisive = TrainConfig { checkpoint_every: 0, log_every: 1, sample_every: 0, ..train.clone() };
    let mut hasher = Hasher::new();
    let mut add = |part: &[u8]| {
        // With its length, so that parts cannot run into each other.
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    };
    add(&serde_json::to_vec(&decisive).expect("plain data"));
    add(&serde_json::to_vec(&(setup.geometry(), setup.law())).expect("plain data"));
    for data in [setup.source(), setup.target()].into_iter().chain(setup.classes()) {
        add(&bytes(match data {
            PlateData::Finite(points) => points.as_slice().to_vec(),
            PlateData::Endless { .. } => {
                data.draw(&seed.stream(streams::FINGERPRINT), 0, REPRESENTATIVES)?.as_slice().to_vec()
            }
        }));
    }
    add(&bytes(setup.middles().to_vec()));
    let mut tensors = Tensors::default();
    network.visit(&mut tensors);
    add(tensors.found.as_bytes());
    add(&seed.0.to_le_bytes());
    add(text.as_bytes());
    Ok(hasher.finalize().to_hex().to_string())
}

fn bytes(values: Vec<f32>) -> Vec<u8> {
    values.into_iter().flat_map(f32::to_le_bytes).collect()
}

/// Names and shapes of a network's tensors, one a line.
#[derive(Default)]
struct Tensors {
    path: Vec<String>,
    found: String,
}

impl ModuleVisitor for Tensors {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.found += &format!("{} {:?}\n", self.path.join("."), param.lazy_shape().dims::<D>());
    }
}
