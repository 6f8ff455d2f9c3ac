use std::path::Path;

use super::axis::{Panel, Range};
use super::canvas::{Anchor, Canvas, INK, MOVED, MUTED, SOURCE, TARGET, write_svg};
use efm_eval::EvalError;
use efm_eval::number;

/// One entry of a training log.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct LossPoint {
    /// Step of the optimiser.
    pub step: u64,
    /// Training loss of the step.
    pub loss: f64,
    /// Loss on held-out data.
    pub validation: Option<f64>,
    /// Norm of the gradient before clipping.
    pub grad_norm: Option<f64>,
    /// Learning rate.
    pub lr: f64,
}

/// Vertices of a curve; longer logs show the least and the greatest value of each stretch.
const STRETCHES: usize = 700;

/// Draws the loss against the step (SVG): raw values faint, smoothed values strong, validation in dots; the y axis is
/// logarithmic. Below, the learning rate, and the norm of the gradient where it was logged.
///
/// Values that a logarithm cannot show (zero, negative, not finite) are left out and counted. The smoothed
/// line is an exponential mean of log loss over about a fiftieth of the log.
///
/// # Errors
/// [`EvalError::Io`].
pub fn loss(path: impl AsRef<Path>, log: &[LossPoint]) -> Result<(), EvalError> {
    let with_norm = log.iter().any(|point| point.grad_norm.is_some());
    let height = if with_norm { 620.0 } else { 500.0 };
    write_svg(path.as_ref(), 860.0, height, |canvas| {
        let span = log.iter().map(|point| point.step as f64);
        let steps =
            Range { from: span.clone().fold(f64::INFINITY, f64::min), to: span.fold(f64::NEG_INFINITY, f64::max) };
        let steps = if steps.to > steps.from { steps } else { Range::of(log.iter().map(|point| point.step as f64)) };
        let panel = |top: f64, height: f64| Panel { left: 92.0, top, width: 740.0, height, x: steps, y: steps };
        let raw = curve(log, |point| Some(point.loss));
        let validation = curve(log, |point| point.validation);
        let hidden = log.iter().filter(|point| shown(point.loss).is_none()).count();
        let mut lower = 338.0;
        draw_log(canvas, panel(40.0, 280.0), &[&raw, &validation], "loss", |canvas, panel| {
            canvas.path(&extremes(&raw, panel), SOURCE, 0.3, 0.8);
            canvas.path(&extremes(&smoothed(&raw), panel), SOURCE, 1.0, 1.8);
            let every = validation.len().div_ceil(400).max(1);
            for &(step, value) in validation.iter().step_by(every) {
                canvas.dot(panel.place(step, value), 2.4, TARGET, 0.9);
            }
        });
        legend(canvas, !validation.is_empty(), hidden);
        if with_norm {
            let norms = curve(log, |point| point.grad_norm);
            draw_log(canvas, panel(lower, 96.0), &[&norms], "gradient norm", |canvas, panel| {
                canvas.path(&extremes(&norms, panel), MOVED, 0.35, 0.8);
                canvas.path(&extremes(&smoothed(&norms), panel), MOVED, 1.0, 1.5);
            });
            lower += 120.0;
        }
        let rates: Vec<(f64, f64)> =
            log.iter().filter(|point| point.lr.is_finite()).map(|point| (point.step as f64, point.lr)).collect();
        let highest = rates.iter().map(|rate| rate.1).fold(0.0, f64::max);
        let y = Range { from: 0.0, to: if highest > 0.0 { 1.15 * highest } else { 1.0 } };
        let panel = Panel { y, ..panel(lower, 96.0) };
        panel.y_ticks(canvas, &panel.plain_ticks(3));
        let wide = widest();
        panel.x_ticks(canvas, &steps.ticks(8));
        canvas.path(&extremes(&rates, &panel), INK, 0.9, 1.5);
        panel.y_label(canvas, "learning rate", &wide);
        panel.x_label(canvas, "step");
        panel.frame(canvas);
    })
}

/// All panels leave the same room for their numbers, so that their names line up.
fn widest() -> Vec<(f64, String)> {
    vec![(0.0, "1.25e-4".into())]
}

/// The logarithm, where there is one.
fn shown(value: f64) -> Option<f64> {
    (value.is_finite() && value > 0.0).then(|| value.log10())
}

