use std::path::Path;

use efm_core::{Augmented, Points};

use super::axis::{Panel, Range};
use super::canvas::{Anchor, Canvas, Colour, INK, MUTED, SOURCE, TARGET, write_svg};
use super::pca::View;
use efm_eval::EvalError;
use efm_eval::number;

/// Charges drawn per plate, lines drawn, and vertices per line, at most.
const CHARGES: usize = 700;
const LINES: usize = 150;
const VERTICES: usize = 400;

/// Pieces of a line that get a colour of their own.
const PIECES: usize = 12;

/// Draws the capacitor with its field lines (SVG): source charges on z = 0, target charges on z = `gap`, up to 150 of the
/// lines, whose colour runs from that of the source to that of the target.
///
/// Each line is the list of its points (x, z). D = 2: both plates in space, seen obliquely; D = 1: x against z; D > 2: in
/// space, with x on the first two principal components of the target. Parts of lines that leave the drawn box are cut.
///
/// # Errors
/// [`EvalError::DimensionMismatch`], [`EvalError::Io`].
pub fn field_lines(
    path: impl AsRef<Path>,
    lines: &[Augmented],
    source: &Points,
    target: &Points,
    gap: f64,
) -> Result<(), EvalError> {
    let dims = lines.iter().map(Augmented::dim).chain([source.dim()]);
    if let Some(left) = dims.into_iter().find(|&dim| dim != target.dim()) {
        return Err(EvalError::DimensionMismatch { left, right: target.dim() });
    }
    let gap = if gap.is_finite() && gap > 0.0 { gap } else { 1.0 };
    let view = View::of(target);
    let count = lines.len().min(LINES);
    let scene = Scene {
        source: view.place_all(source, CHARGES),
        target: view.place_all(target, CHARGES),
        lines: (0..count).map(|k| view.place_line(&lines[k * lines.len() / count], VERTICES)).collect(),
        gap,
    };
    if target.dim() == 1 {
        write_svg(path.as_ref(), 860.0, 470.0, |canvas| scene.draw_flat(canvas))
    } else {
        write_svg(path.as_ref(), 900.0, 560.0, |canvas| scene.draw_in_space(canvas, view.labels()))
    }
}

/// Lines behind the plates are drawn up to this share of the gap away from them.
const BEHIND: f64 = 0.5;

struct Scene {
    source: Vec<[f64; 2]>,
    target: Vec<[f64; 2]>,
    lines: Vec<Vec<[f64; 3]>>,
    gap: f64,
}

impl Scene {
    /// Range of one coordinate of x: the charges, and lines that bulge up to 30 % beyond them.
    fn range(&self, axis: usize) -> Range {
        let charges = Range::of(self.source.iter().chain(&self.target).map(|point| point[axis]));
        if self.lines.iter().all(Vec::is_empty) {
            return charges;
        }
        let lines = Range::of(self.lines.iter().flatten().map(|point| point[axis]));
        let most = charges.widened(0.3);
        Range { from: charges.from.min(lines.from.max(most.from)), to: charges.to.max(lines.to.min(most.to)) }
    }

    /// Heights to be drawn: the gap, and what lies behind the plates if lines go there.
    fn heights(&self) -> Range {
        let lines = Range::of(self.lines.iter().flatten().map(|point| point[2]).chain([0.0, self.gap]));
        let most = BEHIND * self.gap;
        Range { from: lines.from.max(-most), to: lines.to.min(self.gap + most) }
    }

    fn draw_flat(&self, canvas: &mut Canvas) {
        let z = self.heights().widened(0.04);
        let panel = Panel { left: 76.0, top: 42.0, width: 754.0, height: 366.0, x: z, y: self.range(0) };
        panel.x_ticks(canvas, &z.ticks(8));
        let ticks = panel.plain_ticks(6);
        panel.y_ticks(canvas, &ticks);
        for (at, colour) in [(0.0, SOURCE), (self.gap, TARGET)] {
            canvas.path(&[panel.place(at, panel.y.from), panel.place(at, panel.y.to)], colour, 0.35, 5.0);
        }
        for line in &self.lines {
            let inside = |point: &[f64; 3]| panel.contains(point[2], point[0]);
            self.draw_line(canvas, line, inside, |point| panel.place(point[2], point[0]), 0.55);
        }
        for (points, at, colour) in [(&self.source, 0.0, SOURCE), (&self.target, self.gap, TARGET)] {
            for point in points.iter().filter(|point| panel.contains(at, point[0])) {
                canvas.dot(panel.place(at, point[0]), 2.2, colour, 0.5);
            }
        }
        let y = panel.top - 16.0;
        canvas.text("source", (panel.place(0.0, 0.0).0, y), 14.0, SOURCE, Anchor::Middle);
        canvas.text("target", (panel.place(self.gap, 0.0).0, y), 14.0, TARGET, Anchor::Middle);
        panel.x_label(canvas, "z");
        panel.y_label(canvas, "x₀", &ticks);
        panel.frame(canvas);
    }

