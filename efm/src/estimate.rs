//! What a run will take, from its configuration: for allocating less than was thought is no harm, the sums err upwards.

use efm_models::{NetworkConfig, UNet};
use efm_train::{PlateData, Pool, ROWS_PER_SHARD};

use crate::config::{Charges, EvalConfig, Objective, TrainConfig};
use crate::memory::Estimate;
use crate::transport::together;
use crate::{Prepared, repeats, sample_count};

/// Bytes of a number, as data and as part of a line.
const F32: f64 = 4.0;
const F64: f64 = 8.0;

/// Points that stand for a distribution while it is scaled: drawn, scaled, and drawn again for the gap.
pub fn representatives(dim: usize, count: usize) -> Estimate {
    let bytes = 3.0 * count as f64 * dim as f64 * F32;
    Estimate::default().with(format!("{count} points of D = {dim}"), bytes, "take data of fewer dimensions")
}

/// Weights of a network, about, before it is made.
pub fn weights(model: &NetworkConfig, dim: usize) -> f64 {
    let dim = dim as f64;
    match model {
        NetworkConfig::Mlp(mlp) => {
            let (width, depth) = (mlp.width as f64, mlp.depth as f64);
            let inputs = dim * (1.0 + 2.0 * mlp.octaves.unwrap_or(5) as f64) + 2.0 * mlp.fourier as f64 + 8.0;
            inputs * width + (depth - 1.0).max(0.0) * width * width + width * (2.0 * dim + 2.0)
        }
        NetworkConfig::UNet(unet) => {
            // Two convolutions of 3 × 3 per block and level, on the way down and, of twice the channels, on the way up.
            let level = |multiplier: &usize| (unet.channels as f64 * *multiplier as f64).powi(2) * 9.0;
            let blocks = unet.blocks as f64;
            let ways = |multiplier: &usize| level(multiplier) * (2.0 * blocks + 4.5 * (blocks + 1.0));
            // Two blocks and the attention at the lowest resolution.
            let middle = unet.multipliers.last().map_or(0.0, |multiplier| level(multiplier) * 40.0 / 9.0);
            unet.multipliers.iter().map(ways).sum::<f64>() + middle
        }
    }
}

/// The network and all that goes with it while it is trained: average, two moments, gradients, and a checkpoint's bytes.
pub fn network(model: &NetworkConfig, dim: usize, train: &TrainConfig) -> Estimate {
    const REMEDY: &str = "make model smaller";
    let weights = weights(model, dim);
    let threads = rayon::current_num_threads() as f64;
    let batch = train.batch as f64;
    // Rows of a piece of a batch, and what each layer leaves of them for the way back, on every core that has a piece.
    let (rows, values) = match model {
        NetworkConfig::Mlp(mlp) => {
            let rows = (ROWS_PER_SHARD as f64).min(batch);
            (rows, rows * (mlp.depth as f64 * mlp.width as f64 * 8.0 + dim as f64 * 14.0))
        }
        NetworkConfig::UNet(unet) => {
            let area = unet.image.map_or(1.0, |[_, height, width]| (height * width) as f64);
            let rows = (UNet::PIXELS_PER_CORE as f64 / area).floor().clamp(1.0, (ROWS_PER_SHARD as f64).min(batch));
            // Of one level to the next a quarter of the pixels is left.
            let pixels = unet.multipliers.iter().rev().fold(0.0, |below, &level| level as f64 + below / 4.0);
            (rows, rows * area * unet.channels as f64 * pixels * (2.0 * unet.blocks as f64 + 2.0) * KEPT)
        }
    };
    let shards = (batch / rows).ceil();
    Estimate::default()
        .with("the model's weights, gradients and checkpoints", (7.0 + shards.max(6.0)) * weights * F32, REMEDY)
        .with("the model's layers", values * threads.min(shards) * F32, REMEDY)
        .with("train.batch", 4.0 * train.batch as f64 * (numbers(train) * dim as f64 + 3.0) * F32, "lower train.batch")
}

/// Values that a convolution and what goes with it leave for the way back, per value of its output. Measured: 9.4 for blocks of
/// 20 channels on 16 × 16 pixels, 8.4 for 32 channels on 32 × 32.
const KEPT: f64 = 10.0;

/// Pools of training targets: the one of the validation, the last, and the next, which is made in f64.
fn pools(dim: usize, train: &TrainConfig) -> Estimate {
    let dim = dim as f64;
    let kept = 3.0 * (numbers(train) * dim + 3.0) * F32;
    let made = 2.0 * (dim + 2.0) * F64 + (dim + 1.0) * F32;
    // The fields of both plates at some of the points at once, summed and as directions.
    let apart = if train.objective == Objective::Ends { 5.0 * Pool::AT_ONCE as f64 * (dim + 2.0) * F64 } else { 0.0 };
    Estimate::default().with("train.pool", train.pool as f64 * (kept + made) + apart, "lower train.pool")
}

