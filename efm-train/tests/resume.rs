//! A run that is stopped and gone on with is the undisturbed run, bit for bit.

mod common;

use common::{config, go, newest, setup, train, trainer};
use efm_train::config::TrainConfig;
use efm_train::{Checkpoints, Ended, TrainError};

/// Trains with a stop after each of `stops`, every time in a new trainer; compares with no stop at all.
fn stops_leave_no_trace(config: &TrainConfig, stops: &[usize]) {
    let folder = tempfile::tempdir().unwrap();
    let undisturbed = train(config, &folder.path().join("undisturbed"));
    let checkpoints = Checkpoints::new(folder.path().join("stopped"));
    let setup = setup();
    for stop in stops.iter().copied().map(Some).chain([None]) {
        let mut trainer = trainer(config, &setup);
        if let (Some((state, tensors)), _) = checkpoints.newest().unwrap() {
            trainer = trainer.resume(state, tensors, folder.path()).unwrap();
        }
        let (ended, _) = go(&mut trainer, &checkpoints, stop);
        if stop.is_some() {
            assert_eq!(ended, Ended::Stopped);
            assert_eq!(Some(trainer.step()), stop);
        }
    }
    let (state, tensors) = newest(&checkpoints);
    assert_eq!(state, undisturbed.0);
    assert!(tensors.weights == undisturbed.1.weights, "the weights differ");
    assert!(tensors.average == undisturbed.1.average, "the averages differ");
    assert!(tensors.optimizer == undisturbed.1.optimizer, "the optimiser's states differ");
}

#[test]
fn ten_and_ten_are_twenty() {
    stops_leave_no_trace(&config(), &[10]);
}

#[test]
fn a_stop_in_every_step() {
    stops_leave_no_trace(&config(), &(1..20).collect::<Vec<_>>());
}

#[test]
fn validation_goes_on_as_well() {
    stops_leave_no_trace(&TrainConfig { validate_every: 3, patience: 0, ..config() }, &[3, 10]);
}

#[test]
fn one_seed_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (train(&config(), &folder.path().join("a")), train(&config(), &folder.path().join("b")));
    assert_eq!(a.0, b.0);
    assert!(a.1 == b.1, "two runs of one seed differ");
}

#[test]
fn a_run_that_is_done_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let done = train(&config(), folder.path());
    let (config, setup) = (config(), setup());
    let checkpoints = Checkpoints::new(folder.path().to_path_buf());
    let mut again = trainer(&config, &setup).resume(done.0.clone(), done.1.clone(), folder.path()).unwrap();
    let (ended, reports) = go(&mut again, &checkpoints, None);
    assert_eq!((ended, reports.len()), (Ended::Finished, 0));
    assert!(newest(&checkpoints) == done);
}

#[test]
fn a_plateau_stays_a_plateau() {
    // At a learning rate a hundred times too large nothing improves beyond the first validations.
    let folder = tempfile::tempdir().unwrap();
    let config = TrainConfig { steps: 400, validate_every: 1, patience: 3, learning_rate: 0.5, ..config() };
    let (setup, checkpoints) = (setup(), Checkpoints::new(folder.path().to_path_buf()));
    let (ended, reports) = go(&mut trainer(&config, &setup), &checkpoints, None);
    assert_eq!(ended, Ended::Plateau);
    assert!(reports.len() < 400);
    let stopped = newest(&checkpoints);
    assert_eq!(stopped.0.stale, 3);
    assert_eq!(stopped.0.best_step, stopped.0.step - 3);
    let mut again = trainer(&config, &setup).resume(stopped.0.clone(), stopped.1.clone(), folder.path()).unwrap();
    assert_eq!(go(&mut again, &checkpoints, None).0, Ended::Plateau);
    assert!(newest(&checkpoints) == stopped, "going on with a run that had ended changed it");
}

#[test]
fn tensors_that_do_not_fit_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (state, tensors) = train(&config(), folder.path());
    let (config, setup) = (config(), setup());
    let refused = |state: &efm_train::State, tensors: &efm_train::Tensors, part: &str| {
        let error = match trainer(&config, &setup).resume(state.clone(), tensors.clone(), folder.path()) {
            Ok(_) => panic!("{part}: went on"),
            Err(error) => error,
        };
        assert!(matches!(error, TrainError::Corrupt { .. }), "{error}");
        let message = error.to_string();
        assert!(message.contains(part), "{message}");
        assert!(message.contains(&folder.path().display().to_string()), "{message}");
    };
    let mut other = state.clone();
    other.fingerprint = "another".to_owned();
    refused(&other, &tensors, "another configuration");
    for junk in [Vec::new(), b"junk".to_vec(), tensors.weights[..tensors.weights.len() / 2].to_vec()] {
        refused(&state, &efm_train::Tensors { weights: junk.clone(), ..tensors.clone() }, "do not fit");
        refused(&state, &efm_train::Tensors { average: junk.clone(), ..tensors.clone() }, "do not fit");
        refused(&state, &efm_train::Tensors { optimizer: junk, ..tensors.clone() }, "do not fit");
    }
    let wide = common::model(9).init(common::geometry(), &efm_core::Seed(1).stream("weights"), &common::cpu()).unwrap();
    let weights = burn::module::Module::into_record(wide).into_bytes().unwrap().to_vec();
    refused(&state, &efm_train::Tensors { weights, ..tensors.clone() }, "do not fit");
}
