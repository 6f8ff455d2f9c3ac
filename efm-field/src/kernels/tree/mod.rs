//! The kernel for many charges in D ≤ 3 under Coulomb's law: far groups of charges act through their moments, near ones one by
//! one, and every query is asked for a bound of its error (J. Barnes, P. Hut, Nature 324, 446, 1986, with that bound in place of
//! an opening angle).
//!
//! A query walks down the trees of both plates twice. The first, coarse walk says how strong the field is there; the second opens
//! every node whose bound exceeds a share of what the user allows *at that strength*. What both plates left out is added up, and a
//! query whose sum exceeds the allowed error, as where the plates cancel, walks again with smaller shares.

mod expansion;
mod kernel;
mod moments;
mod order;
mod plate;
mod walk;

use efm_core::{Capacitor, Side};
use pulp::Arch;

use super::Coordinates;
use crate::simd::Real;
pub use kernel::grow;
use order::{Entry, order};
use plate::Plate;
use walk::{Buffers, Lanes, PACKET, Packet, Rule, Sum, Walk};

/// Largest D of this kernel.
pub const LARGEST: usize = 3;
/// Error of a node relative to its charges' strengths in the first walk.
const COARSE: f64 = 0.03;
/// Share of the allowed error that one node may take in the second walk, for D = 1, 2, 3: as large as leaves few queries to walk a
/// third time.
const SHARES: [f64; LARGEST] = [0.03, 0.012, 0.004];
/// Walks of a query before it is left to others.
const WALKS: usize = 6;

/// The trees of both plates.
#[derive(Debug, Clone)]
pub struct Tree<T> {
    plates: [Plate<T>; 2],
    dim: usize,
}

impl Tree<f64> {
    /// Grows both trees; D ≤ 3.
    pub fn new(capacitor: &Capacitor, coordinates: &Coordinates) -> Self {
        let dim = capacitor.dim();
        let plates = Side::BOTH.map(|side| match dim {
            1 => Plate::new::<1>(capacitor, coordinates, side),
            2 => Plate::new::<2>(capacitor, coordinates, side),
            _ => Plate::new::<3>(capacitor, coordinates, side),
        });
        Self { plates, dim }
    }

    /// The same trees in f32.
    pub fn narrow(&self) -> Tree<f32> {
        Tree { plates: self.plates.each_ref().map(|plate| plate.narrow(self.dim)), dim: self.dim }
    }
}

impl<T: Real> Tree<T> {
    /// The field of each plate at the queries that are `wanted`, with |error| ≤ `allowed`·|sum of both|; None where that is out of
    /// the scalar's reach. In a vector E_x comes first, E_z at 3.
    fn sums(
        &self,
        places: &Lanes<[f64; 3]>,
        heights: &Lanes<[f64; 2]>,
        wanted: Lanes<bool>,
        allowed: f64,
    ) -> Lanes<Option<[[f64; 4]; 2]>> {
        let packet = Packet { places: *places, heights: *heights };
        let mut buffers = Buffers::default();
        let mut sums = [Sum::default(); PACKET];
        let mut found = [None; PACKET];
        let mut rule = Rule { active: wanted, share: COARSE, limits: [0.0; PACKET] };
        let mut shares = [SHARES[self.dim - 1]; PACKET];
        // Rounding of the sums, which no walk improves.
        let rounding = if size_of::<T>() == 4 { 1e-6 } else { 1e-14 };
        for walk in 0..WALKS {
            self.walk(&packet, &rule, &mut buffers, &mut sums);
            rule.share = 0.0;
            for lane in 0..PACKET {
                if !rule.active[lane] {
                    continue;
                }
                let Sum { vectors: [p, q], error, blur } = sums[lane];
                let norm = |vector: [f64; 4]| vector.iter().map(|value| value * value).sum::<f64>().sqrt();
                let strength = norm(std::array::from_fn(|axis| p[axis] + q[axis]));
                let rounding = rounding * (norm(p) + norm(q)) + blur;
                // Relative to the true field, which may be weaker than the sum.
                let budget = allowed / (1.0 + allowed) * strength;
                if error + rounding <= budget {
                    found[lane] = Some([p, q]);
                    rule.active[lane] = false;
                } else if !(error.is_finite() && 2.0 * rounding < budget) {
                    // Out of reach, or no number.
                    rule.active[lane] = false;
                } else {
                    if walk > 0 {
                        shares[lane] *= (0.6 * budget / error).powf(1.5).clamp(1e-4, 0.5);
                    }
                    rule.limits[lane] = shares[lane] * budget;
                }
            }
            if !rule.active.contains(&true) {
                break;
            }
        }
        found
    }

    /// As [`Self::sums`], charge by charge, with what rounding may do to each.
    fn all(&self, places: &Lanes<[f64; 3]>, heights: &Lanes<[f64; 2]>, active: Lanes<bool>) -> Lanes<Sum> {
        let packet = Packet { places: *places, heights: *heights };
        let rule = Rule { active, share: 0.0, limits: [0.0; PACKET] };
        let mut sums = [Sum::default(); PACKET];
        self.walk(&packet, &rule, &mut Buffers::default(), &mut sums);
        sums
    }

    fn walk(&self, packet: &Packet, rule: &Rule, buffers: &mut Buffers<T>, out: &mut Lanes<Sum>) {
        let plates = &self.plates;
        match self.dim {
            1 => Arch::new().dispatch(Walk::<T, 1> { plates, packet, rule, buffers, out }),
            2 => Arch::new().dispatch(Walk::<T, 2> { plates, packet, rule, buffers, out }),
            _ => Arch::new().dispatch(Walk::<T, 3> { plates, packet, rule, buffers, out }),
        }
    }
}
