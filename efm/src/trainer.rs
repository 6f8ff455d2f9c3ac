use std::collections::BTreeMap;
use std::sync::Arc;

use burn::tensor::Device;
use efm_core::Seed;
use efm_train::Trainer;

use crate::config::{ConfigSource, RunConfig};
use crate::{Error, Host, Prepared, RunDir, weights_at};

/// A trainer at step 0.
pub fn trainer(prepared: &Prepared, device: &Device) -> Result<Trainer, Error> {
    let config = &prepared.config;
    let trainer = Trainer::builder(&config.train, Arc::clone(&prepared.setup)).fingerprint(decisive_text(config));
    Ok(trainer.build_network(&config.model, Seed(config.seed), device)?)
}

/// A trainer at step 0 that begins with the weights of `train.init`, if there are such; says which were taken.
pub fn start(trainer: Trainer, prepared: &Prepared, device: &Device, host: &dyn Host) -> Result<Trainer, Error> {
    let Some(path) = &prepared.config.train.init else { return Ok(trainer) };
    let (trainer, taken) = trainer.starting_from(&weights_at(path, device)?)?;
    let (count, all) = (taken.taken.len(), taken.taken.len() + taken.left.len());
    let average = if taken.averaged { ", of its moving average" } else { "" };
    host.note(&format!("beginning with {count} of {all} tensors of {}{average}", path.display()));
    for (name, why) in taken.left.iter().take(LISTED) {
        host.note(&format!("  drawn afresh: {name} {why}"));
    }
    if let Some(more) = taken.left.len().checked_sub(LISTED).filter(|&more| more > 0) {
        host.note(&format!("  and {more} more"));
    }
    Ok(trainer)
}

/// Tensors that are named.
const LISTED: usize = 24;

/// The trainer at the newest checkpoint of `run` that verifies.
pub fn resume(
    trainer: Trainer,
    prepared: &Prepared,
    run: &RunDir,
    device: &Device,
    host: &dyn Host,
) -> Result<Trainer, Error> {
    let (newest, mut broken) = run.checkpoints().newest()?;
    let Some((state, tensors)) = newest else {
        // None at all: the run was stopped before its first one. Only broken ones: not to be trained over silently.
        let Some(error) = broken.pop() else {
            host.note("there is no checkpoint yet; starting from step 0");
            return start(trainer, prepared, device, host);
        };
        return Err(Error::NoCheckpoint { message: format!("no checkpoint can be read: {error}") });
    };
    for error in broken {
        host.note(&format!("efm: passed over a broken checkpoint: {error}"));
    }
    if state.fingerprint != trainer.fingerprint() {
        return Err(Error::NoCheckpoint {
            message: format!(
                "{}: the checkpoint belongs to another configuration{}",
                run.path().display(),
                differences(run, prepared)
            ),
        });
    }
    let trainer = trainer.resume(state, tensors, run.path())?;
    host.note(&format!("going on from step {}", trainer.step()));
    Ok(trainer)
}

/// What the weights depend on: all but names, solver and evaluation.
fn decisive(config: &RunConfig) -> RunConfig {
    let mut decisive = config.clone();
    decisive.name.clear();
    decisive.about.clear();
    decisive.solver = Default::default();
    decisive.eval = Default::default();
    decisive.train.checkpoint_every = 0;
    decisive.train.log_every = 1;
    decisive
}

fn decisive_text(config: &RunConfig) -> String {
    serde_json::to_string(&decisive(config)).expect("plain data")
}

/// Names the keys that differ from the configuration in the run's folder.
fn differences(run: &RunDir, prepared: &Prepared) -> String {
    const NAMED: usize = 4;
    let Ok(text) = ConfigSource::from_file(&run.config()) else { return String::new() };
    let Ok(old) = toml::from_str::<RunConfig>(&text.text) else { return String::new() };
    let (old, new) = (leaves(&decisive(&old)), leaves(&decisive(&prepared.config)));
    let none = "nothing".to_owned();
    let mut keys: Vec<_> = old.keys().chain(new.keys()).filter(|key| old.get(*key) != new.get(*key)).collect();
    keys.sort();
    keys.dedup();
    let more = if keys.len() > NAMED { ", …" } else { "" };
    let named: Vec<_> = keys
        .into_iter()
        .take(NAMED)
        .map(|key| format!("{key} was {}, is {}", old.get(key).unwrap_or(&none), new.get(key).unwrap_or(&none)))
        .collect();
    if named.is_empty() { String::new() } else { format!(": {}{more}", named.join(", ")) }
}

/// Every key of a configuration with its value.
fn leaves(config: &RunConfig) -> BTreeMap<String, String> {
    fn walk(path: &str, value: &toml::Value, leaves: &mut BTreeMap<String, String>) {
        match value {
            toml::Value::Table(table) => {
                for (key, value) in table {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    walk(&path, value, leaves);
                }
            }
            other => {
                leaves.insert(path.to_owned(), other.to_string());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk("", &toml::Value::try_from(config).expect("plain data"), &mut found);
    found
}
