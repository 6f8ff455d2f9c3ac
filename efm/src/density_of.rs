//! Densities under the map of a trained model.

use std::ops::ControlFlow;
use std::path::Path;

use burn::tensor::Device;
use efm_core::{Points, Seed};
use efm_data::Sampler;
use efm_integrate::Save;
use efm_integrate::density::{Divergence, Volume};

use crate::config::{MapKind, RunConfig, SolverConfig};
use crate::{Error, Host, Kind, Likelihood, LnDensities, TrainedModel, Way};

/// Probes of each line where derivatives along all coordinates are too many.
const PROBES: usize = 16;

/// Half the distance of the two points of a difference, in units of the smaller spread: an f32 network then errs by about
/// 1e-3 in a derivative, mostly by its rounding, independently at every node.
const STEP: f64 = 2e-3;

/// Coarsest tolerance of the lines. At the usual 1e-3 ends are good enough for samples, but the map is not smooth, and
/// densities integrate to 0.97 in place of 1.
const TOLERANCE: f64 = 1e-6;

/// How densities are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DensityOptions {
    /// Random probes of the divergence; without a number all derivatives up to 16 dimensions, and 16 probes above.
    pub probes: Option<usize>,
    /// Points of the quadrature along a line.
    pub nodes: usize,
    /// Seed of the probes.
    pub seed: Seed,
}

impl Default for DensityOptions {
    fn default() -> Self {
        Self { probes: None, nodes: 64, seed: Seed(1) }
    }
}

impl DensityOptions {
    /// Refuses numbers that are none.
    ///
    /// # Errors
    /// [`Error::Argument`].
    pub fn check(&self) -> Result<(), Error> {
        for (name, value, most) in [("probes", self.probes.unwrap_or(1), 100_000), ("nodes", self.nodes, 10_000)] {
            if value == 0 || value > most {
                let message = format!("it must lie between 1 and {most}");
                return Err(Error::argument(name, value, message, format!("leave {name} out for the usual number")));
            }
        }
        Ok(())
    }
}

/// ln q at `points`, in data units of the target, under the map of `model` from the source of the run of `config`.
///
/// # Errors
/// [`Error::Refused`] for a model whose map draws by chance, points of another D, and too many lost lines;
/// [`Error::NoDensity`]; [`Error::Stopped`].
pub fn ln_densities(
    model: &TrainedModel,
    config: &RunConfig,
    points: &Points,
    options: &DensityOptions,
    device: &Device,
    host: &dyn Host,
) -> Result<LnDensities, Error> {
    options.check()?;
    if model.solver.rule != MapKind::Forward {
        return Err(Error::config(
            "this model's map draws by chance, where its lines leave and end; densities are those of forward maps",
            "train with the method mirror",
        ));
    }
    let source = config.source.open(Path::new(""))?;
    let dim = model.geometry.dim;
    for (found, what) in [(points.dim(), "the points"), (source.dim(), "the source of the run")] {
        if found != dim {
            return Err(Error::new(
                Kind::Data,
                format!("{what}: D = {found}, the model has D = {dim}"),
                "give points like those of the target the model was trained on",
            ));
        }
    }
    let found = traced(model, &*source, points, options, device, host)?;
    let lost = found.lost() as f64 / points.len() as f64;
    if lost > model.solver.lost_share {
        return Err(Error::new(
            Kind::Numerical,
            format!("{:.1} % of the lines did not get to the source", 100.0 * lost),
            "these points may be far from the target; train longer, or raise solver.max_evaluations in model.json",
        ));
    }
    Ok(found)
}

fn traced(
    model: &TrainedModel,
    source: &dyn Sampler,
    points: &Points,
    options: &DensityOptions,
    device: &Device,
    host: &dyn Host,
) -> Result<LnDensities, Error> {
    let field = model.field(device);
    let (rtol, atol) = (model.solver.rtol.min(TOLERANCE), model.solver.atol.min(TOLERANCE));
    // Three digits more take up to ten times the steps.
    let max_evaluations = model.solver.max_evaluations.saturating_mul(10);
    let solver = SolverConfig { rtol, atol, max_evaluations, ..model.solver.clone() };
    let way = Way::new(&field, &model.scalers, &solver, None, options.seed);
    let spread = model.geometry.source_spread.min(model.geometry.target_spread);
    let divergence =
        options.probes.map_or_else(|| Divergence::automatic(model.geometry.dim, PROBES), Divergence::Probes);
    let likelihood = Likelihood {
        field: &field,
        scalers: &model.scalers,
        source,
        volume: Volume {
            map: way.forward(true, Save::Ends),
            divergence,
            nodes: options.nodes,
            step: STEP * if spread > 0.0 { spread } else { 1.0 },
        },
        seed: options.seed,
    };
    let mut progress = host.progress("density", points.len());
    let found = likelihood.ln_densities(points, &mut |now| {
        progress.set(now.finished, &|| format!("{} evaluations", now.evaluations));
        if host.stop().is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    drop(progress);
    match host.stop() {
        Some(kind) => Err(host.stopped(kind, "stopped on the way; nothing was written", None)),
        None => found,
    }
}
