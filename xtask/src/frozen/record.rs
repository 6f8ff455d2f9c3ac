//! What a run computed: its figures, and a hash of every array.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The results of one case.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Hashes of the arrays by the names of their files.
    arrays: BTreeMap<String, String>,
    /// Figures of `metrics.json` by their path there, every digit of them.
    figures: BTreeMap<String, String>,
}

/// What two runs of the same computation do not share, or what words alone make different.
const NOT_COMPUTED: [&str; 4] = ["version", "method", "device", "seconds"];

impl Record {
    /// Reads every `.npy` file and the figures of a run's folder.
    ///
    /// # Errors
    /// When there is no `metrics.json`, or a file cannot be read.
    pub fn read(folder: &Path) -> Result<Self> {
        let mut record = Self::default();
        for entry in fs::read_dir(folder).with_context(|| format!("could not read {}", folder.display()))? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "npy") {
                let bytes = fs::read(&path).with_context(|| format!("could not read {}", path.display()))?;
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                record.arrays.insert(name, hash(values(&bytes)));
            }
        }
        let path = folder.join("metrics.json");
        let text = fs::read_to_string(&path).with_context(|| format!("the run left no {}", path.display()))?;
        let metrics: Value = serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))?;
        flatten("", &metrics, &mut record.figures);
        Ok(record)
    }

    /// What is another result in `other`, or missing there.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let arrays = self.arrays.iter().filter(|&(name, hash)| other.arrays.get(name) != Some(hash));
        let arrays = arrays.map(|(name, _)| match other.arrays.get(name) {
            Some(_) => format!("{name} holds other values"),
            None => format!("{name} is gone"),
        });
        let figures = self.figures.iter().filter(|&(path, figure)| other.figures.get(path) != Some(figure));
        let figures = figures.map(|(path, figure)| match other.figures.get(path) {
            Some(now) => format!("{path} was {figure} and is {now}"),
            None => format!("{path} is gone"),
        });
        arrays.chain(figures).collect()
    }
}

/// The values of an npy file, without its header, which writers pad as they like.
fn values(file: &[u8]) -> &[u8] {
    let start = match file.get(6) {
        Some(1) => file.get(8..10).map(|length| 10 + usize::from(u16::from_le_bytes([length[0], length[1]]))),
        _ => None,
    };
    start.and_then(|start| file.get(start..)).unwrap_or(file)
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn flatten(path: &str, value: &Value, figures: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object.iter().filter(|(name, _)| !NOT_COMPUTED.contains(&name.as_str())) {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(&path, value, figures);
            }
        }
        Value::Null => {}
        value => {
            figures.insert(path.to_owned(), value.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(metrics: &Value) -> Record {
        let mut record = Record::default();
        flatten("", metrics, &mut record.figures);
        record
    }

    #[test]
    fn figures_differ_and_times_do_not() {
        let before = record(&serde_json::json!({"w2": 0.25, "lines": {"landed": 10}, "seconds": {"train": 1.0}}));
        let now =
            record(&serde_json::json!({"w2": 0.26, "lines": {"landed": 10}, "seconds": {"train": 2.0}, "new": 1}));
        assert_eq!(before.differences(&now), ["w2 was 0.25 and is 0.26"]);
        assert_eq!(now.differences(&before)[0], "new is gone");
        assert!(before.differences(&before).is_empty());
    }

    #[test]
    fn an_array_is_its_values_whatever_its_header_is_padded_to() {
        let file = |padding: usize| {
            let header = format!("{{'shape': (1,), }}{}\n", " ".repeat(padding));
            let length = u16::try_from(header.len()).unwrap().to_le_bytes();
            [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), &1.5_f32.to_le_bytes()].concat()
        };
        assert_eq!(values(&file(3)), 1.5_f32.to_le_bytes());
        assert_eq!(hash(values(&file(3))), hash(values(&file(40))));
        assert_ne!(hash(values(&file(3))), hash(&file(3)));
    }
}
