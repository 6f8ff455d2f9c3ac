//! Densities carried along field lines.
//!
//! In the gap dx/dz = v(x, z) = E_x/E_z is a flow, so a bundle of lines changes its volume by
//! ln |det ∂x(z₁)/∂x(z₀)| = ∫ div_x v dz from z₀ to z₁, and a density changes by the opposite. Between the plates E_z is
//! itself carried along, so for fields that know their strength the same number is ln E_z(z₀) − ln E_z(z₁): no integral
//! at all, and a test of fields that were learned.
//!
//! With the reverse map from the target to the source, and y ↦ x: **ln q(y) = ln p(x) + ln |det ∂x/∂y|**, the density of
//! what the forward map makes of p.

mod jacobian;
mod lines;

use efm_core::{Augmented, Points};
use efm_field::Field;

use crate::maps::{Forward, Noise};
use crate::{Form, Progress, Stop, TraceError, Watch};

/// How the change of volume along a line is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Divergence {
    /// All D derivatives of the divergence, 2 D evaluations of the field at every node.
    Full,
    /// Hutchinson's estimate with this many probes: εᵀ(∂v/∂x)ε for ε of random signs has the divergence as its mean.
    /// Two evaluations per probe and node; unbiased, and its standard error is reported.
    Probes(usize),
    /// ln E_z at both ends, for fields that know their strength; straight pieces as in [`Divergence::Full`].
    Strength,
}

impl Divergence {
    /// Largest D for which all derivatives are cheaper than a useful number of probes.
    pub const FULL_UP_TO: usize = 16;

    /// [`Divergence::Full`] up to [`Divergence::FULL_UP_TO`] dimensions, else so many probes.
    pub fn automatic(dim: usize, probes: usize) -> Self {
        if dim <= Self::FULL_UP_TO { Self::Full } else { Self::Probes(probes) }
    }
}

/// How much volume changes under [`Forward`], in the direction its tracer is headed.
///
/// What is computed, piece by piece of the way from plate to plate:
/// * a lift along the field (or its end in reverse) is a map of its own, x + h·v: ln |det(I + h ∂v/∂x)|, exact with
///   [`Divergence::Full`], to second order in h with probes. The density is therefore that of the map as it is computed;
///   against that of the true lines it is off by second order in the height, as the map is;
/// * a straight lift changes no volume;
/// * a random lift has no volume: numbers are then those between the heights where lines begin and end, and the density
///   there is that of the plate, smeared by [`crate::maps::Lift::spread`];
/// * the straight pieces of [`Form::LogitZ`] next to a plate, as a lift along the field;
/// * in between ∫ div v dz by Gauss–Legendre in ln(z/(L − z)), with central differences at points of the lines' dense
///   output.
///
/// Errors come from the tolerance of the tracer (loose ones make maps that are not smooth: take 1e-6), from the nodes
/// (exponentially small once the field is smooth over their distance; a network trained on eight narrow modes in the
/// plane: median error 0.005 with 32 nodes, 0.0004 with 64, and a few points between modes a hundred times that), from the differences (`step`²/6 · v‴) and, for fields in f32, from rounding: about 1e-6/`step` per derivative,
/// independent from node to node.
#[derive(Debug, Clone)]
pub struct Volume {
    /// The map. Its tracer's `save` is not used.
    pub map: Forward,
    /// How the divergence is found.
    pub divergence: Divergence,
    /// Nodes of the quadrature per line.
    pub nodes: usize,
    /// Half the distance of the two points of a difference, in data units: small against the details of the field.
    pub step: f64,
}

impl Default for Volume {
    fn default() -> Self {
        Self { map: Forward::default(), divergence: Divergence::Full, nodes: 64, step: 2e-3 }
    }
}

/// What became of points and of the volume around them, in the order of the points.
#[derive(Debug, Clone, PartialEq)]
pub struct Carried {
    /// Where each line ended, as in [`crate::Lines`].
    pub ends: Augmented,
    /// Why.
    pub stops: Vec<Stop>,
    /// ln |det ∂end/∂start|; NaN for lines that did not land or whose slopes are not finite.
    pub ln_volumes: Vec<f64>,
    /// Standard error of each value over the probes: 0 without probes, NaN for a single one.
    pub standard_errors: Vec<f64>,
    /// Evaluations of the field, of all lines together.
    pub evaluations: u64,
}

/// Numbers held for one block of lines at a time.
const BUDGET: usize = 1 << 23;

impl Volume {
    /// Carries `starts`, points of the plate where the tracer is headed away from, and the volume around each.
    ///
    /// Point i draws its probes from `noise`, so shards of one input agree with the whole.
    ///
    /// # Errors
    /// [`TraceError`] for misuse and failing fields, [`TraceError::NoStrength`] for [`Divergence::Strength`] of a field
    /// without. A line that does not arrive is no error.
    pub fn carry(
        &self,
        field: &dyn Field,
        starts: &Points,
        noise: Noise,
        watch: &mut Watch<'_>,
    ) -> Result<Carried, TraceError> {
        self.check(field)?;
        let dim = field.dim();
        let mut all = Carried {
            ends: Augmented::new(dim),
            stops: Vec::new(),
            ln_volumes: Vec::new(),
            standard_errors: Vec::new(),
            evaluations: 0,
        };
        let per_line = (self.nodes + 4 * self.directions(dim) + 4) * (dim + 1);
        let block = (BUDGET / per_line).clamp(1, 8_192);
        for first in (0..starts.len()).step_by(block) {
            let rows: Vec<_> = (first..starts.len().min(first + block)).collect();
            let shard = Noise { first: noise.first.wrapping_add(first as u64), ..noise };
            let before = all.evaluations;
            let mut watch = |now: Progress| {
                let finished = first + now.finished;
                watch(Progress { lines: starts.len(), finished, evaluations: before + now.evaluations })
            };
            let part = self.block(field, &starts.select(&rows), shard, &mut watch)?;
            part.ends.iter().for_each(|end| all.ends.push_point(end));
            all.stops.extend(part.stops);
            all.ln_volumes.extend(part.ln_volumes);
            all.standard_errors.extend(part.standard_errors);
            all.evaluations += part.evaluations;
        }
        Ok(all)
    }

    /// Directions in which differences are taken at a point.
    fn directions(&self, dim: usize) -> usize {
        match self.divergence {
            Divergence::Probes(count) => count,
            Divergence::Full | Divergence::Strength => dim,
        }
    }

    fn check(&self, field: &dyn Field) -> Result<(), TraceError> {
        let bad = |setting, value, wanted| Err(TraceError::BadSetting { setting, value, wanted });
        if self.nodes == 0 {
            return bad("nodes", 0.0, "at least 1");
        }
        if !(self.step.is_finite() && self.step > 0.0) {
            return bad("step", self.step, "finite and positive");
        }
        if self.divergence == Divergence::Probes(0) {
            return bad("probes", 0.0, "at least 1");
        }
        let (begin, end) = self.map.ends(field.gap());
        let edge = self.edge() * field.gap();
        if begin.min(end).max(edge) >= begin.max(end).min(field.gap() - edge) {
            return bad("start-height", self.map.start_height, "so small that lines run outside the tracer's edges");
        }
        Ok(())
    }

    /// Share of L next to each plate where lines count as straight.
    fn edge(&self) -> f64 {
        match self.map.tracer.form {
            Form::LogitZ | Form::Graded => self.map.tracer.edge,
            _ => crate::Tracer::default().edge,
        }
    }
}
