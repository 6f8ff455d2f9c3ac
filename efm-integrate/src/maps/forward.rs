use efm_core::{Augmented, Points, Side};
use efm_field::{Field, FieldValues, brownian_exit};
use rand::Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::maps::{Map, Noise};
use crate::{Heading, Lines, Stop, TraceError, Tracer, Watch};

/// Forward-only transport, Algorithm 2 of Kolesov et al. (arXiv 2502.02367): lift every point off the source plate,
/// follow its line, stop at the first arrival at the target plate.
///
/// In the field of two plates this is biased unless L is large against the width of the data; in the field of a mirror
/// capacitor it is the exact map from p to q. Close to a plate of N samples the field is that of separate atoms, so
/// both heights should be comparable with the distance of neighbouring samples.
///
/// With a tracer in reverse it goes from the target plate to the source plate, between the same heights. A lift along
/// the field is undone by the slope at its upper end, which is its inverse up to second order in the height.
#[derive(Debug, Clone, Default, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Forward {
    /// How lines are followed. Its margin is replaced by the height at which this map ends.
    pub tracer: Tracer,
    /// Distance from the source plate at which lines begin (or end, in reverse), in data units.
    pub start_height: f64,
    /// Distance from the target plate at which lines end (or begin, in reverse), in data units.
    pub stop_height: f64,
    /// How points get off the plate.
    pub lift: Lift,
}

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
    /// Along the field: (x + z₀·v, z₀) with v = E_x/E_z at (x, z₀), no longer than √D. Deterministic. In the bulk the
    /// bias of the height shrinks from first to second order in z₀; in the tails of the source, where the lines of a
    /// plate run almost parallel to it and a small height sends them far out, points keep their place.
    Along,
}

impl Lift {
    /// Draws the standard deviation of the normal noise that a random lift to `height` in a gap L adds to each
    /// coordinate; `None` for lifts without noise. The density at that height is that of the plate, smeared by N(0, s² I)
    /// and averaged over s.
    pub fn spread(self, height: f64, gap: f64, random: &mut impl Rng) -> Option<f64> {
        match self {
            Self::Straight | Self::Along => None,
            Self::Brownian => Some(exit_through_the_plate(height, gap, random).sqrt()),
            Self::Cauchy => Some(height / normal(random).abs().max(f64::MIN_POSITIVE)),
        }
    }
}

/// Longest slope of a lift along the field, root mean square over the coordinates: 45 degrees per coordinate. Where a
/// plate carries charge slopes are of order one; steeper ones belong to its tails and voids.
const STEEPEST: f64 = 1.0;

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
    axial.max(steepness / STEEPEST)
}

/// Moves each point by `rise` in z along its slope in `field`, bounded by [`STEEPEST`]; heights stay as they are.
/// Counts as one evaluation of each line.
fn shift_along(field: &dyn Field, points: &mut Augmented, rise: f64) -> Result<(), TraceError> {
    let mut values = FieldValues::default();
    field.evaluate_into(points, &mut values)?;
    for index in 0..points.len() {
        let axial = values.directions.z(index);
        let lateral = values.directions.x(index);
        let divisor = bounded(axial, lateral);
        if divisor > 0.0 {
            for (x, n) in points.x_mut(index).iter_mut().zip(lateral) {
                *x += rise * n / divisor;
            }
        }
    }
    Ok(())
}

impl Forward {
    /// The map the other way.
    #[must_use]
    pub fn reverse(&self) -> Self {
        let tracer = Tracer { heading: self.tracer.heading.reversed(), ..self.tracer.clone() };
        Self { tracer, ..self.clone() }
    }

    /// z at which lines begin and z at which they end.
    pub(crate) fn ends(&self, gap: f64) -> (f64, f64) {
        let (begin, end) = self.heights();
        match self.tracer.heading {
            Heading::Forward => (begin, gap - end),
            Heading::Reverse => (gap - begin, end),
        }
    }

    /// Distances from the plate where lines begin and from the one where they end.
    pub(crate) fn heights(&self) -> (f64, f64) {
        match self.tracer.heading {
            Heading::Forward => (self.start_height, self.stop_height),
            Heading::Reverse => (self.stop_height, self.start_height),
        }
    }

    /// The points where the lines of `starts` begin.
    fn lifted(&self, field: &dyn Field, starts: &Points, noise: Noise) -> Result<Augmented, TraceError> {
        let (height, _) = self.heights();
        let (z, _) = self.ends(field.gap());
        let mut lifted = Augmented::lift(starts, z);
        match self.lift {
            Lift::Straight => {}
            Lift::Cauchy | Lift::Brownian => {
                for index in 0..lifted.len() {
                    let mut random = noise.stream.at(noise.first + index as u64);
                    let scale = self.lift.spread(height, field.gap(), &mut random).unwrap_or(0.0);
                    for x in lifted.x_mut(index) {
                        *x += scale * normal(&mut random);
                    }
                }
            }
            Lift::Along if height > 0.0 && !lifted.is_empty() => {
                shift_along(field, &mut lifted, self.tracer.heading.sign() * height)?;
            }
            Lift::Along => {}
        }
        Ok(lifted)
    }

    /// The last piece, from where lines end to the plate: as long as the lift is, and only for lines that got there.
    fn lower(&self, field: &dyn Field, lines: &mut Lines) -> Result<(), TraceError> {
        let (_, height) = self.heights();
        let landed: Vec<_> = (0..lines.len()).filter(|&line| lines.stops[line] == Stop::Landed).collect();
        if self.lift != Lift::Along || height == 0.0 || landed.is_empty() {
            return Ok(());
        }
        let mut ends = Augmented::new(field.dim());
        landed.iter().for_each(|&line| ends.push_point(lines.ends.point(line)));
        shift_along(field, &mut ends, self.tracer.heading.sign() * height)?;
        for (row, &line) in landed.iter().enumerate() {
            lines.ends.x_mut(line).copy_from_slice(ends.x(row));
            lines.evaluations[line] += 1;
        }
        Ok(())
    }
}

impl Map for Forward {
    fn transport_with(
        &self,
        field: &dyn Field,
        starts: &Points,
        noise: Noise,
        watch: &mut Watch<'_>,
    ) -> Result<Lines, TraceError> {
        let gap = field.gap();
        for (setting, value) in [("start-height", self.start_height), ("stop-height", self.stop_height)] {
            if !(value >= 0.0 && self.start_height + self.stop_height < gap) {
                let wanted = "at least 0, and both heights together below the gap L";
                return Err(TraceError::BadSetting { setting, value, wanted });
            }
        }
        let (begin, margin) = self.heights();
        let tracer = Tracer { margin, ..self.tracer.clone() };
        let lifted = self.lifted(field, starts, noise)?;
        let mut lines = tracer.trace_with(field, &lifted, watch)?;
        if self.lift == Lift::Along && begin > 0.0 {
            lines.evaluations.iter_mut().for_each(|count| *count += 1);
        }
        self.lower(field, &mut lines)?;
        Ok(lines)
    }
}
