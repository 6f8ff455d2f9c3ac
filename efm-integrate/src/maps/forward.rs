use efm_core::{Augmented, Points};
use efm_field::Field;
use rand_distr::{Distribution, StandardNormal};

use crate::maps::{Map, Noise};
use crate::{Heading, Lines, TraceError, Tracer, Watch};

/// Forward-only transport, Algorithm 2 of Kolesov et al. (arXiv 2502.02367): lift every point off the source plate,
/// follow its line, stop at the first arrival at the target plate.
///
/// In the field of two plates this is biased unless L is large against the width of the data; in the field of a mirror
/// capacitor it is the exact map from p to q. Close to a plate of N samples the field is that of separate atoms, so
/// both heights should be comparable with the distance of neighbouring samples.
///
/// With a tracer in reverse it goes from the target plate to the source plate, between the same heights.
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
}

impl Forward {
    /// The map the other way.
    #[must_use]
    pub fn reverse(&self) -> Self {
        let tracer = Tracer { heading: self.tracer.heading.reversed(), ..self.tracer.clone() };
        Self { tracer, ..self.clone() }
    }

    /// The points where the lines of `starts` begin, for a gap of length `gap`.
    fn lifted(&self, starts: &Points, gap: f64, noise: Noise) -> Augmented {
        let (z, height) = match self.tracer.heading {
            Heading::Forward => (self.start_height, self.start_height),
            Heading::Reverse => (gap - self.stop_height, self.stop_height),
        };
        let mut lifted = Augmented::lift(starts, z);
        if self.lift == Lift::Cauchy {
            for index in 0..lifted.len() {
                let mut random = noise.stream.at(noise.first + index as u64);
                let mut normal = || -> f64 { StandardNormal.sample(&mut random) };
                let scale = height / normal().abs().max(f64::MIN_POSITIVE);
                for x in lifted.x_mut(index) {
                    *x += scale * normal();
                }
            }
        }
        lifted
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
        let margin = match self.tracer.heading {
            Heading::Forward => self.stop_height,
            Heading::Reverse => self.start_height,
        };
        let tracer = Tracer { margin, ..self.tracer.clone() };
        tracer.trace_with(field, &self.lifted(starts, gap, noise), watch)
    }
}
