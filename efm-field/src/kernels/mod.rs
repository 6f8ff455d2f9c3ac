//! The sums over all charges, by kernels that differ in speed and digits.
//!
//! A [`Kernel`] sums both plates at a [`Tile`] of queries, but for those at which its scalar does not suffice. Who calls it takes
//! these to a kernel with more digits: f32, then f64, then the reference.

mod blocked;
mod coordinates;
mod direct;
mod pairwise;
mod product;
mod sums;
mod tree;

pub use blocked::Blocked;
pub use coordinates::{Coordinates, power_of_two, wrap};
pub use direct::{Direct, EachPlate};
pub use pairwise::Pairwise;
pub use product::{Apart, Product};
pub use sums::{Each, PlateSum};
pub use tree::grow;

/// Largest D that a kernel is meant for.
pub mod most {
    pub use super::blocked::LARGEST as BLOCKED;
    pub use super::direct::{LARGEST as DIRECT, MIRRORED as DIRECT_MIRROR};
    pub use super::tree::LARGEST as TREE;
}

/// Sums outside this range have met the limits of f32, or of f64.
const SAFE: std::ops::Range<f64> = 1e-30..1e30;
/// Where the plates cancel to less than this share, f32 has lost too many digits, and where to less than that, f64.
const CANCELS: [f64; 2] = [0.03, 1e-9];

/// One way to sum over all charges.
///
/// The sums at a query depend on nothing but the query.
pub trait Kernel: std::fmt::Debug + Send + Sync {
    /// What [`ExactField::kernel_name`](crate::ExactField::kernel_name) says.
    fn name(&self) -> &'static str;

    /// How many queries to give to one call of [`Kernel::sums`], at most.
    fn tile(&self) -> usize;

    /// Sums both plates at the queries of a tile and hands them to `each`, query by query.
    fn sums(&self, tile: &Tile, each: &mut Each);

    /// The order in which queries are cut into tiles of `len`, for a kernel that is faster where the queries of a tile are
    /// neighbours; `all` makes one tile of them.
    fn order(&self, _all: &dyn Fn() -> Tile, _len: usize) -> Option<Vec<usize>> {
        None
    }
}

/// Queries in the kernels' coordinates.
#[derive(Debug, Clone, Default)]
pub struct Tile {
    /// D.
    pub dim: usize,
    /// Places within the plates, D coordinates each.
    pub places: Vec<f64>,
    /// Heights above the source and the target plate, or their nearest images.
    pub heights: Vec<[f64; 2]>,
}

impl Tile {
    /// Number of queries.
    pub fn len(&self) -> usize {
        self.heights.len()
    }

    /// The queries at these positions.
    pub fn select(&self, rows: &[usize]) -> Self {
        let place = |&row: &usize| &self.places[row * self.dim..(row + 1) * self.dim];
        Self {
            dim: self.dim,
            places: rows.iter().flat_map(place).copied().collect(),
            heights: rows.iter().map(|&row| self.heights[row]).collect(),
        }
    }

    /// The queries, place and heights.
    pub fn queries(&self) -> impl ExactSizeIterator<Item = (&[f64], [f64; 2])> {
        self.places.chunks_exact(self.dim).zip(self.heights.iter().copied())
    }
}
