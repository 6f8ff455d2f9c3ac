use efm_core::stats::median;
use efm_core::{Augmented, Capacitor, Points, Side};

use crate::nearest::Nearest;
use crate::{Event, Stop, Trigger};

/// Share of a charge's own field that the others may have where its lines begin. They bend by about that much: angles,
/// and shares of the flux, are off by as much, by turns to either side.
const BENT: f64 = 0.01;
/// The same where lines are captured. There nothing is off: whatever enters a ball on which the charge's own field is the
/// stronger one ends on that charge.
const DOMINATED: f64 = 0.1;
/// Radii stay below these shares of the distance to the next charge, for large D.
const LARGEST: [f64; 2] = [0.1, 0.3];
/// A step is this share of the distance to the nearest charge at most.
const STRIDE: f64 = 0.75;

/// The charges of a plate and how far apart they are.
#[derive(Debug, Clone)]
pub(crate) struct Plate {
    pub nearest: Nearest,
    /// For each place the distance to the nearest other one on either plate, but no more than the median of them:
    /// around outliers the field of all the others is stronger than their distance tells.
    spacings: Vec<f64>,
}

impl Plate {
    /// Both plates of a capacitor.
    pub fn both(plates: &Capacitor) -> [Self; 2] {
        let nearest = Side::BOTH.map(|side| Nearest::new(plates.plate(side)));
        let spacings = Side::BOTH.map(|side| {
            let [own, other] = [side, side.other()].map(|side| &nearest[side as usize]);
            let mut spacings = own.neighbours();
            for (place, spacing) in spacings.iter_mut().enumerate() {
                let x = own.place(place).iter().map(|&x| f64::from(x));
                let point: Vec<f64> = x.chain([side.height(plates.gap())]).collect();
                let across = other.from(&point, side.other().height(plates.gap()));
                *spacing = across.map_or(*spacing, |(_, across)| spacing.min(across));
            }
            let median = median(&mut spacings.clone()).unwrap_or(f64::INFINITY);
            spacings.iter_mut().for_each(|spacing| *spacing = spacing.min(median));
            spacings
        });
        let [source, target] = nearest;
        let [near, far] = spacings;
        [Self { nearest: source, spacings: near }, Self { nearest: target, spacings: far }]
    }

    /// Radius of the sphere on which the lines of a place begin.
    pub fn start_radius(&self, place: usize) -> f64 {
        self.radius(place, BENT, LARGEST[0])
    }

    /// Radius of the ball around a place in which lines end.
    pub fn capture_radius(&self, place: usize) -> f64 {
        self.radius(place, DOMINATED, LARGEST[1])
    }

    /// A charge's own field falls as 1/r^D, that of the others is of its size at the spacing.
    fn radius(&self, place: usize, share: f64, largest: f64) -> f64 {
        let dim = self.nearest.place(place).len() as f64;
        self.spacings[place] * share.powf(1.0 / dim).min(largest)
    }
}

/// Lines between charges: they end in a ball around one of `target`, and take short steps next to all.
#[derive(Debug, Clone)]
pub(crate) struct Balls {
    /// Charges at z = 0 and at z = L.
    source: Nearest,
    target: Nearest,
    gap: f64,
    radii: Vec<f64>,
    largest: f64,
}

impl Balls {
    /// Around the charges of `target` at z = `gap`, of the radius given or of their own.
    pub fn new(source: &Plate, target: &Plate, gap: f64, radius: Option<f64>) -> Self {
        let own = |place| radius.unwrap_or_else(|| target.capture_radius(place));
        let radii: Vec<f64> = (0..target.nearest.len()).map(own).collect();
        let largest = radii.iter().copied().fold(0.0, f64::max);
        Self { source: source.nearest.clone(), target: target.nearest.clone(), gap, radii, largest }
    }

    /// The charge nearest to `point`, D coordinates.
    pub fn place(&self, point: &[f64]) -> Option<&[f32]> {
        self.target.from(point, self.gap).map(|(place, _)| self.target.place(place))
    }

    fn distance(&self, point: &[f64]) -> f64 {
        self.target.from(point, self.gap).map_or(f64::INFINITY, |(_, distance)| distance)
    }
}

impl Event for Balls {
    fn value(&self, point: &[f64]) -> f64 {
        // Balls do not overlap, so the one with the nearest centre decides.
        self.target.from(point, self.gap).map_or(f64::INFINITY, |(place, distance)| distance - self.radii[place])
    }
    fn trigger(&self) -> Trigger {
        Trigger::Entry
    }
    fn stop(&self) -> Option<Stop> {
        Some(Stop::Captured)
    }
    fn reach(&self, point: &[f64]) -> f64 {
        let source = self.source.from(point, 0.0).map_or(f64::INFINITY, |(_, distance)| distance);
        STRIDE * source.min(self.distance(point))
    }
    fn clearance(&self, point: &[f64]) -> f64 {
        self.distance(point) - self.largest
    }
}

/// A point of `starts`, put on the charge of `plate` nearest to it: its place.
pub(crate) fn places(plate: &Plate, starts: &Points) -> Vec<usize> {
    let lifted = Augmented::lift(starts, 0.0);
    (0..lifted.len()).map(|index| plate.nearest.find(lifted.x(index)).map_or(0, |(place, _)| place)).collect()
}
