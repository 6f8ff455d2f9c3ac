use efm_core::{Capacitor, Points, Side};
use efm_field::Field;
use rand::RngExt;

use super::ending::end_on_charges;
use super::journey::Journey;
use super::lift::add_cauchy;
use super::sides::Slabs;
use crate::maps::{Lift, Map, Noise};
use crate::tracer::Route;
use crate::{Lines, Stop, TraceError, Tracer, Watch};

/// Exact draws of q by lines of the gap alone: half of the lines are kept.
///
/// The flow of the gap carries ρ₀ = ½(p + q*C_L) to ρ_L = ½(q + p*C_L). A line starts at the given point of the source
/// plate or, by a fair coin, at x₋ + L·C with x₋ a random point of the target cloud and C of the Cauchy law; it is kept
/// with probability q/(q + p*C_L) = ½(1 − E_z(x, L+)/E_z(x, L−)), which leaves q. The others end as
/// [`Stop::Rejected`]. Lines that ended for another reason are neither. The field may know directions only.
///
/// A line that is kept need not have started at its point: this generates, it does not pair.
#[derive(Debug, Clone)]
pub struct Accept {
    /// How lines are followed; margin and heading are set by this map.
    pub tracer: Tracer,
    /// Half thickness of the plates, in data units, see [`super::FluxRule::height`]. Starts are draws of ρ_h, kept lines
    /// follow q*C_h on the face of the target plate.
    pub height: f64,
    /// Whether kept lines end on charges of the cloud, as those of [`super::FluxRule::plates`]: for fields of samples.
    /// Otherwise they end on the face.
    pub on_charges: bool,
    /// Where less than this share of the flux ends on the target plate, no line is kept, see [`super::FluxRule::faintest`].
    pub faintest: f64,
    plates: Capacitor,
}

impl Accept {
    /// With the clouds of `plates`, of which the one on the far side is drawn from: its points should be draws of the
    /// density of that plate, the more the better.
    pub fn new(tracer: Tracer, height: f64, plates: Capacitor) -> Self {
        Self { tracer, height, on_charges: false, faintest: 0.0, plates }
    }

    /// The same map where shares of the flux below `faintest` are none: for fields learned by a network.
    #[must_use]
    pub fn fainter_is_none(self, faintest: f64) -> Self {
        Self { faintest, ..self }
    }

    /// The same map for the field of the samples themselves: kept lines end on charges.
    #[must_use]
    pub fn on_charges(self) -> Self {
        Self { on_charges: true, ..self }
    }
}

impl Map for Accept {
    fn carry(
        &self,
        field: &dyn Field,
        starts: &Points,
        to: Side,
        noise: Noise,
        watch: &mut Watch<'_>,
    ) -> Result<Lines, TraceError> {
        let field_dim = field.dim();
        for starts_dim in [self.plates.dim(), starts.dim()] {
            if starts_dim != field_dim {
                return Err(TraceError::DimensionMismatch { starts_dim, field_dim });
            }
        }
        let slabs = Slabs::new(self.height, self.faintest, field.gap())?;
        let cloud = self.plates.plate(to);
        let mut coins = Vec::with_capacity(starts.len());
        let begun = slabs.lifted(starts, Lift::Straight, noise, |mut random, x| {
            coins.push(random.random::<[f64; 2]>());
            let mut scale = slabs.height;
            if random.random::<bool>() {
                let point = cloud.point(random.random_range(0..cloud.len()));
                x.iter_mut().zip(point).for_each(|(x, &place)| *x = f64::from(place));
                scale = slabs.gap - slabs.height;
            }
            add_cauchy(x, scale, &mut random);
        });
        let all: Vec<usize> = (0..starts.len()).collect();
        let mut journey = Journey::new(&self.tracer, begun);
        journey.single = true;
        journey.leg(&slabs.across(&self.tracer), field, &Route::default(), &all, watch)?;
        let arrived = journey.landed(&all);
        let ratios = slabs.ratios(field, &journey.standing(&arrived), Side::Target)?;
        journey.charge(&arrived, 2);
        for (&line, ratio) in arrived.iter().zip(ratios) {
            if 2.0 * coins[line][0] >= 1.0 - ratio {
                journey.lines.stops[line] = Stop::Rejected;
            }
        }
        if self.on_charges {
            let kept = journey.landed(&all);
            let coins: Vec<f64> = coins.iter().map(|coins| coins[1]).collect();
            end_on_charges(&mut journey, &self.tracer, &kept, cloud, slabs.height, slabs.gap, &coins);
        }
        Ok(journey.finish())
    }
}
