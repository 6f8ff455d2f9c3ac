//! The tree of one plate.

use efm_core::{Capacitor, Side};
use rayon::join;
use rayon::prelude::*;

use super::moments::{Layout, centre, fill};
use super::order::{Entry, cut, order};
use crate::kernels::Coordinates;

/// Charges of a full leaf: whole vectors of any machine.
pub const LEAF: usize = 32;
/// Subtrees with fewer leaves are grown on one thread.
const SERIAL: usize = 128;
/// Offset of a charge that fills up the last leaf: out of sight, with a square in the range of f32.
const OUT_OF_SIGHT: f64 = 1e18;

/// What lies below a node. The nodes lie in preorder: the first child follows its parent.
#[derive(Debug, Clone, Copy)]
pub enum Link {
    /// Two children; where the second one is.
    Inner(u32),
    /// The charges of this leaf.
    Leaf(u32),
}

/// The charges of a plate in a balanced k-d tree over the D coordinates of the plate.
#[derive(Debug, Clone)]
pub struct Plate<T> {
    /// What lies below each node.
    pub links: Vec<Link>,
    /// The numbers of each node, [`Layout::width`] apiece.
    pub rows: Vec<T>,
    /// The centres of the leaves in the coordinates, D apiece.
    pub centres: Vec<f64>,
    /// Places of the charges about the centre of their leaf: leaf after leaf, coordinate after coordinate.
    pub charges: Vec<T>,
    /// Of one charge.
    pub charge: f64,
    /// Largest coordinate in the coordinates.
    pub extent: f64,
}

/// The parts of a plate that belong to one subtree.
struct Part<'a> {
    links: &'a mut [Link],
    rows: &'a mut [f64],
    centres: &'a mut [f64],
    charges: &'a mut [f64],
}

impl Plate<f64> {
    /// Grows the tree of one plate in R^D.
    pub fn new<const D: usize>(capacitor: &Capacitor, coordinates: &Coordinates, side: Side) -> Self {
        let places = coordinates.plate::<f64>(capacitor, side);
        let mut entries: Vec<Entry<D>> = places
            .chunks_exact(D)
            .enumerate()
            .map(|(index, place)| Entry { place: std::array::from_fn(|axis| place[axis]), index })
            .collect();
        drop(places);
        order(&mut entries, LEAF);
        let leaves = entries.len().div_ceil(LEAF);
        let nodes = 2 * leaves - 1;
        let mut plate = Self {
            links: vec![Link::Leaf(0); nodes],
            rows: vec![0.0; nodes * Layout::new(D).width],
            centres: vec![0.0; leaves * D],
            charges: vec![OUT_OF_SIGHT; leaves * D * LEAF],
            charge: capacitor.charge(side),
            extent: coordinates.extent,
        };
        let part = Part {
            links: &mut plate.links,
            rows: &mut plate.rows,
            centres: &mut plate.centres,
            charges: &mut plate.charges,
        };
        part.grow(&entries, 0, 0);
        plate
    }

    /// The same tree in f32. Centres keep twice the digits, and charges are close to theirs.
    pub fn narrow(&self, dim: usize) -> Plate<f32> {
        let round = |values: &[f64]| values.par_iter().map(|&value| value as f32).collect::<Vec<f32>>();
        let mut rows = round(&self.rows);
        let width = Layout::new(dim).width;
        for (row, exact) in rows.chunks_exact_mut(width).zip(self.rows.chunks_exact(width)) {
            for axis in 0..dim {
                row[dim + axis] = (exact[axis] - f64::from(row[axis])) as f32;
            }
        }
        Plate {
            links: self.links.clone(),
            rows,
            centres: self.centres.clone(),
            charges: round(&self.charges),
            charge: self.charge,
            extent: self.extent,
        }
    }
}

impl Part<'_> {
    /// Fills the subtree whose root is node number `node` and whose first leaf is number `leaf`.
    fn grow<const D: usize>(self, entries: &[Entry<D>], node: usize, leaf: usize) {
        let width = const { Layout::new(D).width };
        let mean = centre(entries);
        self.rows[..D].copy_from_slice(&mean);
        fill(entries, &mean, &mut self.rows[..width]);
        let Some(middle) = cut(entries.len(), LEAF) else {
            self.links[0] = Link::Leaf(leaf as u32);
            self.centres.copy_from_slice(&mean);
            for (slot, entry) in entries.iter().enumerate() {
                for (axis, (place, mean)) in entry.place.iter().zip(mean).enumerate() {
                    self.charges[axis * LEAF + slot] = place - mean;
                }
            }
            return;
        };
        let leaves = middle / LEAF;
        let nodes = 2 * leaves - 1;
        self.links[0] = Link::Inner((node + 1 + nodes) as u32);
        let (first_links, second_links) = self.links[1..].split_at_mut(nodes);
        let (first_rows, second_rows) = self.rows[width..].split_at_mut(nodes * width);
        let (first_centres, second_centres) = self.centres.split_at_mut(leaves * D);
        let (first_charges, second_charges) = self.charges.split_at_mut(leaves * D * LEAF);
        let first = Part { links: first_links, rows: first_rows, centres: first_centres, charges: first_charges };
        let second = Part { links: second_links, rows: second_rows, centres: second_centres, charges: second_charges };
        let (low, high) = entries.split_at(middle);
        let grow_first = || first.grow(low, node + 1, leaf);
        let grow_second = || second.grow(high, node + 1 + nodes, leaf + leaves);
        if leaves > SERIAL {
            join(grow_first, grow_second);
        } else {
            grow_first();
            grow_second();
        }
    }
}
