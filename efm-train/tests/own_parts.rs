//! A network, an objective and points of one's own go through the same loop as ours.

mod common;

use std::sync::Arc;

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::Tensor;
use common::{config, cpu, geometry, go, model, moons, newest, setup};
use efm_core::{Augmented, Capacitor, Seed, Stream};
use efm_field::points::{Drawn, Flux};
use efm_field::{ExactField, Field, FieldError, InterPlate, Law, PointSampler};
use efm_models::{Condition, FieldNet, Geometry, Head, LearnedField, TrainableNet};
use efm_train::config::{self, Charges, TrainConfig};
use efm_train::objectives::losses::weighted_squared_error;
use efm_train::objectives::{PoolDraw, gap_directions};
use efm_train::{BatchTensors, Checkpoints, Objective, Pool, TrainError, Trainer};

/// Slopes of lines, without anything known beforehand.
#[derive(Module, Debug)]
struct Plain {
    first: Linear,
    last: Linear,
}

impl Plain {
    fn new() -> Self {
        let device = cpu();
        device.seed(5);
        Self { first: LinearConfig::new(3, 32).init(&device), last: LinearConfig::new(32, 2).init(&device) }
    }
}

impl FieldNet for Plain {
    fn conditional(&self, x: Tensor<2>, z: Tensor<2>, _: Option<&Condition>) -> Tensor<2> {
        let height = z.div_scalar(common::GAP);
        self.last.forward(self.first.forward(Tensor::cat(vec![x, height], 1)).tanh())
    }
}

impl TrainableNet for Plain {}

fn slopes() -> Geometry {
    Geometry { head: Head::Slope, stretched: false, ..geometry() }
}

fn of_slopes() -> TrainConfig {
    let points = InterPlate::Flux(Flux { margin: 0.05, edge: 0.0, thinning: 0.0 });
    TrainConfig { objective: config::Objective::Slope, points, ..config() }
}

#[test]
fn a_network_of_ones_own_learns_the_field() {
    let train = TrainConfig {
        steps: 500,
        batch: 128,
        pool: 4_096,
        charges: Charges::Count(500),
        learning_rate: 1e-2,
        ema: 0.95,
        ..of_slopes()
    };
    let setup = moons(Law::Mirror, slopes());
    let mut trainer = Trainer::builder(&train, Arc::clone(&setup)).build(Plain::new(), Seed(1), &cpu()).expect("fits");
    let charges = |side| setup.plate(side).charges(Charges::Count(5_000), &Seed(9).stream("truth"), 0).expect("a toy");
    let [source, target] = efm_core::Side::BOTH.map(charges);
    let exact = ExactField::new(Capacitor::new(source, target, common::GAP).expect("two clouds"), Law::Mirror);
    let mut at = Augmented::new(2);
    for z in [0.7, 1.0, 1.3] {
        for (x, y) in [(0.0, 0.0), (0.7, -0.3), (-1.0, 0.6), (0.2, 1.2), (1.1, 0.9)] {
            at.push(&[x, y], z);
        }
    }
    let truth = exact.evaluate(&at).expect("the exact field").directions;
    let error = |trainer: &Trainer<Plain>| {
        let field = LearnedField::new(trainer.network(), setup.geometry(), &cpu());
        let found = field.evaluate(&at).expect("the learned field").directions;
        let square: f64 = truth.as_slice().iter().zip(found.as_slice()).map(|(a, b)| (a - b).powi(2)).sum();
        (square / at.len() as f64).sqrt()
    };
    let before = error(&trainer);
    let folder = tempfile::tempdir().expect("a temporary folder");
    go(&mut trainer, &Checkpoints::new(folder.path().to_path_buf()), None);
    let after = error(&trainer);
    // The untrained network is off by about one half; a training this short leaves a fifth of that.
    assert!(after < 0.15 && after < 0.3 * before, "{before} → {after}");
}

