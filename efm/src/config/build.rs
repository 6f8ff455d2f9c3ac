//! Configurations made by a program.

use std::str::FromStr;

use super::{ConfigError, ConfigSource, Method, RunConfig, load};

impl RunConfig {
    /// Every key as `method` sets it, for data that the program has ([`crate::prepare_data`]); fields are set afterwards, and
    /// [`crate::prepare`] checks them as it checks those of a file.
    ///
    /// ```
    /// use efm::config::{Method, RunConfig};
    ///
    /// let mut config = RunConfig::of(Method::Mirror);
    /// config.train.steps = 2_000;
    /// ```
    pub fn of(method: Method) -> Self {
        let text = "source.kind = \"given\"\ntarget.kind = \"given\"\n".to_owned();
        let source = ConfigSource { text, method: Some(method), ..ConfigSource::default() };
        load(&source).expect("the keys of a method make a configuration")
    }
}

impl Default for RunConfig {
    /// The mirror capacitor between data of the program.
    fn default() -> Self {
        Self::of(Method::default())
    }
}

/// A configuration in TOML, as the files of experiments are.
///
/// ```
/// let config: efm::config::RunConfig =
///     "source = { kind = 'gaussian', dim = 2 }\ntarget.kind = 'moons'\ntrain.steps = 500".parse()?;
/// assert_eq!(config.train.steps, 500);
/// # Ok::<(), efm::config::ConfigError>(())
/// ```
impl FromStr for RunConfig {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        load(&ConfigSource { name: "the configuration".to_owned(), text: text.to_owned(), ..ConfigSource::default() })
    }
}
