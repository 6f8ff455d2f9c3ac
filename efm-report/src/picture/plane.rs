use ::image::{Rgb, RgbImage};

use super::axis::{Panel, Range};
use super::canvas::{Anchor, Canvas, Colour, INK, MUTED, SOURCE, TARGET, svg};
use super::contour::contours;
use super::raster::{Mark, Raster, encode};
use efm_eval::EvalError;
use efm_eval::number;

/// A plane through the field on a grid of points, values row after row, each row along the first axis.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plane {
    /// What stands above it.
    pub title: String,
    /// Names of the two axes.
    pub axes: [String; 2],
    /// Least coordinates.
    pub from: [f64; 2],
    /// Greatest coordinates.
    pub to: [f64; 2],
    /// Points along the two axes.
    pub size: [usize; 2],
    /// ln |E|; empty where it is not shown.
    pub ln_strengths: Vec<f64>,
    /// The potential; empty where it is not shown.
    pub potentials: Vec<f64>,
    /// Parts of the unit direction in the plane; empty where they are not shown.
    pub directions: Vec<[f64; 2]>,
    /// Field lines.
    pub lines: Vec<Vec<[f64; 2]>>,
    /// Charges of the source and of the target.
    pub charges: [Vec<[f64; 2]>; 2],
}

/// Size of a panel, and the place around it.
const SIDE: f64 = 380.0;
const LEFT: f64 = 74.0;
const RIGHT: f64 = 26.0;
const TOP: f64 = 46.0;
const BELOW: f64 = 104.0;

/// Arrows along an axis, equipotential lines, and pixels of a shaded plane per point of its grid.
const ARROWS: usize = 20;
const LEVELS: usize = 14;
const FINE: usize = 8;

/// Draws planes beside each other, as the text of an SVG file: shades of the field strength or of the potential, lines of
/// equal potential, field lines, arrows of the direction, charges, of each what the plane holds.
///
/// # Errors
/// [`EvalError::Encode`], and [`EvalError::TooSmall`] for a grid of fewer than two points a side or values that do not fill it.
pub fn planes(planes: &[Plane]) -> Result<String, EvalError> {
    check(planes)?;
    let panels: Vec<Panel> = planes.iter().enumerate().map(|(index, plane)| panel(plane, index)).collect();
    let image = |plane: &Plane| shades(plane).map(|values| png(&values, plane.size)).transpose();
    let images = planes.iter().map(image).collect::<Result<Vec<_>, _>>()?;
    let width = planes.len().max(1) as f64 * (LEFT + SIDE + RIGHT);
    Ok(svg(width, TOP + SIDE + BELOW, |canvas| {
        for ((plane, panel), image) in planes.iter().zip(&panels).zip(&images) {
            if let Some(png) = image {
                canvas.image((panel.left, panel.top), (panel.width, panel.height), png);
            }
            draw(canvas, plane, panel);
        }
    }))
}

fn check(planes: &[Plane]) -> Result<(), EvalError> {
    for plane in planes {
        let cells = plane.size[0] * plane.size[1];
        let least = plane.size[0].min(plane.size[1]);
        let lengths = [plane.ln_strengths.len(), plane.potentials.len(), plane.directions.len()];
        if least < 2 || lengths.iter().any(|&length| length != 0 && length != cells) {
            return Err(EvalError::TooSmall { what: "the grid of a plane", value: least, least: 2 });
        }
    }
    Ok(())
}

fn panel(plane: &Plane, index: usize) -> Panel {
    let range = |axis: usize| {
        let range = Range { from: plane.from[axis], to: plane.to[axis] };
        if range.width() > 0.0 && range.width().is_finite() { range } else { Range::of([range.from]) }
    };
    let left = index as f64 * (LEFT + SIDE + RIGHT) + LEFT;
    Panel { left, top: TOP, width: SIDE, height: SIDE, x: range(0), y: range(1) }
}

/// What the shades show: the potential if it is there, or else the strength.
fn shades(plane: &Plane) -> Option<Vec<f64>> {
    let values = if plane.potentials.is_empty() { &plane.ln_strengths } else { &plane.potentials };
    (!values.is_empty()).then(|| {
        let range = Range::of(values.iter().copied());
        values.iter().map(|value| range.share(*value).clamp(0.0, 1.0)).collect()
    })
}