#[test]
fn a_network_of_ones_own_resumes_bit_for_bit() {
    let setup = moons(Law::Mirror, slopes());
    let network = Plain::new();
    let trainer =
        || Trainer::builder(&of_slopes(), Arc::clone(&setup)).build(network.clone(), Seed(1), &cpu()).expect("it fits");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let [whole, halves] = ["whole", "halves"].map(|name| Checkpoints::new(folder.path().join(name)));
    go(&mut trainer(), &whole, None);
    go(&mut trainer(), &halves, Some(7));
    let (state, tensors) = newest(&halves);
    go(&mut trainer().resume(state, tensors, folder.path()).expect("the same network"), &halves, None);
    assert!(newest(&halves) == newest(&whole), "a stop left a trace");
}

/// √(D+1) n, as [`efm_train::objectives::Direction`] regresses it, of public parts alone.
#[derive(Debug)]
struct Normals;

impl Objective for Normals {
    fn name(&self) -> &str {
        "normals"
    }

    fn head(&self, _: &dyn PointSampler) -> Head {
        Head::Forward
    }

    fn pool(&self, draw: &PoolDraw<'_>) -> Result<Pool, TrainError> {
        let (capacitor, points) = draw.charges_and_points()?;
        let (directions, _) = gap_directions(&*draw.field(capacitor), &points)?;
        let scale = ((points.dim() + 1) as f64).sqrt();
        let targets = directions.as_slice().iter().map(|n| (scale * n) as f32).collect();
        Pool::new(&points, targets, vec![1.0; points.len()])
    }

    fn loss(&self, network: &dyn FieldNet, batch: &BatchTensors) -> Result<Tensor<1>, TrainError> {
        Ok(weighted_squared_error(batch.values(network), &batch.target, &batch.weight))
    }
}

/// Our points through a type of one's own.
#[derive(Debug)]
struct Through(InterPlate);

impl PointSampler for Through {
    fn draw(
        &self,
        capacitor: &Capacitor,
        law: Law,
        stream: &Stream,
        first: u64,
        count: usize,
    ) -> Result<Drawn, FieldError> {
        self.0.draw(capacitor, law, stream, first, count)
    }
}

#[test]
fn an_objective_and_points_of_ones_own_are_trained_as_ours_are() {
    let plain = moons(Law::Mirror, Geometry { stretched: false, ..geometry() });
    let ours = TrainConfig { objective: config::Objective::Direction, validate_every: 6, ..config() };
    let builder = |train: &TrainConfig| Trainer::builder(train, Arc::clone(&plain));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let trained = |builder: efm_train::TrainerBuilder, name: &str| {
        let checkpoints = Checkpoints::new(folder.path().join(name));
        go(&mut builder.build_network(&model(8), Seed(1), &cpu()).expect("a network"), &checkpoints, None);
        newest(&checkpoints)
    };
    let (state, tensors) = trained(builder(&ours), "ours");
    // The configuration names another objective; the builder's counts.
    let other = TrainConfig { objective: config::Objective::Field, ..ours.clone() };
    let (own_state, own) = trained(builder(&other).objective(Normals).points(Through(ours.points.clone())), "own");
    assert!(own == tensors, "other weights");
    assert_eq!((own_state.loss, own_state.best), (state.loss, state.best));
    assert_ne!(own_state.fingerprint, state.fingerprint, "another course");
}

/// Fails.
#[derive(Debug)]
struct Broken;

impl Objective for Broken {
    fn name(&self) -> &str {
        "broken"
    }

    fn head(&self, _: &dyn PointSampler) -> Head {
        Head::Forward
    }

    fn pool(&self, _: &PoolDraw<'_>) -> Result<Pool, TrainError> {
        Err(TrainError::own("the table of weights is missing"))
    }

    fn loss(&self, _: &dyn FieldNet, _: &BatchTensors) -> Result<Tensor<1>, TrainError> {
        unreachable!("there is no pool")
    }
}

#[test]
fn an_error_of_ones_own_comes_back_as_it_is() {
    let trainer = Trainer::builder(&config(), setup()).objective(Broken);
    let mut trainer = trainer.build_network(&model(8), Seed(1), &cpu()).expect("a network");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let checkpoints = Checkpoints::new(folder.path().to_path_buf());
    let error = trainer.run(&checkpoints, &mut |_| std::ops::ControlFlow::Continue(())).expect_err("it is broken");
    assert!(matches!(error, TrainError::Own(_)), "{error:?}");
    assert_eq!(error.to_string(), "the table of weights is missing");
}
