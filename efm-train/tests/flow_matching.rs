//! Flow matching between two Gaussians, whose flow is known in closed form.

mod common;

use std::sync::Arc;

use common::{built, cpu, endless, go};
use efm_core::{Augmented, Points, Seed};
use efm_field::points::Chord;
use efm_field::{Field, InterPlate, Law};
use efm_integrate::maps::{Forward, Lift, Map};
use efm_integrate::{Form, Tracer};
use efm_models::{Geometry, Head, LearnedField, MlpConfig, NetworkConfig};
use efm_train::config::{Objective, TrainConfig};
use efm_train::{Checkpoints, PoolSource, Setup};

/// N(0, I) to N(m, s² I).
const MIDDLE: f64 = 1.5;
const WIDTH: f64 = 0.5;
const GAP: f64 = 2.0;

/// dx/dt of every coordinate at x, t = z/L: x is normal there with mean t·m and variance v = (1 − t)² + t² s², and the velocity
/// x₁ − x₀ has with it the covariance t s² − (1 − t), so that its mean at x is m + (t s² − (1 − t))/v · (x − t·m).
fn velocity(x: f64, t: f64) -> f64 {
    let variance = (1.0 - t).powi(2) + (t * WIDTH).powi(2);
    MIDDLE + (t * WIDTH * WIDTH - (1.0 - t)) / variance * (x - t * MIDDLE)
}

fn setup() -> Arc<Setup> {
    let head = Objective::FlowMatching.head(&InterPlate::Chord(Chord { noise: 0.0 }));
    assert_eq!(head, Head::Velocity);
    let target_spread = MIDDLE.hypot(WIDTH);
    let geometry = Geometry { dim: 2, gap: GAP, source_spread: 1.0, target_spread, stretched: false, head };
    let target = format!("kind = 'mixture'\ncentres = [[{MIDDLE}, {MIDDLE}]]\nstd = {WIDTH}");
    let setup = Setup::new(endless("kind = 'gaussian'"), endless(&target), Law::Mirror, geometry);
    Arc::new(setup.expect("two clouds"))
}

fn train() -> TrainConfig {
    TrainConfig {
        steps: 800,
        batch: 256,
        pool: 16_384,
        reuse: 1.0,
        objective: Objective::FlowMatching,
        warmup: 50,
        learning_rate: 4e-3,
        ema: 0.98,
        validate_every: 0,
        checkpoint_every: 0,
        ..TrainConfig::default()
    }
}

#[test]
fn the_mean_of_what_is_regressed_is_the_velocity_of_the_flow() {
    // Least squares of the targets in a slice of t, linear in x: slope and offset are those of the closed form.
    let (setup, train) = (setup(), TrainConfig { pool: 200_000, ..train() });
    let pool = PoolSource::new(setup, &train, Seed(4)).pool(0).expect("a pool");
    let batch = pool.all();
    assert!(batch.weight.iter().all(|&weight| weight == 1.0));
    for middle in [0.1, 0.35, 0.6, 0.9] {
        let slice = (0..batch.len()).filter(|&row| (f64::from(batch.z[row]) / GAP - middle).abs() < 0.02);
        let pairs: Vec<(f64, f64)> =
            slice.map(|row| (f64::from(batch.x[2 * row]), f64::from(batch.target[2 * row]))).collect();
        let mean = |of: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(of).sum::<f64>() / pairs.len() as f64;
        let (x, v) = (mean(&|pair| pair.0), mean(&|pair| pair.1));
        let slope = mean(&|pair| (pair.0 - x) * (pair.1 - v)) / mean(&|pair| (pair.0 - x).powi(2));
        // 8 000 pairs: a slope is known to about 0.02, a mean to 0.015, and the slice is 0.04 wide.
        let expected = velocity(1.0, middle) - velocity(0.0, middle);
        assert!((slope - expected).abs() < 0.08, "t = {middle}: {slope} for {expected}");
        assert!((v - velocity(x, middle)).abs() < 0.06, "t = {middle}: {v} for {}", velocity(x, middle));
    }
}

#[test]
fn a_network_learns_the_flow_and_the_tracer_follows_it() {
    let (setup, train, device) = (setup(), train(), cpu());
    let model = NetworkConfig::Mlp(MlpConfig { width: 64, depth: 2, octaves: Some(0), ..MlpConfig::default() });
    let mut trainer = built(&train, &model, &setup);
    let folder = tempfile::tempdir().expect("a temporary folder");
    go(&mut trainer, &Checkpoints::new(folder.path().to_path_buf()), None);
    let field = LearnedField::new(trainer.network(), setup.geometry(), &device);

    // Where the flow runs its slopes dx/dz = v/L are those of the closed form; untrained they are off by 1.5/L and more.
    let mut at = Augmented::new(2);
    for t in [0.05, 0.3, 0.5, 0.7, 0.95] {
        let width = ((1.0 - t) * (1.0 - t) + t * t * WIDTH * WIDTH).sqrt();
        for away in [-1.0, 0.0, 1.0] {
            at.push(&[t * MIDDLE + away * width, t * MIDDLE], t * GAP);
        }
    }
    let values = field.evaluate(&at).expect("a field");
    for index in 0..at.len() {
        let n = values.directions.point(index);
        for axis in 0..2 {
            let expected = velocity(at.x(index)[axis], at.z(index) / GAP) / GAP;
            // A training this short is good to a tenth.
            assert!((n[axis] / n[2] - expected).abs() < 0.1, "{:?}: {n:?} for {expected}", at.point(index));
        }
    }
    // Lines of a flow between normal laws end at m + s x: the monotone map, to what the field is off by.
    let starts = Points::from_values(2, vec![0.0, 0.0, 1.0, -1.0, -1.5, 0.5]).expect("points");
    let map =
        Forward { tracer: Tracer { form: Form::Z, ..Tracer::default() }, lift: Lift::Straight, ..Forward::default() };
    let lines = map.transport(&field, &starts, &Seed(0).stream("x")).expect("lines");
    assert_eq!(lines.landed_share(), 1.0);
    for line in 0..starts.len() {
        for (end, start) in lines.ends.x(line).iter().zip(starts.point(line)) {
            let expected = MIDDLE + WIDTH * f64::from(*start);
            assert!((end - expected).abs() < 0.12, "{start} → {end}, not {expected}");
        }
    }
}
