//! The gradient of a batch, computed in shards on all cores of the host.

use std::ops::Range;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData};
use efm_core::Stream;
use efm_models::{Condition, Dropout, FieldNet, Network};
use rayon::prelude::*;

use crate::TrainError;
use crate::pool::Batch;

/// Most rows of a shard on the host. Its layers' values stay in a core's cache, and the sums do not depend on how many
/// cores there are; a single small graph would keep one core busy, whatever the machine has. Networks for images take
/// fewer: their convolutions use all cores by themselves, but the small operations between them do not.
const SHARD: usize = 256;

/// How a batch is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// One graph: what an accelerator wants.
    Whole,
    /// Graphs of up to [`SHARD`] rows side by side: what the cores of the host want.
    Shards,
}

/// Loss of a batch and its gradient. With [`Cut::Shards`] the shards' gradients are added in their order, so that the
/// result has the same bits on any number of threads.
pub(crate) fn gradient(
    network: &Network,
    batch: Batch,
    cut: Cut,
    dropout: Option<Stream>,
    device: &Device,
) -> Result<(f64, GradientsParams), TrainError> {
    let count = batch.len();
    part_of_gradient(network, batch, count, cut, dropout, device)
}

/// The same in parts of `rows` points, one after the other: a large batch in the memory of a small one.
pub(crate) fn accumulated_gradient(
    network: &Network,
    batch: &Batch,
    rows: usize,
    cut: Cut,
    dropout: Option<Stream>,
    device: &Device,
) -> Result<(f64, GradientsParams), TrainError> {
    let count = batch.len();
    let mut parts = batch.shards(rows).into_iter();
    let part = |batch| part_of_gradient(network, batch, count, cut, dropout, device);
    let (mut loss, mut total) = part(parts.next().expect("a batch has rows"))?;
    for batch in parts {
        let (value, mut gradients) = part(batch)?;
        loss += value;
        network.visit(&mut Add { total: &mut total, other: &mut gradients });
    }
    Ok((loss, total))
}

/// What a part of a batch of `count` points adds to its loss and to its gradient.
fn part_of_gradient(
    network: &Network,
    batch: Batch,
    count: usize,
    cut: Cut,
    dropout: Option<Stream>,
    device: &Device,
) -> Result<(f64, GradientsParams), TrainError> {
    let rows = network.rows_per_core().min(SHARD);
    if cut == Cut::Whole || batch.len() <= rows {
        let loss = weighted_error(network, batch, dropout, device).div_scalar(count as f64);
        let value = scalar(loss.clone())?;
        return Ok((value, GradientsParams::from_grads(loss.backward(), network)));
    }
    summed_gradient(network, batch.shards(rows), |network, shard| {
        weighted_error(network, shard, dropout, device).div_scalar(count as f64)
    })
}

/// Σ over `shards` of their losses, and its gradient: side by side on the cores, added in order.
pub fn summed_gradient<M: Module + Sync, S: Send>(
    network: &M,
    shards: Vec<S>,
    loss: impl Fn(&M, S) -> Tensor<1> + Sync,
) -> Result<(f64, GradientsParams), TrainError> {
    let weights = network.valid();
    let shards: Vec<_> = shards
        .into_par_iter()
        .map(|shard| {
            // Leaves of its own: graphs that share a leaf share a lock.
            let network = weights.clone().train();
            let loss = loss(&network, shard);
            let value = scalar(loss.clone())?;
            Ok((value, GradientsParams::from_grads(loss.backward(), &network)))
        })
        .collect::<Result<_, TrainError>>()?;
    let mut shards = shards.into_iter();
    let (mut loss, mut total) = shards.next().expect("a batch has rows");
    for (value, mut gradients) in shards {
        loss += value;
        network.visit(&mut Add { total: &mut total, other: &mut gradients });
    }
    Ok((loss, total))
}

/// Σ over the batch of the loss: the weighted squared error, averaged over the components; for [`efm_models::Head::Plates`] the cross-entropy of
/// the shares and the weighted squared errors of the slopes, for [`efm_models::Head::Slope`] those across and along x; for
/// [`efm_models::Head::Ends`] those of either end.
pub(crate) fn weighted_error(network: &Network, batch: Batch, dropout: Option<Stream>, device: &Device) -> Tensor<1> {
    let count = batch.len();
    let condition = Condition {
        classes: (!batch.class.is_empty()).then(|| Condition::of_classes(&batch.class, device).classes).flatten(),
        dropout: dropout.map(|stream| Dropout { stream, first: batch.first }),
        ..Condition::default()
    };
    let upload = |values: Vec<f32>| {
        let width = values.len() / count;
        Tensor::<2>::from_data(TensorData::new(values, [count, width]), device)
    };
    let dim = batch.x.len() / count;
    let (x, z) = (upload(batch.x), upload(batch.z));
    let part = |tensor: &Tensor<2>, range: Range<usize>| tensor.clone().slice([0..count, range]);
    if let Some(ends) = network.ends(&x, z.clone(), Some(&condition)) {
        let (target, weight) = (upload(batch.target), upload(batch.weight));
        let [source, target] = [0, 1].map(|side| part(&target, side * dim..(side + 1) * dim));
        let [from, to] = ends;
        let errors = [from - source, to - target].map(|error| error.powi_scalar(2).sum_dim(1));
        let [from, to] = errors;
        return (from * part(&weight, 0..1) + to * part(&weight, 1..2)).sum().div_scalar(dim as f64);
    }
    let values = network.conditional(x.clone(), z, Some(&condition));
    let x = (values.dims()[1] == dim).then_some(x);
    let (target, weight) = (upload(batch.target), upload(batch.weight));
    if weight.dims()[1] == 1 {
        let error = values - target;
        let [_, width] = error.dims();
        return ((error.clone() * error) * weight).sum().div_scalar(width as f64);
    }
    if let Some(x) = x {
        let error = values - target;
        let square = (error.clone() * error.clone()).sum_dim(1);
        let along = (error * x.clone()).sum_dim(1).powi_scalar(2) / x.powi_scalar(2).sum_dim(1).clamp_min(1e-30);
        let across = (square - along.clone()) * part(&weight, 0..1);
        return (across + along * part(&weight, 1..2)).sum().div_scalar(dim as f64);
    }
    let ln_ratio = part(&values, 0..1);
    // −π ln σ(ℓ) − (1 − π) ln(1 − σ(ℓ)) = softplus(ℓ) − πℓ.
    let entropy = softplus(ln_ratio.clone()) - part(&target, 0..1) * ln_ratio;
    let error = part(&values, 1..dim + 1) - part(&target, 1..dim + 1);
    let slopes = ((error.clone() * error) * part(&weight, 1..2)).sum().div_scalar(dim as f64);
    entropy.sum() + slopes
}

/// ln(1 + e^x) without overflow.
fn softplus(x: Tensor<2>) -> Tensor<2> {
    x.clone().clamp_min(0.0) + x.abs().neg().exp().log1p()
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
