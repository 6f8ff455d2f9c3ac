use std::ops::ControlFlow;

use burn::tensor::Device;
use efm_core::{Points, Seed};
use efm_field::PointSampler;
use efm_integrate::Lines;
use efm_train::{Checkpoints, Ended, Objective, Setup, objectives};

use crate::{Error, Host, Kind, Prepared, Rule, TrainedModel, Way, carry, start, trainer};

/// Trains the network of a prepared run in memory: no folder, no checkpoints, no log. It begins with the weights of `train.init`, if
/// there are such. `efm train` is [`crate::train()`].
///
/// # Errors
/// Sizes that make no network, a loss that is no number, a device that fails, a host that asks for an end.
pub fn fit(prepared: &Prepared, device: &Device, host: &dyn Host) -> Result<TrainedModel, Error> {
    let mut trainer = start(trainer(prepared, device)?, prepared, device, host)?;
    let mut progress = host.progress("train", prepared.config.train.steps);
    let ended = trainer.run(&Checkpoints::none(), &mut |report| {
        progress.set_value(report.step, "loss", report.smooth, "");
        if host.stop().is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    drop(progress);
    if ended == Ended::Stopped {
        let kind = host.stop().unwrap_or(Kind::Interrupted);
        return Err(host.stopped(kind, "stopped while training; nothing was kept", None));
    }
    Ok(prepared.model(trainer.network().clone()))
}

impl Prepared {
    /// The data with what a network of this objective at these points has to know, for parts of one's own:
    /// `Trainer::builder(&prepared.config.train, setup).objective(…).points(…)`.
    ///
    /// # Errors
    /// [`Error::Misfit`] for parts that do not fit the law of the field.
    pub fn setup_for(&self, objective: &dyn Objective, points: &dyn PointSampler) -> Result<Setup, Error> {
        let setup = Setup::clone(&self.setup);
        objectives::check(objective, setup.law(), points)?;
        Ok(setup.learning(objective.head(points), objective.stretched()))
    }

    /// The trained `network` with all that is needed to use it elsewhere.
    pub fn model(&self, network: efm_models::Network) -> TrainedModel {
        TrainedModel {
            network,
            geometry: self.setup.geometry(),
            scalers: self.scalers.clone(),
            solver: self.config.solver.clone(),
            config: self.config.model.clone(),
            classes: self.classes.clone(),
        }
    }
}

impl TrainedModel {
    /// Sends points of the source (data units) to the target along the lines of the learned field; gives where they came, in data
    /// units and the order of the starts, and the lines. Lines that were lost are told by their stop reasons. Lifts draw from `seed`.
    ///
    /// # Errors
    /// [`Kind::Data`] for points of another D, [`Kind::Config`] for a model whose map draws points of its own, a host that asks for
    /// an end.
    pub fn transport(
        &self,
        points: &Points,
        seed: Seed,
        device: &Device,
        host: &dyn Host,
    ) -> Result<(Points, Lines), Error> {
        self.carried(points, false, seed, device, host)
    }

    /// The way back: points of the target (data units) to the source.
    ///
    /// # Errors
    /// As [`TrainedModel::transport`].
    pub fn transport_back(
        &self,
        points: &Points,
        seed: Seed,
        device: &Device,
        host: &dyn Host,
    ) -> Result<(Points, Lines), Error> {
        self.carried(points, true, seed, device, host)
    }

    fn carried(
        &self,
        points: &Points,
        back: bool,
        seed: Seed,
        device: &Device,
        host: &dyn Host,
    ) -> Result<(Points, Lines), Error> {
        let field = self.field(device);
        let way = Way::new(&field, &self.scalers, &self.solver, Rule::learned(&self.solver, None)?, seed);
        let (ends, lines, _) = carry(way, points, back, host)?;
        Ok((ends, lines))
    }
}
