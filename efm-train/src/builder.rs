use std::sync::Arc;

use burn::tensor::Device;
use efm_core::Seed;
use efm_models::{Network, NetworkConfig};

use crate::config::TrainConfig;
use crate::{Misfit, Setup, TrainError, Trainer};

/// Puts the parts of a training together; [`Trainer::builder`] gives one.
#[derive(Debug, Clone)]
pub struct TrainerBuilder {
    pub(crate) train: TrainConfig,
    pub(crate) setup: Arc<Setup>,
    pub(crate) text: String,
}

impl Trainer {
    /// A training by `train` on the data of `setup`.
    pub fn builder(train: &TrainConfig, setup: impl Into<Arc<Setup>>) -> TrainerBuilder {
        TrainerBuilder { train: train.clone(), setup: setup.into(), text: String::new() }
    }
}

impl TrainerBuilder {
    /// Names what else the weights depend on, so that checkpoints of one course are not taken for those of another. The
    /// loop's configuration, the data, the geometry, the network's tensors and the seed are known by themselves.
    #[must_use]
    pub fn fingerprint(self, text: impl Into<String>) -> Self {
        Self { text: text.into(), ..self }
    }

    /// The trainer of a network of ours, with weights drawn by the seed.
    ///
    /// # Errors
    /// As [`TrainerBuilder::build`]; [`TrainError::Model`] for sizes that make no network, and [`TrainError::Misfit`] for
    /// a network that knows another number of classes than there are.
    pub fn build_network(self, model: &NetworkConfig, seed: Seed, device: &Device) -> Result<Trainer, TrainError> {
        let (classes, known) = (self.setup.classes().len(), model.classes());
        if classes > 0 && classes != known {
            let why = format!("there are {classes} classes of the target, and the network must know as many");
            return Err(Misfit::new("model.classes", known, why).into());
        }
        let network = model.init(self.setup.geometry(), &seed.stream("weights"), device)?;
        self.build(network, seed, device)
    }

    /// The trainer of `network`, at step 0.
    ///
    /// # Errors
    /// When the data cannot be drawn from.
    pub fn build(self, network: Network, seed: Seed, device: &Device) -> Result<Trainer, TrainError> {
        Trainer::from_parts(self, network, seed, device)
    }
}
