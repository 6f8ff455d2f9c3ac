use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::metrics::write_json;
use crate::{EvalError, Metrics, Statistics};

impl Metrics {
    /// The measures as a table of text: what there was before, value, floor and ratio of the two, then costs, effort and how lines ended.
    pub fn summary(&self) -> String {
        let gap = self.gap.map_or(String::new(), |gap| format!(", L = {}", number(gap)));
        let mut text = format!("{}: n = {}, D = {}{gap}, seed {}\n", self.method, self.samples, self.dim, self.seed);
        let mut rows = vec![["".into(), "before".into(), "value".into(), "floor".into(), "ratio".into()]];
        let empty = String::new;
        for measured in self.distances() {
            let Some(value) = measured.value else { continue };
            rows.push([
                measured.title,
                self.before.get(&measured.key).copied().map_or_else(empty, number),
                number(value),
                measured.floor.map_or("–".into(), number),
                ratio(value, measured.floor),
            ]);
        }
        for (_, title, value) in self.others() {
            if let Some(value) = value {
                rows.push([title.to_owned(), empty(), number(value), empty(), empty()]);
            }
        }
        if let Some(pairs) = &self.pairs {
            rows.push([
                "distance to partner".into(),
                number(pairs.before),
                number(pairs.transported),
                empty(),
                empty(),
            ]);
            if let Some(of_means) = pairs.of_means {
                rows.push([format!("mean of {} ends", pairs.lines), empty(), number(of_means), empty(), empty()]);
            }
            rows.push(["of partners of others".into(), empty(), number(pairs.random), empty(), empty()]);
        }
        if let (Some(taken), Some(best)) = (self.transport_cost, self.optimal_cost)
            && best > 0.0
        {
            let above = format!("{:.1} %", 100.0 * (taken / best - 1.0));
            rows.push(["cost above optimal".into(), empty(), above, empty(), empty()]);
        }
        for (reason, count) in &self.lines {
            rows.push([format!("lines: {reason}"), empty(), count.to_string(), empty(), empty()]);
        }
        text.push_str(&align(&rows));
        text
    }
}

/// Means and spreads over several runs, as of several seeds.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Spread {
    /// Number of runs.
    pub runs: usize,
    /// Seeds of the runs.
    pub seeds: Vec<u64>,
    /// Statistics of each key of `metrics.json` that at least one run measured (`seconds.train` for nested ones).
    /// `count` tells how many runs did.
    pub values: BTreeMap<String, Statistics>,
    /// Names in tables of measures that are not of this crate, by their keys.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub own: BTreeMap<String, String>,
}

impl Spread {
    /// Collects several runs.
    pub fn of(runs: &[Metrics]) -> Self {
        let mut lists: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        let mut push = |key: String, value: Option<f64>| {
            if let Some(value) = value {
                lists.entry(key).or_default().push(value);
            }
        };
        for run in runs {
            for measured in run.distances() {
                push(measured.key.clone(), measured.value);
                push(format!("{}_floor", measured.key), measured.floor);
            }
            for (key, _, value) in run.others() {
                push(key.to_owned(), value);
            }
        }
        let values = lists.into_iter().filter_map(|(key, list)| Some((key, Statistics::of(&list)?))).collect();
        let own = runs.iter().flat_map(|run| &run.own).map(|own| (own.key.clone(), own.title.clone())).collect();
        Self { runs: runs.len(), seeds: runs.iter().map(|run| run.seed).collect(), values, own }
    }

    /// The spread as a table of text: mean, standard deviation and range over the runs, and the ratio of the mean to the
    /// mean floor.
    pub fn summary(&self) -> String {
        let mut rows =
            vec![["".into(), "mean".into(), "std".into(), "min".into(), "max".into(), "floor".into(), "ratio".into()]];
        let empty = Metrics::default();
        let distances = empty.distances().into_iter().map(|measured| (measured.key, measured.title));
        let own = self.own.iter().map(|(key, title)| (key.clone(), title.clone()));
        let others = empty.others().map(|(key, title, _)| (key.to_owned(), title.to_owned()));
        for (key, title) in distances.chain(own).chain(others) {
            let Some(found) = self.values.get(&key) else { continue };
            let floor = self.values.get(&format!("{key}_floor")).map(|floor| floor.mean);
            rows.push([
                title,
                number(found.mean),
                number(found.std),
                number(found.min),
                number(found.max),
                floor.map_or(String::new(), number),
                floor.map_or(String::new(), |floor| ratio(found.mean, Some(floor))),
            ]);
        }
        let plural = if self.runs == 1 { "" } else { "s" };
        format!("{} run{plural}\n{}", self.runs, align(&rows))
    }

    /// Writes the spread as JSON, complete or not at all.
    ///
    /// # Errors
    /// [`EvalError::Io`].
    pub fn write(&self, path: impl AsRef<Path>) -> Result<(), EvalError> {
        write_json(self, path.as_ref())
    }
}

/// Four significant digits, plain between 0.0001 and a million.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 {
        "0".into()
    } else if !value.is_finite() {
        format!("{value}")
    } else if !(1e-4..1e6).contains(&size) {
        let text = format!("{value:.2e}");
        let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
        format!("{}e{power}", digits.trim_end_matches('0').trim_end_matches('.'))
    } else {
        let digits = (3 - size.log10().floor() as i32).clamp(0, 7) as usize;
        let text = format!("{value:.digits$}");
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    }
}

fn ratio(value: f64, floor: Option<f64>) -> String {
    match floor {
        Some(floor) if floor > 0.0 => format!("{:.2}", value / floor),
        _ => "–".into(),
    }
}

/// Left-aligned first column, right-aligned others, two spaces between.
pub(crate) fn align<const N: usize>(rows: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (column, (cell, &width)) in row.iter().zip(&widths).enumerate() {
            if column == 0 {
                line.push_str(&format!("  {cell:<width$}"));
            } else {
                line.push_str(&format!("  {cell:>width$}"));
            }
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
