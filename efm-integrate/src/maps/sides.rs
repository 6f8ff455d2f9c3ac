use efm_core::{Augmented, Points, Side};
use efm_field::{Field, FieldError, FieldValues};
use rand::Rng;

use crate::maps::{Lift, Noise};
use crate::{Heading, TraceError, Tracer, checked};

/// Plates are at least this thick, in L: a height of 0 means their two sides, and the field on the plate itself belongs
/// to neither.
const THINNEST: f64 = 1e-9;
/// Lines behind a plate have come back this share of its thickness nearer to it than where they left. So they start
/// outside, however small the arc.
const INSIDE: f64 = 1e-3;

/// The slabs |z| < h and |z − L| < h, which stand for the plates: fields are asked for on their faces, where lines leave,
/// pass and arrive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slabs {
    pub height: f64,
    pub gap: f64,
    /// Shares of the flux that pass for none where they end on a plate, see [`super::FluxRule::faintest`].
    pub faintest: f64,
}

impl Slabs {
    /// Half thickness `height`, in data units; shares of the flux below `faintest` are none.
    ///
    /// # Errors
    /// [`TraceError::BadSetting`] if that leaves no gap.
    pub fn new(height: f64, faintest: f64, gap: f64) -> Result<Self, TraceError> {
        if !(gap.is_finite() && gap > 0.0) {
            return Err(TraceError::BadSetting { setting: "gap", value: gap, wanted: "finite and positive" });
        }
        if !(height >= 0.0 && 2.0 * height < gap) {
            let wanted = "at least 0 and below half the gap L";
            return Err(TraceError::BadSetting { setting: "height", value: height, wanted });
        }
        if !(0.0..1.0).contains(&faintest) {
            let wanted = "at least 0 and below 1";
            return Err(TraceError::BadSetting { setting: "faintest", value: faintest, wanted });
        }
        Ok(Self { height: height.max(THINNEST * gap), gap, faintest })
    }

    /// A tracer from face to face of the gap.
    pub fn across(&self, tracer: &Tracer) -> Tracer {
        Tracer { margin: self.height, heading: Heading::Forward, ..tracer.clone() }
    }

    /// Height at which lines behind the source plate have come back.
    pub fn back_at_source(&self) -> f64 {
        -self.height * (1.0 - INSIDE)
    }

    /// Height at which lines behind the target plate have come back.
    pub fn back_at_target(&self) -> f64 {
        self.gap + self.height * (1.0 - INSIDE)
    }

    /// Points of the source plate at the inner face, lifted; the randomness of each is left as the lift leaves it.
    pub fn lifted(
        &self,
        starts: &Points,
        lift: Lift,
        noise: Noise,
        mut draw: impl FnMut(&mut dyn Rng, &mut [f64]),
    ) -> Augmented {
        let mut lifted = Augmented::lift(starts, self.height);
        for index in 0..lifted.len() {
            let mut random = noise.stream.at(noise.first.wrapping_add(index as u64));
            draw(&mut random, lifted.x_mut(index));
            lift.scatter(lifted.x_mut(index), self.height, self.gap, &mut random);
        }
        lifted
    }

    /// E_z beyond the plate, relative to E_z in the gap, at the x of each of `points`; on the faces of the source plate
    /// or of the target plate. NaN where the field has no z in the gap.
    ///
    /// A field without strengths is compared by its directions: E_x is the same on both sides of a plate, so
    /// E_z(+)/E_z(−) = (n_z/|n_x|)_+ / (n_z/|n_x|)_−.
    pub fn ratios(&self, field: &dyn Field, points: &Augmented, side: Side) -> Result<Vec<f64>, TraceError> {
        let plate = side.height(self.gap);
        let face = |z: f64| -> Result<FieldValues, FieldError> {
            let (mut at, mut values) = (points.clone(), FieldValues::default());
            (0..at.len()).for_each(|index| at.set_z(index, z));
            checked::evaluate_finite(field, &at, &mut values)?;
            Ok(values)
        };
        let beyond = face(plate - side.charge() * self.height)?;
        let inside = face(plate + side.charge() * self.height)?;
        let lateral = |values: &FieldValues, index: usize| {
            values.directions.x(index).iter().map(|n| n * n).sum::<f64>().sqrt().max(f64::MIN_POSITIVE)
        };
        let ratio = |index: usize| {
            let weight = match (beyond.ln_strengths.get(index), inside.ln_strengths.get(index)) {
                (Some(beyond), Some(inside)) => (beyond - inside).exp(),
                _ => lateral(&inside, index) / lateral(&beyond, index),
            };
            let ratio = weight * beyond.directions.z(index) / inside.directions.z(index);
            if (1.0 - ratio).abs() < self.faintest { 1.0 } else { ratio }
        };
        Ok((0..points.len()).map(ratio).collect())
    }
}

/// The field behind a plate, continued across it as it is on the face: no step of a line that comes back sees the jump.
pub(crate) struct Behind<'a> {
    pub field: &'a dyn Field,
    /// Heights are kept in here.
    pub range: [f64; 2],
}

impl Field for Behind<'_> {
    fn dim(&self) -> usize {
        self.field.dim()
    }
    fn gap(&self) -> f64 {
        self.field.gap()
    }
    fn evaluate_into(&self, at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError> {
        let mut kept = at.clone();
        for index in 0..kept.len() {
            kept.set_z(index, kept.z(index).clamp(self.range[0], self.range[1]));
        }
        self.field.evaluate_into(&kept, out)
    }
}