/// (step, log₁₀ value) of what can be shown.
fn curve(log: &[LossPoint], value: impl Fn(&LossPoint) -> Option<f64>) -> Vec<(f64, f64)> {
    log.iter().filter_map(|point| Some((point.step as f64, shown(value(point)?)?))).collect()
}

/// Exponential mean over a fiftieth of the curve, or 20 points of a short one, without the bias of its start.
fn smoothed(curve: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let length = curve.len() as f64;
    let keep = 1.0 - 1.0 / (length / 50.0).max(20.0).min(length / 4.0).max(1.0);
    let (mut sum, mut weight) = (0.0, 0.0);
    let mean = |&(step, value): &(f64, f64)| {
        sum = keep * sum + value;
        weight = keep * weight + 1.0;
        (step, sum / weight)
    };
    curve.iter().map(mean).collect()
}

/// Pixels of a curve; of a long one the least and greatest value of each stretch, in their order.
fn extremes(curve: &[(f64, f64)], panel: &Panel) -> Vec<(f64, f64)> {
    let length = curve.len().div_ceil(STRETCHES).max(1);
    let mut pixels = Vec::new();
    for stretch in curve.chunks(length) {
        let indices = 0..stretch.len();
        let least = indices.clone().min_by(|&i, &j| stretch[i].1.total_cmp(&stretch[j].1)).unwrap_or(0);
        let most = indices.max_by(|&i, &j| stretch[i].1.total_cmp(&stretch[j].1)).unwrap_or(0);
        pixels.push(stretch[least.min(most)]);
        if least != most {
            pixels.push(stretch[least.max(most)]);
        }
    }
    pixels.into_iter().map(|(step, value)| panel.place(step, value)).collect()
}

fn draw_log(
    canvas: &mut Canvas,
    panel: Panel,
    curves: &[&Vec<(f64, f64)>],
    label: &str,
    draw: impl FnOnce(&mut Canvas, &Panel),
) {
    let values = curves.iter().flat_map(|curve| curve.iter().map(|point| point.1));
    let (from, to) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), value| (a.min(value), b.max(value)));
    // At least half a decade, so that noise does not look like progress.
    let y = if from <= to { Range { from, to } } else { Range { from: -1.0, to: 0.0 } };
    let y = y.with_width(1.1 * y.width().max(0.5));
    let panel = Panel { y, ..panel };
    for tick in panel.x.ticks(8) {
        let (x, _) = panel.place(tick, y.from);
        canvas.path(&[(x, panel.top), (x, panel.top + panel.height)], super::canvas::GRID, 1.0, 0.75);
    }
    panel.y_ticks(canvas, &decades(y, panel.height));
    draw(canvas, &panel);
    panel.y_label(canvas, label, &widest());
    panel.frame(canvas);
}

/// Ticks of a logarithmic axis: powers of ten, and 2 and 5 times them while there is room.
pub(super) fn decades(range: Range, height: f64) -> Vec<(f64, String)> {
    let room = height / range.width();
    let every = (22.0 / room).ceil().max(1.0) as i32;
    let factors: &[f64] = if room > 90.0 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let first = range.from.floor() as i32;
    let last = range.to.ceil() as i32;
    (first..=last)
        .filter(|power| power.rem_euclid(every) == 0)
        .flat_map(|power| factors.iter().map(move |factor| f64::from(power) + factor.log10()))
        .filter(|&tick| range.contains(tick))
        .map(|tick| (tick, number(10_f64.powf(tick))))
        .collect()
}

fn legend(canvas: &mut Canvas, with_validation: bool, hidden: usize) {
    let y = 22.0;
    canvas.path(&[(92.0, y), (116.0, y)], SOURCE, 1.0, 1.8);
    canvas.text("training loss, smoothed", (122.0, y), 12.0, INK, Anchor::Start);
    canvas.path(&[(286.0, y), (310.0, y)], SOURCE, 0.35, 1.2);
    canvas.text("each step", (316.0, y), 12.0, INK, Anchor::Start);
    if with_validation {
        canvas.dot((402.0, y), 2.8, TARGET, 0.9);
        canvas.text("validation", (412.0, y), 12.0, INK, Anchor::Start);
    }
    if hidden > 0 {
        let text = format!("{hidden} values not positive or not finite");
        canvas.text(&text, (832.0, y), 12.0, MUTED, Anchor::End);
    }
}
