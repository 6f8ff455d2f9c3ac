//! A configuration as text.

use super::{ConfigError, ConfigSource, RunConfig, load};

impl RunConfig {
    /// Every key, as the file of a run holds them.
    pub fn to_toml(&self) -> String {
        toml::to_string(self).expect("a configuration is plain data")
    }

    /// The keys that differ from the defaults of its method, as a person would write them.
    ///
    /// # Errors
    /// [`ConfigError`] where what was written would not be read again.
    pub fn to_short_toml(&self) -> Result<String, ConfigError> {
        let whole = |config: &Self| toml::Table::try_from(config).expect("a configuration is plain data");
        let plain = "source.kind = \"gaussian\"\ntarget.kind = \"gaussian\"\n".to_owned();
        let usual = load(&ConfigSource { text: plain, method: Some(self.method), ..ConfigSource::default() })?;
        let mut table = different(&whole(self), &whole(&usual));
        for key in ["source", "target", "name"] {
            table.insert(key.to_owned(), whole(self)[key].clone());
        }
        table.insert("method".to_owned(), toml::Value::String(self.method.name().to_owned()));
        let text = toml::to_string(&ordered(table)).expect("a configuration is plain data");
        // What is written is read once before it gets a name.
        load(&ConfigSource { name: self.name.clone(), text: text.clone(), ..ConfigSource::default() })?;
        Ok(text)
    }
}

/// What of `table` is not so in `usual`; tables with a kind are kept whole.
fn different(table: &toml::Table, usual: &toml::Table) -> toml::Table {
    let mut kept = toml::Table::new();
    for (key, value) in table {
        match (value, usual.get(key)) {
            (value, Some(other)) if value == other => {}
            (toml::Value::Table(inner), Some(toml::Value::Table(other))) if !inner.contains_key("kind") => {
                kept.insert(key.clone(), toml::Value::Table(different(inner, other)));
            }
            (value, _) => {
                kept.insert(key.clone(), value.clone());
            }
        }
    }
    kept
}

/// Plain values before tables, as TOML wants them.
fn ordered(table: toml::Table) -> toml::Table {
    let (tables, values): (Vec<_>, Vec<_>) = table.into_iter().partition(|(_, value)| value.is_table());
    values.into_iter().chain(tables).collect()
}
