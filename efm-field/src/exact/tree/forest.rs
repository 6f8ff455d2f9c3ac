//! Batches of queries through the trees: in packets of neighbours, each query until one of the trees answers it.

use efm_core::{Augmented, Capacitor};
use rayon::prelude::*;

use super::{Entry, Lanes, PACKET, Sum, Tree, order};
use crate::exact::frame::Frame;
use crate::exact::sums::combine;
use crate::exact::{CANCELS, ExactField, FAR, SAFE, length};
use crate::{FieldValues, Precision};

/// Smallest error for which f32 is tried: ten times its rounding.
const LEAST32: f64 = 1e-5;

/// The trees, and what is asked of them.
#[derive(Debug, Clone)]
pub struct Forest {
    /// Allowed |error|/|E|.
    error: f64,
    fast: Option<Tree<f32>>,
    fine: Tree<f64>,
}

impl Forest {
    /// Grows the trees; D ≤ 3.
    pub fn new(capacitor: &Capacitor, frame: &Frame, precision: Precision, error: f64) -> Self {
        let fine = Tree::new(capacitor, frame);
        let fast = (precision == Precision::F32 && error >= LEAST32).then(|| fine.narrow());
        Self { error, fast, fine }
    }

    /// The sums at the wanted queries; None where the reference has to be asked.
    fn sums(
        &self,
        places: &Lanes<[f64; 3]>,
        heights: &Lanes<[f64; 2]>,
        mut wanted: Lanes<bool>,
    ) -> Lanes<Option<[[f64; 4]; 2]>> {
        let mut found = [None; PACKET];
        let mut keep = |sums: Lanes<Option<[[f64; 4]; 2]>>, cancels: f64, wanted: &mut Lanes<bool>| {
            for (lane, sum) in sums.into_iter().enumerate() {
                let sum = sum.filter(|sum| wanted[lane] && is_safe(sum, cancels));
                wanted[lane] &= sum.is_none();
                found[lane] = sum.or(found[lane]);
            }
            wanted.contains(&true)
        };
        let mut left = wanted.contains(&true);
        if let Some(fast) = self.fast.as_ref().filter(|_| left) {
            left = keep(fast.sums(places, heights, wanted, self.error), 0.0, &mut wanted);
        }
        if left {
            left = keep(self.fine.sums(places, heights, wanted, self.error), 0.0, &mut wanted);
        }
        if left {
            let resolved =
                |Sum { vectors, blur, .. }: Sum| (blur <= self.error * strength(&vectors)).then_some(vectors);
            keep(self.fine.all(places, heights, wanted).map(resolved), CANCELS[1], &mut wanted);
        }
        found
    }
}

/// Whether sums have kept their digits.
fn is_safe([p, q]: &[[f64; 4]; 2], cancels: f64) -> bool {
    let strength = strength(&[*p, *q]);
    SAFE.contains(&strength) && strength > cancels * (length(p) + length(q))
}

/// Length of the field of both plates.
fn strength([p, q]: &[[f64; 4]; 2]) -> f64 {
    length(&std::array::from_fn::<f64, 4, _>(|axis| p[axis] + q[axis]))
}

impl ExactField {
    /// All values of a batch, by the trees.
    pub(in crate::exact) fn forest_values(&self, forest: &Forest, at: &Augmented, out: &mut FieldValues) {
        match at.dim() {
            1 => self.in_order::<2>(forest, at, out),
            2 => self.in_order::<3>(forest, at, out),
            _ => self.in_order::<4>(forest, at, out),
        }
    }

    fn in_order<const C: usize>(&self, forest: &Forest, at: &Augmented, out: &mut FieldValues) {
        let len = at.len();
        // Small batches get small packets, so that every thread has work.
        let packet = PACKET.min(len.div_ceil(rayon::current_num_threads())).max(1);
        let values = out.directions.as_mut_slice();
        if len <= packet {
            let indices: Vec<usize> = (0..len).collect();
            return self.packet(forest, at, &indices, values, &mut out.ln_strengths);
        }
        let mut entries: Vec<Entry<C>> = (0..len)
            .into_par_iter()
            .map(|index| {
                let x = at.x(index);
                let z = self.frame.heights(self.law, at.z(index))[0];
                let place = |axis| if axis + 1 < C { self.frame.place(axis, x[axis]) } else { z };
                Entry { place: std::array::from_fn(place), index }
            })
            .collect();
        order(&mut entries, packet);
        let indices: Vec<usize> = entries.iter().map(|entry| entry.index).collect();
        drop(entries);
        let (mut sorted, mut logs) = (vec![0.0; len * C], vec![0.0; len]);
        indices
            .par_chunks(packet)
            .zip(sorted.par_chunks_mut(packet * C))
            .zip(logs.par_chunks_mut(packet))
            .for_each(|((indices, sorted), logs)| self.packet(forest, at, indices, sorted, logs));
        let mut ranks = vec![0; len];
        for (rank, &index) in indices.iter().enumerate() {
            ranks[index] = rank;
        }
        values.par_chunks_mut(C).zip(&mut out.ln_strengths).zip(&ranks).for_each(|((value, log), &rank)| {
            value.copy_from_slice(&sorted[rank * C..(rank + 1) * C]);
            *log = logs[rank];
        });
    }

    /// Values of the queries with these numbers.
    fn packet(&self, forest: &Forest, at: &Augmented, indices: &[usize], directions: &mut [f64], logs: &mut [f64]) {
        let dim = at.dim();
        let limit = FAR * (self.frame.extent + self.frame.gap);
        let (mut places, mut heights, mut wanted) = ([[0.0; 3]; PACKET], [[0.5; 2]; PACKET], [false; PACKET]);
        for (lane, &index) in indices.iter().enumerate() {
            let mut place = [0.0; 3];
            for (axis, &x) in at.x(index).iter().enumerate() {
                place[axis] = self.frame.place(axis, x);
            }
            let above = self.frame.heights(self.law, at.z(index));
            if place.iter().chain(&above).all(|value| value.abs() <= limit) {
                (places[lane], heights[lane], wanted[lane]) = (place, above, true);
            }
        }
        let sums = forest.sums(&places, &heights, wanted);
        for (lane, &index) in indices.iter().enumerate() {
            let direction = &mut directions[lane * (dim + 1)..(lane + 1) * (dim + 1)];
            logs[lane] = match sums[lane] {
                Some(sums) => {
                    let vectors = sums.map(|vector| {
                        let mut packed = vector;
                        packed[dim] = vector[3];
                        packed
                    });
                    let plates = [(0.0, &vectors[0][..=dim]), (0.0, &vectors[1][..=dim])];
                    self.strength(combine(self.law, plates, direction))
                }
                None => self.ask_reference(at.point(index), direction),
            };
        }
    }
}
