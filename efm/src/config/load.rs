use std::path::{Path, PathBuf};

use efm_train::read_within;

use super::{ConfigError, Place, RunConfig, renamed};
use crate::Error;

/// Where a configuration comes from, lowest precedence first: a file (or preset), a method, settings by hand.
#[derive(Debug, Clone, Default)]
pub struct ConfigSource {
    /// Name of the file or preset, for messages.
    pub name: String,
    /// Text of the file or preset.
    pub text: String,
    /// Method asked for on the command line.
    pub method: Option<super::Method>,
    /// Settings `key.path=value`, later ones win.
    pub settings: Vec<String>,
    /// Folder that relative data paths start from.
    pub base: PathBuf,
    /// Whether it is the text of a run's folder, which may say things by names that they had once.
    pub saved: bool,
}

/// Reads a configuration and checks that its values make sense.
///
/// # Errors
/// [`ConfigError`] with line, column and the nearest key.
pub fn load(source: &ConfigSource) -> Result<RunConfig, ConfigError> {
    // First the file alone, because only its text has lines and columns.
    let fail_in_file = |error: toml::de::Error| in_file(source, &error);
    let mut table: toml::Table = source.text.parse().map_err(fail_in_file)?;
    renamed::check(source, &table, |key| place_of(source, key))?;
    if table.contains_key("source") && table.contains_key("target") {
        let _: RunConfig = toml::from_str(&source.text).map_err(fail_in_file)?;
    }
    let own: Option<super::Method> = table.get("method").and_then(|named| named.clone().try_into().ok());
    // A method set by hand brings its keys like one asked for by name.
    let by_setting = source.settings.iter().rev().find_map(|setting| {
        let (_, value) = setting.split_once('=').filter(|(key, _)| key.trim() == "method")?;
        let name = value.trim().trim_matches(['"', '\'']);
        super::Method::ALL.into_iter().find(|method| method.name() == name)
    });
    let asked = by_setting.or(source.method);
    // What a file says was said for the method that it names.
    if let Some(method) = asked.filter(|_| asked != own) {
        lay_over(&mut table, method.overrides());
        table.insert("method".to_owned(), toml::Value::String(method.name().to_owned()));
    } else if let Some(method) = own {
        let mut below = method.overrides();
        lay_over(&mut below, table);
        table = below;
    }
    // Tables whose kind is not named are of the usual kind, so that one of their keys can be set alone.
    usual_kind(&mut table, &["model"], "mlp");
    usual_kind(&mut table, &["train", "points"], "flux");
    for setting in &source.settings {
        set(&mut table, setting)?;
        // One at a time, so that the message names the setting at fault.
        let _: RunConfig = table.clone().try_into().map_err(|error: toml::de::Error| in_setting(setting, &error))?;
    }
    let config: RunConfig = table.try_into().map_err(|error: toml::de::Error| ConfigError {
        place: Place::Whole(source.name.clone()),
        key: None,
        message: one_line(error.message()),
        hint: hint_for(error.message()),
    })?;
    config.check().map_err(|misfit| ConfigError {
        place: place_of(source, &misfit.key),
        hint: format!("give {} another value", misfit.key),
        message: misfit.to_string(),
        key: Some(misfit.key),
    })?;
    Ok(config)
}