    fn draw_in_space(&self, canvas: &mut Canvas, labels: &[String; 2]) {
        let (x, y) = (self.range(0), self.range(1));
        let side = x.width().max(y.width());
        let z = self.heights();
        let eye = Oblique { x: x.with_width(side), y: y.with_width(side), z, gap: self.gap };
        // What is deeper comes first: the source plate, then lines from the back to the front, then the target plate.
        eye.draw_plate(canvas, 0.0, &self.source, SOURCE);
        for (x, y) in [(0.0, 0.0), (0.0, 1.0), (1.0, 1.0)] {
            canvas.path(&[eye.corner(x, y, 0.0), eye.corner(x, y, self.gap)], MUTED, 0.35, 0.8);
        }
        let mut order: Vec<(f64, &Vec<[f64; 3]>)> = self
            .lines
            .iter()
            .filter(|line| line.len() > 1)
            .map(|line| (line.iter().map(|point| point[0]).sum::<f64>() / line.len() as f64, line))
            .collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (depth, line) in order {
            // Distance dims a line.
            let opacity = 0.8 - 0.5 * eye.x.share(depth).clamp(0.0, 1.0);
            let z = z.widened(0.02);
            let inside =
                |point: &[f64; 3]| eye.x.contains(point[0]) && eye.y.contains(point[1]) && z.contains(point[2]);
            self.draw_line(canvas, line, inside, |point| eye.place(point), opacity);
        }
        eye.draw_plate(canvas, self.gap, &self.target, TARGET);
        eye.draw_axes(canvas, labels);
    }

    /// Draws a line in pieces of changing colour, cut where it leaves the box.
    fn draw_line(
        &self,
        canvas: &mut Canvas,
        line: &[[f64; 3]],
        inside: impl Fn(&[f64; 3]) -> bool,
        place: impl Fn(&[f64; 3]) -> (f64, f64),
        opacity: f64,
    ) {
        let piece = |point: &[f64; 3]| (point[2] / self.gap * PIECES as f64).clamp(0.0, (PIECES - 1) as f64) as usize;
        for run in line.split(|point| !inside(point)) {
            let mut start = 0;
            for end in 1..run.len() {
                if end + 1 == run.len() || piece(&run[end]) != piece(&run[start]) {
                    let pixels: Vec<_> = run[start..=end].iter().map(&place).collect();
                    canvas.path(&pixels, blend((piece(&run[start]) as f64 + 0.5) / PIECES as f64), opacity, 1.1);
                    start = end;
                }
            }
        }
    }
}

/// From the source's colour by way of a grey violet to the target's.
fn blend(share: f64) -> Colour {
    let middle = Colour(150, 120, 165);
    let (from, to, share) =
        if share < 0.5 { (SOURCE, middle, 2.0 * share) } else { (middle, TARGET, 2.0 * share - 1.0) };
    let mix = |a: u8, b: u8| (f64::from(a) + share * (f64::from(b) - f64::from(a))).round() as u8;
    Colour(mix(from.0, to.0), mix(from.1, to.1), mix(from.2, to.2))
}

/// Oblique parallel projection: z to the right, the second coordinate up, the first one back and to the right.
struct Oblique {
    x: Range,
    y: Range,
    z: Range,
    gap: f64,
}

const ORIGIN: (f64, f64) = (84.0, 462.0);
const ALONG_Z: f64 = 590.0;
const UP: f64 = 330.0;
const BACK: (f64, f64) = (150.0, -92.0);

