use std::path::Path;

use efm_core::Points;

use super::axis::{Panel, Range};
use super::canvas::{Anchor, Canvas, Colour, INK, MOVED, MUTED, SOURCE, TARGET, write_svg};
use super::pca::View;
use efm_eval::EvalError;
use efm_eval::number;

/// Labels of [`clouds`].
#[derive(Debug, Clone, Default)]
pub struct CloudOptions {
    /// Heading of the picture.
    pub title: Option<String>,
    /// W2 of transported against target, shown above the transported cloud.
    pub w2: Option<f64>,
}

/// Points drawn per panel at most, and bins of a histogram.
const DRAWN: usize = 2_000;
const BINS: usize = 48;

const SIDE: f64 = 300.0;
const LEFT: f64 = 72.0;
const BETWEEN: f64 = 34.0;

/// Draws source, transported and target side by side on the same axes (SVG); the target lies in grey under the
/// transported points.
///
/// D = 2: the coordinates, equal scales. D = 1: histograms. D > 2: the first two principal components of the target.
/// Of larger clouds 2 000 points are drawn, spread evenly over their order. Axes span all clouds but the outermost
/// 0.2 % of their points; a remark counts what lies outside.
///
/// # Errors
/// [`EvalError::DimensionMismatch`], [`EvalError::Io`].
pub fn clouds(
    path: impl AsRef<Path>,
    source: &Points,
    transported: &Points,
    target: &Points,
    options: &CloudOptions,
) -> Result<(), EvalError> {
    for cloud in [source, transported] {
        if cloud.dim() != target.dim() {
            return Err(EvalError::DimensionMismatch { left: cloud.dim(), right: target.dim() });
        }
    }
    let heading = if options.title.is_some() { 34.0 } else { 0.0 };
    let clouds = [("source", source, SOURCE), ("transported", transported, MOVED), ("target", target, TARGET)];
    let w2 = options.w2.map_or(String::new(), |w2| format!(", W2 = {}", number(w2)));
    let width = LEFT + 3.0 * SIDE + 2.0 * BETWEEN + 24.0;
    write_svg(path.as_ref(), width, heading + SIDE + 84.0, |canvas| {
        if let Some(title) = &options.title {
            canvas.text(title, (0.5 * width, 22.0), 16.0, INK, Anchor::Middle);
        }
        let top = heading + 34.0;
        let counts = clouds.map(|(name, cloud, _)| {
            let w2 = if name == "transported" { w2.as_str() } else { "" };
            format!("{name}, n = {}{w2}", cloud.len())
        });
        if target.dim() == 1 {
            histograms(canvas, top, &clouds.map(|(_, cloud, colour)| (first(cloud), colour)), &counts);
        } else {
            let view = View::of(target);
            let placed = clouds.map(|(_, cloud, colour)| (view.place_all(cloud, DRAWN), colour));
            scatter(canvas, top, &placed, &counts, view.labels());
        }
    })
}

fn panel(index: usize, top: f64, x: Range, y: Range) -> Panel {
    Panel { left: LEFT + index as f64 * (SIDE + BETWEEN), top, width: SIDE, height: SIDE, x, y }
}

fn scatter(
    canvas: &mut Canvas,
    top: f64,
    clouds: &[(Vec<[f64; 2]>, Colour); 3],
    titles: &[String; 3],
    labels: &[String; 2],
) {
    let range = |axis: usize| {
        let each = clouds.iter().filter(|(points, _)| !points.is_empty());
        let each = each.map(|(points, _)| Range::of(points.iter().map(|point| point[axis])));
        each.reduce(Range::union).unwrap_or(Range { from: -1.0, to: 1.0 })
    };
    // Equal scales: shapes keep their shape.
    let (x, y) = (range(0), range(1));
    let side = x.width().max(y.width());
    let (x, y) = (x.with_width(side), y.with_width(side));
    for (index, (points, colour)) in clouds.iter().enumerate() {
        let panel = panel(index, top, x, y);
        panel.x_ticks(canvas, &x.ticks(5));
        let mut ticks = panel.plain_ticks(5);
        if index > 0 {
            ticks.iter_mut().for_each(|(_, label)| label.clear());
        }
        panel.y_ticks(canvas, &ticks);
        if index == 0 {
            panel.y_label(canvas, &labels[1], &ticks);
        }
        if index == 1 {
            dots(canvas, &panel, &clouds[2].0, MUTED, 0.22);
        }
        let outside = dots(canvas, &panel, points, *colour, 0.45);
        panel.title(canvas, &titles[index], *colour);
        remarks(canvas, &panel, index, outside);
        panel.x_label(canvas, &labels[0]);
        panel.frame(canvas);
    }
}

