//! The two kinds of planes.

use efm_core::streams;
use efm_core::{Augmented, Seed, Side};
use efm_field::{Field, Law};
use efm_report::picture::Plane;

use super::{Show, Source};
use crate::{Error, Way, some_lines};

/// Charges that are drawn.
const DRAWN_CHARGES: usize = 400;

/// Planes next to a plate are this share of the gap away from it: nearer, the field is that of separate atoms.
const NEAREST: f64 = 0.02;

impl Source<'_> {
    /// z to the right, the first coordinate (or principal component) upwards.
    pub(super) fn across(&self) -> Result<Plane, Error> {
        let gap = self.exact.gap();
        let [low, high] = self.range(0);
        // Behind the plates there is a field of its own only without mirrors.
        let beyond = if self.exact.law() == Law::Mirror { 0.0 } else { 0.3 * gap };
        let (from, to) = ([-beyond, low], [gap + beyond, high]);
        let middle = self.middle(1);
        let place = |[z, x]: [f64; 2]| (self.view.lift([x, middle]), z);
        let charges = Side::BOTH.map(|side| {
            let z = side.height(gap);
            self.view.place_all(self.exact.capacitor().plate(side), DRAWN_CHARGES).iter().map(|x| [z, x[0]]).collect()
        });
        let mut plane = self.plane([from, to], place, |direction, turn| [direction[direction.len() - 1], turn[0]])?;
        plane.title = format!("across the gap, {}", self.name);
        plane.axes = ["z".to_owned(), self.axis(0)];
        plane.charges = charges;
        if self.has(Show::Lines) {
            let (prepared, count) = (self.prepared, self.options.lines);
            let starts = prepared.source.points(Seed(prepared.config.seed), streams::EVAL_SOURCE, 0, count)?;
            let way = Way::new(self.direction, &prepared.scalers, &prepared.config.solver, None, prepared.seed());
            let drawn = some_lines(way, &starts, count)?;
            let project = |line: &Augmented| {
                (0..line.len()).map(|index| [line.z(index), self.view.place(line.x(index))[0]]).collect()
            };
            plane.lines = drawn.lines.iter().map(project).collect();
        }
        Ok(plane)
    }

    /// Both coordinates at the height that is this share of the gap.
    pub(super) fn along(&self, share: f64) -> Result<Plane, Error> {
        let gap = self.exact.gap();
        let z = gap * share.clamp(NEAREST, 1.0 - NEAREST);
        let ranges = [self.range(0), self.range(1)];
        let width = ranges.iter().map(|[low, high]| high - low).fold(0.0, f64::max);
        let square = ranges.map(|[low, high]| [0.5 * (low + high - width), 0.5 * (low + high + width)]);
        let (from, to) = ([square[0][0], square[1][0]], [square[0][1], square[1][1]]);
        let mut plane = self.plane([from, to], |at| (self.view.lift(at), z), |_, turn| turn)?;
        plane.title = format!("z = {:.3} ({:.0} % of the gap), {}", z, 100.0 * z / gap, self.name);
        plane.axes = [self.axis(0), self.axis(1)];
        Ok(plane)
    }

    /// Where all but the outermost charges are on an axis of the view, a sixth wider.
    fn range(&self, axis: usize) -> [f64; 2] {
        const OUTER: f64 = 0.005;
        let mut range = [f64::INFINITY, f64::NEG_INFINITY];
        for side in Side::BOTH {
            let plate = self.exact.capacitor().plate(side);
            let mut values: Vec<f64> = self.view.place_all(plate, plate.len()).iter().map(|x| x[axis]).collect();
            values.sort_unstable_by(f64::total_cmp);
            let at = |share: f64| values[(share * (values.len() - 1) as f64).round() as usize];
            range = [range[0].min(at(OUTER)), range[1].max(at(1.0 - OUTER))];
        }
        let margin = ((range[1] - range[0]) / 12.0).max(1e-3);
        [range[0] - margin, range[1] + margin]
    }

    pub(super) fn middle(&self, axis: usize) -> f64 {
        let [low, high] = self.range(axis);
        0.5 * (low + high)
    }

    fn axis(&self, axis: usize) -> String {
        self.view.labels()[axis].replace("target's principal component", "PC")
    }
}
