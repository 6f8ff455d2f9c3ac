//! The slow, readable truth: f64, log-space, one charge after the other. Tests compare the fast kernels with it, and
//! they hand it the queries that leave their range.

use efm_core::{Capacitor, Side};

use super::combine::combine;
use crate::images::{ImageSum, Images, ring_decaying};
use crate::kernels::{PlateSum, power_of_two, wrap};
use crate::sphere::ln_sphere_area;
use crate::vector::{length, normalise};
use crate::{FieldError, Law};

/// The field of one capacitor at one point.
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// E/|E|, D + 1 coordinates; +z where nothing contributes.
    pub direction: Vec<f64>,
    /// ln |E|, |E| in 1/length^D; NaN for [`Law::Published`], −∞ where nothing contributes.
    pub ln_strength: f64,
}

impl Value {
    /// E itself, D + 1 coordinates. It underflows to 0 in high D, see [`FieldValues::vectors`](crate::FieldValues::vectors).
    pub fn vector(&self) -> Vec<f64> {
        self.direction.iter().map(|value| value * self.ln_strength.exp()).collect()
    }
}

/// The field of `capacitor` at `point` (D + 1 finite coordinates, z last).
///
/// # Errors
/// [`FieldError::Coordinates`] or [`FieldError::NonFinitePoint`].
pub fn field(capacitor: &Capacitor, law: Law, point: &[f64]) -> Result<Value, FieldError> {
    FieldError::check_point(capacitor.dim(), point)?;
    let mut direction = vec![0.0; point.len()];
    let ln_strength = evaluate(capacitor, law, &Images::new(capacitor.dim()), point, &mut direction);
    Ok(Value { direction, ln_strength })
}

/// As [`field`], with the image sums at hand; returns ln |E|.
pub(crate) fn evaluate(capacitor: &Capacitor, law: Law, images: &Images, point: &[f64], direction: &mut [f64]) -> f64 {
    let dim = capacitor.dim();
    let gap = capacitor.gap();
    let (x, z) = (&point[..dim], point[dim]);
    // A unit of length that keeps every square in range.
    let first = capacitor.plate(Side::Source).point(0);
    let farthest = Side::BOTH
        .iter()
        .flat_map(|&side| capacitor.plate(side).iter())
        .flat_map(|charge| charge.iter().zip(first).map(|(&a, &b)| (f64::from(a) - f64::from(b)).abs()))
        .fold(gap, f64::max);
    // Infinitely far is far enough.
    let limit = farthest * 1e100;
    let clamp = |value: f64, middle: f64| middle + (value - middle).clamp(-limit, limit);
    let x: Vec<f64> = x.iter().zip(first).map(|(&value, &middle)| clamp(value, f64::from(middle))).collect();
    let z = clamp(z, 0.0);
    let away = x.iter().zip(first).map(|(value, &middle)| (value - f64::from(middle)).abs()).fold(z.abs(), f64::max);
    let unit = match law {
        Law::Mirror => gap,
        _ => power_of_two(farthest.max(away)),
    };
    if dim == 1 && law == Law::Mirror {
        return on_a_line(capacitor, x[0], z / gap, direction);
    }

    let mut logs: [Vec<(f64, ImageSum)>; 2] = [Vec::new(), Vec::new()];
    for side in Side::BOTH {
        let height = match law {
            Law::Mirror => wrap((z - side.height(gap)) / unit),
            _ => (z - side.height(gap)) / unit,
        };
        logs[side as usize] = capacitor
            .plate(side)
            .iter()
            .map(|charge| {
                let offset: Vec<f64> = x.iter().zip(charge).map(|(a, &b)| (a - f64::from(b)) / unit).collect();
                let rho = length(&offset);
                let r = rho.hypot(height);
                let ln_scale = if r > 0.0 { -(dim as f64 + 1.0) * r.ln() } else { f64::NEG_INFINITY };
                let pair = match law {
                    Law::Mirror => images.sum(rho * rho, height),
                    _ => ImageSum { a: 1.0, b: height },
                };
                (ln_scale, pair)
            })
            .collect();
    }
    let tops = [0, 1].map(|side: usize| logs[side].iter().fold(f64::NEG_INFINITY, |top, pair| top.max(pair.0)));
    let sums = Side::BOTH.map(|side| {
        let mut sum = vec![0.0; dim + 1];
        for (charge, &(ln_scale, pair)) in capacitor.plate(side).iter().zip(&logs[side as usize]) {
            let weight = capacitor.charge(side) * (ln_scale - tops[side as usize]).exp();
            if weight != 0.0 && !weight.is_nan() {
                for axis in 0..dim {
                    sum[axis] += weight * pair.a * ((x[axis] - f64::from(charge[axis])) / unit);
                }
                sum[dim] += weight * pair.b;
            }
        }
        sum
    });
    let ln_sum =
        combine(law, [0, 1].map(|side: usize| PlateSum { ln_scale: tops[side], vector: &sums[side] }), direction);
    ln_strength(law, dim, unit, ln_sum)
}

/// ln |E| from ln |Σ| in units of length `unit`.
pub(crate) fn ln_strength(law: Law, dim: usize, unit: f64, ln_sum: f64) -> f64 {
    let ln_sum = ln_sum - ln_sphere_area(dim) - dim as f64 * unit.ln();
    match law {
        Law::Coulomb => ln_sum,
        Law::Mirror => ln_sum + std::f64::consts::LN_2,
        Law::Published => f64::NAN,
    }
}

/// The mirror capacitor in D = 1, z in units of L, with the mean over z summed apart: it is (charge on the left −
/// charge on the right)·π/2, exactly 0 outside, where the rest decays as e^{−πρ/L}.
fn on_a_line(capacitor: &Capacitor, x: f64, z: f64, direction: &mut [f64]) -> f64 {
    let gap = capacitor.gap();
    let distance = |side: Side| {
        let charges = capacitor.plate(side).iter();
        charges.map(move |charge| (x - f64::from(charge[0])) / gap)
    };
    let mut mean = 0.0;
    let mut nearest = f64::INFINITY;
    for side in Side::BOTH {
        let (mut left, mut right) = (0_usize, 0_usize);
        for offset in distance(side) {
            left += usize::from(offset > 0.0);
            right += usize::from(offset < 0.0);
            nearest = nearest.min(offset.abs());
        }
        let count = capacitor.plate(side).len() as f64;
        mean += side.charge() * (left as f64 - right as f64) / count;
    }
    let mean = mean * std::f64::consts::FRAC_PI_2;
    // Outside, take out e^{−π·nearest} so that nothing underflows.
    let ln_scale = if mean == 0.0 { -std::f64::consts::PI * nearest } else { 0.0 };
    let (mut along, mut up) = (mean, 0.0);
    for side in Side::BOTH {
        let height = wrap(z - side.height(1.0));
        for offset in distance(side) {
            let rho = offset.abs();
            let (a, b) = ring_decaying(rho, height);
            let weight = capacitor.charge(side) * (-std::f64::consts::PI * rho - ln_scale).exp();
            if offset != 0.0 {
                along += weight * a * offset.signum();
            }
            up += weight * b;
        }
    }
    direction.copy_from_slice(&[along, up]);
    let norm = normalise(direction);
    let ln_sum = if norm > 0.0 { ln_scale + norm.ln() } else { f64::NEG_INFINITY };
    ln_strength(Law::Mirror, 1, gap, ln_sum)
}
