//! A packet of queries walks down the tree. Which nodes stand for their charges is decided for each query alone; what the others of
//! its packet do costs time and changes no bit.

use pulp::{Simd, WithSimd};

use super::expansion::Sight;
use super::moments::Layout;
use super::plate::{LEAF, Link, Plate};
use crate::simd::Real;

/// Queries of a packet: whole vectors of any machine.
pub const PACKET: usize = 16;
/// Leaves that are summed before f64 takes over.
const LEAVES: usize = 16;

/// One value per query of a packet.
pub type Lanes<T> = [T; PACKET];

/// Up to [`PACKET`] queries.
#[derive(Debug, Clone)]
pub struct Packet {
    /// Places in the coordinates.
    pub places: Lanes<[f64; 3]>,
    /// Heights above both plates.
    pub heights: Lanes<[f64; 2]>,
}

/// When a node may stand for its charges: the bound of its error is below `share` of the sum of its charges' strengths plus `limits`.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Queries to be summed.
    pub active: Lanes<bool>,
    /// Relative.
    pub share: f64,
    /// Absolute.
    pub limits: Lanes<f64>,
}

/// What both plates do at one query.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sum {
    /// Of each plate: along it, and up at 3.
    pub vectors: [[f64; 4]; 2],
    /// Bound of what the series left out.
    pub error: f64,
    /// Bound of what rounding the places of near charges does.
    pub blur: f64,
}

/// Buffers of a walk.
#[derive(Debug)]
pub struct Buffers<T> {
    stack: Vec<(u32, Lanes<T>)>,
    /// Leaves to be summed charge by charge, and their nodes.
    leaves: Lanes<Vec<(u32, u32)>>,
}

impl<T> Default for Buffers<T> {
    fn default() -> Self {
        Self { stack: Vec::new(), leaves: std::array::from_fn(|_| Vec::new()) }
    }
}

/// One walk through both plates.
pub struct Walk<'a, T, const D: usize> {
    /// The plates.
    pub plates: &'a [Plate<T>; 2],
    /// The queries.
    pub packet: &'a Packet,
    /// What to accept.
    pub rule: &'a Rule,
    /// Room to work in.
    pub buffers: &'a mut Buffers<T>,
    /// The sums of the active queries.
    pub out: &'a mut Lanes<Sum>,
}

/// The queries in the scalar of the tree.
struct Queries<T, const D: usize> {
    leading: [Lanes<T>; D],
    rest: [Lanes<T>; D],
    height: Lanes<T>,
    share: T,
    limits: Lanes<T>,
}

/// Running sums.
struct Totals<T, const D: usize> {
    along: [Lanes<T>; D],
    up: Lanes<T>,
    error: Lanes<T>,
}

impl<T: Real, const D: usize> WithSimd for Walk<'_, T, D> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let nothing = [T::round(0.0); PACKET];
        let active = self.rule.active.map(|active| T::round(if active { 1.0 } else { 0.0 }));
        let rounded = |axis: usize| self.packet.places.map(|place| T::round(place[axis]));
        let rest = |axis: usize| self.packet.places.map(|place| T::round(place[axis] - T::round(place[axis]).widen()));
        for (side, plate) in self.plates.iter().enumerate() {
            let scale = 1.0 / plate.charge.abs();
            let queries: Queries<T, D> = Queries {
                leading: std::array::from_fn(rounded),
                rest: std::array::from_fn(rest),
                height: self.packet.heights.map(|heights| T::round(heights[side])),
                share: T::round(self.rule.share),
                limits: self.rule.limits.map(|limit| T::round(limit * scale)),
            };
            let mut totals = Totals { along: [nothing; D], up: nothing, error: nothing };
            descend(simd, plate, &queries, active, self.buffers, &mut totals);
            for (lane, sum) in self.out.iter_mut().enumerate().filter(|(lane, _)| self.rule.active[*lane]) {
                let place = std::array::from_fn(|axis| self.packet.places[lane][axis]);
                let leaves = &mut self.buffers.leaves[lane];
                let (near, blur) = direct::<T, S, D>(simd, plate, leaves, place, self.packet.heights[lane][side]);
                leaves.clear();
                let vector = &mut sum.vectors[side];
                for axis in 0..D {
                    vector[axis] = (totals.along[axis][lane].widen() + near[axis]) * plate.charge;
                }
                vector[3] = (totals.up[lane].widen() + near[3]) * plate.charge;
                let before = if side == 0 { [0.0; 2] } else { [sum.error, sum.blur] };
                sum.error = before[0] + totals.error[lane].widen() * plate.charge.abs();
                sum.blur = before[1] + blur * plate.charge.abs();
            }
        }
    }
}

