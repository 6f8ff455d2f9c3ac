//! Reads a run's folder for its report. What is missing or broken is named on the page; nothing in the folder changes.

use std::fs;
use std::path::{Path, PathBuf};

use efm_core::Points;
use efm_data::read_points;
use efm_eval::Metrics;
use efm_report::picture::LossPoint;
use efm_report::{Clouds, PacePoint, RunRecord};
use serde::de::DeserializeOwned;

use crate::config::{Gap, RunConfig};
use crate::{Error, Kind, Provenance, kept_lines, kept_slices, pictures};

/// Files by which a folder is known to be a run's.
const KNOWN: [&str; 3] = ["config.toml", "log.jsonl", "metrics.json"];

/// Bytes of a log or a configuration, at most.
const TEXT_BYTES: u64 = 64 << 20;

/// Points of a cloud that are kept for drawing.
const POINTS: usize = 2_000;

/// The runs below the folders given: each is a run's folder, or holds one run per seed.
pub fn folders(given: &[PathBuf]) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for folder in given {
        if is_run(folder) {
            found.push(folder.clone());
            continue;
        }
        let mut seeds: Vec<(u64, PathBuf)> = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| {
                let seed = entry.file_name().to_str()?.strip_prefix("seed-")?.parse().ok()?;
                is_run(&entry.path()).then(|| (seed, entry.path()))
            })
            .collect();
        if seeds.is_empty() {
            let what = if folder.exists() { "holds no run" } else { "there is no such folder" };
            let message = format!("{}: {what}", folder.display());
            return Err(Error::new(Kind::Io, message, "give folders that `efm run`, `efm train` or `efm map` made"));
        }
        seeds.sort();
        found.extend(seeds.into_iter().map(|(_, path)| path));
    }
    Ok(found)
}

/// Whether the folder holds something of a run.
pub fn is_run(folder: &Path) -> bool {
    KNOWN.iter().any(|name| folder.join(name).is_file())
}

/// Everything in the folders that a page shows; names are made to differ.
pub fn gather_all(folders: &[PathBuf]) -> Vec<RunRecord> {
    let mut runs: Vec<_> = folders.iter().map(|folder| gather(folder)).collect();
    let names: Vec<_> = runs.iter().map(|run| run.name.clone()).collect();
    for (run, folder) in runs.iter_mut().zip(folders) {
        if names.iter().filter(|name| **name == run.name).count() > 1 {
            let last = folder
                .file_name()
                .map_or_else(|| folder.display().to_string(), |name| name.to_string_lossy().into_owned());
            run.name = if last.starts_with("seed-") { format!("{} {last}", run.name) } else { last };
        }
    }
    runs
}

/// Everything in a run's folder that a page shows.
pub fn gather(folder: &Path) -> RunRecord {
    let mut missing = Vec::new();
    let text = read_text(&folder.join("config.toml"), &mut missing);
    let config = text.as_ref().and_then(|text| match toml::from_str::<RunConfig>(text) {
        Ok(config) => Some(config),
        Err(error) => {
            missing.push(format!("config.toml: not understood by this version: {}", error.message()));
            None
        }
    });
    let numbers = parsed::<serde_json::Value>(&folder.join("metrics.json"), &mut missing);
    let metrics = numbers.as_ref().and_then(|value| match serde_json::from_value::<Metrics>(value.clone()) {
        Ok(metrics) => Some(metrics),
        Err(error) => {
            missing.push(format!("metrics.json: {error}"));
            None
        }
    });
    let provenance = parsed::<Provenance>(&folder.join("provenance.json"), &mut missing);
    let log: Vec<LossPoint> = lines(&folder.join("log.jsonl"));
    let pace: Vec<PacePoint> = lines(&folder.join("pace.jsonl"));
    let finished = numbers.is_some();
    let trained = !log.is_empty();
    if trained && pace.is_empty() {
        missing.push("pace.jsonl, the wall time of steps: throughput is not shown".to_owned());
    }
    let traced = from_file(folder, "lines.npz", "traced lines: the capacitor is not drawn", &mut missing, kept_lines);
    let plane = config.as_ref().is_none_or(|_| traced.as_ref().is_none_or(|traced| traced.target.dim() == 2));
    let slices = if plane {
        from_file(folder, "slices.npz", "planes of the field: slices are not drawn", &mut missing, kept_slices)
    } else {
        None
    };
    let clouds = clouds(folder, finished, &mut missing);
    let pictures = pictures(&folder.join("pictures"), &mut missing);
    RunRecord {
        name: name(folder, config.as_ref()),
        headline: headline(config.as_ref(), metrics.as_ref()),
        about: config.as_ref().map(|config| config.about.clone()).unwrap_or_default(),
        state: state(folder, finished, config.as_ref(), &log),
        steps: config.as_ref().filter(|_| trained).map(|config| config.train.steps as u64),
        commands: commands(folder, provenance.as_ref()),
        facts: facts(folder, provenance.as_ref(), metrics.as_ref()),
        config: text,
        metrics,
        numbers,
        log,
        pace,
        traced,
        clouds,
        slices,
        pictures,
        missing,
    }
}

