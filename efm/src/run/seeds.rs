//! The same run for several seeds.

use std::path::Path;

use efm_eval::{Metrics, Spread, Statistics};
use efm_train::write_atomically;

use crate::Error;

/// Most seeds in one range.
const MOST: u64 = 10_000;

/// The seeds in a text like `1..5` (both ends included) or `1,4,9`.
///
/// # Errors
/// [`Error::Argument`] for a text that names none.
pub fn seeds(text: &str) -> Result<Vec<u64>, Error> {
    let wrong = || Error::argument("seeds", format!("`{text}`"), "names no seeds", "write 1..5 or 1,4,9");
    let mut seeds = Vec::new();
    for part in text.split(',') {
        match part.split_once("..") {
            Some((first, last)) => {
                let first: u64 = first.trim().parse().map_err(|_| wrong())?;
                let last: u64 = last.trim().trim_start_matches('=').parse().map_err(|_| wrong())?;
                if first > last || last - first > MOST {
                    return Err(wrong());
                }
                seeds.extend(first..=last);
            }
            None => seeds.push(part.trim().parse().map_err(|_| wrong())?),
        }
    }
    Ok(seeds)
}

/// Writes `seeds.json`, every run's metrics with their mean and their standard deviation, which are given back.
///
/// # Errors
/// [`Error::Train`] where it cannot be written.
pub fn write_seeds(folder: &Path, runs: &[Metrics]) -> Result<Spread, Error> {
    let spread = Spread::of(runs);
    let of = |pick: fn(&Statistics) -> f64| -> serde_json::Map<String, serde_json::Value> {
        spread.values.iter().map(|(key, value)| (key.clone(), pick(value).into())).collect()
    };
    let json = serde_json::json!({ "runs": runs, "mean": of(|s| s.mean), "std": of(|s| s.std) });
    let text = serde_json::to_string_pretty(&json).expect("plain data") + "\n";
    write_atomically(&folder.join("seeds.json"), text.as_bytes())?;
    Ok(spread)
}
