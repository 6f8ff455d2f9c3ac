use std::ops::ControlFlow;
use std::sync::Arc;

use burn::optim::{AdamConfig, ModuleOptimizer, OptimizerRecord};
use burn::store::{ModuleRecord, RecordError};
use burn::tensor::{Bytes, Device};
use efm_core::Seed;
use efm_core::streams;
use efm_field::PointSampler;
use efm_models::{Network, Taken, TrainableNet, Weights, device};

use crate::checkpoint::{State, Tensors};
use crate::clip::clip_global_norm;
use crate::config::TrainConfig;
use crate::ema::MovingAverage;
use crate::fingerprint::fingerprint;
use crate::gradient::{Cut, Gradient, scalar};
use crate::pool::{Batch, Pool, PoolSource};
use crate::schedule::learning_rate;
use crate::{Checkpoints, Objective, Setup, TrainError, TrainerBuilder};

/// What happened in one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Report {
    /// Steps done, this one included.
    pub step: usize,
    /// Steps planned.
    pub steps: usize,
    /// Loss of this step's batch.
    pub loss: f64,
    /// Loss smoothed over about a hundred steps.
    pub smooth: f64,
    /// Global norm of the gradient before clipping.
    pub gradient_norm: f64,
    /// Learning rate.
    pub learning_rate: f64,
    /// Loss of the averaged weights on the validation pool, after steps that validate.
    pub validation: Option<f64>,
}

/// Sees every step; breaks to stop the run after a checkpoint.
pub type Watch<'a> = dyn FnMut(&Report) -> ControlFlow<()> + 'a;

/// Why training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// All steps were done.
    Finished,
    /// The validation loss did not improve any more.
    Plateau,
    /// The watch asked for it; a checkpoint is there to go on from.
    Stopped,
}

/// Trains one network. Two trainers with one seed give the same bits on a CPU, with or without a stop in between.
pub struct Trainer<N: TrainableNet = Network> {
    train: TrainConfig,
    setup: Arc<Setup>,
    objective: Arc<dyn Objective>,
    points: Arc<dyn PointSampler>,
    seed: Seed,
    device: Device,
    cut: Cut,
    network: N,
    optimizer: ModuleOptimizer,
    average: MovingAverage<N>,
    state: State,
}

/// Share of the old value in the smoothed loss.
const SMOOTHING: f64 = 0.99;

/// Most points per validation batch; bounds memory.
const VALIDATION_BATCH: usize = 8_192;

impl<N: TrainableNet> Trainer<N> {
    /// A trainer at step 0 on `device`.
    pub(crate) fn from_parts(
        parts: TrainerBuilder,
        network: N,
        seed: Seed,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let TrainerBuilder { train, setup, objective, points, text } = parts;
        let cut = if device::is_host(device) { Cut::Shards } else { Cut::Whole };
        let network = match setup.middles() {
            [] => network,
            middles => network.centred(middles, device)?,
        };
        let network = network.valid().to_device(device).train();
        let device = device.clone().autodiff();
        // PyTorch's epsilon; burn's default of 1e-5 damps small gradients.
        let optimizer = AdamConfig::new().with_epsilon(1e-8).init();
        let average = MovingAverage::new(&network, train.ema);
        let fingerprint = fingerprint(&train, &setup, &network, seed, &format!("{objective:?}\n{points:?}\n{text}"))?;
        let state = State { step: 0, loss: None, best: None, best_step: 0, stale: 0, fingerprint };
        Ok(Self { train, setup, objective, points, seed, device, cut, network, optimizer, average, state })
    }

    /// Goes on from a checkpoint of the same configuration.
    ///
    /// # Errors
    /// [`TrainError::Corrupt`] when the tensors do not fit the network or belong to another configuration.
    pub fn resume(mut self, state: State, tensors: Tensors, place: &std::path::Path) -> Result<Self, TrainError> {
        let corrupt = |message: String| TrainError::corrupt(place, message);
        if state.fingerprint != self.state.fingerprint {
            return Err(corrupt("the checkpoint was made with another configuration".to_owned()));
        }
        let unpack = |bytes: Vec<u8>| ModuleRecord::from_bytes(Bytes::from_bytes_vec(bytes));
        let wrong = |error: RecordError| corrupt(format!("its tensors do not fit the network: {error}"));
        self.average = MovingAverage::resume(
            self.average.module().clone().try_load_record(unpack(tensors.average).map_err(wrong)?).map_err(wrong)?,
            self.train.ema,
        );
        self.network = self.network.try_load_record(unpack(tensors.weights).map_err(wrong)?).map_err(wrong)?;
        self.optimizer = self.optimizer.from_bytes(Bytes::from_bytes_vec(tensors.optimizer)).map_err(wrong)?;
        self.state = state;
        Ok(self)
    }

    /// Hash of all that the weights depend on; checkpoints carry it, and those with another one are refused.
    pub fn fingerprint(&self) -> &str {
        &self.state.fingerprint
    }

    /// Steps done so far.
    pub fn step(&self) -> usize {
        self.state.step
    }

