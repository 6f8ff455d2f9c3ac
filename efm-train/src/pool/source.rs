use std::sync::{Arc, OnceLock};

use burn::tensor::Device;
use efm_core::streams;
use efm_core::{Seed, Stream};
use efm_field::PointSampler;
use efm_models::FluxTube;

use super::Pool;
use crate::config::{Charges, TrainConfig};
use crate::objectives::PoolDraw;
use crate::{Objective, PlateData, Setup, TrainError};

/// Makes pools of points with the targets of an objective.
#[derive(Debug)]
pub struct PoolSource {
    setup: Arc<Setup>,
    charges: Charges,
    points: Arc<dyn PointSampler>,
    objective: Arc<dyn Objective>,
    size: usize,
    unconditional: f64,
    seed: Seed,
    device: Option<Device>,
    tube: OnceLock<FluxTube>,
}

impl PoolSource {
    /// Pools as the training configuration wants them.
    pub fn new(setup: impl Into<Arc<Setup>>, train: &TrainConfig, seed: Seed) -> Self {
        Self {
            setup: setup.into(),
            charges: train.charges,
            points: Arc::new(train.points.clone()),
            objective: train.objective.build(),
            size: train.pool,
            unconditional: train.unconditional,
            seed,
            device: None,
            tube: OnceLock::new(),
        }
    }

    /// The same pools for another objective than the configuration names.
    #[must_use]
    pub fn objective(self, objective: Arc<dyn Objective>) -> Self {
        Self { objective, ..self }
    }

    /// The same pools at other points than the configuration names.
    #[must_use]
    pub fn points(self, points: Arc<dyn PointSampler>) -> Self {
        Self { points, ..self }
    }

    /// The same pools, their fields summed on `device` where it has a kernel for that.
    #[must_use]
    pub fn on(self, device: &Device) -> Self {
        Self { device: Some(device.clone()), ..self }
    }

    /// Pool number `index`: fresh charges, fresh points, the exact field of all these charges at all these points.
    ///
    /// # Errors
    /// When the charges make no capacitor or the field fails.
    pub fn pool(&self, index: u64) -> Result<Pool, TrainError> {
        self.build(streams::POINTS, index)
    }

    /// A pool that training never sees.
    ///
    /// # Errors
    /// As [`PoolSource::pool`].
    pub fn validation(&self) -> Result<Pool, TrainError> {
        // Draws are numbered from 0; the last number is never reached by training.
        self.build(streams::POINTS_VALIDATION, u64::from(u32::MAX))
    }

    fn build(&self, stream: &str, index: u64) -> Result<Pool, TrainError> {
        let first = index * self.size as u64;
        let stream = self.seed.stream(stream);
        let classes = self.setup.classes();
        if classes.is_empty() {
            let target = (self.setup.target(), self.seed.stream(streams::CHARGES_TARGET));
            return self.part(target, index, &stream, first, self.size);
        }
        // Every class has charges of its own, and with them a field; all together have that of the whole target.
        let mut pool = Pool::default();
        for (class, count) in shares(self.size, classes.len(), self.unconditional).into_iter().enumerate() {
            let target = match classes.get(class) {
                Some(data) => (data, self.seed.stream(&streams::charges_target_of(class))),
                None => (self.setup.target(), self.seed.stream(streams::CHARGES_TARGET)),
            };
            if count > 0 {
                let part = self.part(target, index, &stream, first + pool.len() as u64, count)?;
                pool.append(part, class as u32)?;
            }
        }
        Ok(pool)
    }

    /// Points number `first` and following of `stream` in the field of fresh charges of the source and of `data` of the
    /// target, drawn from the stream `charges`.
    fn part(
        &self,
        (data, charges): (&PlateData, Stream),
        index: u64,
        stream: &Stream,
        first: u64,
        count: usize,
    ) -> Result<Pool, TrainError> {
        self.objective.pool(&PoolDraw {
            setup: &self.setup,
            target: data,
            charges: self.charges,
            streams: [self.seed.stream(streams::CHARGES_SOURCE), charges],
            index,
            points: &*self.points,
            stream,
            first,
            count,
            device: self.device.as_ref(),
            tube: &self.tube,
        })
    }
}

/// Points of a pool of `size` for each of `classes` classes, as many for all, and last those of the whole target.
fn shares(size: usize, classes: usize, unconditional: f64) -> Vec<usize> {
    let whole = ((size as f64 * unconditional).round() as usize).min(size);
    let (each, rest) = ((size - whole) / classes, (size - whole) % classes);
    (0..classes).map(|class| each + usize::from(class < rest)).chain([whole]).collect()
}
