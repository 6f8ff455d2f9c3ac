//! Files of a run: atomic writing, the lock, the trained model.

#[path = "../../efm-train/tests/common/mod.rs"]
mod common;

use std::fs;

use common::{config, cpu, geometry, model, setup, trainer};
use efm::config::SolverConfig;
use efm::{Error, RunDir, Scalers, TrainedModel};
use efm_core::{Augmented, Points, Seed, Side};
use efm_data::Scaling;
use efm_field::Field;
use efm_train::{TrainError, write_atomically};

#[test]
fn a_file_is_replaced_whole() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    for content in ["first", "second, longer", ""] {
        write_atomically(&path, content.as_bytes()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
}

#[test]
fn what_was_there_stays_when_writing_fails() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "old").unwrap();
    let inside = file.join("x");
    let error = write_atomically(&inside, b"new").unwrap_err();
    assert!(matches!(&error, TrainError::Io { path, .. } if *path == inside), "{error}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "old");

    let full = folder.path().join("folder");
    fs::create_dir(&full).unwrap();
    fs::write(full.join("kept"), "old").unwrap();
    assert!(matches!(write_atomically(&full, b"new"), Err(TrainError::Io { .. })));
    assert_eq!(fs::read_to_string(full.join("kept")).unwrap(), "old");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "no temporary file is left");
}

#[test]
fn one_run_per_folder_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b");
    let first = RunDir::open(&path).unwrap();
    let error = RunDir::open(&path).unwrap_err();
    assert!(matches!(&error, Error::Locked { path: locked } if *locked == path), "{error}");
    assert!(error.hint().contains("another folder"));
    drop(first);
    RunDir::open(&path).unwrap();
}

#[test]
fn a_file_is_no_folder_of_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "old").unwrap();
    assert!(matches!(RunDir::open(&file), Err(Error::Train(TrainError::Io { .. }))));
    assert!(matches!(RunDir::open(&file.join("x")), Err(Error::Train(TrainError::Io { .. }))));
    assert_eq!(fs::read_to_string(&file).unwrap(), "old");
}

/// A model with uneven scalings.
fn trained() -> TrainedModel {
    let (config, setup) = (config(), setup());
    let cloud = |scale: f32| {
        let values = (0..40).map(|i| scale * (i as f32 * 0.37).sin() + 0.1 * scale).collect();
        Points::from_values(2, values).unwrap()
    };
    TrainedModel {
        network: trainer(&config, &setup).network().clone(),
        geometry: geometry(),
        scalers: Scalers::fit(Scaling::PerCoordinate, true, None, &cloud(3.7), &cloud(0.011)).unwrap(),
        solver: SolverConfig::default(),
        config: model(8),
        classes: Vec::new(),
    }
}

fn queries() -> Augmented {
    let mut at = Augmented::new(2);
    (0..30).for_each(|i| at.push(&[(f64::from(i)).sin(), (2.0 * f64::from(i)).cos()], f64::from(i) / 15.0));
    at
}

#[test]
fn a_model_comes_back_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let saved = trained();
    saved.save(folder.path()).unwrap();
    let loaded = TrainedModel::load(folder.path(), &cpu()).unwrap();
    assert_eq!((loaded.geometry, &loaded.config, &loaded.solver), (saved.geometry, &saved.config, &saved.solver));
    for side in Side::BOTH {
        assert_eq!(loaded.scalers.plate(side), saved.scalers.plate(side));
    }
    let values = |model: &TrainedModel| model.field(&cpu()).evaluate(&queries()).unwrap().directions;
    assert_eq!(values(&loaded), values(&saved), "equal bit for bit");
}

#[test]
fn a_model_of_another_architecture_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (name, width) in [("a", 8), ("b", 9)] {
        let network = model(width).init(geometry(), &Seed(1).stream("weights"), &cpu()).unwrap();
        TrainedModel { network, config: model(8), ..trained() }.save(&folder.path().join(name)).unwrap();
    }
    TrainedModel::load(&folder.path().join("a"), &cpu()).unwrap();
    let error = TrainedModel::load(&folder.path().join("b"), &cpu()).unwrap_err();
    assert!(matches!(error, Error::Train(TrainError::Corrupt { .. })), "{error}");
    assert!(error.to_string().contains("weights.bpk") && error.to_string().contains("hidden"), "{error}");
}

