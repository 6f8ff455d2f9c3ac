//! Nearest neighbours within a cloud.

use efm_core::Points;
use efm_core::neighbours::{Neighbours, Shortlist};
use rayon::prelude::*;

use crate::pairwise::{Form, Row, scan};

/// For each point its `count` nearest other ones as (index, squared distance), nearest first; the cloud holds more points than
/// that. Equal distances are taken in any order.
pub(crate) fn nearest(points: &Points, count: usize) -> Vec<Vec<(usize, f64)>> {
    if points.dim() <= Neighbours::TREE_DIM {
        let tree = Neighbours::new(points);
        let find = |index: usize| tree.few(&wide(points.point(index)), count, Some(index));
        return (0..points.len()).into_par_iter().map(find).collect();
    }
    // One list for each row of a block; the first row of a block is the first that its state sees.
    let blocks = scan(
        points,
        Some(points),
        Form::Squares,
        Vec::new,
        #[inline(always)]
        |lists: &mut Vec<(usize, Shortlist)>, row: Row<'_>| {
            let first = lists.first().map_or(row.index, |(first, _)| *first);
            if row.index - first == lists.len() {
                lists.push((row.index, Shortlist::new(count)));
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
    blocks.into_iter().flatten().map(|(_, nearest)| nearest.into_found()).collect()
}

/// Squared distance of each point from its `count`-th nearest other one.
pub(crate) fn squared_radii(points: &Points, count: usize) -> Vec<f64> {
    nearest(points, count).into_iter().map(|found| found[count - 1].1).collect()
}

/// A point in f64.
pub(crate) fn wide(point: &[f32]) -> Vec<f64> {
    point.iter().map(|&value| f64::from(value)).collect()
}
