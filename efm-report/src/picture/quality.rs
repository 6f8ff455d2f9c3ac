use std::path::Path;

use super::axis::{Panel, Range};
use super::canvas::{Anchor, Canvas, Colour, GRID, INK, MOVED, MUTED, SOURCE, TARGET, write_svg};
use super::loss::decades;
use efm_eval::EvalError;
use efm_eval::number;

/// One measure of a map against what it costs.
#[derive(Debug, Clone, PartialEq)]
pub struct QualityCurve {
    /// Name of the measure.
    pub measure: String,
    /// For every solver its name and (evaluations per line, value), in order of evaluations.
    pub solvers: Vec<(String, Vec<(f64, f64)>)>,
    /// The same measure between two draws of the target.
    pub floor: Option<f64>,
}

const COLOURS: [Colour; 4] = [SOURCE, TARGET, MOVED, INK];

/// Draws measures over evaluations of the field per line, one panel each, both axes logarithmic, floors dashed (SVG). Values
/// that a logarithm cannot show are left out.
///
/// # Errors
/// [`EvalError::Io`].
pub fn quality(path: impl AsRef<Path>, curves: &[QualityCurve]) -> Result<(), EvalError> {
    let (height, gap) = (200.0, 34.0);
    let total = 60.0 + curves.len().max(1) as f64 * (height + gap) + 20.0;
    write_svg(path.as_ref(), 700.0, total, |canvas| {
        let every = || curves.iter().flat_map(|curve| &curve.solvers).flat_map(|(_, points)| points);
        let x = span(every().map(|point| point.0));
        for (index, curve) in curves.iter().enumerate() {
            let values = curve.solvers.iter().flat_map(|(_, points)| points).map(|point| point.1);
            let y = span(values.chain(curve.floor));
            let top = 44.0 + index as f64 * (height + gap);
            let panel = Panel { left: 92.0, top, width: 580.0, height, x, y };
            draw(canvas, &panel, curve, index + 1 == curves.len());
        }
        legend(canvas, curves);
    })
}

/// The range of the logarithms, at least a fifth of a decade.
fn span(values: impl Iterator<Item = f64>) -> Range {
    let logarithms = values.filter_map(logarithm);
    let (from, to) = logarithms.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), value| (a.min(value), b.max(value)));
    let range = if from <= to { Range { from, to } } else { Range { from: 0.0, to: 1.0 } };
    range.with_width((1.15 * range.width()).max(0.2))
}

fn logarithm(value: f64) -> Option<f64> {
    (value.is_finite() && value > 0.0).then(|| value.log10())
}

fn draw(canvas: &mut Canvas, panel: &Panel, curve: &QualityCurve, last: bool) {
    let measured: Vec<f64> = curve.solvers.iter().flat_map(|(_, points)| points).map(|point| point.0).collect();
    let mut shown: Vec<f64> = measured.into_iter().filter_map(logarithm).collect();
    shown.sort_by(f64::total_cmp);
    let mut before = f64::NEG_INFINITY;
    for tick in shown {
        let (x, _) = panel.place(tick, panel.y.from);
        canvas.path(&[(x, panel.top), (x, panel.top + panel.height)], GRID, 1.0, 0.75);
        // Numbers that would lie on each other are left out.
        if x - before > 34.0 {
            let text = number(10_f64.powf(tick).round());
            canvas.text(&text, (x, panel.top + panel.height + 13.0), 11.0, MUTED, Anchor::Middle);
            before = x;
        }
    }
    panel.y_ticks(canvas, &decades(panel.y, panel.height));
    if let Some(floor) = curve.floor.and_then(logarithm) {
        const DASHES: usize = 60;
        for dash in (0..DASHES).step_by(2) {
            let at = |dash: usize| {
                let x = panel.x.from + panel.x.width() * dash as f64 / DASHES as f64;
                panel.place(x, floor)
            };
            canvas.path(&[at(dash), at(dash + 1)], INK, 0.7, 1.0);
        }
    }
    for ((_, points), colour) in curve.solvers.iter().zip(COLOURS.into_iter().cycle()) {
        let places: Vec<_> = points
            .iter()
            .filter_map(|&(evaluations, value)| Some(panel.place(logarithm(evaluations)?, logarithm(value)?)))
            .collect();
        canvas.path(&places, colour, 1.0, 1.6);
        places.iter().for_each(|&place| canvas.dot(place, 3.0, colour, 1.0));
    }
    panel.y_label(canvas, &curve.measure, &[(0.0, "1.25e-4".to_owned())]);
    if last {
        panel.x_label(canvas, "evaluations of the field per line");
    }
    panel.frame(canvas);
}

/// The solvers of the first curve, and the floor.
fn legend(canvas: &mut Canvas, curves: &[QualityCurve]) {
    let mut left = 92.0;
    for ((name, _), colour) in curves.first().into_iter().flat_map(|curve| &curve.solvers).zip(COLOURS) {
        canvas.path(&[(left, 20.0), (left + 22.0, 20.0)], colour, 1.0, 1.6);
        canvas.dot((left + 11.0, 20.0), 3.0, colour, 1.0);
        canvas.text(name, (left + 28.0, 20.0), 12.0, INK, Anchor::Start);
        left += 44.0 + 6.6 * name.chars().count() as f64;
    }
    if curves.iter().any(|curve| curve.floor.is_some()) {
        canvas.path(&[(left, 20.0), (left + 8.0, 20.0)], INK, 0.7, 1.0);
        canvas.path(&[(left + 14.0, 20.0), (left + 22.0, 20.0)], INK, 0.7, 1.0);
        canvas.text("floor", (left + 28.0, 20.0), 12.0, INK, Anchor::Start);
    }
}