impl Oblique {
    /// Pixel of a point given by its shares of the two ranges and its z.
    fn corner(&self, x: f64, y: f64, z: f64) -> (f64, f64) {
        (ORIGIN.0 + ALONG_Z * (z - self.z.from) / self.z.width() + BACK.0 * x, ORIGIN.1 + BACK.1 * x - UP * y)
    }

    fn place(&self, point: &[f64; 3]) -> (f64, f64) {
        self.corner(self.x.share(point[0]), self.y.share(point[1]), point[2])
    }

    fn draw_plate(&self, canvas: &mut Canvas, z: f64, charges: &[[f64; 2]], colour: Colour) {
        let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0), (0.0, 0.0)].map(|(x, y)| self.corner(x, y, z));
        canvas.polygon(&corners, colour, 0.10);
        canvas.path(&corners, colour, 0.75, 1.2);
        for &[x, y] in charges.iter().filter(|point| self.x.contains(point[0]) && self.y.contains(point[1])) {
            canvas.dot(self.place(&[x, y, z]), 1.7, colour, 0.6);
        }
    }

    fn draw_axes(&self, canvas: &mut Canvas, labels: &[String; 2]) {
        let below = |corner: (f64, f64), by: f64| (corner.0, corner.1 + by);
        let (near, far) = (below(self.corner(0.0, 0.0, 0.0), 34.0), below(self.corner(0.0, 0.0, self.gap), 34.0));
        canvas.path(&[near, far], INK, 0.8, 1.0);
        canvas.path(&[(far.0 - 8.0, far.1 - 4.0), far, (far.0 - 8.0, far.1 + 4.0)], INK, 0.8, 1.0);
        for share in [0.0, 0.25, 0.5, 0.75, 1.0] {
            let x = near.0 + share * (far.0 - near.0);
            canvas.path(&[(x, near.1 - 3.0), (x, near.1 + 3.0)], INK, 0.8, 1.0);
            canvas.text(&number(share * self.gap), (x, near.1 + 14.0), 11.0, MUTED, Anchor::Middle);
        }
        canvas.text("z", (far.0 + 14.0, far.1), 13.0, INK, Anchor::Middle);
        // Numbers and names along the two edges of the source plate.
        for tick in self.y.ticks(4) {
            let at = self.corner(0.0, self.y.share(tick), 0.0);
            canvas.path(&[(at.0 - 4.0, at.1), at], SOURCE, 0.8, 1.0);
            canvas.text(&number(tick), (at.0 - 8.0, at.1), 11.0, MUTED, Anchor::End);
        }
        let middle = self.corner(0.0, 0.5, 0.0);
        let roof = self.corner(0.5, 1.0, 0.0);
        for tick in self.x.ticks(4) {
            let at = self.corner(self.x.share(tick), 1.0, 0.0);
            canvas.path(&[(at.0, at.1 - 4.0), at], SOURCE, 0.8, 1.0);
            canvas.text(&number(tick), (at.0 - 5.0, at.1 - 11.0), 11.0, MUTED, Anchor::Middle);
        }
        let (first, second, note) = match labels[0].split_once('(') {
            // Long names stand below the picture.
            Some((_, share)) => ("PC 1", "PC 2", Some((share, labels[1].split_once('(').map_or("", |label| label.1)))),
            None => (labels[0].as_str(), labels[1].as_str(), None),
        };
        canvas.text_up(second, (middle.0 - 52.0, middle.1), 12.5, INK);
        canvas.text(first, (roof.0 - 34.0, roof.1 - 28.0), 12.5, INK, Anchor::End);
        if let Some((first, second)) = note {
            let text = format!(
                "PC 1, PC 2: principal components of the target ({} and {} of its variance)",
                first.trim_end_matches(')'),
                second.trim_end_matches(')')
            );
            canvas.text(&text, (ORIGIN.0, 546.0), 11.0, MUTED, Anchor::Start);
        }
        let name = |z: f64| {
            let (left, right) = (self.corner(0.0, 1.0, z), self.corner(1.0, 1.0, z));
            (0.5 * left.0 + 0.5 * right.0 + 28.0, right.1 - 14.0)
        };
        canvas.text("source", (name(0.0).0 + 78.0, name(0.0).1), 14.0, SOURCE, Anchor::Middle);
        canvas.text("target", (name(self.gap).0 + 8.0, name(self.gap).1), 14.0, TARGET, Anchor::Middle);
    }
}
