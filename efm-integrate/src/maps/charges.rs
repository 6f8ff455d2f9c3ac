use std::sync::Arc;

use efm_core::{Augmented, Capacitor, Points, Side};
use efm_field::Field;
use rand_distr::{Distribution, StandardNormal};

use super::balls::{Balls, Plate, places};
use super::journey::Journey;
use crate::maps::{Map, Noise};
use crate::tracer::Route;
use crate::{Form, Heading, Lines, Stop, TraceError, Tracer, Watch};

/// The exact map between the charges of two plates, for every gap L: lines leave a charge of the source plate in all
/// directions of R^{D+1} alike, half of them backward, and end on charges of the target plate.
///
/// By Gauss's law every charge then receives its share of the lines, 1/N_Q. The plates are no obstacle: between their
/// charges lines pass. A line is followed at unit speed from a small sphere around its charge until it comes into a small
/// ball around a target charge, and is put on that charge. Steps stay below three quarters of the distance to the nearest charge of
/// either plate, so that none is jumped over, and grow far away.
///
/// Lines begin at the charge nearest to the given point. A field that was learned is not one of separate charges: use
/// [`super::FluxRule`] there.
#[derive(Debug, Clone)]
pub struct PointCharges {
    /// How lines are followed. Form, margin and heading are set by this map.
    pub tracer: Tracer,
    /// Distance from its charge at which a line begins, in data units. If absent, where the field of the others is about a
    /// hundredth of the charge's own: D-th root of 0.01 times the distance to the next charge, and a tenth of it at most.
    pub start_radius: Option<f64>,
    /// Distance from a target charge at which a line ends, in data units. If absent, where the field of the others is
    /// about a tenth of the charge's own; less than a third of the distance to the next charge.
    pub capture_radius: Option<f64>,
    plates: Arc<[Plate; 2]>,
    dim: usize,
    gap: f64,
}

impl PointCharges {
    /// Between the charges of `plates`, which should be those of the field. Builds the search trees.
    pub fn new(tracer: Tracer, plates: &Capacitor) -> Self {
        Self {
            tracer,
            start_radius: None,
            capture_radius: None,
            plates: Arc::new(Plate::both(plates)),
            dim: plates.dim(),
            gap: plates.gap(),
        }
    }

    /// The same map with radii that are given, in data units: `start`, where lines begin, and `capture`, where they end.
    /// What is `None` is chosen for each charge.
    #[must_use]
    pub fn with_radii(self, start: Option<f64>, capture: Option<f64>) -> Self {
        Self { start_radius: start, capture_radius: capture, ..self }
    }

    fn check(&self, field: &dyn Field, starts: &Points) -> Result<(), TraceError> {
        let field_dim = field.dim();
        for starts_dim in [self.dim, starts.dim()] {
            if starts_dim != field_dim {
                return Err(TraceError::DimensionMismatch { starts_dim, field_dim });
            }
        }
        if self.gap != field.gap() {
            let wanted = "the gap between the charges, as in the field";
            return Err(TraceError::BadSetting { setting: "gap", value: self.gap, wanted });
        }
        for (setting, radius) in [("start-radius", self.start_radius), ("capture-radius", self.capture_radius)] {
            if let Some(value) = radius.filter(|radius| !(radius.is_finite() && *radius > 0.0)) {
                return Err(TraceError::BadSetting { setting, value, wanted: "finite and positive" });
            }
        }
        Ok(())
    }
}

impl Map for PointCharges {
    fn carry(
        &self,
        field: &dyn Field,
        starts: &Points,
        to: Side,
        noise: Noise,
        watch: &mut Watch<'_>,
    ) -> Result<Lines, TraceError> {
        self.check(field, starts)?;
        let (source, target) = (&self.plates[to.other() as usize], &self.plates[to as usize]);
        let balls = Arc::new(Balls::new(source, target, self.gap, self.capture_radius));

        let mut begun = Augmented::zeros(self.dim, starts.len());
        let mut charges = begun.clone();
        for (index, place) in places(source, starts).into_iter().enumerate() {
            let charge = source.nearest.place(place);
            charges.x_mut(index).iter_mut().zip(charge).for_each(|(x, &place)| *x = f64::from(place));
            let radius = self.start_radius.unwrap_or_else(|| source.start_radius(place));
            let mut random = noise.stream.at(noise.first.wrapping_add(index as u64));
            let arm: Vec<f64> = (0..=self.dim).map(|_| StandardNormal.sample(&mut random)).collect();
            let length = arm.iter().map(|part| part * part).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
            for ((to, from), part) in begun.point_mut(index).iter_mut().zip(charges.point(index)).zip(&arm) {
                *to = from + radius * part / length;
            }
        }

        let tracer = Tracer { form: Form::Unit, margin: 0.0, heading: Heading::Forward, ..self.tracer.clone() };
        let route = Route { finish: Some(f64::INFINITY), events: vec![balls.clone()] };
        let all: Vec<usize> = (0..starts.len()).collect();
        let mut journey = Journey::new(&tracer, begun);
        journey.single = true;
        all.iter().for_each(|&line| journey.mark(&tracer, line, charges.point(line)));
        journey.leg(&tracer, field, &route, &all, watch)?;
        for line in all {
            let end = journey.lines.ends.point(line);
            if let (Stop::Captured, Some(place)) = (journey.lines.stops[line], balls.place(end)) {
                let mut charge: Vec<f64> = place.iter().map(|&x| f64::from(x)).collect();
                charge.push(self.gap);
                journey.lines.ends.point_mut(line).copy_from_slice(&charge);
                journey.mark(&tracer, line, &charge);
            }
        }
        Ok(journey.finish())
    }
}