/// Copies every leaf of `above` into `below`.
fn lay_over(below: &mut toml::Table, above: toml::Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            // A tagged table (`kind = …`) is one value: its keys belong together.
            (Some(toml::Value::Table(inner)), toml::Value::Table(value)) if !value.contains_key("kind") => {
                lay_over(inner, value);
            }
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

/// Names the kind of the table at `path` where it is not named.
fn usual_kind(table: &mut toml::Table, path: &[&str], kind: &str) {
    let mut inner = table;
    for key in path {
        let entry = inner.entry(*key).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        let Some(next) = entry.as_table_mut() else { return };
        inner = next;
    }
    inner.entry("kind").or_insert_with(|| toml::Value::String(kind.to_owned()));
}

/// Applies `key.path=value`; a value that is no TOML is taken as a string.
fn set(table: &mut toml::Table, setting: &str) -> Result<(), ConfigError> {
    let (path, text) = setting.split_once('=').ok_or_else(|| ConfigError {
        place: Place::Setting(setting.to_owned()),
        key: None,
        message: "no `=` in the setting".to_owned(),
        hint: "write key=value, for example plates.gap=4".to_owned(),
    })?;
    let text = text.trim();
    let value = format!("value = {text}")
        .parse::<toml::Table>()
        .ok()
        .and_then(|mut parsed| parsed.remove("value"))
        .unwrap_or_else(|| toml::Value::String(text.to_owned()));
    let keys: Vec<_> = path.trim().split('.').collect();
    let (last, parents) = keys.split_last().expect("split gives at least one part");
    let mut inner = table;
    for key in parents {
        let entry = inner.entry(*key).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        inner = entry.as_table_mut().ok_or_else(|| ConfigError {
            place: Place::Setting(setting.to_owned()),
            key: None,
            message: format!("`{key}` is a value, not a table"),
            hint: "`efm presets NAME` prints a whole configuration".to_owned(),
        })?;
    }
    inner.insert((*last).to_owned(), value);
    Ok(())
}

fn in_file(source: &ConfigSource, error: &toml::de::Error) -> ConfigError {
    let place = match error.span() {
        Some(span) => {
            let before = source.text.get(..span.start).unwrap_or(&source.text);
            Place::behind(&source.name, before)
        }
        None => Place::Whole(source.name.clone()),
    };
    ConfigError { place, key: None, message: one_line(error.message()), hint: hint_for(error.message()) }
}

fn in_setting(setting: &str, error: &toml::de::Error) -> ConfigError {
    ConfigError {
        place: Place::Setting(setting.to_owned()),
        key: None,
        message: one_line(error.message()),
        hint: hint_for(error.message()),
    }
}

fn one_line(message: &str) -> String {
    message.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

/// The nearest key or value among those serde lists.
fn hint_for(message: &str) -> String {
    let quoted: Vec<_> = message.split('`').skip(1).step_by(2).collect();
    let listed = message.contains("unknown field") || message.contains("unknown variant");
    match quoted.split_first() {
        Some((wrong, known)) if listed && !known.is_empty() => {
            let nearest =
                known.iter().max_by(|a, b| strsim::jaro_winkler(wrong, a).total_cmp(&strsim::jaro_winkler(wrong, b)));
            format!("did you mean `{}`?", nearest.expect("not empty"))
        }
        _ => "`efm presets NAME` prints a whole configuration with all its keys".to_owned(),
    }
}

/// The setting or the line of the file that gives `key`, for messages about its value.
fn place_of(source: &ConfigSource, key: &str) -> Place {
    if let Some(setting) = source.settings.iter().rev().find(|s| s.split('=').next().is_some_and(|k| k.trim() == key)) {
        return Place::Setting(setting.clone());
    }
    let (table, leaf) = key.split_once('.').unwrap_or(("", key));
    let mut inside = table.is_empty();
    for (number, line) in source.text.lines().enumerate() {
        let column = line.len() - line.trim_start().len() + 1;
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[') {
            inside = header.trim_end_matches(']') == table;
        } else if line.split('=').next().is_some_and(|k| k.trim() == key || (inside && k.trim() == leaf)) {
            return Place::Text { name: source.name.clone(), line: number + 1, column };
        }
    }
    Place::Whole(source.name.clone())
}

/// Largest configuration that is read.
const MOST_BYTES: u64 = 4 << 20;

impl ConfigSource {
    /// A file of the user's.
    ///
    /// # Errors
    /// [`Error::Train`] for a file that cannot be read, and [`Error::Config`] for bytes that are no text.
    pub fn from_file(path: &Path) -> Result<Self, Error> {
        let bytes = read_within(path, MOST_BYTES)?;
        let name = path.display().to_string();
        let text = String::from_utf8(bytes).map_err(|error| {
            let before = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]).into_owned();
            ConfigError {
                place: Place::behind(&name, &before),
                key: None,
                message: "is not UTF-8, so the file is no TOML".to_owned(),
                hint: "save the file as UTF-8 text".to_owned(),
            }
        })?;
        let base = path.parent().unwrap_or(Path::new("")).to_path_buf();
        let run = path.file_name().is_some_and(|name| name == "config.toml");
        let saved =
            run && ["provenance.json", "log.jsonl", "metrics.json"].iter().any(|name| base.join(name).is_file());
        Ok(Self { name, text, base, saved, ..Self::default() })
    }
}
