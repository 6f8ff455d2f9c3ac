//! Checkpoints: one folder each, every file fsynced and hashed, renamed into place; the newest that verifies counts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::TrainError;
use crate::files::{read, sync_folder, write_synced};

/// Newest checkpoints kept besides the best one.
const KEPT: usize = 2;

/// What the loop has to know besides tensors to go on bit for bit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Steps done.
    pub step: usize,
    /// Smoothed training loss.
    pub loss: Option<f64>,
    /// Smallest validation loss so far.
    pub best: Option<f64>,
    /// Step of the smallest validation loss.
    pub best_step: usize,
    /// Validations since then.
    pub stale: usize,
    /// Hash of the configuration keys that the weights depend on.
    pub fingerprint: String,
}

/// The tensors of a checkpoint as burnpack bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensors {
    /// Weights being trained.
    pub weights: Vec<u8>,
    /// Their moving average.
    pub average: Vec<u8>,
    /// State of the optimiser.
    pub optimizer: Vec<u8>,
}

/// The checkpoints of one run.
#[derive(Debug, Clone)]
pub struct Checkpoints {
    folder: PathBuf,
}

#[derive(Serialize, Deserialize)]
struct Manifest {
    format: u32,
    files: BTreeMap<String, String>,
}

const FORMAT: u32 = 1;
const MANIFEST: &str = "manifest.json";
/// How folders begin that are not checkpoints yet.
const UNFINISHED: &str = ".writing-";
const STATE: &str = "state.json";
const WEIGHTS: &str = "weights.bpk";
const AVERAGE: &str = "average.bpk";
const OPTIMIZER: &str = "optimizer.bpk";

impl Checkpoints {
    /// The checkpoints below `folder`, which need not exist yet.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Saves a checkpoint: all files, then the manifest, then the rename that makes it count. Older ones beyond the last
    /// two and the best are removed afterwards.
    ///
    /// # Errors
    /// [`TrainError::Io`]; checkpoints that were there before stay as they are.
    pub fn save(&self, state: &State, tensors: &Tensors) -> Result<PathBuf, TrainError> {
        let io = |error: std::io::Error| TrainError::io(&self.folder, error);
        fs::create_dir_all(&self.folder).map_err(io)?;
        self.remove_unfinished();
        let fresh = tempfile::Builder::new().prefix(UNFINISHED).tempdir_in(&self.folder).map_err(io)?;
        let state_bytes = serde_json::to_vec_pretty(state).expect("plain numbers and strings");
        let files: [(&str, &[u8]); 4] = [
            (STATE, &state_bytes),
            (WEIGHTS, &tensors.weights),
            (AVERAGE, &tensors.average),
            (OPTIMIZER, &tensors.optimizer),
        ];
        let mut manifest = Manifest { format: FORMAT, files: BTreeMap::new() };
        for (name, content) in files {
            write_synced(&fresh.path().join(name), content)?;
            manifest.files.insert(name.to_owned(), blake3::hash(content).to_hex().to_string());
        }
        let manifest = serde_json::to_vec_pretty(&manifest).expect("strings only");
        write_synced(&fresh.path().join(MANIFEST), &manifest)?;
        sync_folder(fresh.path())?;
        let place = self.folder.join(format!("step-{:08}", state.step));
        if place.exists() {
            fs::remove_dir_all(&place).map_err(|error| TrainError::io(&place, error))?;
        }
        fs::rename(fresh.path(), &place).map_err(|error| TrainError::io(&place, error))?;
        // The folder now has its final name; there is nothing left to clean up.
        let _ = fresh.keep();
        sync_folder(&self.folder)?;
        self.remove_old(state.best_step)?;
        Ok(place)
    }

    /// The newest checkpoint that verifies, or none; also names those that do not.
    ///
    /// # Errors
    /// [`TrainError::Io`] when the folder cannot be listed.
    #[allow(clippy::type_complexity)]
    pub fn newest(&self) -> Result<(Option<(State, Tensors)>, Vec<TrainError>), TrainError> {
        let mut broken = Vec::new();
        for (_, place) in self.list()?.into_iter().rev() {
            match open(&place) {
                Ok(found) => return Ok((Some(found), broken)),
                Err(error) => broken.push(error),
            }
        }
        Ok((None, broken))
    }

    /// Clears what a killed process was writing; nobody else writes here, for the run's folder is locked.
    fn remove_unfinished(&self) {
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if entry.file_name().to_str().is_some_and(|name| name.starts_with(UNFINISHED)) {
                // What cannot be removed only takes room.
                let _ = fs::remove_dir_all(entry.path());
            }
        }
    }

    /// Checkpoints by step, oldest first.
    fn list(&self) -> Result<Vec<(usize, PathBuf)>, TrainError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(TrainError::io(&self.folder, error)),
        };
        let mut found: Vec<_> = entries
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name();
                let step = name.to_str()?.strip_prefix("step-")?.parse().ok()?;
                Some((step, entry.path()))
            })
            .collect();
        found.sort();
        Ok(found)
    }

    fn remove_old(&self, best_step: usize) -> Result<(), TrainError> {
        let found = self.list()?;
        let old = found.len().saturating_sub(KEPT);
        for (step, place) in &found[..old] {
            if *step != best_step {
                fs::remove_dir_all(place).map_err(|error| TrainError::io(place, error))?;
            }
        }
        Ok(())
    }
}

/// Reads one checkpoint and checks every hash.
fn open(place: &Path) -> Result<(State, Tensors), TrainError> {
    let path = place.join(MANIFEST);
    let manifest: Manifest =
        serde_json::from_slice(&read(&path)?).map_err(|error| TrainError::corrupt(&path, error.to_string()))?;
    if manifest.format != FORMAT {
        let message = format!("checkpoint format {}, this build reads {FORMAT}", manifest.format);
        return Err(TrainError::corrupt(&path, message));
    }
    let verified = |name: &str| {
        let path = place.join(name);
        let content = read(&path)?;
        match manifest.files.get(name) {
            Some(hash) if *hash == blake3::hash(&content).to_hex().to_string() => Ok(content),
            Some(_) => Err(TrainError::corrupt(&path, "its hash differs from the manifest's")),
            None => Err(TrainError::corrupt(&path, "not in the manifest")),
        }
    };
    let state = verified(STATE)?;
    let state =
        serde_json::from_slice(&state).map_err(|error| TrainError::corrupt(&place.join(STATE), error.to_string()))?;
    let tensors = Tensors { weights: verified(WEIGHTS)?, average: verified(AVERAGE)?, optimizer: verified(OPTIMIZER)? };
    Ok((state, tensors))
}
