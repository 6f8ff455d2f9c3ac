//! The two passes of matrix products over a tile of queries: x·y, and the weighted sum of charges.

use pulp::{Simd, WithSimd};

use super::panels::{Column, DEPTH, GROUP, PANEL, Panels, Row, product};

/// Charges whose weights are multiplied at a time; one pass in f32, so that skipping charges changes no bit.
const BLOCK: usize = DEPTH;

/// x·y for all queries of a tile and all charges of a round.
pub struct Dots<'a> {
    /// The charges.
    pub panels: &'a Panels,
    /// Coordinates of the queries, a group after the other.
    pub left: &'a [Column],
    /// Which charges.
    pub round: std::ops::Range<usize>,
    /// From one query to the next in `out`.
    pub stride: usize,
    /// Where to, query after query.
    pub out: &'a mut [f32],
}

impl WithSimd for Dots<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let dim = self.panels.dim;
        let mut sums = [[0.0; PANEL]; GROUP];
        for panel in self.round.start / PANEL..self.round.end / PANEL {
            let columns = &self.panels.columns[panel * dim..(panel + 1) * dim];
            let to = panel * PANEL - self.round.start;
            for from in (0..dim).step_by(DEPTH) {
                let part = from..(from + DEPTH).min(dim);
                for (group, left) in self.left.chunks_exact(dim).enumerate() {
                    product(simd, left[part.clone()].iter().zip(&columns[part.clone()]), &mut sums);
                    for (row, sums) in sums.iter().enumerate() {
                        let at = (group * GROUP + row) * self.stride + to;
                        let out = &mut self.out[at..at + PANEL];
                        if from == 0 {
                            out.copy_from_slice(sums);
                        } else {
                            out.iter_mut().zip(sums).for_each(|(out, sum)| *out += sum);
                        }
                    }
                }
            }
        }
    }
}

/// Adds Σ w y to the vectors of all queries of a tile. Charges without weight for a whole group are skipped.
pub struct Pulls<'a, V> {
    /// The charges.
    pub panels: &'a Panels,
    /// Of all queries, one after the other.
    pub weights: &'a [f32],
    /// First charge of the round.
    pub start: usize,
    /// Charges of the round.
    pub len: usize,
    /// From one query to the next in `weights`.
    pub stride: usize,
    /// One vector for each query, in whole strips.
    pub sums: &'a mut [V],
}

impl<V: AsMut<[f64]>> WithSimd for Pulls<'_, V> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Panels { padded, rows, .. } = self.panels;
        let mut out = [[0.0; PANEL]; GROUP];
        let mut columns: Vec<Column> = vec![[0.0; GROUP]; BLOCK];
        let mut members: Vec<u32> = Vec::with_capacity(BLOCK);
        for block in (0..self.len).step_by(BLOCK) {
            let len = BLOCK.min(self.len - block);
            let groups = self.weights.chunks_exact(GROUP * self.stride);
            for (weights, sums) in groups.zip(self.sums.chunks_mut(GROUP)) {
                let mut bits = [0_u32; BLOCK];
                for (row, weights) in weights.chunks_exact(self.stride).enumerate() {
                    let weights = &weights[block..block + len];
                    bits.iter_mut().zip(weights).for_each(|(bits, weight)| *bits |= weight.abs().to_bits());
                    columns.iter_mut().zip(weights).for_each(|(column, &weight)| column[row] = weight);
                }
                members.clear();
                members.extend((0..len as u32).filter(|&member| bits[member as usize] != 0));
                if members.is_empty() {
                    continue;
                }
                for (strip, rows) in rows.chunks_exact(*padded).enumerate() {
                    let rows = &rows[self.start + block..][..len];
                    if members.len() == len {
                        product(simd, columns.iter().zip(rows), &mut out);
                    } else {
                        let terms = members.iter().map(|&member| (&columns[member as usize], &rows[member as usize]));
                        product(simd, terms, &mut out);
                    }
                    for (sum, out) in sums.iter_mut().zip(&out) {
                        add(&mut sum.as_mut()[strip * PANEL..(strip + 1) * PANEL], out);
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn add(to: &mut [f64], what: &Row) {
    to.iter_mut().zip(what).for_each(|(to, &value)| *to += f64::from(value));
}
