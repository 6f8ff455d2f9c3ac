//! The charge of a plate that is nearest to a point.

use std::collections::HashSet;

use efm_core::Points;
use efm_core::neighbours::Neighbours;
use rayon::prelude::*;

/// Places of charges, each once, to be searched.
///
/// Where [`Neighbours`] has no tree, all places are looked at: that costs less than one evaluation of the exact field of the
/// same charges.
#[derive(Debug, Clone)]
pub(crate) struct Nearest {
    points: Points,
    /// For each place the index of the first charge there.
    first: Vec<usize>,
    search: Neighbours,
}

impl Nearest {
    pub fn new(points: &Points) -> Self {
        let mut seen = HashSet::new();
        // Adding 0 makes one zero of two.
        let key = |index: usize| points.point(index).iter().map(|&x| (x + 0.0).to_bits()).collect::<Vec<_>>();
        let first: Vec<usize> = (0..points.len()).filter(|&index| seen.insert(key(index))).collect();
        let search = Neighbours::new(&points.select(&first));
        Self { points: points.clone(), first, search }
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
        self.search.nearest(x)
    }

    /// The place nearest to the point (x, z), and its distance, if all places lie at the height `height`.
    pub fn from(&self, point: &[f64], height: f64) -> Option<(usize, f64)> {
        let (z, x) = point.split_last()?;
        let (place, square) = self.find(x)?;
        Some((place, (square + (z - height).powi(2)).sqrt()))
    }

    /// For each place the distance to the nearest other one, in data units; infinite if there is none.
    pub fn neighbours(&self) -> Vec<f64> {
        let distance = |place: usize| {
            let x: Vec<f64> = self.place(place).iter().map(|&x| f64::from(x)).collect();
            self.search.few(&x, 1, Some(place)).first().map_or(f64::INFINITY, |&(_, square)| square.sqrt())
        };
        (0..self.len()).into_par_iter().map(distance).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Charges that lie above each other are one place, called by the first of them.
    #[test]
    fn places_are_counted_once() {
        for dim in [1, 3, 9] {
            let values =
                (0..500).flat_map(|index| (0..dim).map(move |axis| if axis == 0 { (index % 2) as f32 } else { -1.0 }));
            let nearest = Nearest::new(&Points::from_values(dim, values.collect()).unwrap());
            assert_eq!((nearest.len(), nearest.charge(0), nearest.charge(1)), (2, 0, 1));
            let mut x = vec![-1.0; dim];
            x[0] = 0.8;
            let (place, square) = nearest.find(&x).unwrap();
            assert_eq!(nearest.charge(place), 1);
            assert!((square - 0.04).abs() < 1e-15);
            assert_eq!(nearest.neighbours(), [1.0, 1.0]);
        }
    }
}
