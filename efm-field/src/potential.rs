use efm_core::{Augmented, Capacitor, Side};
use rayon::prelude::*;

use crate::{Field, FieldError, gauss_legendre, ln_sphere_area};

/// Points of the quadrature on each of the two legs of a path.
const NODES: usize = 48;

/// The potential φ at the points `at`, E = −∇φ, zero at `origin` (D + 1 coordinates, z last); `None` for a field that knows
/// directions only.
///
/// −∫ E·dr by Gauss–Legendre quadrature along a path of two legs: straight at the height of the origin to the x of the
/// point, then across the gap to its z. With the origin halfway between the plates both legs are smooth; close to a charge,
/// nearer than about a hundredth of a leg, or behind a plate of charges, the last one is not, and digits are lost: there
/// [`coulomb_potential`] is exact. Unit: 1/length^{D−1} for unit charge.
///
/// # Errors
/// As [`Field::evaluate`]; [`FieldError::Coordinates`] or [`FieldError::NonFinitePoint`] for the origin.
pub fn potential(field: &dyn Field, at: &Augmented, origin: &[f64]) -> Result<Option<Vec<f64>>, FieldError> {
    let dim = field.dim();
    FieldError::check_queries(dim, at)?;
    FieldError::check_point(dim, origin)?;
    let rule = gauss_legendre(NODES);
    let mut path = Augmented::new(dim);
    let mut place = vec![0.0; dim + 1];
    for point in at.iter() {
        for &(node, _) in &rule {
            for axis in 0..dim {
                place[axis] = origin[axis] + node * (point[axis] - origin[axis]);
            }
            place[dim] = origin[dim];
            path.push_point(&place);
        }
        for &(node, _) in &rule {
            place[..dim].copy_from_slice(&point[..dim]);
            place[dim] = origin[dim] + node * (point[dim] - origin[dim]);
            path.push_point(&place);
        }
    }
    let values = field.evaluate(&path)?;
    if values.ln_strengths.len() != path.len() || values.ln_strengths.iter().any(|value| value.is_nan()) {
        return Ok(None);
    }
    let potential = at.iter().enumerate().map(|(index, point)| {
        let first = 2 * NODES * index;
        let along = |leg: usize, step: &dyn Fn(usize) -> f64| {
            rule.iter()
                .enumerate()
                .map(|(k, (_, weight))| {
                    let query = first + leg * NODES + k;
                    let direction = values.directions.point(query);
                    let component: f64 = (0..=dim).map(|axis| direction[axis] * step(axis)).sum();
                    weight * component * values.ln_strengths[query].exp()
                })
                .sum::<f64>()
        };
        let lateral = along(0, &|axis| if axis < dim { point[axis] - origin[axis] } else { 0.0 });
        let across = along(1, &|axis| if axis == dim { point[dim] - origin[dim] } else { 0.0 });
        -(lateral + across)
    });
    Ok(Some(potential.collect()))
}

/// The potential of the two plates alone ([`crate::Law::Coulomb`]) at the points `at`, zero at `origin`, by summing over all charges:
/// φ = Σ c_i/((D − 1) S_D r_i^{D−1}), and −Σ c_i ln r_i/(2π) for D = 1; c_i = ±1/N. Exact everywhere, infinite on a charge.
/// Unit: as [`potential`].
///
/// # Errors
/// As [`potential`].
pub fn coulomb_potential(capacitor: &Capacitor, at: &Augmented, origin: &[f64]) -> Result<Vec<f64>, FieldError> {
    let dim = capacitor.dim();
    FieldError::check_queries(dim, at)?;
    FieldError::check_point(dim, origin)?;
    let of = |point: &[f64]| -> f64 {
        let plate = |side: Side| {
            let height = (point[dim] - side.height(capacitor.gap())).powi(2);
            let terms = capacitor.plate(side).iter().map(|charge| {
                let lateral: f64 = charge.iter().zip(point).map(|(&c, x)| (x - f64::from(c)).powi(2)).sum();
                let ln_r = 0.5 * (lateral + height).ln();
                match dim {
                    1 => -ln_r / (2.0 * std::f64::consts::PI),
                    _ => (-ln_sphere_area(dim) - (dim as f64 - 1.0) * ln_r).exp() / (dim as f64 - 1.0),
                }
            });
            capacitor.charge(side) * terms.sum::<f64>()
        };
        plate(Side::Source) + plate(Side::Target)
    };
    let zero = of(origin);
    Ok((0..at.len()).into_par_iter().map(|index| of(at.point(index)) - zero).collect())
}
