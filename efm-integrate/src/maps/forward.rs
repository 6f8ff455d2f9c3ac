use efm_core::{Augmented, Points, Side};
use efm_field::Field;

use super::lift::shift_along;
use crate::maps::{Lift, Map, Noise, same_dim};
use crate::{Heading, Lines, Stop, TraceError, Tracer, Watch};

/// Forward-only transport, Algorithm 2 of Kolesov et al. (arXiv 2502.02367): lift every point off the source plate,
/// follow its line, stop at the first arrival at the target plate.
///
/// In the field of two plates this is biased unless L is large against the width of the data: the flow of the gap
/// carries ½(p + q*C_L) to ½(q + p*C_L), not p to q. In the field of a mirror capacitor ([`efm_field::Law::Mirror`])
/// all flux of a plate runs through the gap, and it is the exact map from p to q: [`MapKind::Mirror`](super::MapKind).
/// Close to a plate of N samples the field is that of separate atoms, so both heights should be comparable with the
/// distance of neighbouring samples.
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
            Lift::Cauchy | Lift::Brownian | Lift::Typical => {
                for index in 0..lifted.len() {
                    let mut random = noise.stream.at(noise.first.wrapping_add(index as u64));
                    self.lift.scatter(lifted.x_mut(index), height, field.gap(), &mut random);
                }
            }
            Lift::Along if height > 0.0 && !lifted.is_empty() => {
                shift_along(field, &mut lifted, |_| self.tracer.heading.sign() * height)?;
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
        shift_along(field, &mut ends, |_| self.tracer.heading.sign() * height)?;
        for (row, &line) in landed.iter().enumerate() {
            lines.ends.x_mut(line).copy_from_slice(ends.x(row));
            lines.evaluations[line] += 1;
        }
        Ok(())
    }
}

impl Map for Forward {
    fn carry(
        &self,
        field: &dyn Field,
        starts: &Points,
        _to: Side,
        noise: Noise,
        watch: &mut Watch<'_>,
    ) -> Result<Lines, TraceError> {
        let gap = field.gap();
        same_dim(starts, field)?;
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

    fn transport_back_with(
        &self,
        field: &dyn Field,
        starts: &Points,
        noise: Noise,
        watch: &mut Watch<'_>,
    ) -> Result<Lines, TraceError> {
        self.reverse().transport_with(field, starts, noise, watch)
    }
}
