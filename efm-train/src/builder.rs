use std::sync::Arc;

use burn::tensor::Device;
use efm_core::Seed;
use efm_core::streams;
use efm_field::PointSampler;
use efm_models::{NetworkConfig, TrainableNet};

use crate::config::TrainConfig;
use crate::{Misfit, Objective, Setup, TrainError, Trainer, objectives};

/// Puts the parts of a training together; [`Trainer::builder`] gives one.
#[derive(Debug, Clone)]
pub struct TrainerBuilder {
    pub(crate) train: TrainConfig,
    pub(crate) setup: Arc<Setup>,
    pub(crate) objective: Arc<dyn Objective>,
    pub(crate) points: Arc<dyn PointSampler>,
    pub(crate) text: String,
}

impl Trainer {
    /// A training by `train` on the data of `setup`.
    pub fn builder(train: &TrainConfig, setup: impl Into<Arc<Setup>>) -> TrainerBuilder {
        TrainerBuilder {
            train: train.clone(),
            setup: setup.into(),
            objective: train.objective.build(),
            points: Arc::new(train.points.clone()),
            text: String::new(),
        }
    }
}

impl TrainerBuilder {
    /// What is learned, in the place of the objective that the configuration names.
    #[must_use]
    pub fn objective(self, objective: impl Objective + 'static) -> Self {
        Self { objective: Arc::new(objective), ..self }
    }

    /// Where it is learned, in the place of the points that the configuration names.
    #[must_use]
    pub fn points(self, points: impl PointSampler + 'static) -> Self {
        Self { points: Arc::new(points), ..self }
    }

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
        self.check()?;
        let (classes, known) = (self.setup.classes().len(), model.classes());
        if classes > 0 && classes != known {
            let why = format!("there are {classes} classes of the target, and the network must know as many");
            return Err(Misfit::new("model.classes", known, why).into());
        }
        let network = model.init(self.setup.geometry(), &seed.stream(streams::WEIGHTS), device)?;
        self.build(network, seed, device)
    }

    /// The trainer of `network`, at step 0.
    ///
    /// # Errors
    /// [`TrainError::Misfit`] for values out of their range and for parts that do not fit each other: law, objective, points, head,
    /// dimension.
    pub fn build<N: TrainableNet>(self, network: N, seed: Seed, device: &Device) -> Result<Trainer<N>, TrainError> {
        self.check()?;
        let geometry = self.setup.geometry();
        if let Some(dim) = network.dim().filter(|&dim| dim != geometry.dim) {
            let why = format!("geometry.dim is {}, and both must agree", geometry.dim);
            return Err(Misfit::new("network", format!("for points of dimension {dim}"), why).into());
        }
        Trainer::from_parts(self, network, seed, device)
    }

    /// Whether the values make a loop, and objective, points, law and head fit each other.
    fn check(&self) -> Result<(), Misfit> {
        self.train.check()?;
        let (geometry, law) = (self.setup.geometry(), self.setup.law());
        objectives::check(&*self.objective, law, &*self.points)?;
        let head = self.objective.head(&*self.points);
        if geometry.head != head {
            let why = format!("the objective {:?} needs {head:?} at these points", self.objective.name());
            return Err(Misfit::new("geometry.head", format!("{:?}", geometry.head), why));
        }
        Ok(())
    }
}
