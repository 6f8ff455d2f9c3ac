//! What makes no setup is refused where it is made, and checkpoints know their run without being told.

mod common;

use std::sync::Arc;

use common::{config, cpu, endless, geometry, go, model, newest, setup};
use efm_core::{Points, Seed};
use efm_field::Law;
use efm_models::Geometry;
use efm_train::config::TrainConfig;
use efm_train::{Checkpoints, PlateData, Setup, TrainError, Trainer};

fn cloud() -> PlateData {
    endless("kind = 'moons'")
}

/// The field at fault.
fn key<T>(result: Result<T, TrainError>) -> String {
    match result {
        Err(TrainError::Misfit(misfit)) => misfit.key,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("accepted"),
    }
}

#[test]
fn parts_of_different_dimensions() {
    let new = |source, target, geometry| Setup::new(source, target, Law::Mirror, geometry);
    let three = || endless("kind = 'gaussian'\ndim = 3");
    assert_eq!(key(new(three(), cloud(), geometry())), "source");
    assert_eq!(key(new(cloud(), three(), geometry())), "target");
    assert_eq!(key(new(cloud(), cloud(), Geometry { dim: 3, ..geometry() })), "source");
    let setup = || new(cloud(), cloud(), geometry()).expect("the plane");
    assert_eq!(key(setup().with_classes(vec![cloud(), three()])), "classes[1]");
    for middles in [Vec::new(), vec![0.0; 3], vec![0.0; 6], vec![0.0, 0.0, f32::NAN, 0.0]] {
        assert_eq!(key(setup().with_centred_classes(vec![cloud(), cloud()], middles)), "middles");
    }
}

#[test]
fn plates_without_points_and_lengths_that_are_none() {
    let empty = || PlateData::Finite(Points::from_values(2, Vec::new()).expect("no points"));
    assert_eq!(key(Setup::new(empty(), cloud(), Law::Mirror, geometry())), "source");
    assert_eq!(key(Setup::new(cloud(), empty(), Law::Mirror, geometry())), "target");
    for gap in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let wrong = Geometry { gap, ..geometry() };
        assert_eq!(key(Setup::new(cloud(), cloud(), Law::Mirror, wrong)), "geometry.gap");
        let setup = Setup::new(cloud(), cloud(), Law::Mirror, geometry()).expect("the plane");
        assert_eq!(key(setup.with_gap(gap)), "geometry.gap");
    }
    let wrong = Geometry { target_spread: f64::NAN, ..geometry() };
    assert_eq!(key(Setup::new(cloud(), cloud(), Law::Mirror, wrong)), "geometry.target_spread");
}

#[test]
fn classes_that_the_network_does_not_have() {
    let setup = Setup::new(cloud(), cloud(), Law::Mirror, geometry()).expect("the plane");
    let setup = Arc::new(setup.with_classes(vec![cloud(), cloud()]).expect("two classes"));
    for known in [0, 3] {
        let trainer = Trainer::builder(&config(), Arc::clone(&setup));
        assert_eq!(key(trainer.build_network(&model(8).with_classes(known), Seed(1), &cpu())), "model.classes");
    }
}

#[test]
fn a_second_run_in_the_folder_of_the_first_is_another_one() {
    // Nothing is named by the caller, and all that differs is the seed.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let checkpoints = Checkpoints::new(folder.path().to_path_buf());
    let trainer = |seed| {
        Trainer::builder(&config(), setup()).build_network(&model(8), Seed(seed), &cpu()).expect("a small network")
    };
    go(&mut trainer(1), &checkpoints, None);
    let first = newest(&checkpoints);
    go(&mut trainer(2), &checkpoints, None);
    let (state, tensors) = newest(&checkpoints);
    assert_ne!(tensors.weights, first.1.weights, "the first run's weights were kept");
    let refused = trainer(1).resume(state, tensors, folder.path());
    assert!(refused.is_err_and(|error| error.to_string().contains("another configuration")));
}

#[test]
fn fingerprints_differ_with_what_weights_depend_on() {
    let of = |train: &TrainConfig, setup: Arc<Setup>, width: usize, seed: u64, text: &str| {
        let builder = Trainer::builder(train, setup).fingerprint(text);
        let trainer = builder.build_network(&model(width), Seed(seed), &cpu()).expect("a small network");
        trainer.fingerprint().to_owned()
    };
    let usual = of(&config(), setup(), 8, 1, "");
    assert_eq!(usual, of(&config(), setup(), 8, 1, ""));
    let often = TrainConfig { checkpoint_every: 3, log_every: 7, ..config() };
    assert_eq!(usual, of(&often, setup(), 8, 1, ""), "how often is said changes no weight");
    let swapped = Setup::new(cloud(), endless("kind = 'gaussian'"), Law::Mirror, geometry()).expect("the plane");
    let wider = Setup::new(endless("kind = 'gaussian'"), cloud(), Law::Mirror, geometry())
        .and_then(|setup| setup.with_gap(3.0))
        .expect("the plane");
    for (what, other) in [
        ("the loop", of(&TrainConfig { clip: 2.0, ..config() }, setup(), 8, 1, "")),
        ("the data", of(&config(), Arc::new(swapped), 8, 1, "")),
        ("the gap", of(&config(), Arc::new(wider), 8, 1, "")),
        ("the law", of(&config(), common::moons(Law::Coulomb, geometry()), 8, 1, "")),
        ("the network", of(&config(), setup(), 9, 1, "")),
        ("the seed", of(&config(), setup(), 8, 2, "")),
        ("the caller's text", of(&config(), setup(), 8, 1, "x")),
    ] {
        assert_ne!(usual, other, "{what}");
    }
}