/// What changes while a run goes on, read again.
pub fn reread(folder: &Path, run: &mut RunRecord) {
    run.log = lines(&folder.join("log.jsonl"));
    run.pace = lines(&folder.join("pace.jsonl"));
    let config = run.config.as_ref().and_then(|text| toml::from_str::<RunConfig>(text).ok());
    run.state = state(folder, run.numbers.is_some(), config.as_ref(), &run.log);
}

fn name(folder: &Path, config: Option<&RunConfig>) -> String {
    let from_folder = || {
        let absolute = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
        absolute.file_name().map_or_else(|| "run".to_owned(), |name| name.to_string_lossy().into_owned())
    };
    config.map_or_else(from_folder, |config| config.name.clone())
}

fn headline(config: Option<&RunConfig>, metrics: Option<&Metrics>) -> String {
    let mut parts = Vec::new();
    if let Some(config) = config {
        parts.push(format!("{} → {}", config.source.kind(), config.target.kind()));
        let gap = match config.plates.gap {
            Gap::Length(gap) => format!("L = {}", (gap * 1e3).round() / 1e3),
            Gap::Auto => "L from the data".to_owned(),
        };
        parts.push(gap);
    }
    if let Some(metrics) = metrics {
        parts.insert(parts.len().min(1), format!("D = {}", metrics.dim));
        parts.push(metrics.method.clone());
        parts.push(format!("{} points a draw", metrics.samples));
    } else if let Some(config) = config {
        parts.push(config.method.name().to_owned());
    }
    if let Some(config) = config {
        parts.push(format!("seed {}", config.seed));
    }
    parts.join(" · ")
}

/// What a run that has not ended is at.
fn state(folder: &Path, finished: bool, config: Option<&RunConfig>, log: &[LossPoint]) -> String {
    if finished {
        return String::new();
    }
    if folder.join("failure.json").is_file() {
        let failure: Option<serde_json::Value> = parsed(&folder.join("failure.json"), &mut Vec::new());
        let error = failure.and_then(|failure| failure["error"].as_str().map(str::to_owned)).unwrap_or_default();
        return format!("Failed: {error}");
    }
    match (config, log.last()) {
        (Some(config), Some(last)) if last.step >= config.train.steps as u64 => {
            "Trained; not measured, or not yet.".to_owned()
        }
        (Some(config), Some(last)) => format!("Not finished: step {} of {}.", last.step, config.train.steps),
        _ => "Not finished: no step is logged yet.".to_owned(),
    }
}

fn commands(folder: &Path, provenance: Option<&Provenance>) -> Vec<(String, String)> {
    match provenance {
        Some(provenance) => vec![
            ("The command".to_owned(), provenance.command.clone()),
            ("The same again, from the configuration in this folder".to_owned(), provenance.again.clone()),
        ],
        None => {
            let config = folder.join("config.toml");
            vec![("From the configuration in this folder".to_owned(), format!("efm run {}", config.display()))]
        }
    }
}

