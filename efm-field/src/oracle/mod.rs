//! Fields in closed form: what tests of kernels, tracers and learned fields compare with.

mod dipole;
mod poisson;

pub use dipole::Dipole;
pub use poisson::{Blob, PoissonPlates};

use efm_core::Augmented;

use crate::ln_sphere_area;
use crate::vector::{length, normalise};
use crate::{FieldError, FieldValues};

/// One term q (x − m, dz)/r^{D+1} of a closed form.
#[derive(Clone, Copy)]
struct Term<'a> {
    charge: f64,
    middle: &'a [f64],
    dz: f64,
}

/// Sums terms at every point, in log-space.
fn evaluate<'a, T: Iterator<Item = Term<'a>> + Clone>(
    dim: usize,
    at: &Augmented,
    out: &mut FieldValues,
    terms: impl Fn(f64) -> T,
) -> Result<(), FieldError> {
    FieldError::check_queries(dim, at)?;
    out.prepare(dim, at.len(), true);
    let power = dim as f64 + 1.0;
    for index in 0..at.len() {
        let x = at.x(index);
        let terms = terms(at.z(index));
        let offset = |term: &Term<'_>| -> Vec<f64> {
            let mut offset: Vec<f64> = x.iter().zip(term.middle).map(|(x, m)| x - m).collect();
            offset.push(term.dz);
            offset
        };
        let nearest =
            terms.clone().map(|term| length(&offset(&term))).filter(|&r| r > 0.0).fold(f64::INFINITY, f64::min);
        let mut sum = vec![0.0; dim + 1];
        for term in terms {
            let offset = offset(&term);
            let r = length(&offset);
            if r > 0.0 && r.is_finite() {
                let weight = term.charge * (-power * (r / nearest).ln()).exp();
                sum.iter_mut().zip(&offset).for_each(|(sum, part)| *sum += weight * (part / nearest));
            }
        }
        let norm = normalise(&mut sum);
        out.directions.point_mut(index).copy_from_slice(&sum);
        out.ln_strengths[index] =
            if norm > 0.0 { norm.ln() - dim as f64 * nearest.ln() - ln_sphere_area(dim) } else { f64::NEG_INFINITY };
    }
    Ok(())
}