    /// Trains to the end, saving to `checkpoints` on the way.
    ///
    /// # Errors
    /// [`TrainError::NonFiniteLoss`], failing devices and files.
    pub fn run(&mut self, checkpoints: &Checkpoints, watch: &mut Watch<'_>) -> Result<Ended, TrainError> {
        let pools = PoolSource::new(Arc::clone(&self.setup), &self.train, self.seed)
            .objective(Arc::clone(&self.objective))
            .points(Arc::clone(&self.points))
            .on(&self.device);
        let validation = if self.train.validate_every > 0 { Some(pools.validation()?) } else { None };
        let mut pool: Option<(u64, Pool)> = None;
        let mut saved = None;
        // A run that ended on a plateau stays there when it is gone on with.
        let mut ended = if self.on_plateau() { Ended::Plateau } else { Ended::Finished };
        while self.state.step < self.train.steps && ended == Ended::Finished {
            let step = self.state.step;
            let index = self.pool_index(step);
            if pool.as_ref().is_none_or(|(present, _)| *present != index) {
                pool = Some((index, pools.pool(index)?));
            }
            let (_, present) = pool.as_ref().expect("just made");
            let batch = present.batch(self.seed, step, self.train.batch * self.train.accumulate);
            let mut report = self.step_on(batch)?;
            let every = |period: usize| period > 0 && (step + 1).is_multiple_of(period);
            if let Some(validation) = validation.as_ref().filter(|_| every(self.train.validate_every)) {
                let loss = self.validate(validation)?;
                report.validation = Some(loss);
                let improved = self.state.best.is_none_or(|best| loss < best);
                if improved {
                    self.state.best = Some(loss);
                    self.state.best_step = self.state.step;
                    self.state.stale = 0;
                } else {
                    self.state.stale += 1;
                }
            }
            let stopped = watch(&report).is_break();
            if self.on_plateau() {
                ended = Ended::Plateau;
            }
            if stopped {
                ended = Ended::Stopped;
            }
            let best = report.validation.is_some() && self.state.best_step == self.state.step;
            if ended != Ended::Finished || best || every(self.train.checkpoint_every) {
                self.save(checkpoints)?;
                saved = Some(self.state.step);
            }
        }
        if saved != Some(self.state.step) {
            self.save(checkpoints)?;
        }
        Ok(ended)
    }

    /// The averaged network, without gradients.
    pub fn network(&self) -> &N {
        self.average.module()
    }

    /// Whether `patience` validations passed without improvement.
    fn on_plateau(&self) -> bool {
        self.train.patience > 0 && self.state.stale >= self.train.patience
    }

    /// Every pool serves `pool · reuse / (batch · accumulate)` steps.
    fn pool_index(&self, step: usize) -> u64 {
        let points = self.train.batch * self.train.accumulate;
        let steps = (self.train.pool as f64 * self.train.reuse / points as f64).round().max(1.0);
        (step as f64 / steps).floor() as u64
    }

    fn step_on(&mut self, batch: Batch) -> Result<Report, TrainError> {
        let step = self.state.step;
        let dropout = Some(self.seed.stream(streams::DROPOUT));
        let gradient = Gradient { objective: &*self.objective, cut: self.cut, dropout, device: &self.device };
        let (value, gradients) = gradient.of(&self.network, batch, self.train.batch)?;
        if !value.is_finite() {
            return Err(TrainError::NonFiniteLoss { step, seed: self.seed.0, loss: value });
        }
        let (gradients, gradient_norm) = clip_global_norm(&self.network, gradients, self.train.clip)?;
        let rate = learning_rate(&self.train, step);
        self.network = self.optimizer.step(rate, self.network.clone(), gradients);
        self.average.update(&self.network, step);
        let smooth = self.state.loss.map_or(value, |old| SMOOTHING * old + (1.0 - SMOOTHING) * value);
        self.state.loss = Some(smooth);
        self.state.step = step + 1;
        Ok(Report {
            step: step + 1,
            steps: self.train.steps,
            loss: value,
            smooth,
            gradient_norm,
            learning_rate: rate,
            validation: None,
        })
    }

    fn validate(&self, pool: &Pool) -> Result<f64, TrainError> {
        let device = self.device.clone().inner();
        let mut sum = 0.0;
        let network = self.average.module();
        let rows = network.rows_at_once().clamp(1, VALIDATION_BATCH);
        for first in (0..pool.len()).step_by(rows) {
            let indices: Vec<_> = (first..pool.len().min(first + rows)).collect();
            let batch = pool.select(&indices).upload(None, &device);
            sum += scalar(self.objective.loss(network, &batch)?)?;
        }
        Ok(sum / pool.len() as f64)
    }

    fn save(&self, checkpoints: &Checkpoints) -> Result<(), TrainError> {
        let failed = |error: RecordError| TrainError::Device(error.to_string());
        let pack = |network: &N| network.clone().into_record().into_bytes().map(|bytes| bytes.to_vec());
        let tensors = Tensors {
            weights: pack(&self.network).map_err(failed)?,
            average: pack(self.average.module()).map_err(failed)?,
            optimizer: in_order(self.optimizer.to_record()).map_err(failed)?,
        };
        checkpoints.save(&self.state, &tensors)?;
        Ok(())
    }

    /// Begins with the weights of a file, where they fit. Only a trainer at step 0 may.
    ///
    /// # Errors
    /// [`TrainError::Model`] when nothing fits or the file is damaged.
    pub fn starting_from(mut self, weights: &Weights) -> Result<(Self, Taken), TrainError> {
        let (network, taken) = self.network.starting_from(weights, &self.device)?;
        self.network = network;
        self.average = MovingAverage::new(&self.network, self.train.ema);
        Ok((self, taken))
    }
}

/// The record's bytes in the order of its tensors' names. The optimiser hands its state out in the order of a hash map,
/// which differs from process to process; reading the bytes back sorts it, so that equal runs give equal files.
fn in_order(record: OptimizerRecord) -> Result<Vec<u8>, RecordError> {
    let sorted = OptimizerRecord::from_bytes(record.into_bytes()?)?;
    Ok(sorted.into_bytes()?.to_vec())
}