fn facts(folder: &Path, provenance: Option<&Provenance>, metrics: Option<&Metrics>) -> Vec<(String, String)> {
    let mut facts = vec![("folder".to_owned(), folder.display().to_string())];
    let mut add = |name: &str, value: String| facts.push((name.to_owned(), value));
    if let Some(provenance) = provenance {
        add("versions", format!("efm {}, burn {}", provenance.version, provenance.burn));
        add("device", format!("{}, {}", provenance.device, provenance.platform));
        for data in &provenance.data {
            add(&data.plate, data.what.clone());
            if let (Some(path), Some(hash)) = (&data.path, &data.blake3) {
                let files = if data.files == 1 { "1 file".to_owned() } else { format!("{} files", data.files) };
                add(&format!("{} path", data.plate), format!("{} ({files}, {} bytes)", path.display(), data.bytes));
                let of = if data.names_only { " (of names and sizes)" } else { "" };
                add(&format!("{} BLAKE3", data.plate), format!("{hash}{of}"));
            }
        }
    } else if let Some(metrics) = metrics {
        add("versions", format!("efm {}", metrics.version));
        add("device", metrics.device.clone());
    }
    if let Ok(weights) = fs::read(folder.join("model.safetensors")) {
        add("model.safetensors", format!("{} bytes, BLAKE3 {}", weights.len(), blake3::hash(&weights).to_hex()));
    }
    facts
}

fn clouds(folder: &Path, finished: bool, missing: &mut Vec<String>) -> Option<Clouds> {
    let mut points = |name: &str, lacking: &str| -> Option<Points> {
        let path = folder.join(name);
        if !path.is_file() {
            if finished {
                missing.push(format!("{name}, {lacking}"));
            }
            return None;
        }
        match read_points(&path, None) {
            Ok(points) => {
                let rows: Vec<_> = (0..points.len().min(POINTS)).collect();
                Some(points.select(&rows))
            }
            Err(error) => {
                missing.push(error.to_string());
                None
            }
        }
    };
    let source = points("source.npy", "where lines started")?;
    let transported = points("transported.npy", "where lines ended")?;
    let target = points("target.npy", "fresh points of the target: transported points are not compared in a picture")?;
    Some(Clouds { source, transported, target })
}

fn from_file<T>(
    folder: &Path,
    name: &str,
    lacking: &str,
    missing: &mut Vec<String>,
    read: impl Fn(&Path) -> Result<T, Error>,
) -> Option<T> {
    let path = folder.join(name);
    if !path.is_file() {
        missing.push(format!("{name}, {lacking}"));
        return None;
    }
    match read(&path) {
        Ok(found) => Some(found),
        Err(failure) => {
            missing.push(failure.to_string());
            None
        }
    }
}

fn read_text(path: &Path, missing: &mut Vec<String>) -> Option<String> {
    let size = fs::metadata(path).ok()?.len();
    if size > TEXT_BYTES {
        missing.push(format!("{}: {size} bytes, too large to be read", path.display()));
        return None;
    }
    match fs::read(path) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) => {
            missing.push(format!("{}: {error}", path.display()));
            None
        }
    }
}

fn parsed<T: DeserializeOwned>(path: &Path, missing: &mut Vec<String>) -> Option<T> {
    if !path.is_file() {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        missing.push(match name.as_str() {
            "metrics.json" => "metrics.json: nothing is measured yet".to_owned(),
            "provenance.json" => "provenance.json: command, versions and data hashes are unknown".to_owned(),
            other => other.to_owned(),
        });
        return None;
    }
    let text = read_text(path, missing)?;
    match serde_json::from_str(&text) {
        Ok(value) => Some(value),
        Err(error) => {
            missing.push(format!("{}: {error}", path.display()));
            None
        }
    }
}

/// The lines of a log that are whole; the last one may be cut while a run goes on.
fn lines<T: DeserializeOwned>(path: &Path) -> Vec<T> {
    let text = read_text(path, &mut Vec::new()).unwrap_or_default();
    text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}
