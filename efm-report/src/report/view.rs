use serde_json::{Value, json};

use super::detail::{Detail, rounded, rounded_all};
use super::record::{PacePoint, RunRecord};
use super::{measures, scene, slices};
use crate::picture::LossPoint;

/// Points of a curve, and stretches over which the speed is a mean, at most.
const POINTS: usize = 1_200;
const STRETCHES: usize = 40;

/// Bars of a histogram.
const BARS: usize = 8;

/// A run for the page, without its pictures.
pub(crate) fn run(run: &RunRecord, detail: Detail) -> Value {
    let metrics = run.metrics.clone().unwrap_or_default();
    let lines: u64 = metrics.lines.values().sum();
    json!({
        "name": run.name,
        "headline": run.headline,
        "about": run.about,
        "state": run.state,
        "measures": run.metrics.as_ref().map_or(json!([]), measures::measures),
        "numbers": run.numbers.as_ref().map(measures::numbers).unwrap_or_default(),
        "landed": metrics.landed_share,
        "line_count": lines,
        "stops": metrics.lines.iter().collect::<Vec<_>>(),
        "evaluations": metrics.evaluations_mean,
        "effort": run.traced.as_ref().and_then(|traced| effort(&traced.evaluations)),
        "seconds": metrics.seconds,
        "steps": run.steps,
        "log": log_json(&run.log),
        "pace": pace_json(&run.pace),
        "scene": run.traced.as_ref().map(|traced| scene::scene(traced, detail)),
        "clouds": run.clouds.as_ref().and_then(|clouds| scene::clouds(clouds, detail)),
        "slices": run.slices.as_ref().and_then(slices::slices),
        "pictures": [],
        "commands": run.commands,
        "facts": run.facts,
        "config": run.config,
        "missing": run.missing,
    })
}

/// A training log for the page: columns, thinned out evenly; every validation of a log that is not too long is kept.
pub fn log_json(log: &[LossPoint]) -> Value {
    let stride = log.len().div_ceil(POINTS).max(1);
    let checked = log.iter().filter(|point| point.validation.is_some()).count();
    let kept = |(index, point): &(usize, &LossPoint)| {
        index.is_multiple_of(stride) || index + 1 == log.len() || (checked <= POINTS && point.validation.is_some())
    };
    let points: Vec<_> = log.iter().enumerate().filter(kept).map(|(_, point)| point).collect();
    let column = |pick: fn(&LossPoint) -> Option<f64>| -> Value {
        points.iter().map(|point| pick(point).map_or(Value::Null, rounded)).collect()
    };
    json!({
        "step": points.iter().map(|point| point.step).collect::<Vec<_>>(),
        "loss": column(|point| Some(point.loss)),
        "validation": column(|point| point.validation),
        "norm": column(|point| point.grad_norm),
        "rate": column(|point| Some(point.lr)),
    })
}

/// Steps per second over stretches of the training; `null` where times were not kept.
pub fn pace_json(pace: &[PacePoint]) -> Value {
    let stride = pace.len().div_ceil(STRETCHES).max(1);
    let marks: Vec<_> = pace.iter().step_by(stride).collect();
    let mut speeds = Vec::new();
    for pair in marks.windows(2) {
        let (steps, seconds) = (pair[1].step.saturating_sub(pair[0].step), pair[1].seconds - pair[0].seconds);
        if steps > 0 && seconds > 0.0 {
            speeds.push((pair[1].step, steps as f64 / seconds));
        }
    }
    if speeds.is_empty() {
        return Value::Null;
    }
    let (steps, speeds): (Vec<u64>, Vec<f64>) = speeds.into_iter().unzip();
    json!({ "step": steps, "speed": rounded_all(speeds) })
}

/// How many lines took how many evaluations.
fn effort(evaluations: &[u32]) -> Option<Value> {
    let (from, most) = (*evaluations.iter().min()?, *evaluations.iter().max()?);
    let to = if most > from { f64::from(most) + 1.0 } else { f64::from(from) + BARS as f64 };
    let from = f64::from(from);
    let mut counts = [0_u64; BARS];
    for &count in evaluations {
        let bar = (f64::from(count) - from) / (to - from) * BARS as f64;
        counts[(bar as usize).min(BARS - 1)] += 1;
    }
    let mean = evaluations.iter().map(|&count| f64::from(count)).sum::<f64>() / evaluations.len() as f64;
    Some(json!({ "from": from, "to": to, "counts": counts, "mean": rounded(mean), "most": most }))
}
