//! Values and parts that make no training are typed errors before anything is trained: no panic, and nothing in silence.

mod common;

use std::sync::Arc;

use common::{config, cpu, geometry, model, moons, setup};
use efm_core::{Augmented, Seed};
use efm_field::points::{Around, Chord, Flux, Tube};
use efm_field::{InterPlate, Law};
use efm_models::{Geometry, Head};
use efm_train::config::{Charges, Objective, TrainConfig};
use efm_train::{Misfit, Pool, Setup, TrainError, Trainer};

/// The misfit that a trainer is refused for.
fn refused(train: &TrainConfig, setup: Arc<Setup>) -> Misfit {
    match Trainer::builder(train, setup).build_network(&model(8), Seed(1), &cpu()) {
        Err(TrainError::Misfit(misfit)) => misfit,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("{train:?} was accepted"),
    }
}

fn around() -> InterPlate {
    InterPlate::Around(Around { margin: 0.02, edge: 0.5, behind: 0.4, reach: 8.0 })
}

#[test]
fn values_out_of_their_range() {
    let flux = |margin, thinning| InterPlate::Flux(Flux { margin, edge: 0.5, thinning });
    let c = config;
    for (key, train) in [
        ("steps", TrainConfig { steps: 0, ..c() }),
        ("batch", TrainConfig { batch: 0, ..c() }),
        ("pool", TrainConfig { pool: 0, ..c() }),
        ("pool", TrainConfig { pool: 63, ..c() }),
        ("accumulate", TrainConfig { accumulate: 0, ..c() }),
        ("accumulate", TrainConfig { accumulate: 3, ..c() }),
        ("charges", TrainConfig { charges: Charges::Count(0), ..c() }),
        ("reuse", TrainConfig { reuse: f64::NAN, ..c() }),
        ("reuse", TrainConfig { reuse: 0.0, ..c() }),
        ("learning_rate", TrainConfig { learning_rate: -1.0, ..c() }),
        ("learning_rate", TrainConfig { learning_rate: f64::INFINITY, ..c() }),
        ("clip", TrainConfig { clip: -1.0, ..c() }),
        ("clip", TrainConfig { clip: f64::NAN, ..c() }),
        ("ema", TrainConfig { ema: 2.0, ..c() }),
        ("ema", TrainConfig { ema: 1.0, ..c() }),
        ("ema", TrainConfig { ema: f64::NAN, ..c() }),
        ("unconditional", TrainConfig { unconditional: -0.1, ..c() }),
        ("points.margin", TrainConfig { points: flux(0.9, 0.0), ..c() }),
        ("points.margin", TrainConfig { points: flux(f64::NAN, 0.0), ..c() }),
        ("points.thinning", TrainConfig { points: flux(0.01, 1.0), ..c() }),
    ] {
        assert_eq!(train.check().expect_err("out of range").key, key);
        let misfit = refused(&train, setup());
        assert_eq!(misfit.key, key);
        assert!(!misfit.value.is_empty() && misfit.accepted.starts_with("it must") || key == "accumulate", "{misfit}");
    }
    config().check().expect("these make a training");
}

#[test]
fn objectives_under_laws_and_at_points_that_they_are_not_for() {
    let tube = || InterPlate::Tube(Tube { margins: [0.01; 2], edge: 0.5, focus: 0.0, angles: [0.3, 0.7] });
    let chord = || InterPlate::Chord(Chord { noise: 0.0 });
    for (objective, law, points, key) in [
        (Objective::Shares, Law::Mirror, around(), "objective"),
        (Objective::Shares, Law::Published, around(), "objective"),
        (Objective::Posterior, Law::Mirror, around(), "objective"),
        (Objective::Posterior, Law::Coulomb, chord(), "objective"),
        (Objective::Slope, Law::Coulomb, tube(), "objective"),
        (Objective::Slope, Law::Mirror, chord(), "objective"),
        (Objective::Ends, Law::Coulomb, tube(), "objective"),
        (Objective::Isotropic, Law::Published, config().points, "objective"),
        (Objective::Field, Law::Mirror, around(), "points"),
        (Objective::Direction, Law::Published, around(), "points"),
    ] {
        let train = TrainConfig { objective, points, ..config() };
        let head = objective.head(&train.points);
        let misfit = refused(&train, moons(law, Geometry { head, ..geometry() }));
        assert_eq!(misfit.key, key, "{objective:?}, {law:?}: {misfit}");
        assert!(misfit.accepted.contains("need"), "{misfit}");
    }
}

#[test]
fn heads_that_are_not_those_of_the_objective() {
    for head in [Head::Velocity, Head::Slope, Head::Plates, Head::Free] {
        let misfit = refused(&config(), moons(Law::Mirror, Geometry { head, ..geometry() }));
        assert_eq!(misfit.key, "geometry.head");
        assert!(misfit.value.contains(&format!("{head:?}")) && misfit.accepted.contains("Forward"), "{misfit}");
    }
}

#[test]
fn a_network_for_other_points_than_the_data() {
    let network = model(8).init(Geometry { dim: 3, ..geometry() }, &Seed(1).stream("weights"), &cpu());
    let trainer = Trainer::builder(&config(), setup()).build(network.expect("a network"), Seed(1), &cpu());
    let error = trainer.err().expect("three dimensions are not two").to_string();
    assert!(error.contains('3') && error.contains('2'), "{error}");
}

#[test]
fn a_network_without_the_ends_that_the_objective_needs() {
    let points = InterPlate::Tube(Tube { margins: [0.01; 2], edge: 0.5, focus: 0.0, angles: [0.3, 0.7] });
    let train = TrainConfig { objective: Objective::Ends, points, ..config() };
    let setup = moons(Law::Mirror, Geometry { head: Head::Ends, stretched: false, ..geometry() });
    match Trainer::builder(&train, setup).build_network(&model(8), Seed(1), &cpu()) {
        Err(TrainError::Model(_)) => {}
        Err(error) => panic!("{error}"),
        Ok(mut trainer) => {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let checkpoints = efm_train::Checkpoints::new(folder.path().to_path_buf());
            let error = trainer.run(&checkpoints, &mut |_| std::ops::ControlFlow::Continue(()));
            assert!(matches!(error, Err(TrainError::Misfit(ref misfit)) if misfit.key == "objective"), "{error:?}");
        }
    }
}

#[test]
fn pools_of_broken_rows() {
    let mut points = Augmented::new(2);
    (0..3).for_each(|i| points.push(&[f64::from(i), 0.0], 1.0));
    let key = |result: Result<Pool, TrainError>| match result {
        Err(TrainError::Misfit(misfit)) => misfit.key,
        other => panic!("{other:?}"),
    };
    assert_eq!(key(Pool::new(&points, vec![0.0; 8], vec![1.0; 3])), "target");
    assert_eq!(key(Pool::new(&points, Vec::new(), vec![1.0; 3])), "target");
    assert_eq!(key(Pool::new(&points, vec![0.0; 9], vec![1.0; 4])), "weight");
    let pool = |width: usize| Pool::new(&points, vec![0.0; 3 * width], vec![1.0; 3]).expect("whole rows");
    let mut classes = Pool::default();
    classes.append(pool(3), 0).expect("the first class");
    assert!(classes.append(pool(2), 1).is_err(), "targets of another width");
    assert!(pool(3).append(pool(3), 0).is_err(), "some rows would have no class");
    assert!(Pool::default().batch(Seed(1), 0, 5).is_empty(), "nothing to draw from");
}
