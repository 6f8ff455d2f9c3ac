//! The experiments that come with efm, one TOML text each.

use crate::config::ConfigSource;

/// Name and text of an experiment file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// The name it is asked for by.
    pub name: &'static str,
    /// The TOML file.
    pub text: &'static str,
}

macro_rules! presets {
    ($($name:literal),* $(,)?) => {
        &[$(Preset { name: $name, text: include_str!(concat!("../experiments/", $name, ".toml")) }),*]
    };
}

impl Preset {
    /// The preset as what a configuration is made from; settings and a method may be added.
    pub fn source(&self) -> ConfigSource {
        ConfigSource { name: format!("preset {}", self.name), text: self.text.to_owned(), ..ConfigSource::default() }
    }
}

/// All presets.
pub const ALL: &[Preset] = presets![
    "gaussian-to-swiss-roll",
    "gaussian-to-mixture",
    "gaussian-to-moons",
    "gaussian-to-eight-gaussians",
    "gaussian-to-checkerboard",
    "cells",
    "digits",
    "digits-3-to-2",
    "fashion",
    "emoji",
];

/// The preset called `name`.
pub fn find(name: &str) -> Option<&'static Preset> {
    ALL.iter().find(|preset| preset.name == name)
}

/// The name nearest to a wrong one.
pub fn nearest(name: &str) -> &'static str {
    ALL.iter()
        .map(|preset| preset.name)
        .max_by(|a, b| strsim::jaro_winkler(name, a).total_cmp(&strsim::jaro_winkler(name, b)))
        .expect("there are presets")
}
