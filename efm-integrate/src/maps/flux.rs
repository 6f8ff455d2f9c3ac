use std::sync::Arc;

use efm_core::{Capacitor, Points, Side};
use efm_field::Field;
use rand::RngExt;

use super::ending::end_on_charges;
use super::journey::Journey;
use super::lift::shift_along;
use super::sides::{Behind, Slabs};
use crate::maps::{Lift, Map, Noise, same_dim};
use crate::tracer::Route;
use crate::{Form, Lines, TraceError, Tracer, Watch};

/// The exact map from p to q by the lines of two plates, for every gap L.
///
/// Of the flux that leaves the source plate at x, p(x) = f − b with f = E_z(x, 0+) and b = E_z(x, 0−), a part runs into
/// the gap and the rest behind the plate; of the flux f = E_z(x, L−) that arrives at the target plate a part ends there
/// and the rest runs on. So a line
///
/// 1. starts forward with probability min(1, f/p), else backward, along the loop behind the source plate until that comes
///    back through z = 0, which it passes;
/// 2. crosses the gap, where E_z > 0 everywhere, and ends on the target plate with probability
///    min(1, 1 − E_z(x, L+)/E_z(x, L−));
/// 3. else goes on behind the target plate and ends where it comes back.
///
/// No line has more than these three legs, which are traced one after another for all lines. (EFM, arXiv 2502.02367,
/// stops at the first arrival, or by the sign of E_z; neither is enough for densities.) Not for mirror fields, whose
/// lines never leave the gap: use [`super::Forward`] there.
///
/// The field may know directions only. Starts are points of the plate's density, its charges or others. The legs behind
/// the plates run at unit speed, where errors are relative to the distance and so are steps; far loops cost little.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct FluxRule {
    /// How lines are followed. Its form is that of the leg in the gap; margin and heading are set by this map, and
    /// `max-evaluations` holds for each leg.
    pub tracer: Tracer,
    /// The plates are slabs of this half thickness, in data units: decisions use the field on their faces. About the
    /// distance of neighbouring samples for plates of samples, see [`super::spacing`]: much closer their field is that of
    /// separate atoms, which no line hits. 0 for densities in closed form.
    ///
    /// On the face of the source plate lines have the density p*C_h, which is that of charges and of fresh points alike
    /// after a [`Lift::Cauchy`]; on the face of the target plate it is q*C_h.
    pub height: f64,
    /// How points get off the source plate. Unless it is straight, ends go on along the field to the target plate, as by
    /// [`Lift::Along`]: where a sample is near, towards it. That takes most of the bias of the height at the target.
    pub lift: Lift,
    /// Where less than this share of the flux ends on the target plate, none does: 0 for exact fields. A network does not tell
    /// a thousandth from nothing, and one line in a thousand that ends far from all charges is what a distance sees
    /// first. Lines that pass instead come back, so the target loses at most this share of itself, in its thinnest places.
    pub faintest: f64,
    /// The charges of the field where it is one of samples. Lines then end on charges, as [`crate::Stop::Captured`]: the
    /// flux that ends at x on the face of the target plate is that of all its charges, and each line is given to one of
    /// them by their shares. What bias the height leaves is that the field of the far plate differs between the faces,
    /// a share of about 2h/L. Not part of a configuration.
    #[serde(skip)]
    pub plates: Option<Arc<Capacitor>>,
}

impl Default for FluxRule {
    fn default() -> Self {
        Self { tracer: Tracer::default(), height: 0.0, lift: Lift::Cauchy, faintest: 0.0, plates: None }
    }
}

impl Map for FluxRule {
    fn carry(
        &self,
        field: &dyn Field,
        starts: &Points,
        to: Side,
        noise: Noise,
        watch: &mut Watch<'_>,
    ) -> Result<Lines, TraceError> {
        if let Some(plates) = self.plates.as_ref().filter(|plates| plates.dim() != field.dim()) {
            return Err(TraceError::DimensionMismatch { starts_dim: plates.dim(), field_dim: field.dim() });
        }
        same_dim(starts, field)?;
        let slabs = Slabs::new(self.height, self.faintest, field.gap())?;
        let mut coins = Vec::with_capacity(starts.len());
        let lifted = slabs.lifted(starts, self.lift, noise, |random, _| coins.push(random.random::<[f64; 3]>()));
        let all: Vec<usize> = (0..starts.len()).collect();
        let ratios = slabs.ratios(field, &lifted, Side::Source)?;
        let mut journey = Journey::new(&self.tracer, lifted);
        journey.charge(&all, 2);

        // f/p = f/(f − b) = 1/(1 − b/f); forward for sure where b ≥ 0.
        let (back, mut across): (Vec<_>, Vec<_>) =
            all.iter().partition(|&&line| coins[line][0] >= (1.0 / (1.0 - ratios[line].min(0.0))).min(1.0));
        journey.raise(&back, -slabs.height);
        if self.lift == Lift::Along && self.height > 0.0 {
            self.slide(&mut journey, field, &all, |z| z)?;
        }

        let around = Tracer { form: Form::Unit, ..slabs.across(&self.tracer) };
        let finish = slabs.back_at_source();
        let behind = Behind { field, range: [f64::NEG_INFINITY, finish] };
        let route = Route { finish: Some(finish), ..Route::default() };
        journey.leg(&around, &behind, &route, &back, watch)?;
        let passed = journey.landed(&back);
        journey.raise(&passed, slabs.height);
        journey.settled = back.len() - passed.len();
        across.extend(passed);
        across.sort_unstable();

        journey.leg(&slabs.across(&self.tracer), field, &Route::default(), &across, watch)?;
        let arrived = journey.landed(&across);
        let ratios = slabs.ratios(field, &journey.standing(&arrived), Side::Target)?;
        journey.charge(&arrived, 2);
        let on: Vec<usize> = arrived
            .iter()
            .zip(&ratios)
            .filter(|&(&line, ratio)| coins[line][1] < *ratio)
            .map(|(&line, _)| line)
            .collect();
        journey.settled = starts.len() - on.len();

        journey.raise(&on, slabs.gap + slabs.height);
        let finish = slabs.back_at_target();
        let behind = Behind { field, range: [finish, f64::INFINITY] };
        let route = Route { finish: Some(finish), ..Route::default() };
        journey.leg(&around, &behind, &route, &on, watch)?;
        let ended = journey.landed(&all);
        if let Some(plates) = &self.plates {
            let coins: Vec<f64> = coins.iter().map(|coins| coins[2]).collect();
            end_on_charges(&mut journey, &self.tracer, &ended, plates.plate(to), slabs.height, slabs.gap, &coins);
        } else if self.lift != Lift::Straight && self.height > 0.0 {
            self.slide(&mut journey, field, &ended, |z| slabs.gap - z)?;
        }
        Ok(journey.finish())
    }
}

impl FluxRule {
    /// Moves lines along the field by a rise that depends on their height.
    fn slide(
        &self,
        journey: &mut Journey,
        field: &dyn Field,
        which: &[usize],
        rise: impl Fn(f64) -> f64,
    ) -> Result<(), TraceError> {
        let mut points = journey.standing(which);
        shift_along(field, &mut points, rise)?;
        for (row, &line) in which.iter().enumerate() {
            journey.lines.ends.x_mut(line).copy_from_slice(points.x(row));
        }
        journey.charge(which, 1);
        Ok(())
    }
}
