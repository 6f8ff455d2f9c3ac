//! Where a run comes from: the command, the program, the data and their hashes; `provenance.json`.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use efm_data::DataSpec;
use efm_train::write_atomically;
use serde::{Deserialize, Serialize};

use crate::config::RunConfig;
use crate::{Error, Kind, Origin, RunDir};

/// The version of burn that the workspace pins.
const BURN: &str = "0.22.1";

/// Bytes of a folder of images that are read for its hash; of larger ones names and sizes are hashed.
const MOST_BYTES: u64 = 1 << 30;

/// What a run was made of.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Provenance {
    /// The command as it was typed.
    pub command: String,
    /// A command that does the same from the configuration in the run's folder, from anywhere the data are.
    pub again: String,
    /// Version of efm.
    pub version: String,
    /// Version of burn.
    pub burn: String,
    /// System and processor.
    pub platform: String,
    /// Device of training and transport.
    pub device: String,
    /// The data of both plates.
    pub data: Vec<DataRecord>,
}

/// The data of a plate.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct DataRecord {
    /// `source` or `target`.
    pub plate: String,
    /// The data set in one line.
    pub what: String,
    /// File or folder; absent for distributions.
    pub path: Option<PathBuf>,
    /// Number of files.
    pub files: u64,
    /// Their size together.
    pub bytes: u64,
    /// BLAKE3 of the file; of a folder, of the names, sizes and contents of its files in order of their names.
    pub blake3: Option<String>,
    /// Whether contents were left out of the hash because there are too many.
    pub names_only: bool,
}

impl Provenance {
    /// That of a run of this configuration on a device of this name; reads the data for their hashes.
    ///
    /// # Errors
    /// [`Kind::Io`] where they cannot be read.
    pub fn of(config: &RunConfig, device: &str, origin: &Origin) -> Result<Self, Error> {
        Ok(Self {
            command: origin.typed.clone(),
            again: origin.again.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            burn: BURN.to_owned(),
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            device: device.to_owned(),
            data: vec![record("source", &config.source)?, record("target", &config.target)?],
        })
    }

    /// Writes `provenance.json`.
    pub fn write(&self, run: &RunDir) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(self).expect("plain data") + "\n";
        Ok(write_atomically(&run.file("provenance.json"), text.as_bytes())?)
    }
}

/// A word as a shell takes it.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,+%@".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

fn record(plate: &str, spec: &DataSpec) -> Result<DataRecord, Error> {
    let path = match spec {
        DataSpec::File(file) => Some(&file.path),
        DataSpec::Images(images) => Some(&images.path),
        _ => None,
    };
    let mut record = DataRecord { plate: plate.to_owned(), what: spec.summary(), ..DataRecord::default() };
    let Some(path) = path else { return Ok(record) };
    let mut files = Vec::new();
    collect(path, &mut files)?;
    files.sort();
    record.files = files.len() as u64;
    record.bytes = files.iter().map(|(_, size)| size).sum();
    record.names_only = record.bytes > MOST_BYTES && path.is_dir();
    let mut hasher = blake3::Hasher::new();
    for (file, size) in &files {
        if path.is_dir() {
            let name = file.strip_prefix(path).unwrap_or(file).to_string_lossy().replace('\\', "/");
            hasher.update(name.as_bytes()).update(&[0]).update(&size.to_le_bytes());
        }
        if !record.names_only {
            feed(file, &mut hasher)?;
        }
    }
    record.blake3 = Some(hasher.finalize().to_hex().to_string());
    record.path = Some(path.clone());
    Ok(record)
}

/// Regular files at or below a path with their sizes; links to folders are not followed, so that no loop can catch us.
fn collect(path: &Path, files: &mut Vec<(PathBuf, u64)>) -> Result<(), Error> {
    let about = std::fs::metadata(path).map_err(|error| io(path, &error))?;
    if about.is_file() {
        files.push((path.to_path_buf(), about.len()));
    } else if about.is_dir() {
        for entry in std::fs::read_dir(path).map_err(|error| io(path, &error))? {
            let entry = entry.map_err(|error| io(path, &error))?;
            let kind = entry.file_type().map_err(|error| io(path, &error))?;
            if kind.is_dir() || kind.is_file() || (kind.is_symlink() && entry.path().is_file()) {
                collect(&entry.path(), files)?;
            }
        }
    }
    Ok(())
}

fn feed(path: &Path, hasher: &mut blake3::Hasher) -> Result<(), Error> {
    let mut file = File::open(path).map_err(|error| io(path, &error))?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        match file.read(&mut buffer).map_err(|error| io(path, &error))? {
            0 => return Ok(()),
            count => {
                hasher.update(&buffer[..count]);
            }
        }
    }
}

fn io(path: &Path, error: &std::io::Error) -> Error {
    Error::new(Kind::Io, format!("{}: {error}", path.display()), "check that the data are still there and readable")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn burns_version_is_the_one_that_is_pinned() {
        let manifest = include_str!("../../../Cargo.toml");
        assert!(manifest.contains(&format!("burn = {{ version = \"={BURN}\"")));
    }

    #[test]
    fn words_survive_a_shell() {
        assert_eq!(quoted("train.steps=20"), "train.steps=20");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