/// What the grey in the transported panel is, and how many points are not drawn.
fn remarks(canvas: &mut Canvas, panel: &Panel, index: usize, outside: usize) {
    if index == 1 {
        panel.remark(canvas, "grey: target", false);
    }
    if outside > 0 {
        panel.remark(canvas, &format!("{outside} outside"), true);
    }
}

/// Draws the points inside the panel; returns how many are not.
fn dots(canvas: &mut Canvas, panel: &Panel, points: &[[f64; 2]], colour: Colour, opacity: f64) -> usize {
    let radius = if points.len() > 600 { 1.5 } else { 2.2 };
    let mut outside = 0;
    for &[x, y] in points {
        if panel.contains(x, y) {
            canvas.dot(panel.place(x, y), radius, colour, opacity);
        } else {
            outside += 1;
        }
    }
    outside
}

fn histograms(canvas: &mut Canvas, top: f64, clouds: &[(Vec<f64>, Colour); 3], titles: &[String; 3]) {
    let filled = clouds.iter().filter(|(values, _)| !values.is_empty());
    let x = filled.map(|(values, _)| Range::of(values.iter().copied())).reduce(Range::union);
    let x = x.unwrap_or(Range { from: -1.0, to: 1.0 });
    let densities = clouds.each_ref().map(|(values, _)| density(values, x));
    let highest = densities.iter().flatten().copied().fold(0.0, f64::max);
    let y = Range { from: 0.0, to: if highest > 0.0 { 1.08 * highest } else { 1.0 } };
    for (index, (values, colour)) in clouds.iter().enumerate() {
        let panel = panel(index, top, x, y);
        panel.x_ticks(canvas, &x.ticks(5));
        let mut ticks = panel.plain_ticks(5);
        if index > 0 {
            ticks.iter_mut().for_each(|(_, label)| label.clear());
        }
        panel.y_ticks(canvas, &ticks);
        if index == 0 {
            panel.y_label(canvas, "density", &ticks);
        }
        let bin = x.width() / BINS as f64;
        let mut outline = vec![panel.place(x.from, 0.0)];
        for (k, &height) in densities[index].iter().enumerate() {
            outline.push(panel.place(x.from + k as f64 * bin, height));
            outline.push(panel.place(x.from + (k + 1) as f64 * bin, height));
        }
        outline.push(panel.place(x.to, 0.0));
        canvas.polygon(&outline, *colour, 0.35);
        canvas.path(&outline, *colour, 1.0, 1.2);
        if index == 1 {
            let steps: Vec<_> = densities[2]
                .iter()
                .enumerate()
                .flat_map(|(k, &height)| [k, k + 1].map(|edge| panel.place(x.from + edge as f64 * bin, height)))
                .collect();
            canvas.path(&steps, MUTED, 0.9, 1.2);
        }
        let outside = values.iter().filter(|&&value| !x.contains(value)).count();
        panel.title(canvas, &titles[index], *colour);
        remarks(canvas, &panel, index, outside);
        panel.x_label(canvas, "x₀");
        panel.frame(canvas);
    }
}

/// Share of all values per bin over the bin's width.
fn density(values: &[f64], range: Range) -> Vec<f64> {
    let mut counts = vec![0_usize; BINS];
    for &value in values.iter().filter(|&&value| range.contains(value)) {
        counts[((range.share(value) * BINS as f64) as usize).min(BINS - 1)] += 1;
    }
    let unit = values.len().max(1) as f64 * range.width() / BINS as f64;
    counts.into_iter().map(|count| count as f64 / unit).collect()
}

/// The first coordinate of every point.
fn first(points: &Points) -> Vec<f64> {
    points.iter().map(|point| f64::from(point[0])).collect()
}
