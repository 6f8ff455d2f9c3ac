use efm_core::streams;
use efm_core::{Points, Seed};
use efm_eval::{EvalError, Evaluation, ImageShape, Metrics, Seconds, colour_correlation, disjoint_halves, evaluate};

use crate::config::{Gap, RunConfig};
use crate::{Error, Fresh, Prepared, Transported, repeats};

/// Measures a run's transported samples against target points that training did not see.
pub fn measure(
    prepared: &Prepared,
    transported: &Transported,
    device: &str,
    train_seconds: Option<f64>,
) -> Result<Metrics, Error> {
    let config = &prepared.config;
    let seed = Seed(config.seed);
    let repeats = repeats(prepared);
    let count = transported.ends.len() / repeats;
    let options = Evaluation {
        seed,
        directions: config.eval.projections,
        floor_repeats: config.eval.floor_repeats,
        centres: prepared.centres.clone(),
        ..Evaluation::default()
    };
    let mut halves: Option<(u64, (Points, Points))> = None;
    let stream = seed.stream(streams::EVAL_FLOOR);
    let mut draw = |index: u64| match &prepared.target {
        Fresh::Endless(_) => {
            let points = prepared.target.points(seed, streams::EVAL_FLOOR, index, count);
            points.map_err(EvalError::own)
        }
        Fresh::Rows { all, .. } => {
            // Both halves of a pair come from one split, so that they share no row.
            let pair = index / 2;
            if halves.as_ref().is_none_or(|(present, _)| *present != pair) {
                halves = Some((pair, disjoint_halves(all, count, &stream, pair)?));
            }
            let (_, (first, second)) = halves.as_ref().expect("just made");
            Ok(if index.is_multiple_of(2) { first.clone() } else { second.clone() })
        }
    };
    let mut draws = Vec::with_capacity(repeats);
    for repeat in 0..repeats {
        let rows: Vec<_> = (repeat * count..(repeat + 1) * count).collect();
        let (starts, ends) = (transported.starts.select(&rows), transported.ends.select(&rows));
        let target = prepared.target.points(seed, streams::EVAL_TARGET, repeat as u64, count)?;
        // Floor and start are the same, whatever was transported.
        let floor_repeats = if repeat == 0 { options.floor_repeats } else { 0 };
        let options = Evaluation { floor_repeats, before: repeat == 0, ..options.clone() };
        draws.push(evaluate(Some(&starts), &ends, &target, Some(&mut draw), &options)?);
    }
    let metrics = Metrics::averaged(&draws).expect("at least one draw");
    // Draws without partners have neither a cost nor a lower one.
    let metrics = match transported.paired {
        true => metrics,
        false => Metrics { transport_cost: None, optimal_cost: None, ..metrics },
    };
    let colour_correlation = match image_shape(prepared).filter(|shape| shape.channels == 3 && transported.paired) {
        Some(shape) => colour_correlation(&transported.starts, &transported.ends, shape)?,
        None => None,
    };
    Ok(Metrics {
        colour_correlation,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        method: config.method.name().to_owned(),
        seed: config.seed,
        device: device.to_owned(),
        gap: gap(config),
        evaluations_mean: Some(transported.evaluations),
        lines: transported.tally.clone(),
        landed_share: Some(transported.landed),
        seconds: Seconds { train: train_seconds, transport: Some(transported.seconds), points_per_second: None },
        ..metrics
    })
}

/// The shape of the points, if they are images.
pub fn image_shape(prepared: &Prepared) -> Option<ImageShape> {
    let [height, width] = prepared.config.data.image?;
    let dim = prepared.setup.dim();
    let channels = dim.checked_div(height * width)?;
    (channels * height * width == dim).then_some(ImageShape { height, width, channels })
}

fn gap(config: &RunConfig) -> Option<f64> {
    match config.plates.gap {
        Gap::Auto => None,
        Gap::Length(gap) => Some(gap),
    }
}
