//! Names that were others once: folders of runs keep the old ones, people are told the new ones.

use super::{ConfigError, ConfigSource, Place};

/// Key, what its value was called, and what it is called.
const RENAMED: [(&str, &str, &str); 3] =
    [("method", "flux", "loops"), ("solver.rule", "flux", "loops"), ("train.objective", "flux", "field")];

/// Refuses old names in a configuration that was written by a person; that of an old run is read as it is.
pub(super) fn check(
    source: &ConfigSource,
    table: &toml::Table,
    place_of: impl Fn(&str) -> Place,
) -> Result<(), ConfigError> {
    let told = |key: &str, old: &str, new: &str, place: Place| ConfigError {
        place,
        key: None,
        message: format!("{key} = \"{old}\" is called \"{new}\" now"),
        hint: format!("write {key} = \"{new}\""),
    };
    for (key, old, new) in RENAMED {
        let by_hand = source.settings.iter().find(|setting| {
            let said = setting.split_once('=').filter(|(said, _)| said.trim() == key);
            said.is_some_and(|(_, value)| value.trim().trim_matches(['"', '\'']) == old)
        });
        if let Some(setting) = by_hand {
            return Err(told(key, old, new, Place::Setting(setting.clone())));
        }
        let value = match key.split_once('.') {
            Some((outer, inner)) => table.get(outer).and_then(|outer| outer.get(inner)),
            None => table.get(key),
        };
        if !source.saved && value.and_then(toml::Value::as_str) == Some(old) {
            return Err(told(key, old, new, place_of(key)));
        }
    }
    Ok(())
}
