use efm_core::{Augmented, Side};
use efm_field::{Field, FieldValues, brownian_exit};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::{TraceError, checked};

/// How points get off their plate to the height where lines begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lift {
    /// Straight: (x, z₀). A deterministic map, the inverse of the one in reverse.
    #[default]
    Straight,
    /// As the lines of a single charge leave it: (x + z₀·C, z₀) with C from the D-dimensional Cauchy law. Removes the
    /// bias of the height for charges that were sampled, and needs noise.
    Cauchy,
    /// As the lines of a charge leave it in the mirror capacitor: (x + √τ·N(0, I), z₀), τ the time at which a Brownian
    /// motion from z₀ leaves (0, L), given that it does so through the plate. As [`Lift::Cauchy`], with tails that end
    /// within a few L; the choice in many dimensions, where every point of a distribution is far from all its samples.
    Brownian,
    /// As [`Lift::Brownian`] for small heights, with the median of τ, (z₀/0.674)², in place of a draw. In many dimensions lines
    /// keep the angle at which they leave, and a network ends the flattest ones, which it has seen least, as noise; these are
    /// left out here, at the price of a bias: lines of one angle do not carry p to q exactly.
    Typical,
    /// Along the field: (x + z₀·v, z₀) with v = E_x/E_z at (x, z₀), no longer than √D. Deterministic. In the bulk the
    /// bias of the height shrinks from first to second order in z₀; in the tails of the source, where the lines of a
    /// plate run almost parallel to it and a small height sends them far out, points keep their place.
    Along,
}

/// Longest slope of a lift along the field, root mean square over the coordinates: 45 degrees per coordinate. Where a
/// plate carries charge slopes are of order one; steeper ones belong to its tails and voids.
const STEEPEST: f64 = 1.0;

/// Median of |N(0, 1)|: a Brownian motion from z₀ reaches the plate at the time (z₀/|N(0, 1)|)².
const MEDIAN: f64 = 0.674_489_75;

impl Lift {
    /// Moves x, a point of a plate, to where it is at the distance `height` from that plate. [`Lift::Along`] needs the
    /// field and does nothing here.
    pub(crate) fn scatter(self, x: &mut [f64], height: f64, gap: f64, random: &mut impl Rng) {
        if let Some(scale) = self.spread(height, gap, random) {
            x.iter_mut().for_each(|x| *x += scale * normal(random));
        }
    }

    /// Draws the standard deviation of the normal noise that a random lift to `height` in a gap L adds to each
    /// coordinate; `None` for lifts without noise. The density at that height is that of the plate, smeared by N(0, s² I)
    /// and averaged over s.
    pub fn spread(self, height: f64, gap: f64, random: &mut impl Rng) -> Option<f64> {
        match self {
            Self::Straight | Self::Along => None,
            Self::Typical => Some(height / MEDIAN),
            Self::Brownian => Some(exit_through_the_plate(height, gap, random).sqrt()),
            Self::Cauchy => Some(cauchy_width(height, random)),
        }
    }
}

/// Adds a draw from the D-dimensional Cauchy law of the given scale: scale·N(0, I)/|N(0, 1)|.
pub(crate) fn add_cauchy(x: &mut [f64], scale: f64, random: &mut impl Rng) {
    let width = cauchy_width(scale, random);
    x.iter_mut().for_each(|x| *x += width * normal(random));
}

/// The standard deviation s/|N(0, 1)| of the normal law that a Cauchy of scale s is a mixture of.
fn cauchy_width(scale: f64, random: &mut impl Rng) -> f64 {
    scale / normal(random).abs().max(f64::MIN_POSITIVE)
}

fn normal(random: &mut impl Rng) -> f64 {
    StandardNormal.sample(random)
}

/// Exit time of a Brownian motion from `height` out of (0, `gap`), given that it leaves at 0: by rejection, which takes
/// 1/(1 − z₀/L) draws on average.
fn exit_through_the_plate(height: f64, gap: f64, random: &mut impl Rng) -> f64 {
    loop {
        let (side, time) = brownian_exit(height, gap, random);
        if side == Side::Source {
            return time;
        }
    }
}

/// What n_x is divided by to give the slope n_x/n_z, or as much of it as [`STEEPEST`] leaves; 0 for no direction at all.
pub(crate) fn bounded(axial: f64, lateral: &[f64]) -> f64 {
    let steepness = (lateral.iter().map(|n| n * n).sum::<f64>() / lateral.len() as f64).sqrt();
    axial.abs().max(steepness / STEEPEST).copysign(axial)
}

/// Moves each point by `rise` of its height in z along its slope in `field`, bounded by [`STEEPEST`]; heights stay as
/// they are. Counts as one evaluation of each line.
pub(crate) fn shift_along(
    field: &dyn Field,
    points: &mut Augmented,
    rise: impl Fn(f64) -> f64,
) -> Result<(), TraceError> {
    let mut values = FieldValues::default();
    checked::evaluate_finite(field, points, &mut values)?;
    for index in 0..points.len() {
        let axial = values.directions.z(index);
        let lateral = values.directions.x(index);
        let divisor = bounded(axial, lateral);
        if divisor != 0.0 {
            let rise = rise(points.z(index));
            for (x, n) in points.x_mut(index).iter_mut().zip(lateral) {
                *x += rise * n / divisor;
            }
        }
    }
    Ok(())
}