fn draw(canvas: &mut Canvas, plane: &Plane, panel: &Panel) {
    let y_ticks = panel.plain_ticks(6);
    if shades(plane).is_none() {
        panel.x_ticks(canvas, &panel.x.ticks(6));
        panel.y_ticks(canvas, &y_ticks);
    } else {
        for tick in panel.x.ticks(6) {
            let (x, y) = panel.place(tick, panel.y.from);
            canvas.path(&[(x, y), (x, y + 4.0)], MUTED, 1.0, 0.9);
            canvas.text(&number(tick), (x, y + 13.0), 11.0, MUTED, Anchor::Middle);
        }
        for (tick, label) in &y_ticks {
            let (x, y) = panel.place(panel.x.from, *tick);
            canvas.path(&[(x - 4.0, y), (x, y)], MUTED, 1.0, 0.9);
            canvas.text(label, (x - 7.0, y), 11.0, MUTED, Anchor::End);
        }
    }
    for mark in marks(plane, panel) {
        match mark {
            Mark::Path { points, colour, opacity, width } => canvas.path(&points, colour, opacity, width),
            Mark::Dot { at, radius, colour } => canvas.dot(at, radius, colour, 1.0),
        }
    }
    panel.title(canvas, &plane.title, INK);
    panel.x_label(canvas, &plane.axes[0]);
    panel.y_label(canvas, &plane.axes[1], &y_ticks);
    panel.frame(canvas);
    scale(canvas, plane, panel);
}

/// Lines of equal potential, field lines, arrows and charges, in pixels.
fn marks(plane: &Plane, panel: &Panel) -> Vec<Mark> {
    let light = Colour(255, 255, 255);
    let ink = if shades(plane).is_some() { light } else { INK };
    let place = |[x, y]: [f64; 2]| panel.place(x, y);
    let mut marks = Vec::new();
    if !plane.potentials.is_empty() {
        for (_, pieces) in contours(&plane.potentials, plane.size, LEVELS) {
            for [a, b] in pieces {
                let points = vec![place(on_grid(plane, a)), place(on_grid(plane, b))];
                marks.push(Mark::Path { points, colour: light, opacity: 0.75, width: 0.9 });
            }
        }
    }
    for line in &plane.lines {
        for run in line.split(|point| !panel.contains(point[0], point[1])) {
            let points = run.iter().map(|point| place(*point)).collect();
            marks.push(Mark::Path { points, colour: ink, opacity: 0.7, width: 0.9 });
        }
    }
    arrows(&mut marks, plane, panel, ink);
    for (charges, colour) in plane.charges.iter().zip([SOURCE, TARGET]) {
        for point in charges.iter().filter(|point| panel.contains(point[0], point[1])) {
            marks.push(Mark::Dot { at: place(*point), radius: 2.4, colour: light });
            marks.push(Mark::Dot { at: place(*point), radius: 1.8, colour });
        }
    }
    marks
}

/// Where a point given in steps of the grid lies.
fn on_grid(plane: &Plane, at: [f64; 2]) -> [f64; 2] {
    [0, 1].map(|axis| {
        let share = at[axis] / (plane.size[axis] - 1) as f64;
        plane.from[axis] + share * (plane.to[axis] - plane.from[axis])
    })
}

fn arrows(marks: &mut Vec<Mark>, plane: &Plane, panel: &Panel, ink: Colour) {
    if plane.directions.is_empty() {
        return;
    }
    let length = 0.85 * SIDE / ARROWS as f64;
    let [columns, rows] = plane.size;
    let near = |k: usize, count: usize| ((k as f64 + 0.5) / ARROWS as f64 * (count - 1) as f64).round() as usize;
    for row in (0..ARROWS).map(|k| near(k, rows)) {
        for column in (0..ARROWS).map(|k| near(k, columns)) {
            let [dx, dy] = plane.directions[row * columns + column];
            let [x, y] = on_grid(plane, [column as f64, row as f64]);
            let (x, y) = panel.place(x, y);
            let size = length * dx.hypot(dy);
            if !size.is_finite() {
                continue;
            }
            let (to_x, to_y) = (x + 0.5 * length * dx, y - 0.5 * length * dy);
            let mut stroke = |points| marks.push(Mark::Path { points, colour: ink, opacity: 0.9, width: 1.0 });
            stroke(vec![(x - 0.5 * length * dx, y + 0.5 * length * dy), (to_x, to_y)]);
            if size > 3.0 {
                let (turn, head) = ((-dy).atan2(dx), (0.35 * size).min(4.5));
                let end = |side: f64| (to_x - head * (turn + side).cos(), to_y - head * (turn + side).sin());
                stroke(vec![end(0.5), (to_x, to_y), end(-0.5)]);
            }
        }
    }
}

