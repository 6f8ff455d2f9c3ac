//! The charge of a plate that is nearest to a point.

use std::collections::HashSet;
use std::num::NonZero;

use efm_core::Points;
use kiddo::{ImmutableKdTree, SquaredEuclidean};
use rayon::prelude::*;

/// Places of charges, each once, to be searched.
///
/// A k-d tree up to D = 8. Above, trees visit nearly every point and all are searched: that costs less than one
/// evaluation of the exact field of the same charges.
#[derive(Debug, Clone)]
pub(crate) struct Nearest {
    points: Points,
    /// For each place the index of the first charge there.
    first: Vec<usize>,
    tree: Tree,
}

macro_rules! trees {
    ($($name:ident $dim:literal),*) => {
        #[derive(Debug, Clone)]
        enum Tree {
            $($name(ImmutableKdTree<f64, $dim>),)*
            None,
        }

        impl Tree {
            fn new(points: &Points, first: &[usize]) -> Self {
                match points.dim() {
                    $($dim => {
                        let place = |&index: &usize| array::<$dim>(points.point(index).iter().map(|&x| f64::from(x)));
                        Self::$name(ImmutableKdTree::new_from_slice(&first.iter().map(place).collect::<Vec<_>>()))
                    })*
                    _ => Self::None,
                }
            }

            /// The `count` places nearest to `x`, in order, and the squares of their distances.
            fn search(&self, x: &[f64], count: NonZero<usize>) -> Option<Vec<(usize, f64)>> {
                match self {
                    $(Self::$name(tree) => {
                        let x = array::<$dim>(x.iter().copied());
                        if count.get() == 1 {
                            let found = tree.nearest_one::<SquaredEuclidean>(&x);
                            return Some(vec![(found.item as usize, found.distance)]);
                        }
                        let found = tree.nearest_n::<SquaredEuclidean>(&x, count);
                        Some(found.into_iter().map(|found| (found.item as usize, found.distance)).collect())
                    })*
                    Self::None => None,
                }
            }
        }
    };
}
trees!(D1 1, D2 2, D3 3, D4 4, D5 5, D6 6, D7 7, D8 8);

fn array<const D: usize>(mut values: impl Iterator<Item = f64>) -> [f64; D] {
    std::array::from_fn(|_| values.next().unwrap_or(0.0))
}

impl Nearest {
    pub fn new(points: &Points) -> Self {
        let mut seen = HashSet::new();
        // Adding 0 makes one zero of two.
        let key = |index: usize| points.point(index).iter().map(|&x| (x + 0.0).to_bits()).collect::<Vec<_>>();
        let first: Vec<usize> = (0..points.len()).filter(|&index| seen.insert(key(index))).collect();
        let tree = Tree::new(points, &first);
        Self { points: points.clone(), first, tree }
    }

    /// Coordinates of a place, D.
    pub fn dim(&self) -> usize {
        self.points.dim()
    }

    /// Number of places.
    pub fn len(&self) -> usize {
        self.first.len()
    }

    /// D coordinates of a place.
    pub fn place(&self, place: usize) -> &[f32] {
        self.points.point(self.first[place])
    }

    /// Index of the first charge at a place.
    pub fn charge(&self, place: usize) -> usize {
        self.first[place]
    }

    /// The place nearest to `x` and the square of its distance; `None` if there is none.
    pub fn find(&self, x: &[f64]) -> Option<(usize, f64)> {
        if self.first.is_empty() {
            return None;
        }
        match self.tree.search(x, NonZero::<usize>::MIN) {
            Some(found) => found.first().copied(),
            None => self.squares(x).enumerate().min_by(|(_, a), (_, b)| a.total_cmp(b)),
        }
    }

    /// The place nearest to the point (x, z), and its distance, if all places lie at the height `height`.
    pub fn from(&self, point: &[f64], height: f64) -> Option<(usize, f64)> {
        let (z, x) = point.split_last()?;
        let (place, square) = self.find(x)?;
        Some((place, (square + (z - height).powi(2)).sqrt()))
    }

    /// For each place the distance to the nearest other one, in data units; infinite if there is none.
    pub fn neighbours(&self) -> Vec<f64> {
        let two = NonZero::<usize>::MIN.saturating_add(1);
        let distance = |place: usize| {
            let x: Vec<f64> = self.place(place).iter().map(|&x| f64::from(x)).collect();
            let square = match self.tree.search(&x, two) {
                Some(found) => found.get(1).map_or(f64::INFINITY, |&(_, square)| square),
                None => {
                    let others = self.squares(&x).enumerate().filter(|&(other, _)| other != place);
                    others.map(|(_, square)| square).fold(f64::INFINITY, f64::min)
                }
            };
            square.sqrt()
        };
        (0..self.len()).into_par_iter().map(distance).collect()
    }

    fn squares<'a>(&'a self, x: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        (0..self.len()).map(move |place| square_distance(self.place(place), x))
    }
}

/// In eight sums side by side, which the compiler turns into vectors.
fn square_distance(place: &[f32], x: &[f64]) -> f64 {
    const LANES: usize = 8;
    let (places, values) = (place.chunks_exact(LANES), x.chunks_exact(LANES));
    let rest: f64 = places.remainder().iter().zip(values.remainder()).map(|(&p, x)| (f64::from(p) - x).powi(2)).sum();
    let mut sums = [0.0; LANES];
    for (places, values) in places.zip(values) {
        for ((sum, &p), x) in sums.iter_mut().zip(places).zip(values) {
            let step = f64::from(p) - x;
            *sum += step * step;
        }
    }
    sums.iter().sum::<f64>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nearest places by trees and by hand agree on clouds that trees find hard: all on one axis, all on two places.
    #[test]
    fn hard_clouds_are_searched_exactly() {
        for dim in [1, 2, 3, 9] {
            let on_a_line = |index: usize, axis: usize| if axis + 1 == dim { index as f32 } else { 5.0 };
            let on_two_places = |index: usize, axis: usize| if axis == 0 { (index % 2) as f32 } else { -1.0 };
            let shapes: [&dyn Fn(usize, usize) -> f32; 2] = [&on_a_line, &on_two_places];
            for (shape, places) in shapes.iter().zip([500, 2]) {
                let values = (0..500).flat_map(|index| (0..dim).map(move |axis| shape(index, axis))).collect();
                let nearest = Nearest::new(&Points::from_values(dim, values).unwrap());
                assert_eq!(nearest.len(), places);
                for step in 0..200 {
                    let x: Vec<f64> = (0..dim).map(|axis| 2.6 * f64::from(step) - 3.0 * axis as f64).collect();
                    let least = nearest.squares(&x).fold(f64::INFINITY, f64::min);
                    assert!((nearest.find(&x).unwrap().1 - least).abs() <= 1e-12 * least, "D = {dim}");
                }
                assert!(nearest.neighbours().iter().all(|&distance| distance == 1.0));
            }
        }
    }
}
