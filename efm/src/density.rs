use efm_core::streams;
use efm_core::{Points, Seed, Side};
use efm_data::Sampler;
use efm_field::Field;
use efm_integrate::density::Volume;
use efm_integrate::maps::{Lift, Noise};
use efm_integrate::{Heading, Stop, Watch};
use rayon::prelude::*;

use crate::{Error, Scalers};

/// The density of what a map makes of its source, at points of the target.
///
/// A point y is traced back to x, and ln q(y) = ln p(x) + ln |det ∂x/∂y|, everything in data units. Where lines start with
/// noise ([`Lift::Brownian`], [`Lift::Cauchy`]) x is the point at the height where they start, and p is smeared by that
/// noise: an average over [`SMEARS`] draws of its width, the same for all points, which makes an error of some per cent
/// of the part the noise contributes.
pub struct Likelihood<'a> {
    /// The field, in scaled units.
    pub field: &'a dyn Field,
    /// From data units to scaled units.
    pub scalers: &'a Scalers,
    /// The source distribution, in data units.
    pub source: &'a dyn Sampler,
    /// How lines and volumes are followed; the heading does not matter.
    pub volume: Volume,
    /// Seed of probes and of noise.
    pub seed: Seed,
}

/// Draws of the width of a random lift.
pub const SMEARS: usize = 2_048;

/// ln q at each point, in the order of the points.
#[derive(Debug, Clone, PartialEq)]
pub struct LnDensities {
    /// ln q in 1/(data unit)^D; NaN for points whose line did not get to the source, −∞ where the source has no points.
    pub values: Vec<f64>,
    /// Standard error of each value over the probes, NaN for a single probe or a lost line; 0 without probes.
    pub standard_errors: Vec<f64>,
    /// Why each line ended.
    pub stops: Vec<Stop>,
    /// Evaluations of the field, of all points together.
    pub evaluations: u64,
}

impl LnDensities {
    /// Number of points whose density is not known.
    pub fn lost(&self) -> usize {
        self.values.iter().filter(|value| value.is_nan()).count()
    }
}

impl Likelihood<'_> {
    /// ln q at `points`, in data units of the target.
    ///
    /// # Errors
    /// [`Error::NoDensity`] for a source without a density in closed form, [`Error::Data`] for points of
    /// another dimension, [`Error::Trace`] for settings out of range and failing fields.
    pub fn ln_densities(&self, points: &Points, watch: &mut Watch<'_>) -> Result<LnDensities, Error> {
        let (source, target) = (self.scalers.plate(Side::Source), self.scalers.plate(Side::Target));
        let scaled = target.apply(points)?;
        let mut volume = self.volume.clone();
        volume.map.tracer.heading = Heading::Reverse;
        let spreads = self.spreads(&volume);
        let middle: Vec<f64> = source.shift().to_vec();
        if source.colour().is_some() || self.ln_source(&middle, &spreads).is_none() {
            return Err(Error::NoDensity);
        }
        let noise = Noise::from(self.seed.stream(streams::DENSITY_PROBES));
        let carried = volume.carry(self.field, &scaled, noise, watch)?;
        let units = source.ln_volume() - target.ln_volume();
        let value = |row: usize| {
            let ln_volume = carried.ln_volumes[row];
            if ln_volume.is_nan() {
                return f64::NAN;
            }
            let place = carried.ends.x(row).iter().zip(source.stretch()).zip(source.shift());
            let x: Vec<f64> = place.map(|((x, stretch), shift)| x * stretch + shift).collect();
            self.ln_source(&x, &spreads).unwrap_or(f64::NAN) + units + ln_volume
        };
        Ok(LnDensities {
            values: (0..points.len()).into_par_iter().map(value).collect(),
            standard_errors: carried.standard_errors,
            stops: carried.stops,
            evaluations: carried.evaluations,
        })
    }

    /// Widths of the noise that lines start with, in scaled units; empty for lifts without noise.
    fn spreads(&self, volume: &Volume) -> Vec<f64> {
        let height = volume.map.start_height;
        let drawn = |stream: efm_core::Stream, lift: Lift| {
            let spread = |index| lift.spread(height, self.field.gap(), &mut stream.at(index));
            (0..SMEARS as u64).filter_map(spread).collect()
        };
        if height > 0.0 { drawn(self.seed.stream(streams::DENSITY_SMEAR), volume.map.lift) } else { Vec::new() }
    }

    /// ln p at x in data units, smeared by normal noise of these widths, each equally likely.
    fn ln_source(&self, x: &[f64], spreads: &[f64]) -> Option<f64> {
        if spreads.is_empty() {
            return self.source.ln_density(x);
        }
        let stretch = self.scalers.plate(Side::Source).stretch();
        let one = |spread: &f64| {
            let variances: Vec<f64> = stretch.iter().map(|stretch| (stretch * spread).powi(2)).collect();
            self.source.ln_density_smeared(x, &variances)
        };
        let terms = spreads.iter().map(one).collect::<Option<Vec<f64>>>()?;
        let largest = terms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if largest == f64::NEG_INFINITY {
            return Some(largest);
        }
        Some(largest + (terms.iter().map(|term| (term - largest).exp()).sum::<f64>() / terms.len() as f64).ln())
    }
}
