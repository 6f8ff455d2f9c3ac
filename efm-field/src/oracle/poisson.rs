use efm_core::{Augmented, CoreError, Points, Side, Stream};
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};

use super::{Term, evaluate};
use crate::ln_sphere_area;
use crate::{Field, FieldError, FieldValues, ParameterError};

/// One Poisson kernel w C_s(· − m) of a plate.
#[derive(Debug, Clone, PartialEq)]
pub struct Blob {
    /// w > 0; the weights of a plate are normalised to sum 1.
    pub weight: f64,
    /// s > 0, in data units.
    pub scale: f64,
    /// m, D coordinates.
    pub middle: Vec<f64>,
}

/// Two plates whose densities are mixtures of Poisson kernels C_s(x) ∝ s/(|x|² + s²)^{(D+1)/2} (Cauchy distributions).
///
/// The field of such a plate is that of point charges at depth s behind it, seen from either side: exact everywhere, in
/// any D, and everything derived from it is too. Coulomb's law, unit charges.
/// On a plate the field of the gap side is given.
#[derive(Debug, Clone)]
pub struct PoissonPlates {
    dim: usize,
    gap: f64,
    plates: [Vec<Blob>; 2],
}

impl PoissonPlates {
    /// Plates of R^`dim`, `gap` apart.
    ///
    /// # Errors
    /// [`FieldError::Core`] for an empty plate, a bad gap, or a middle with another number of coordinates;
    /// [`FieldError::Parameter`] for weights and scales that are not positive; [`FieldError::NonFinitePoint`] with the number of the
    /// blob on its plate for its middle.
    pub fn new(dim: usize, source: Vec<Blob>, target: Vec<Blob>, gap: f64) -> Result<Self, FieldError> {
        if dim == 0 {
            return Err(CoreError::NoCoordinates.into());
        }
        if !(gap.is_finite() && gap > 0.0) {
            return Err(CoreError::BadGap { gap }.into());
        }
        let mut plates = [source, target];
        for (side, blobs) in Side::BOTH.into_iter().zip(&mut plates) {
            let total: f64 = blobs.iter().map(|blob| blob.weight).sum();
            if blobs.is_empty() {
                return Err(CoreError::EmptyPlate { side }.into());
            }
            for (point, blob) in blobs.iter_mut().enumerate() {
                if blob.middle.len() != dim {
                    return Err(CoreError::RaggedValues { values: blob.middle.len(), dim }.into());
                }
                if !blob.middle.iter().all(|value| value.is_finite()) {
                    return Err(FieldError::NonFinitePoint { point });
                }
                for (name, value) in [("weight", blob.weight), ("scale", blob.scale)] {
                    let holds = value.is_finite() && value > 0.0;
                    ParameterError::unless(holds, name, value, "finite and above 0")?;
                }
                blob.weight /= total;
            }
        }
        Ok(Self { dim, gap, plates })
    }

    /// The kernels of a plate.
    pub fn blobs(&self, side: Side) -> &[Blob] {
        &self.plates[side as usize]
    }

    /// Density of a plate smeared by a Cauchy of scale `smear` (0: the plate itself) at x, in 1/length^D: p*C_s, q*C_s.
    pub fn density(&self, side: Side, smear: f64, x: &[f64]) -> f64 {
        let power = (self.dim as f64 + 1.0) / 2.0;
        let kernel = |blob: &Blob| {
            let scale = blob.scale + smear;
            let r2 = x.iter().zip(&blob.middle).map(|(x, m)| (x - m).powi(2)).sum::<f64>() + scale * scale;
            blob.weight * (std::f64::consts::LN_2 - ln_sphere_area(self.dim) + scale.ln() - power * r2.ln()).exp()
        };
        self.blobs(side).iter().map(kernel).sum()
    }

    /// A draw from the density of a plate smeared by a Cauchy of scale `smear`.
    pub fn sample(&self, side: Side, smear: f64, generator: &mut impl Rng) -> Vec<f64> {
        let blobs = self.blobs(side);
        let mut level: f64 = generator.random();
        let mut chosen = &blobs[blobs.len() - 1];
        for blob in blobs {
            if level < blob.weight {
                chosen = blob;
                break;
            }
            level -= blob.weight;
        }
        let mut normal = || -> f64 { StandardNormal.sample(generator) };
        let scale = (chosen.scale + smear) / normal().abs().max(f64::MIN_POSITIVE);
        chosen.middle.iter().map(|m| m + scale * normal()).collect()
    }

    /// `count` draws from a plate; number i comes from `stream.at(i)`.
    ///
    /// # Errors
    /// [`CoreError::NonFinite`] if a draw overflows f32 (probability below 1e-37 in low D).
    pub fn points(&self, side: Side, stream: &Stream, count: usize) -> Result<Points, CoreError> {
        let draws = (0..count as u64).flat_map(|index| self.sample(side, 0.0, &mut stream.at(index)));
        Points::from_values(self.dim, draws.map(|value| value as f32).collect())
    }

    /// A draw from ρ_z = ½ p*C_z + ½ q*C_{L−z}, 0 ≤ z ≤ L.
    pub fn sample_slice(&self, z: f64, generator: &mut impl Rng) -> Vec<f64> {
        let side = if generator.random::<bool>() { Side::Source } else { Side::Target };
        self.sample(side, (z - side.height(self.gap)).abs(), generator)
    }
}

impl Field for PoissonPlates {
    fn dim(&self) -> usize {
        self.dim
    }

    fn gap(&self) -> f64 {
        self.gap
    }

    fn evaluate_into(&self, at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError> {
        evaluate(self.dim, at, out, |z| {
            Side::BOTH.into_iter().flat_map(move |side| {
                let dz = z - side.height(self.gap);
                // The source is seen from above at z = 0, the target from below at z = L.
                let above = if side == Side::Source { dz >= 0.0 } else { dz > 0.0 };
                self.blobs(side).iter().map(move |blob| Term {
                    charge: side.charge() * blob.weight,
                    middle: &blob.middle,
                    dz: if above { dz + blob.scale } else { dz - blob.scale },
                })
            })
        })
    }
}
