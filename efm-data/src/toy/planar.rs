use efm_core::{Points, Stream};
use rand_chacha::ChaCha8Rng;

use super::density::ln_normal;
use super::{Check, Opened, normal};
use crate::{DataError, Modes, Sampler, sampler::each_point};

/// A distribution in the plane, with checked parameters.
pub(super) trait Shape: Send + Sync + 'static {
    /// One point.
    fn point(&self, generator: &mut ChaCha8Rng) -> [f64; 2];

    /// Centres of modes in the plane; empty where there are none.
    fn centres(&self) -> Vec<[f64; 2]> {
        Vec::new()
    }

    /// ln of the density in the plane after normal noise of these two variances; `None` without a closed form.
    fn ln_density(&self, _point: [f64; 2], _variances: [f64; 2]) -> Option<f64> {
        None
    }
}

/// A shape in the first two coordinates, small normal noise in the others.
struct Planar<S> {
    shape: S,
    dim: usize,
    padding_std: f64,
    modes: Option<Modes>,
}

/// Opens a shape in R^`dim`.
pub(super) fn open(name: &'static str, shape: impl Shape, dim: usize, padding_std: f64) -> Opened {
    let check = Check(name);
    check.dim(dim, 2)?;
    check.width("padding_std", padding_std)?;
    let modes = modes(name, &shape.centres(), dim)?;
    Ok(Box::new(Planar { shape, dim, padding_std, modes }))
}

fn modes(name: &'static str, centres: &[[f64; 2]], dim: usize) -> Result<Option<Modes>, DataError> {
    if centres.is_empty() {
        return Ok(None);
    }
    let mut values = vec![0.0; dim * centres.len()];
    for (place, centre) in values.chunks_exact_mut(dim).zip(centres) {
        place[0] = centre[0] as f32;
        place[1] = centre[1] as f32;
    }
    let points = Points::from_values(dim, values).or_else(|error| Check(name).fail("centres", error.to_string()))?;
    Ok(Some(Modes::equal(points)))
}

impl<S: Shape> Sampler for Planar<S> {
    fn dim(&self) -> usize {
        self.dim
    }

    fn draw_into(&self, stream: &Stream, first: u64, out: &mut [f32]) -> Result<(), DataError> {
        each_point(stream, first, self.dim, out, |generator, point| {
            let [x, y] = self.shape.point(generator);
            point[0] = x as f32;
            point[1] = y as f32;
            for coordinate in &mut point[2..] {
                *coordinate = (self.padding_std * normal(generator)) as f32;
            }
        });
        Ok(())
    }

    fn modes(&self) -> Option<&Modes> {
        self.modes.as_ref()
    }

    fn ln_density(&self, point: &[f64]) -> Option<f64> {
        self.ln_density_smeared(point, &vec![0.0; self.dim])
    }

    fn ln_density_smeared(&self, point: &[f64], variances: &[f64]) -> Option<f64> {
        let plane = self.shape.ln_density([point[0], point[1]], [variances[0], variances[1]])?;
        let padding = variances[2..].iter().map(|variance| self.padding_std * self.padding_std + variance);
        Some(plane + ln_normal(&point[2..], std::iter::repeat(0.0), padding)?)
    }
}
