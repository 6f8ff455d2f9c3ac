use std::f64::consts::PI;

use efm_core::Augmented;
use efm_core::vector::normalise;
use efm_field::{Field, FieldError, FieldValues};

use super::slopes::check;

/// A charge +1 behind or on the source plate and a charge −1 behind or on the target plate.
///
/// With depths 0 it is the dipole. With depths s and t its field in the gap is that of plates with Poisson-kernel
/// densities p = C_s(· − a), q = C_t(· − b).
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// L.
    pub gap: f64,
    /// Position a of the positive charge, D coordinates.
    pub source: Vec<f64>,
    /// Position b of the negative charge, D coordinates.
    pub target: Vec<f64>,
    /// Depths of the charges below z = 0 and above z = L.
    pub depths: [f64; 2],
}

impl Pair {
    /// The dipole: charges on the axis, +1 at z = 0 and −1 at z = L.
    pub fn dipole(dim: usize, gap: f64) -> Self {
        Self { gap, source: vec![0.0; dim], target: vec![0.0; dim], depths: [0.0; 2] }
    }

    /// A number that is constant along the lines: D = 1 θ₊ − θ₋, the angles from the z axis at which the charges see
    /// the point (lines are circles through both); else, for charges on one axis, the flux ∫ sin^{D−1} over the caps
    /// below those angles, cos θ₋ − cos θ₊ in D = 2.
    ///
    /// `None` for D > 2, which has no formula here, and for points of another D.
    pub fn invariant(&self, point: &[f64]) -> Option<f64> {
        let z =
            *point.last().filter(|_| point.len() == self.source.len() + 1 && self.target.len() == self.source.len())?;
        let (up, down) = (z + self.depths[0], z - self.gap - self.depths[1]);
        match self.source.len() {
            1 => Some((point[0] - self.source[0]).atan2(up) - (point[0] - self.target[0]).atan2(down)),
            2 => {
                let cosine = |centre: &[f64], height: f64| {
                    height
                        / (point.iter().zip(centre).map(|(x, c)| (x - c).powi(2)).sum::<f64>() + height * height).sqrt()
                };
                Some(cosine(&self.target, down) - cosine(&self.source, up))
            }
            _ => None,
        }
    }
}

impl Field for Pair {
    fn dim(&self) -> usize {
        self.source.len()
    }
    fn gap(&self) -> f64 {
        self.gap
    }
    fn evaluate_into(&self, at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError> {
        let dim = self.dim();
        check(dim, at)?;
        out.prepare(dim, at.len(), false);
        for index in 0..at.len() {
            let (x, z) = (at.x(index), at.z(index));
            let n = out.directions.point_mut(index);
            n.fill(0.0);
            for (charge, centre, height) in
                [(1.0, &self.source, z + self.depths[0]), (-1.0, &self.target, z - self.gap - self.depths[1])]
            {
                let square = x.iter().zip(centre).map(|(x, c)| (x - c).powi(2)).sum::<f64>() + height * height;
                if square > 0.0 {
                    // (r − r_i)/|r − r_i|^{D+1}
                    let weight = charge * square.powf(-0.5 * (dim as f64 + 1.0));
                    for ((n, x), c) in n.iter_mut().zip(x).zip(centre) {
                        *n += weight * (x - c);
                    }
                    n[dim] += weight * height;
                }
            }
            normalise(n);
        }
        Ok(())
    }
}

/// The mirror capacitor of one charge per plate in D = 1: +1 at x = a, z = 2kL and −1 at x = b, z = (2k+1)L for all k.
///
/// As complex numbers ζ = x + iz the plates repeat with period 2iL, so E_x − iE_z ∝ coth(w) − coth(w′) with
/// w = π(ζ − a)/2L and w′ = π(ζ − b − iL)/2L. Every line runs from a to b inside the gap.
#[derive(Debug, Clone, PartialEq)]
pub struct MirrorPair {
    /// L.
    pub gap: f64,
    /// a.
    pub source: f64,
    /// b.
    pub target: f64,
}

impl MirrorPair {
    /// Arguments of sinh w and of sinh w′ at (x, z).
    fn angles(&self, x: f64, z: f64) -> (f64, f64) {
        let scale = 0.5 * PI / self.gap;
        let angle = |re: f64, im: f64| (re.cosh() * im.sin()).atan2(re.sinh() * im.cos());
        (angle(scale * (x - self.source), scale * z), angle(scale * (x - self.target), scale * (z - self.gap)))
    }

    /// The stream function Im(ln sinh w − ln sinh w′)/π − ½, constant along a line; inside the gap it runs from 0 far on the
    /// right to 1 far on the left.
    pub fn stream(&self, x: f64, z: f64) -> f64 {
        let (up, down) = self.angles(x, z);
        (up - down) / PI - 0.5
    }
}

impl Field for MirrorPair {
    fn dim(&self) -> usize {
        1
    }
    fn gap(&self) -> f64 {
        self.gap
    }
    fn evaluate_into(&self, at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError> {
        check(1, at)?;
        out.prepare(1, at.len(), false);
        let scale = PI / self.gap;
        // coth(u + iv) = (sinh 2u − i sin 2v)/(cosh 2u − cos 2v)
        let coth = |re: f64, im: f64| {
            let below = (scale * re).cosh() - (scale * im).cos();
            if below > 0.0 { ((scale * re).sinh() / below, -(scale * im).sin() / below) } else { (0.0, 0.0) }
        };
        for index in 0..at.len() {
            let (x, z) = (at.x(index)[0], at.z(index));
            let (source, target) = (coth(x - self.source, z), coth(x - self.target, z - self.gap));
            let n = out.directions.point_mut(index);
            n.copy_from_slice(&[source.0 - target.0, target.1 - source.1]);
            normalise(n);
        }
        Ok(())
    }
}
