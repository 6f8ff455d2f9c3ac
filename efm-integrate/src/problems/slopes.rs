use efm_core::Augmented;
use efm_core::vector::normalise;
use efm_field::{Field, FieldError, FieldValues};

/// A field in the gap given by the slopes of its lines, dx/dz = slope(x, z).
pub trait Slopes: Field {
    /// Writes dx/dz at (x, z).
    fn slope(&self, x: &[f64], z: f64, slope: &mut [f64]);

    /// Where the line through (x, z) is at height `to`.
    fn line(&self, x: &[f64], z: f64, to: f64) -> Vec<f64>;
}

/// The unit directions n ∝ (dx/dz, 1) of a field given by slopes.
fn directions(field: &dyn Slopes, at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError> {
    check(field.dim(), at)?;
    out.prepare(field.dim(), at.len(), false);
    for index in 0..at.len() {
        let n = out.directions.point_mut(index);
        let (slope, n_z) = n.split_at_mut(field.dim());
        field.slope(at.x(index), at.z(index), slope);
        n_z[0] = 1.0;
        normalise(n);
    }
    Ok(())
}

/// Refuses points of another dimension and points that are not finite.
pub(super) fn check(dim: usize, at: &Augmented) -> Result<(), FieldError> {
    if at.dim() != dim {
        return Err(FieldError::DimensionMismatch { query_dim: at.dim(), field_dim: dim });
    }
    match at.iter().position(|point| !point.iter().all(|value| value.is_finite())) {
        Some(point) => Err(FieldError::NonFiniteQuery { point }),
        None => Ok(()),
    }
}

macro_rules! field_of_slopes {
    ($($name:ty: $dim:expr),*) => {$(
        impl Field for $name {
            fn dim(&self) -> usize {
                let dim: fn(&Self) -> usize = $dim;
                dim(self)
            }
            fn gap(&self) -> f64 {
                self.gap
            }
            fn evaluate_into(&self, at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError> {
                directions(self, at, out)
            }
        }
    )*};
}
field_of_slopes!(Uniform: |field| field.tilt.len(), Contraction: |field| field.dim, Rotation: |_| 2, Logistic: |_| 1);

/// Straight parallel lines, dx/dz = tilt.
#[derive(Debug, Clone, PartialEq)]
pub struct Uniform {
    /// The slope; its length is D.
    pub tilt: Vec<f64>,
    /// L.
    pub gap: f64,
}

impl Slopes for Uniform {
    fn slope(&self, _x: &[f64], _z: f64, slope: &mut [f64]) {
        slope.copy_from_slice(&self.tilt);
    }
    fn line(&self, x: &[f64], z: f64, to: f64) -> Vec<f64> {
        x.iter().zip(&self.tilt).map(|(x, tilt)| x + tilt * (to - z)).collect()
    }
}

/// Exponential contraction, dx/dz = −rate·x.
#[derive(Debug, Clone, PartialEq)]
pub struct Contraction {
    /// D.
    pub dim: usize,
    /// L.
    pub gap: f64,
    /// Contraction per unit of height; negative for expansion.
    pub rate: f64,
}

impl Slopes for Contraction {
    fn slope(&self, x: &[f64], _z: f64, slope: &mut [f64]) {
        for (slope, x) in slope.iter_mut().zip(x) {
            *slope = -self.rate * x;
        }
    }
    fn line(&self, x: &[f64], z: f64, to: f64) -> Vec<f64> {
        x.iter().map(|x| x * (-self.rate * (to - z)).exp()).collect()
    }
}

/// Screws about the z axis in D = 2: E ∝ (−ω y, ω x, 1).
#[derive(Debug, Clone, PartialEq)]
pub struct Rotation {
    /// L.
    pub gap: f64,
    /// ω, angle per unit of height.
    pub turn: f64,
}

impl Slopes for Rotation {
    fn slope(&self, x: &[f64], _z: f64, slope: &mut [f64]) {
        slope[0] = -self.turn * x[1];
        slope[1] = self.turn * x[0];
    }
    fn line(&self, x: &[f64], z: f64, to: f64) -> Vec<f64> {
        let (sin, cos) = (self.turn * (to - z)).sin_cos();
        vec![cos * x[0] - sin * x[1], sin * x[0] + cos * x[1]]
    }
}

/// The logistic equation in D = 1 with a rate that changes with height: dx/dz = a(z)·x·(1 − x), a(z) = 1 + cos z.
#[derive(Debug, Clone, PartialEq)]
pub struct Logistic {
    /// L.
    pub gap: f64,
}

impl Slopes for Logistic {
    fn slope(&self, x: &[f64], z: f64, slope: &mut [f64]) {
        slope[0] = (1.0 + z.cos()) * x[0] * (1.0 - x[0]);
    }
    fn line(&self, x: &[f64], z: f64, to: f64) -> Vec<f64> {
        let growth = (to + to.sin() - z - z.sin()).exp();
        vec![x[0] * growth / (1.0 - x[0] + x[0] * growth)]
    }
}