/// The scale of the shades, below the panel.
fn scale(canvas: &mut Canvas, plane: &Plane, panel: &Panel) {
    const STEPS: usize = 64;
    let potential = !plane.potentials.is_empty();
    let values = if potential { &plane.potentials } else { &plane.ln_strengths };
    if values.is_empty() {
        return;
    }
    let range = Range::of(values.iter().copied());
    let (left, top, width) = (panel.left + 0.2 * SIDE, panel.top + SIDE + 54.0, 0.6 * SIDE);
    for step in 0..STEPS {
        let [red, green, blue] = cividis((step as f64 + 0.5) / STEPS as f64);
        let from = left + width * step as f64 / STEPS as f64;
        // Each hides the seam of the one before it.
        let to = (left + width * (step + 2) as f64 / STEPS as f64).min(left + width);
        canvas.rectangle((from, top), (to, top + 9.0), Colour(red, green, blue), 1.0);
    }
    let shown = |value: f64| number(if potential { value } else { value.exp() });
    let name = if potential { "potential" } else { "field strength |E|, logarithmic" };
    canvas.text(&shown(range.from), (left - 6.0, top + 5.0), 11.0, MUTED, Anchor::End);
    canvas.text(&shown(range.to), (left + width + 6.0, top + 5.0), 11.0, MUTED, Anchor::Start);
    canvas.text(name, (left + 0.5 * width, top + 22.0), 11.0, MUTED, Anchor::Middle);
}

/// Draws planes beside each other as a PNG file, without letters: a picture for a figure that has its own.
///
/// # Errors
/// As [`planes`].
pub fn planes_png(planes: &[Plane]) -> Result<Vec<u8>, EvalError> {
    check(planes)?;
    let width = planes.len().max(1) as f64 * (SIDE + RIGHT) + RIGHT;
    let mut picture = Raster::new(width, SIDE + 2.0 * RIGHT);
    for (index, plane) in planes.iter().enumerate() {
        let panel = Panel { left: RIGHT + index as f64 * (SIDE + RIGHT), top: RIGHT, ..panel(plane, 0) };
        if let Some(shares) = shades(plane) {
            let colour = |x: f64, y: f64| cividis(between(&shares, plane.size, x, 1.0 - y));
            picture.fill((panel.left, panel.top), (SIDE, SIDE), colour);
        }
        picture.draw(&marks(plane, &panel));
        let (right, low) = (panel.left + SIDE, panel.top + SIDE);
        let (left, top) = (panel.left, panel.top);
        let points = vec![(left, top), (right, top), (right, low), (left, low), (left, top)];
        picture.draw(&[Mark::Path { points, colour: MUTED, opacity: 0.8, width: 0.9 }]);
    }
    picture.png()
}

/// A picture of shares from 0 to 1, the first row lowest.
fn png(shares: &[f64], [columns, rows]: [usize; 2]) -> Result<Vec<u8>, EvalError> {
    let (width, height) = ((columns - 1) * FINE, (rows - 1) * FINE);
    encode(&RgbImage::from_fn(width as u32, height as u32, |x, y| {
        let share = |pixel: u32, count: usize| (f64::from(pixel) + 0.5) / count as f64;
        Rgb(cividis(between(shares, [columns, rows], share(x, width), 1.0 - share(y, height))))
    }))
}

/// The value at shares of the two sides of a grid, linear between its points.
fn between(values: &[f64], [columns, rows]: [usize; 2], x: f64, y: f64) -> f64 {
    let [x, y] = [x * (columns - 1) as f64, y * (rows - 1) as f64];
    let [i, j] = [(x.max(0.0) as usize).min(columns - 2), (y.max(0.0) as usize).min(rows - 2)];
    let [s, t] = [x - i as f64, y - j as f64];
    let value = |di: usize, dj: usize| values[(j + dj) * columns + i + di];
    let low = value(0, 0) + s * (value(1, 0) - value(0, 0));
    let high = value(0, 1) + s * (value(1, 1) - value(0, 1));
    low + t * (high - low)
}

/// Dark to bright, even to the eye and to colour-blind eyes: Nuñez, Anderton, Renslow, PLoS ONE 13(7), 2018; nine steps.
fn cividis(share: f64) -> [u8; 3] {
    const STEPS: [[u8; 3]; 9] = [
        [0, 34, 78],
        [18, 53, 112],
        [59, 73, 108],
        [87, 93, 109],
        [112, 113, 115],
        [138, 135, 121],
        [166, 157, 117],
        [196, 181, 108],
        [254, 232, 56],
    ];
    // A cast from NaN gives 0.
    let at = share.clamp(0.0, 1.0) * (STEPS.len() - 1) as f64;
    let low = (at as usize).min(STEPS.len() - 2);
    let mix = |channel: usize| {
        let [a, b] = [STEPS[low][channel], STEPS[low + 1][channel]].map(f64::from);
        (a + (at - low as f64) * (b - a)).round() as u8
    };
    [mix(0), mix(1), mix(2)]
}
