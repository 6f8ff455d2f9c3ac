//! The coordinates the kernels work in: centred, and in units that keep squares in range.

use efm_core::{Capacitor, Side};

use crate::Law;
use crate::simd::Real;

/// x ↦ (x − centre)/unit, z ↦ z/unit.
#[derive(Debug, Clone)]
pub struct Coordinates {
    /// Mean of both plates' centres; but for the mirror 0 in coordinates where that is near.
    pub centre: Vec<f64>,
    /// Length unit: L for the mirror, else a power of two near the extent.
    pub unit: f64,
    /// 1/unit.
    per_unit: f64,
    /// Largest coordinate of a charge, in units.
    pub extent: f64,
    /// L in units.
    pub gap: f64,
}

/// Data count as centred on zero where their mean is below this share of the largest distance from it.
const NEARLY_CENTRED: f64 = 0.25;

impl Coordinates {
    /// The coordinates of a capacitor.
    pub fn new(capacitor: &Capacitor, law: Law) -> Self {
        let mut centre = vec![0.0; capacitor.dim()];
        for side in Side::BOTH {
            let plate = capacitor.plate(side);
            let share = 0.5 / plate.len() as f64;
            for point in plate.iter() {
                for (sum, &value) in centre.iter_mut().zip(point) {
                    *sum += share * f64::from(value);
                }
            }
        }
        // Per coordinate first: a loop over lanes, not over one running maximum.
        let mut reaches = vec![0.0_f64; capacitor.dim()];
        for point in Side::BOTH.iter().flat_map(|&side| capacitor.plate(side).iter()) {
            for ((reach, &value), middle) in reaches.iter_mut().zip(point).zip(&centre) {
                let away = (f64::from(value) - middle).abs();
                *reach = if away > *reach { away } else { *reach };
            }
        }
        // Charges are kept in f32. Shifted they lose digits, which is what f32 loses next to a charge, so a coordinate is
        // shifted only where the centre is far out for its width and squares would lose more. The mirror's unit rounds anyway.
        for (middle, reach) in centre.iter_mut().zip(&mut reaches) {
            if law != Law::Mirror && middle.abs() <= NEARLY_CENTRED * *reach {
                *reach += middle.abs();
                *middle = 0.0;
            }
        }
        let reach = reaches.into_iter().fold(0.0, f64::max);
        let unit = match law {
            Law::Mirror => capacitor.gap(),
            Law::Coulomb | Law::Published => power_of_two(reach.max(capacitor.gap())),
        };
        Self { centre, unit, per_unit: 1.0 / unit, extent: reach / unit, gap: capacitor.gap() / unit }
    }

    /// Whether lengths differ so much that only the reference, in f64, keeps their squares in range.
    pub fn is_wild(&self) -> bool {
        let ratio = self.extent / self.gap;
        !(ratio == 0.0 || (1e-9..=1e9).contains(&ratio)) || !(1e-200..=1e200).contains(&self.unit)
    }

    /// x in these coordinates, along one axis.
    #[inline(always)]
    pub fn place(&self, axis: usize, x: f64) -> f64 {
        (x - self.centre[axis]) * self.per_unit
    }

    /// Height differences of a query at height `z` to its nearest image on the source and on the target plate.
    pub fn heights(&self, law: Law, z: f64) -> [f64; 2] {
        let z = z / self.unit;
        match law {
            Law::Mirror => [wrap(z), wrap(z - 1.0)],
            Law::Coulomb | Law::Published => [z, z - self.gap],
        }
    }

    /// The charges of a plate in these coordinates, point after point.
    pub fn plate<T: Real>(&self, capacitor: &Capacitor, side: Side) -> Vec<T> {
        let points = capacitor.plate(side).as_slice();
        let dim = capacitor.dim();
        let mut places = vec![T::round(0.0); points.len()];
        // On this thread alone: the f64 kernel is laid out behind a lock in the middle of a parallel evaluation, where a task
        // stolen while waiting for others could ask for the same lock.
        for (place, point) in places.chunks_exact_mut(dim).zip(points.chunks_exact(dim)) {
            for ((slot, &x), middle) in place.iter_mut().zip(point).zip(&self.centre) {
                *slot = T::round((f64::from(x) - middle) * self.per_unit);
            }
        }
        places
    }
}

/// h ∈ [−1, 1] with h − z a multiple of 2.
pub fn wrap(z: f64) -> f64 {
    if (-1.0..=1.0).contains(&z) { z } else { z - 2.0 * (z / 2.0).round() }
}

/// A power of two not below `value` (1 for 0), so that dividing by it is exact.
pub fn power_of_two(value: f64) -> f64 {
    if value > 0.0 { value.log2().ceil().clamp(-1000.0, 1000.0).exp2() } else { 1.0 }
}