/// Numbers of a point and its target per coordinate.
fn numbers(train: &TrainConfig) -> f64 {
    if train.objective == Objective::Ends { 3.0 } else { 2.0 }
}

/// Charges of both plates: as drawn, scaled, and as kernels and trees keep them.
pub fn charges(plates: [&PlateData; 2], wanted: Charges, name: &str, remedy: &'static str) -> Estimate {
    let mut bytes = 0.0;
    for cloud in plates {
        let count = match (cloud, wanted) {
            (PlateData::Finite(points), Charges::All) => points.len(),
            (PlateData::Finite(points), Charges::Count(count)) => count.min(points.len()),
            (PlateData::Endless { .. }, Charges::All) => Charges::MANY,
            (PlateData::Endless { .. }, Charges::Count(count)) => count,
        };
        bytes += count as f64 * (4.0 * cloud.dim() as f64 + 10.0) * F32;
    }
    Estimate::default().with(name, bytes, remedy)
}

/// Lines from plate to plate: where they start and end, and what those on their way take.
fn lines(dim: usize, count: usize, eval: &EvalConfig) -> Estimate {
    let pictures = 3.0 * PICTURE * count as f64;
    let drawn = eval.lines as f64 * (DRAWN * (dim as f64 + 1.0) * F64 + PICTURE);
    Estimate::default()
        .with("the page of the run", PAGE, "take more memory")
        .with("eval.samples · eval.repeats", on_the_way(dim, count) + pictures, "lower eval.samples")
        .with("eval.lines", drawn, "lower eval.lines")
}

/// Points of a file sent through a field.
pub fn transported(dim: usize, count: usize, means: bool) -> Estimate {
    // Beside the lines on their way the first ones, and the sums of all.
    let sums = if means { (count * dim) as f64 * (2.0 * F64 + F32) } else { 0.0 };
    let bytes = on_the_way(dim, count) + sums;
    Estimate::default().with(format!("{count} lines"), bytes, "transport fewer points at a time")
}

/// Starts and ends of lines in data units and scaled, and what those that are on their way keep, which are not all at once.
fn on_the_way(dim: usize, count: usize) -> f64 {
    let (dim, count) = (dim as f64, count as f64);
    const BUFFERS: f64 = 14.0;
    let kept = 6.0 * dim * F32 + 4.0 * (dim + 1.0) * F64 + 120.0;
    count * kept + count.min(together() as f64) * BUFFERS * (dim + 1.0) * F64
}

/// Bytes of `report.html` while it is written.
const PAGE: f64 = 3e6;

/// Points of a drawn line, and bytes of a point in a picture.
const DRAWN: f64 = 122.0;
const PICTURE: f64 = 120.0;

/// Measures of one draw: a matrix of squared distances where it is not too large to be made, and the directions.
fn measures(dim: usize, samples: usize, eval: &EvalConfig) -> Estimate {
    let matrix = efm_eval::assignment_memory(samples);
    let matrix = if matrix > efm_eval::DEFAULT_MEMORY_LIMIT { 0.0 } else { matrix as f64 };
    let threads = rayon::current_num_threads() as f64;
    let projected = threads * (2.0 * samples as f64 + dim as f64) * F64 + eval.projections as f64 * F64;
    Estimate::default()
        .with("eval.samples, matched", matrix, "lower eval.samples")
        .with("eval.projections", projected, "lower eval.projections")
        .with("eval.samples, drawn again", 8.0 * samples as f64 * dim as f64 * F32, "lower eval.samples")
}

/// Everything a run takes beyond its data; one that only trains transports nothing.
pub fn run(prepared: &Prepared, transports: bool) -> Estimate {
    let config = &prepared.config;
    let stages = if transports { training(prepared).or(evaluation(prepared)) } else { training(prepared) };
    stages.and(network(&config.model, prepared.setup.dim(), &config.train)).reusing(prepared.given_back)
}

fn program() -> Estimate {
    Estimate::default().with("the program", PROGRAM, "take another machine")
}

/// What the program itself takes once all of it was used: pages of code, stacks of threads.
const PROGRAM: f64 = 9.0 * 1_048_576.0;

/// What training takes beside the network.
pub fn training(prepared: &Prepared) -> Estimate {
    let train = &prepared.config.train;
    let plates = [prepared.setup.source(), prepared.setup.target()];
    let charges = charges(plates, train.charges, "train.charges", "lower train.charges");
    pools(prepared.setup.dim(), train).and(charges).and(program())
}

/// What lines, measures and pictures take.
pub fn evaluation(prepared: &Prepared) -> Estimate {
    let eval = &prepared.config.eval;
    let (dim, samples) = (prepared.setup.dim(), sample_count(prepared));
    lines(dim, repeats(prepared).saturating_mul(samples), eval).and(measures(dim, samples, eval)).and(program())
}
