use serde_json::{Value, json};

use super::detail::{Detail, rounded, rounded_all};
use super::record::{Clouds, Traced};
use crate::picture::View;

/// Charges per plate, lines, vertices per line and points per cloud, at most.
const CHARGES: usize = 700;
const LINES: usize = 150;
const VERTICES: usize = 90;
const POINTS: usize = 1_000;

/// Lines bulge up to this share of the charges' range beyond it, and run up to this share of the gap behind the plates;
/// beyond that they are cut.
const BULGE: f64 = 0.25;
const BEHIND: f64 = 0.5;

/// A cloud's picture is wider than the target by this share; what lies outside is counted.
const MARGIN: f64 = 0.2;

/// The capacitor in space. For D > 2, x is seen on the first two principal components of the target.
pub(crate) fn scene(traced: &Traced, detail: Detail) -> Value {
    let gap = if traced.gap.is_finite() && traced.gap > 0.0 { traced.gap } else { 1.0 };
    let dim = traced.target.dim();
    let view = View::of(&traced.target);
    let [source, target] =
        [&traced.source, &traced.target].map(|points| view.place_all(points, detail.of_full(CHARGES)));
    let count = traced.lines.len().min(detail.of_full(LINES));
    let chosen: Vec<usize> = (0..count).map(|k| k * traced.lines.len() / count).collect();
    let lines: Vec<Vec<[f64; 3]>> =
        chosen.iter().map(|&index| view.place_line(&traced.lines[index], VERTICES)).collect();
    let lost: Vec<usize> = (0..count).filter(|&at| traced.lost.get(chosen[at]).copied().unwrap_or(false)).collect();

    let mut box_ = [0, 1].map(|axis| bounds(source.iter().chain(&target).map(move |point| point[axis])));
    let bulged = [0, 1].map(|axis| bounds(lines.iter().flatten().map(move |point| point[axis])));
    for ([low, high], [least, greatest]) in box_.iter_mut().zip(bulged) {
        let most = BULGE * (*high - *low);
        (*low, *high) = (low.min(least.max(*low - most)), high.max(greatest.min(*high + most)));
    }
    // Equal scales on both axes of x.
    let side = 1.04 * box_.iter().map(|[low, high]| high - low).fold(f64::MIN_POSITIVE, f64::max);
    // Charges all in one place have no width; five digits would not show one below a thousandth of where they are.
    let far = box_.iter().flatten().fold(1e-3, |far: f64, value| far.max(value.abs()));
    let side = side.max(1e-3 * far);
    for range in &mut box_ {
        let middle = 0.5 * (range[0] + range[1]);
        *range = [middle - 0.5 * side, middle + 0.5 * side];
    }
    let [least, greatest] = bounds(lines.iter().flatten().map(|point| point[2]).chain([0.0, gap]));
    let depth = [least.max(-BEHIND * gap), greatest.min((1.0 + BEHIND) * gap)];
    json!({
        "axes": axes(&view, dim),
        "note": note(&view, dim),
        "gap": rounded(gap),
        "box": box_.map(rounded_all),
        "depth": rounded_all(depth),
        "forward": traced.forward,
        "source": rounded_all(source.into_iter().flatten()),
        "target": rounded_all(target.into_iter().flatten()),
        "lines": lines.iter().map(|line| rounded_all(line.iter().flatten().copied())).collect::<Vec<_>>(),
        "lost": lost,
    })
}

/// Start, end and target in the plane, data units.
pub(crate) fn clouds(clouds: &Clouds, detail: Detail) -> Option<Value> {
    let dim = clouds.target.dim();
    if clouds.transported.dim() != dim || clouds.source.dim() != dim {
        return None;
    }
    let view = View::of(&clouds.target);
    let place = |points| rounded_all(view.place_all(points, detail.of_full(POINTS)).into_iter().flatten());
    let seen = view.place_all(&clouds.target, POINTS);
    let range = [0, 1].map(|axis| {
        let [low, high] = bounds(seen.iter().map(|point| point[axis]));
        let margin = (MARGIN * (high - low)).max(1e-6);
        [low - margin, high + margin]
    });
    Some(json!({
        "range": range.map(rounded_all),
        "axes": view.labels().clone().map(|label| label.replace("target's principal component", "PC")),
        "source": place(&clouds.source),
        "transported": place(&clouds.transported),
        "target": place(&clouds.target),
    }))
}

/// Names of the axes, short enough to stand in space.
fn axes(view: &View, dim: usize) -> [String; 2] {
    match dim {
        0..=2 => view.labels().clone(),
        _ => ["PC 1".to_owned(), "PC 2".to_owned()],
    }
}

fn note(view: &View, dim: usize) -> String {
    let share =
        |label: &String| label.split_once('(').map_or("?".to_owned(), |(_, end)| end.trim_end_matches(')').to_owned());
    let units = "Lengths are in units of the scaled data. Drag to turn.";
    match dim {
        0 | 1 => format!("The plates are lines, D = 1; the second axis stays empty. {units}"),
        2 => format!(
            "Each point of the source travels along its field line until it arrives at the other plate. {units}"
        ),
        _ => {
            let [first, second] = view.labels();
            format!(
                "D = {dim}: drawn are the first two principal components of the target, PC 1 ({} of its variance) and PC 2 \
                 ({}); what is not in their plane is not seen, and lines that seem to miss may arrive. {units}",
                share(first),
                share(second)
            )
        }
    }
}

/// Least and greatest finite value; [0, 0] where there is none.
fn bounds(values: impl Iterator<Item = f64>) -> [f64; 2] {
    let finite = values.filter(|value| value.is_finite());
    let [low, high] = finite.fold([f64::INFINITY, f64::NEG_INFINITY], |[a, b], value| [a.min(value), b.max(value)]);
    if low <= high { [low, high] } else { [0.0, 0.0] }
}
