use std::fmt;

/// Where a configuration is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A line and a column, from 1, of a file or a preset.
    Text {
        /// Name of the file or preset.
        name: String,
        /// The line.
        line: usize,
        /// The column.
        column: usize,
    },
    /// A setting by hand, `key=value`.
    Setting(String),
    /// A file or a preset as a whole.
    Whole(String),
}

impl Place {
    /// The place behind `before` in the text called `name`.
    pub(super) fn behind(name: &str, before: &str) -> Self {
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|&c| c != '\n').count() + 1;
        Self::Text { name: name.to_owned(), line, column }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { name, line, column } => write!(f, "{name}:{line}:{column}"),
            Self::Setting(text) | Self::Whole(text) => f.write_str(text),
        }
    }
}

/// What is wrong with a configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {message}")]
#[non_exhaustive]
pub struct ConfigError {
    /// Where it is said.
    pub place: Place,
    /// The key whose value makes no sense, where that is known.
    pub key: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}
