//! The gradient of a batch, computed in shards on all cores of the host.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};
use efm_core::Stream;
use efm_models::TrainableNet;
use rayon::prelude::*;

use crate::{Batch, Misfit, Objective, TrainError};

/// Most rows of a shard on the host. Its layers' values stay in a core's cache, and the sums do not depend on how many
/// cores there are; a single small graph would keep one core busy, whatever the machine has. Networks for images take
/// fewer: their convolutions use all cores by themselves, but the small operations between them do not.
pub const ROWS_PER_SHARD: usize = 256;

/// How a batch is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// One graph: what an accelerator wants.
    Whole,
    /// Graphs of up to [`ROWS_PER_SHARD`] rows side by side: what the cores of the host want.
    Shards,
}

/// The gradient of an objective's loss.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gradient<'a> {
    pub objective: &'a dyn Objective,
    pub cut: Cut,
    pub dropout: Option<Stream>,
    pub device: &'a Device,
}

impl Gradient<'_> {
    /// Mean loss of a batch and its gradient, in parts of `rows` points, one after the other: a large batch in the memory of a
    /// small one.
    ///
    /// With [`Cut::Shards`] the shards' gradients are added in their order, so that the result has the same bits on any number
    /// of threads.
    pub fn of<N: TrainableNet>(
        &self,
        network: &N,
        batch: Batch,
        rows: usize,
    ) -> Result<(f64, GradientsParams), TrainError> {
        let count = batch.len();
        if count <= rows {
            return self.part(network, batch, count);
        }
        let mut parts = batch.shards(rows).into_iter().map(|batch| self.part(network, batch, count));
        let (mut loss, mut total) = parts.next().ok_or_else(nothing)??;
        for part in parts {
            let (value, mut gradients) = part?;
            loss += value;
            network.visit(&mut Add { total: &mut total, other: &mut gradients });
        }
        Ok((loss, total))
    }

    /// What a part of a batch of `count` points adds to its loss and to its gradient.
    fn part<N: TrainableNet>(
        &self,
        network: &N,
        batch: Batch,
        count: usize,
    ) -> Result<(f64, GradientsParams), TrainError> {
        let rows = network.rows_per_core().clamp(1, ROWS_PER_SHARD);
        let loss = |network: &N, batch: Batch| {
            let loss = self.objective.loss(network, &batch.upload(self.dropout, self.device))?;
            Ok(loss.div_scalar(count as f64))
        };
        if self.cut == Cut::Whole || batch.len() <= rows {
            let loss = loss(network, batch)?;
            let value = scalar(loss.clone())?;
            return Ok((value, GradientsParams::from_grads(loss.backward(), network)));
        }
        summed_gradient(network, batch.shards(rows), loss)
    }
}

/// A batch without rows has no gradient.
fn nothing() -> TrainError {
    Misfit::new("batch", 0, "it must have rows").into()
}

/// Σ over `shards` of their losses, and its gradient: side by side on the cores, added in order.
pub fn summed_gradient<M: Module + Sync, S: Send>(
    network: &M,
    shards: Vec<S>,
    loss: impl Fn(&M, S) -> Result<Tensor<1>, TrainError> + Sync,
) -> Result<(f64, GradientsParams), TrainError> {
    let weights = network.valid();
    let shards: Vec<_> = shards
        .into_par_iter()
        .map(|shard| {
            // Leaves of its own: graphs that share a leaf share a lock.
            let network = weights.clone().train();
            let loss = loss(&network, shard)?;
            let value = scalar(loss.clone())?;
            Ok((value, GradientsParams::from_grads(loss.backward(), &network)))
        })
        .collect::<Result<_, TrainError>>()?;
    let mut shards = shards.into_iter();
    let (mut loss, mut total) = shards.next().ok_or_else(nothing)?;
    for (value, mut gradients) in shards {
        loss += value;
        network.visit(&mut Add { total: &mut total, other: &mut gradients });
    }
    Ok((loss, total))
}

/// Reads one number back.
pub(crate) fn scalar(tensor: Tensor<1>) -> Result<f64, TrainError> {
    let values = tensor.try_into_vec_as::<f32>().map_err(|error| TrainError::Device(error.to_string()))?;
    Ok(f64::from(values[0]))
}

struct Add<'a> {
    total: &'a mut GradientsParams,
    other: &'a mut GradientsParams,
}

impl ModuleVisitor for Add<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let (Some(sum), Some(more)) = (self.total.remove::<D>(param.id), self.other.remove::<D>(param.id)) {
            self.total.register(param.id, sum + more);
        }
    }
}
