//! Lines there and back: what noise at the start of lines has to do with it, and what is lost on the way.

use burn::tensor::Device;
use efm_core::streams;
use efm_core::{Points, Seed, Side};
use efm_integrate::maps::Lift;
use rand_distr::{Distribution, StandardNormal};

use crate::config::SolverConfig;
use crate::{Error, Host, Prepared, TrainedModel, Way, carry};

/// The same lines, leaving straight where noise would scatter them: the way from the height where lines start to the target,
/// which has an inverse.
pub fn without_noise(solver: &SolverConfig) -> SolverConfig {
    let lift = match solver.lift {
        Lift::Along => Lift::Along,
        Lift::Straight | Lift::Cauchy | Lift::Brownian | Lift::Typical => Lift::Straight,
    };
    SolverConfig { lift, ..solver.clone() }
}

/// Points of the source, in data units, moved by the noise with which a model's lines begin.
pub fn lifted(model: &TrainedModel, points: &Points, seed: Seed) -> Result<Points, Error> {
    let gap = model.geometry.gap;
    let height = model.solver.start_height.min(0.5 * gap);
    let scaler = model.scalers.plate(Side::Source);
    let stream = seed.stream(streams::LIFT);
    let mut values = scaler.apply(points)?.as_slice().to_vec();
    for (index, point) in values.chunks_exact_mut(points.dim()).enumerate() {
        let mut random = stream.at(index as u64);
        if let Some(width) = model.solver.lift.spread(height, gap, &mut random) {
            for x in point {
                let noise: f64 = StandardNormal.sample(&mut random);
                *x += (width * noise) as f32;
            }
        }
    }
    Ok(scaler.undo(&Points::from_values(points.dim(), values)?)?)
}

/// Root mean square distance per coordinate, in data units, between points of the target and where they come back to after
/// the way to the source and back, without noise.
pub fn round_trip(prepared: &Prepared, model: &TrainedModel, device: &Device, host: &dyn Host) -> Result<f64, Error> {
    let solver = without_noise(&prepared.config.solver);
    let field = model.field(device);
    let way = Way::new(&field, &prepared.scalers, &solver, None, prepared.seed());
    let count = prepared.config.eval.samples.min(TRIPS);
    let targets = prepared.target.points(Seed(prepared.config.seed), streams::EVAL_ROUND_TRIP, 0, count)?;
    let (starts, ..) = carry(way, &targets, true, host)?;
    let (again, ..) = carry(way, &starts, false, host)?;
    let pairs = targets.as_slice().iter().zip(again.as_slice());
    let square: f64 = pairs.map(|(a, b)| f64::from(a - b).powi(2)).sum();
    Ok((square / targets.as_slice().len().max(1) as f64).sqrt())
}

/// Points that go there and back.
const TRIPS: usize = 200;
