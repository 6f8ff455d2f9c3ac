//! Nearest neighbours within a cloud.

use efm_core::Points;
use rayon::prelude::*;

use crate::pairwise::{Form, Row, scan};
use crate::tree::Tree;

/// Up to this D a tree finds neighbours; beyond it all distances are taken.
pub(crate) const TREE_DIM: usize = 8;

/// The nearest points found so far, nearest first; of equal ones those offered first.
#[derive(Clone)]
struct Nearest {
    found: Vec<(f64, u32)>,
    count: usize,
}

impl Nearest {
    fn new(count: usize) -> Self {
        Self { found: Vec::with_capacity(count + 1), count }
    }

    /// Squared distance beyond which no point matters.
    #[inline(always)]
    fn bound(&self) -> f64 {
        if self.found.len() < self.count { f64::INFINITY } else { self.found[self.count - 1].0 }
    }

    #[inline]
    fn offer(&mut self, square: f64, index: usize) {
        let place = self.found.partition_point(|&(other, _)| other <= square);
        self.found.insert(place, (square, index as u32));
        self.found.truncate(self.count);
    }
}

/// For each point its `count` nearest other ones as (squared distance, index), nearest first; the cloud holds more points than
/// that. Equal distances are taken in any order.
pub(crate) fn nearest(points: &Points, count: usize) -> Vec<Vec<(f64, u32)>> {
    if points.dim() <= TREE_DIM {
        let tree = Tree::new(points);
        let find = |index: usize| {
            let mut nearest = Nearest::new(count);
            tree.visit(points.point(index), f64::INFINITY, false, &mut |other, square| {
                if other != index {
                    nearest.offer(square, other);
                }
                nearest.bound()
            });
            nearest.found
        };
        return (0..points.len()).into_par_iter().map(find).collect();
    }
    // One list for each row of a block; the first row of a block is the first that its state sees.
    let blocks = scan(
        points,
        Some(points),
        Form::Squares,
        Vec::new,
        #[inline(always)]
        |lists: &mut Vec<(usize, Nearest)>, row: Row<'_>| {
            let first = lists.first().map_or(row.index, |(first, _)| *first);
            if row.index - first == lists.len() {
                lists.push((row.index, Nearest::new(count)));
            }
            let nearest = &mut lists[row.index - first].1;
            let mut bound = nearest.bound();
            for (offset, &square) in row.values.iter().enumerate() {
                if square < bound && row.first + offset != row.index {
                    nearest.offer(square, row.first + offset);
                    bound = nearest.bound();
                }
            }
        },
    );
    blocks.into_iter().flatten().map(|(_, nearest)| nearest.found).collect()
}

/// Squared distance of each point from its `count`-th nearest other one.
pub(crate) fn squared_radii(points: &Points, count: usize) -> Vec<f64> {
    nearest(points, count).into_iter().map(|found| found[count - 1].0).collect()
}
