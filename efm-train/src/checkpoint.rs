//! Checkpoints: one folder each, every file fsynced and hashed, renamed into place; the newest that verifies counts.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::TrainError;
use crate::files::{Disk, Files, read};

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
    files: Arc<dyn Files>,
    kept: bool,
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
        Self::on(Arc::new(Disk), folder)
    }

    /// None are kept: for trainings whose result stays in memory.
    pub fn none() -> Self {
        Self { kept: false, ..Self::new(PathBuf::new()) }
    }

    /// As [`Checkpoints::new`], written through `files`.
    pub fn on(files: Arc<dyn Files>, folder: PathBuf) -> Self {
        Self { folder, files, kept: true }
    }

    /// Saves a checkpoint: all files, then the manifest, then the rename that makes it count. Only then are others removed:
    /// those of later steps, which another run or an abandoned course of this one has left here, and older ones beyond the
    /// last two and the best. So the newest checkpoint is always the one saved last.
    ///
    /// One of the same step with the same state and tensors stays as it is, so that a run which has ended and is resumed
    /// never is without its last checkpoint. One that differs, or is broken, is replaced.
    ///
    /// # Errors
    /// [`TrainError::Io`]; checkpoints of other steps that were there before stay as they are.
    pub fn save(&self, state: &State, tensors: &Tensors) -> Result<PathBuf, TrainError> {
        if !self.kept {
            return Ok(PathBuf::new());
        }
        let files = &*self.files;
        files.create_folder(&self.folder).map_err(|error| TrainError::io(&self.folder, error))?;
        self.remove_unfinished();
        let place = self.folder.join(format!("step-{:08}", state.step));
        if !open(&place).is_ok_and(|(present, of)| present == *state && of == *tensors) {
            let fresh = self.folder.join(format!("{UNFINISHED}{:08}", state.step));
            let written = self.write(&fresh, state, tensors).and_then(|()| self.put(&fresh, &place));
            if let Err(error) = written {
                // On a full disk this makes room again.
                self.remove_unfinished();
                return Err(error);
            }
        }
        self.remove_others(state)?;
        Ok(place)
    }

    /// Gives a written checkpoint its final name, in the place of one that has it.
    fn put(&self, fresh: &Path, place: &Path) -> Result<(), TrainError> {
        let files = &*self.files;
        if fs::symlink_metadata(place).is_ok() {
            files.remove(place).map_err(|error| TrainError::io(place, error))?;
        }
        files.rename(fresh, place).map_err(|error| TrainError::io(place, error))?;
        files.sync_folder(&self.folder).map_err(|error| TrainError::io(&self.folder, error))
    }

    /// Writes all files of a checkpoint into a folder that has not got its final name.
    fn write(&self, fresh: &Path, state: &State, tensors: &Tensors) -> Result<(), TrainError> {
        let files = &*self.files;
        files.create_folder(fresh).map_err(|error| TrainError::io(fresh, error))?;
        let write = |name: &str, content: &[u8]| {
            let path = fresh.join(name);
            files.write_synced(&path, content).map_err(|error| TrainError::io(&path, error))
        };
        let state = serde_json::to_vec_pretty(state).expect("plain numbers and strings");
        let parts: [(&str, &[u8]); 4] = [
            (STATE, &state),
            (WEIGHTS, &tensors.weights),
            (AVERAGE, &tensors.average),
            (OPTIMIZER, &tensors.optimizer),
        ];
        let mut manifest = Manifest { format: FORMAT, files: BTreeMap::new() };
        for (name, content) in parts {
            write(name, content)?;
            manifest.files.insert(name.to_owned(), blake3::hash(content).to_hex().to_string());
        }
        write(MANIFEST, &serde_json::to_vec_pretty(&manifest).expect("strings only"))?;
        files.sync_folder(fresh).map_err(|error| TrainError::io(fresh, error))
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
                let _ = self.files.remove(&entry.path());
            }
        }
    }

    /// Checkpoints by step, oldest first.
    fn list(&self) -> Result<Vec<(usize, PathBuf)>, TrainError> {
        if !self.kept {
            return Ok(Vec::new());
        }
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

    /// Removes what is not kept beside the checkpoint of `state`.
    fn remove_others(&self, state: &State) -> Result<(), TrainError> {
        let remove = |place: &Path| self.files.remove(place).map_err(|error| TrainError::io(place, error));
        let (present, later): (Vec<_>, Vec<_>) = self.list()?.into_iter().partition(|(step, _)| *step <= state.step);
        let old = &present[..present.len().saturating_sub(KEPT)];
        for (_, place) in later.iter().chain(old.iter().filter(|(step, _)| *step != state.best_step)) {
            remove(place)?;
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