/// Adds up the nodes that are far enough, and notes the leaves that are not.
#[inline(always)]
fn descend<T: Real, S: Simd, const D: usize>(
    simd: S,
    plate: &Plate<T>,
    queries: &Queries<T, D>,
    active: Lanes<T>,
    buffers: &mut Buffers<T>,
    totals: &mut Totals<T, D>,
) {
    let width = const { Layout::new(D).width };
    let zero = T::round(0.0);
    let share = T::splat(simd, queries.share);
    let vectors = T::vectors::<S>(&active).len();
    buffers.stack.push((0, active));
    while let Some((node, active)) = buffers.stack.pop() {
        let row = &plate.rows[node as usize * width..(node as usize + 1) * width];
        let mut open = [zero; PACKET];
        let mut any = false;
        for index in 0..vectors {
            let read = |lanes: &Lanes<T>| T::vectors::<S>(lanes)[index];
            let active = read(&active);
            if T::sum(simd, active) <= zero {
                continue;
            }
            let leading = std::array::from_fn(|axis| read(&queries.leading[axis]));
            let rest = std::array::from_fn(|axis| read(&queries.rest[axis]));
            let sight = Sight::<T, S, D>::new(simd, row, leading, rest, read(&queries.height), active);
            let limit = T::fma(simd, share, sight.weight, read(&queries.limits));
            let taken = T::keep_above(simd, limit, sight.error, sight.far);
            let left = T::sub(simd, active, taken);
            any |= T::sum(simd, left) > zero;
            T::vectors_mut::<S>(&mut open)[index] = left;
            if T::sum(simd, taken) > zero {
                let (along, up) = sight.field(simd, row, taken);
                let add = |lanes: &mut Lanes<T>, value| {
                    let sum = &mut T::vectors_mut::<S>(lanes)[index];
                    *sum = T::add(simd, *sum, value);
                };
                for (lanes, value) in totals.along.iter_mut().zip(along) {
                    add(lanes, value);
                }
                add(&mut totals.up, up);
                add(&mut totals.error, T::mul(simd, sight.error, taken));
            }
        }
        if any {
            match plate.links[node as usize] {
                Link::Inner(second) => {
                    buffers.stack.push((second, open));
                    buffers.stack.push((node + 1, open));
                }
                Link::Leaf(leaf) => {
                    for (leaves, open) in buffers.leaves.iter_mut().zip(open) {
                        if open > zero {
                            leaves.push((leaf, node));
                        }
                    }
                }
            }
        }
    }
}

/// The charges of some leaves one by one, along the plate, and up at 3; and what the rounding of their places may do.
///
/// Both a charge and a query are placed in the coordinates to ½ ulp of f64 of its extent per coordinate, then about the centre of a leaf of
/// radius s to ½ ulp of s; the field of a charge changes by D/r^{D+1} per length.
#[inline(always)]
fn direct<T: Real, S: Simd, const D: usize>(
    simd: S,
    plate: &Plate<T>,
    leaves: &[(u32, u32)],
    place: [f64; D],
    height: f64,
) -> ([f64; 4], f64) {
    let layout = const { Layout::new(D) };
    let ulp = if size_of::<T>() == 4 { f64::from(f32::EPSILON) } else { f64::EPSILON };
    let vectors = T::vectors::<S>(&[T::round(0.0); LEAF]).len();
    let nothing = T::splat(simd, T::round(0.0));
    let one = T::splat(simd, T::round(1.0));
    let rise = T::splat(simd, T::round(height));
    let rise2 = T::mul(simd, rise, rise);
    let (mut total, mut blurred, mut all) = ([0.0; 4], 0.0, 0.0);
    for leaves in leaves.chunks(LEAVES) {
        let (mut along, mut all_weights, mut blur) = ([nothing; D], nothing, nothing);
        for &(leaf, node) in leaves {
            let leaf = leaf as usize;
            let mut weights = nothing;
            let centre = &plate.centres[leaf * D..(leaf + 1) * D];
            // As charges are placed about the centre, so that a point on a charge is exactly there.
            let query: [T::Vector<S>; D] =
                std::array::from_fn(|axis| T::splat(simd, T::round(place[axis] - centre[axis])));
            let charges = &plate.charges[leaf * D * LEAF..(leaf + 1) * D * LEAF];
            let charges: [&[T::Vector<S>]; D] =
                std::array::from_fn(|axis| T::vectors::<S>(&charges[axis * LEAF..(axis + 1) * LEAF]));
            for index in 0..vectors {
                let (away, square) = differences::<T, S, D>(simd, &query, &charges, index, rise2);
                let inverse = T::keep_above(simd, square, nothing, T::div(simd, one, square));
                let weight = match D {
                    1 => inverse,
                    2 => T::mul(simd, inverse, T::sqrt(simd, inverse)),
                    _ => T::mul(simd, inverse, inverse),
                };
                weights = T::add(simd, weights, weight);
                for axis in 0..D {
                    along[axis] = T::fma(simd, weight, away[axis], along[axis]);
                }
            }
            let radius = T::splat(simd, plate.rows[node as usize * layout.width + layout.radius]);
            all_weights = T::add(simd, all_weights, weights);
            blur = T::fma(simd, radius, weights, blur);
        }
        for axis in 0..D {
            total[axis] += T::sum(simd, along[axis]).widen();
        }
        let weights = T::sum(simd, all_weights).widen();
        total[3] += weights * T::round(height).widen();
        all += weights;
        blurred += T::sum(simd, blur).widen();
    }
    let places = ulp * blurred + f64::EPSILON * plate.extent * all;
    (total, places * (D as f64).powf(1.5))
}

/// Differences to one vector of charges, and `square` plus their squared length.
#[inline(always)]
fn differences<T: Real, S: Simd, const D: usize>(
    simd: S,
    query: &[T::Vector<S>; D],
    charges: &[&[T::Vector<S>]; D],
    index: usize,
    mut square: T::Vector<S>,
) -> ([T::Vector<S>; D], T::Vector<S>) {
    let mut away = *query;
    for axis in 0..D {
        away[axis] = T::sub(simd, query[axis], charges[axis][index]);
        square = T::fma(simd, away[axis], away[axis], square);
    }
    (away, square)
}