#[test]
fn a_model_that_was_cut_or_changed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let saved = trained();
    saved.save(folder.path()).unwrap();
    for name in ["model.json", "weights.bpk"] {
        let path = folder.path().join(name);
        let whole = fs::read(&path).unwrap();
        for byte in (0..whole.len()).step_by(if name == "model.json" { 1 } else { 7 }) {
            fs::write(&path, &whole[..byte]).unwrap();
            assert!(TrainedModel::load(folder.path(), &cpu()).is_err(), "{name} cut to {byte} bytes");
            let mut flipped = whole.clone();
            flipped[byte] ^= 1 << (byte % 8);
            fs::write(&path, &flipped).unwrap();
            match TrainedModel::load(folder.path(), &cpu()) {
                Err(Error::Train(TrainError::Corrupt { .. })) => {}
                Err(error) => panic!("{name}, byte {byte}: {error}"),
                // Only words about the model may change: the version that wrote it, and how lines are traced.
                Ok(loaded) => {
                    assert_eq!((loaded.geometry, &loaded.config), (saved.geometry, &saved.config));
                    assert!(Side::BOTH.iter().all(|&s| loaded.scalers.plate(s) == saved.scalers.plate(s)));
                }
            }
        }
        fs::write(&path, &whole).unwrap();
    }
}

#[test]
fn a_model_that_is_not_there_is_an_io_error() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(TrainedModel::load(folder.path(), &cpu()), Err(Error::Train(TrainError::Io { .. }))));
    trained().save(folder.path()).unwrap();
    fs::remove_file(folder.path().join("weights.bpk")).unwrap();
    assert!(matches!(TrainedModel::load(folder.path(), &cpu()), Err(Error::Train(TrainError::Io { .. }))));
}

#[test]
fn an_exported_model_comes_back_and_equal_models_make_equal_files() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = ["a", "b"].map(|name| folder.path().join(format!("{name}.safetensors")));
    let saved = trained();
    for path in [&one, &other] {
        saved.export(path, "moons", "name = \"moons\"").unwrap();
    }
    assert_eq!(fs::read(&one).unwrap(), fs::read(&other).unwrap());
    let loaded = TrainedModel::import(&one, &cpu()).unwrap();
    assert_eq!((loaded.geometry, &loaded.config, &loaded.solver), (saved.geometry, &saved.config, &saved.solver));
    for side in Side::BOTH {
        assert_eq!(loaded.scalers.plate(side), saved.scalers.plate(side));
    }
    let values = |model: &TrainedModel| model.field(&cpu()).evaluate(&queries()).unwrap().directions;
    assert_eq!(values(&loaded), values(&saved), "equal bit for bit");
    // Any reader of the format finds the weights and the words.
    let bytes = fs::read(&one).unwrap();
    let (_, header) = safetensors::SafeTensors::read_metadata(&bytes).unwrap();
    let about: serde_json::Value = serde_json::from_str(&header.metadata().as_ref().unwrap()["efm"]).unwrap();
    assert_eq!((&about["name"], &about["config"]), (&"moons".into(), &"name = \"moons\"".into()));
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    assert!(file.names().len() > 2 && file.tensors().iter().all(|(_, view)| view.dtype() == safetensors::Dtype::F32));
}

#[test]
fn an_exported_model_that_was_cut_or_changed_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model.safetensors");
    let saved = trained();
    saved.export(&path, "moons", "").unwrap();
    let whole = fs::read(&path).unwrap();
    for byte in (0..whole.len()).step_by(11) {
        fs::write(&path, &whole[..byte]).unwrap();
        assert!(TrainedModel::import(&path, &cpu()).is_err(), "cut to {byte} bytes");
        let mut flipped = whole.clone();
        flipped[byte] ^= 1 << (byte % 8);
        fs::write(&path, &flipped).unwrap();
        match TrainedModel::import(&path, &cpu()) {
            Err(Error::Train(TrainError::Corrupt { .. })) => {}
            Err(error) => panic!("byte {byte}: {error}"),
            // Only words may change: names, versions, and how lines are traced.
            Ok(loaded) => assert_eq!((loaded.geometry, &loaded.config), (saved.geometry, &saved.config)),
        }
    }
    // Another program's file of arrays is no model.
    fs::write(&path, [&2_u64.to_le_bytes()[..], b"{}"].concat()).unwrap();
    assert!(matches!(TrainedModel::import(&path, &cpu()), Err(Error::Train(TrainError::Corrupt { .. }))));
    assert!(matches!(
        TrainedModel::import(&folder.path().join("none"), &cpu()),
        Err(Error::Train(TrainError::Io { .. }))
    ));
}
