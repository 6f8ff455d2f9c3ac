//! The experiments that come with the binary.

/// Name and text of an experiment file.
pub struct Preset {
    /// Name on the command line.
    pub name: &'static str,
    /// The TOML file.
    pub text: &'static str,
}

macro_rules! presets {
    ($($name:literal),* $(,)?) => {
        &[$(Preset { name: $name, text: include_str!(concat!("../experiments/", $name, ".toml")) }),*]
    };
}

/// All presets, as `efm presets` lists them.
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

/// The names nearest to a wrong one, best first.
pub fn nearest(name: &str) -> &'static str {
    ALL.iter()
        .map(|preset| preset.name)
        .max_by(|a, b| strsim::jaro_winkler(name, a).total_cmp(&strsim::jaro_winkler(name, b)))
        .expect("there are presets")
}
