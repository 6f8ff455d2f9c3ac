//! The nearest of many points: a k-d tree in few coordinates (Bentley, Communications of the ACM 18, 1975), a look at all of
//! them in many.

use crate::Points;
use crate::vector::square_distance;

/// Points of a part of the tree that is not split further.
const LEAF: usize = 12;

/// Squares of distances of boxes are sums and differences: what is shorter than a bound by their rounding may matter.
const ROUNDED: f64 = 1.0 - 1e-12;

/// A cloud to be searched.
///
/// A tree up to D = 8. Above, trees visit nearly every point, and all are looked at.
#[derive(Debug, Clone)]
pub struct Neighbours {
    dim: usize,
    /// Coordinates of the points, in the order of `order`.
    values: Vec<f32>,
    /// Index of each of them in the cloud. Every part of the order is split at the middle of its widest coordinate; any number
    /// of equal points does no harm.
    order: Vec<u32>,
    /// Coordinate and value of the split of each part; those of part k's halves stand at 2k + 1 and 2k + 2. Empty without tree.
    splits: Vec<(u32, f32)>,
}

impl Neighbours {
    /// Up to this D a tree is grown.
    pub const TREE_DIM: usize = 8;

    /// Of all points of a cloud, of fewer than 2³² of them.
    pub fn new(points: &Points) -> Self {
        let mut order: Vec<u32> = (0..points.len() as u32).collect();
        let mut splits = Vec::new();
        if points.dim() <= Self::TREE_DIM {
            // Halves differ by one point at most, so parts of one depth are split alike but for the last depth.
            let leaves = points.len().div_ceil(LEAF).next_power_of_two();
            splits = vec![(0, 0.0); 2 * leaves];
            split(points, &mut order, &mut splits, 0);
        }
        let values = order.iter().flat_map(|&index| points.point(index as usize)).copied().collect();
        Self { dim: points.dim(), values, order, splits }
    }

    /// Coordinates per point, D.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there are no points.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Index of the point nearest to `x`, and the square of its distance; of equal ones any. `None` without points, or if `x`
    /// has not D coordinates.
    pub fn nearest(&self, x: &[f64]) -> Option<(usize, f64)> {
        let mut best = None;
        self.visit(x, f64::INFINITY, false, |index, square| {
            best = Some((index, square));
            square
        });
        best
    }

    /// The `count` points nearest to `x`, nearest first, without the one of index `but`, and the squares of their distances: all
    /// points if there are fewer.
    pub fn few(&self, x: &[f64], count: usize, but: Option<usize>) -> Vec<(usize, f64)> {
        let mut found = Shortlist::new(count);
        self.visit(x, found.bound(), false, |index, square| {
            if Some(index) != but {
                found.offer(square, index);
            }
            found.bound()
        });
        found.found
    }

    /// Shows every point that may be nearer to `x` than the least bound so far. `offer` takes an index and the square of a
    /// distance, and returns the square of the distance beyond which no point matters any more; `bound` is the first of these.
    /// With `touching` points at the bound matter too.
    ///
    /// Shows nothing if `x` has not D coordinates.
    pub fn visit(&self, x: &[f64], bound: f64, touching: bool, mut offer: impl FnMut(usize, f64) -> f64) {
        if x.len() != self.dim {
            return;
        }
        let mut walk = Walk { of: self, x, bound, touching, offer: &mut offer };
        if self.splits.is_empty() {
            walk.all(0, self.len());
        } else {
            walk.part(0, self.len(), 0, [0.0; Self::TREE_DIM], 0.0);
        }
    }
}

struct Walk<'a, F> {
    of: &'a Neighbours,
    x: &'a [f64],
    bound: f64,
    touching: bool,
    offer: &'a mut F,
}

impl<F: FnMut(usize, f64) -> f64> Walk<'_, F> {
    fn matters(&self, square: f64) -> bool {
        square < self.bound || (self.touching && square == self.bound)
    }

    /// The points from place `first` of the order to place `end`.
    fn all(&mut self, first: usize, end: usize) {
        let Neighbours { dim, values, order, .. } = self.of;
        let places = values[first * dim..end * dim].chunks_exact(*dim);
        for (place, &index) in places.zip(&order[first..end]) {
            let square = square_distance(place, self.x);
            if self.matters(square) {
                self.bound = (self.offer)(index as usize, square);
            }
        }
    }

    /// A part of the tree, whose box begins `away` from x along each coordinate, and at the distance whose square is `least`
    /// (Arya and Mount, Data Compression Conference 1993).
    fn part(&mut self, first: usize, end: usize, part: usize, mut away: [f64; Neighbours::TREE_DIM], least: f64) {
        if end - first <= LEAF {
            return self.all(first, end);
        }
        let (axis, value) = self.of.splits[part];
        let middle = first + (end - first) / 2;
        let (left, right) = ((first, middle, 2 * part + 1), (middle, end, 2 * part + 2));
        let beyond = self.x[axis as usize] - f64::from(value);
        let (near, far) = if beyond < 0.0 { (left, right) } else { (right, left) };
        self.part(near.0, near.1, near.2, away, least);
        let before = std::mem::replace(&mut away[axis as usize], beyond);
        let least = least - before * before + beyond * beyond;
        if self.matters(least * ROUNDED) {
            self.part(far.0, far.1, far.2, away, least);
        }
    }
}

fn split(points: &Points, order: &mut [u32], splits: &mut [(u32, f32)], part: usize) {
    if order.len() <= LEAF {
        return;
    }
    let mut axis = 0;
    let mut widest = -1.0;
    for candidate in 0..points.dim() {
        let (mut least, mut most) = (f32::INFINITY, f32::NEG_INFINITY);
        for &index in order.iter() {
            let value = points.point(index as usize)[candidate];
            (least, most) = (least.min(value), most.max(value));
        }
        if f64::from(most) - f64::from(least) > widest {
            (axis, widest) = (candidate, f64::from(most) - f64::from(least));
        }
    }
    let middle = order.len() / 2;
    let key = |index: &u32| points.point(*index as usize)[axis];
    let (_, &mut pivot, _) = order.select_nth_unstable_by(middle, |i, j| key(i).total_cmp(&key(j)));
    splits[part] = (axis as u32, key(&pivot));
    let (left, right) = order.split_at_mut(middle);
    split(points, left, splits, 2 * part + 1);
    split(points, right, splits, 2 * part + 2);
}

/// The nearest points found so far, nearest first; of equal ones those offered first.
#[derive(Debug, Clone)]
pub struct Shortlist {
    found: Vec<(usize, f64)>,
    count: usize,
}

impl Shortlist {
    /// Of `count` points at most.
    pub fn new(count: usize) -> Self {
        Self { found: Vec::new(), count }
    }

    /// Square of the distance beyond which no point matters.
    #[inline(always)]
    pub fn bound(&self) -> f64 {
        match self.found.get(self.count.wrapping_sub(1)) {
            Some(last) => last.1,
            None if self.count == 0 => 0.0,
            None => f64::INFINITY,
        }
    }

    /// Takes a point in if it is one of the nearest.
    #[inline]
    pub fn offer(&mut self, square: f64, index: usize) {
        let place = self.found.partition_point(|&(_, other)| other <= square);
        self.found.insert(place, (index, square));
        self.found.truncate(self.count);
    }

    /// Indices and squares of distances, nearest first.
    pub fn into_found(self) -> Vec<(usize, f64)> {
        self.found
    }
}
