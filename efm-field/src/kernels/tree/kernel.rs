//! Packets of neighbours through the trees of one scalar.

use efm_core::Capacitor;
use rayon::prelude::*;

use super::{Entry, Lanes, PACKET, Sum, Tree, order};
use crate::Precision;
use crate::kernels::{CANCELS, Coordinates, Each, Kernel, PlateSum, SAFE, Tile};
use crate::simd::Real;
use crate::vector::length;

/// Smallest error for which f32 is tried: ten times its rounding.
const LEAST32: f64 = 1e-5;

/// The trees, and what is asked of them.
#[derive(Debug, Clone)]
pub struct TreeSums<T> {
    /// Allowed |error|/|E|.
    error: f64,
    tree: Tree<T>,
}

/// Grows the trees: those in f32, if they can keep the error, and those in f64; D ≤ 3.
pub fn grow(
    capacitor: &Capacitor,
    coordinates: &Coordinates,
    precision: Precision,
    error: f64,
) -> (Option<TreeSums<f32>>, TreeSums<f64>) {
    let fine = Tree::new(capacitor, coordinates);
    let fast = (precision == Precision::F32 && error >= LEAST32).then(|| TreeSums { error, tree: fine.narrow() });
    (fast, TreeSums { error, tree: fine })
}

/// A vector of either plate: E_x first, E_z at 3.
type Vectors = [[f64; 4]; 2];

/// Whether sums have kept their digits.
fn is_safe([p, q]: &Vectors, cancels: f64) -> bool {
    let strength = strength(&[*p, *q]);
    SAFE.contains(&strength) && strength > cancels * (length(p) + length(q))
}

/// Length of the field of both plates.
fn strength([p, q]: &Vectors) -> f64 {
    length(&std::array::from_fn::<f64, 4, _>(|axis| p[axis] + q[axis]))
}

impl<T: Real + std::fmt::Debug> TreeSums<T> {
    /// Sums charge by charge, of queries whose walks left too much out: they are as good as f64 makes them.
    fn one_by_one(
        &self,
        places: &Lanes<[f64; 3]>,
        heights: &Lanes<[f64; 2]>,
        wanted: Lanes<bool>,
    ) -> Lanes<Option<Vectors>> {
        let resolved = |Sum { vectors, blur, .. }: Sum| {
            let is_good = blur <= self.error * strength(&vectors) && is_safe(&vectors, CANCELS[1]);
            is_good.then_some(vectors)
        };
        self.tree.all(places, heights, wanted).map(resolved)
    }
}

impl<T: Real + std::fmt::Debug> Kernel for TreeSums<T> {
    fn name(&self) -> &'static str {
        "tree"
    }

    fn tile(&self) -> usize {
        PACKET
    }

    fn sums(&self, tile: &Tile, each: &mut Each) {
        let (mut places, mut heights, mut wanted) = ([[0.0; 3]; PACKET], [[0.5; 2]; PACKET], [false; PACKET]);
        for (lane, (place, above)) in tile.queries().enumerate() {
            places[lane][..tile.dim].copy_from_slice(place);
            (heights[lane], wanted[lane]) = (above, true);
        }
        let mut found =
            self.tree.sums(&places, &heights, wanted, self.error).map(|sum| sum.filter(|sum| is_safe(sum, 0.0)));
        let left = std::array::from_fn(|lane| wanted[lane] && found[lane].is_none());
        if size_of::<T>() == size_of::<f64>() && left.contains(&true) {
            let again = self.one_by_one(&places, &heights, left);
            (0..PACKET).filter(|&lane| left[lane]).for_each(|lane| found[lane] = again[lane]);
        }
        for (query, vectors) in found.iter_mut().enumerate().take(tile.len()) {
            let plates = vectors.as_mut().map(|vectors| {
                vectors.iter_mut().for_each(|vector| vector[tile.dim] = vector[3]);
                vectors.each_ref().map(|vector| PlateSum { ln_scale: 0.0, vector: &vector[..=tile.dim] })
            });
            each(query, plates);
        }
    }

    fn order(&self, all: &dyn Fn() -> Tile, len: usize) -> Option<Vec<usize>> {
        let all = all();
        Some(match all.dim {
            1 => in_order::<2>(&all, len),
            2 => in_order::<3>(&all, len),
            _ => in_order::<4>(&all, len),
        })
    }
}

/// Numbers of the queries, neighbours in R^{D+1} next to one another; C = D + 1.
fn in_order<const C: usize>(all: &Tile, len: usize) -> Vec<usize> {
    let queries = all.places.par_chunks_exact(all.dim).zip(&all.heights).enumerate();
    let entry = |(index, (place, heights)): (usize, (&[f64], &[f64; 2]))| {
        let place = std::array::from_fn(|axis| if axis + 1 < C { place[axis] } else { heights[0] });
        Entry { place, index }
    };
    let mut entries: Vec<Entry<C>> = queries.map(entry).collect();
    order(&mut entries, len);
    entries.iter().map(|entry| entry.index).collect()
}
