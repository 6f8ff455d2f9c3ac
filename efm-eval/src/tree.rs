//! A k-d tree: neighbours of points of few coordinates (Bentley, Communications of the ACM 18, 1975).

use efm_core::Points;

use crate::cloud::squared_distance;

/// Points that are not split further.
const LEAF: usize = 12;

/// The points of a cloud, ordered so that every part of the order is split at the middle of its widest coordinate. Any
/// number of equal points does no harm.
pub(crate) struct Tree<'a> {
    points: &'a Points,
    order: Vec<u32>,
    /// Coordinate and value of the split of each part; those of part k's halves stand at 2k + 1 and 2k + 2.
    splits: Vec<(u32, f32)>,
}

impl<'a> Tree<'a> {
    pub(crate) fn new(points: &'a Points) -> Self {
        let mut order: Vec<u32> = (0..points.len() as u32).collect();
        // Halves differ by one point at most, so parts of one depth are split alike but for the last depth.
        let leaves = points.len().div_ceil(LEAF).next_power_of_two();
        let mut splits = vec![(0, 0.0); 2 * leaves];
        split(points, &mut order, &mut splits, 0);
        Self { points, order, splits }
    }

    /// Offers every point that may be nearer than the least bound so far. `offer` takes an index and a squared distance and
    /// returns the squared distance beyond which no point matters any more; `bound` is the first of these. With `touching` points
    /// at the bound matter too.
    pub(crate) fn visit(&self, centre: &[f32], bound: f64, touching: bool, offer: &mut impl FnMut(usize, f64) -> f64) {
        let mut walk = Walk { tree: self, centre, bound, touching, offer };
        walk.part(&self.order, 0);
    }
}

struct Walk<'a, F> {
    tree: &'a Tree<'a>,
    centre: &'a [f32],
    bound: f64,
    touching: bool,
    offer: &'a mut F,
}

impl<F: FnMut(usize, f64) -> f64> Walk<'_, F> {
    fn matters(&self, square: f64) -> bool {
        square < self.bound || (self.touching && square == self.bound)
    }

    fn part(&mut self, order: &[u32], part: usize) {
        if order.len() <= LEAF {
            for &index in order {
                let square = squared_distance(self.centre, self.tree.points.point(index as usize));
                if self.matters(square) {
                    self.bound = (self.offer)(index as usize, square);
                }
            }
            return;
        }
        let (axis, value) = self.tree.splits[part];
        let (left, right) = order.split_at(order.len() / 2);
        let (left, right) = ((left, 2 * part + 1), (right, 2 * part + 2));
        let away = f64::from(self.centre[axis as usize]) - f64::from(value);
        let (near, far) = if away < 0.0 { (left, right) } else { (right, left) };
        self.part(near.0, near.1);
        if self.matters(away * away) {
            self.part(far.0, far.1);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balls_hold_what_they_hold() {
        for dim in [1, 2, 5] {
            for step in [1.0, 0.123] {
                // Whole numbers make many equal points and many at equal distances.
                let value = |k: usize| (k * k % 13) as f32 * step;
                let points = Points::from_values(dim, (0..400 * dim).map(|k| value(k + k / 7)).collect()).unwrap();
                let tree = Tree::new(&points);
                for (index, centre) in points.iter().enumerate().step_by(37) {
                    let radius = f64::from(step) * index as f64 / 50.0;
                    for touching in [true, false] {
                        let mut found = Vec::new();
                        tree.visit(centre, radius * radius, touching, &mut |index, _| {
                            found.push(index);
                            radius * radius
                        });
                        found.sort_unstable();
                        let inside = |square: f64| square < radius * radius || (touching && square == radius * radius);
                        let all: Vec<_> = (0..points.len())
                            .filter(|&other| inside(squared_distance(centre, points.point(other))))
                            .collect();
                        assert_eq!(found, all, "D = {dim}, radius {radius}");
                    }
                }
            }
        }
        for count in 0..600 {
            // Every size builds.
            Tree::new(&Points::from_values(1, vec![1.0; count]).unwrap());
        }
    }
}
