//! The one loop over queries: tiles of them go from kernel to kernel until every query has sums that are trusted.

use efm_core::Augmented;
use rayon::prelude::*;

use super::ExactField;
use super::combine::combine;
use super::reference;
use crate::FieldValues;
use crate::kernels::{Kernel, PlateSum, Tile};

/// Farther than this many units from the charges a query goes to the reference.
const FAR: f64 = 1e6;

impl ExactField {
    /// Values of all points, `out` prepared for them. Work is shared among rayon's threads, tile by tile.
    pub(super) fn evaluate_tiles(&self, at: &Augmented, out: &mut FieldValues) {
        let (len, width) = (at.len(), at.dim() + 1);
        let first = self.route.first.as_deref();
        // Small batches get small tiles, so that every thread has work.
        let tile = first.map_or(1, Kernel::tile).min(len.div_ceil(rayon::current_num_threads())).max(1);
        let (directions, logs) = (out.directions.as_mut_slice(), &mut out.ln_strengths[..]);
        let indices: Vec<usize> = (0..len).collect();
        if len <= tile {
            return self.tile(at, &indices, directions, logs);
        }
        let order = first.and_then(|kernel| kernel.order(&|| self.queries(at, &indices), tile));
        let Some(order) = order else {
            let tiles = indices.par_chunks(tile).zip(directions.par_chunks_mut(tile * width));
            tiles
                .zip(logs.par_chunks_mut(tile))
                .for_each(|((indices, directions), logs)| self.tile(at, indices, directions, logs));
            return;
        };
        let (mut sorted, mut sorted_logs) = (vec![0.0; len * width], vec![0.0; len]);
        let tiles = order.par_chunks(tile).zip(sorted.par_chunks_mut(tile * width));
        tiles
            .zip(sorted_logs.par_chunks_mut(tile))
            .for_each(|((indices, directions), logs)| self.tile(at, indices, directions, logs));
        let mut ranks = vec![0; len];
        for (rank, &index) in order.iter().enumerate() {
            ranks[index] = rank;
        }
        directions.par_chunks_mut(width).zip(logs).zip(&ranks).for_each(|((direction, log), &rank)| {
            direction.copy_from_slice(&sorted[rank * width..(rank + 1) * width]);
            *log = sorted_logs[rank];
        });
    }

    /// Values of the queries with these numbers; `directions` and `logs` belong to them.
    fn tile(&self, at: &Augmented, indices: &[usize], directions: &mut [f64], logs: &mut [f64]) {
        let width = at.dim() + 1;
        let rows = |row: usize| row * width..(row + 1) * width;
        let kernels = [self.route.first.as_deref()].into_iter();
        let kernels = kernels.chain(std::iter::once_with(|| self.route.backup.get(&self.layout))).flatten();
        let left = self.escalate(at, indices, kernels, |row, plates| {
            let ln_sum = combine(self.layout.law, plates, &mut directions[rows(row)]);
            logs[row] = reference::ln_strength(self.layout.law, at.dim(), self.layout.coordinates.unit, ln_sum);
        });
        for row in left {
            let (layout, point) = (&self.layout, at.point(indices[row]));
            let direction = &mut directions[rows(row)];
            logs[row] = reference::evaluate(&layout.capacitor, layout.law, &layout.images, point, direction);
        }
    }

    /// Gives the queries with these numbers to one kernel after the other. `take` gets the position of a query and its sums once
    /// they are trusted; the positions of queries that no kernel resolves, or that are too far away for any, come back.
    pub(super) fn escalate<'k>(
        &self,
        at: &Augmented,
        indices: &[usize],
        kernels: impl Iterator<Item = &'k dyn Kernel>,
        mut take: impl FnMut(usize, [PlateSum; 2]),
    ) -> Vec<usize> {
        let whole = self.queries(at, indices);
        let limit = FAR * (self.layout.coordinates.extent + self.layout.coordinates.gap);
        let is_near =
            |(place, heights): (&[f64], [f64; 2])| place.iter().chain(&heights).all(|value| value.abs() <= limit);
        let (mut left, mut open): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::with_capacity(indices.len()));
        for (row, query) in whole.queries().enumerate() {
            if is_near(query) { open.push(row) } else { left.push(row) }
        }
        for kernel in kernels {
            if open.is_empty() {
                break;
            }
            let mut unresolved = Vec::new();
            for rows in open.chunks(kernel.tile()) {
                let part;
                let tile = if rows.len() == whole.len() {
                    &whole
                } else {
                    part = whole.select(rows);
                    &part
                };
                kernel.sums(tile, &mut |query, sums| match sums {
                    Some(plates) => take(rows[query], plates),
                    None => unresolved.push(rows[query]),
                });
            }
            open = unresolved;
        }
        left.append(&mut open);
        left
    }

    /// The points with these numbers in the kernels' coordinates.
    pub(super) fn queries(&self, at: &Augmented, indices: &[usize]) -> Tile {
        let coordinates = &self.layout.coordinates;
        // Room for all at once: places that move as they grow cost more than the field of few charges in many dimensions.
        let mut places = Vec::with_capacity(indices.len() * at.dim());
        for &index in indices {
            places.extend(at.x(index).iter().enumerate().map(|(axis, &x)| coordinates.place(axis, x)));
        }
        Tile {
            dim: at.dim(),
            places,
            heights: indices.iter().map(|&index| coordinates.heights(self.layout.law, at.z(index))).collect(),
        }
    }
}
