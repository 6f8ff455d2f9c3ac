use std::fmt::Display;

/// A value that fits neither its own range nor what it is used with.
///
/// Whoever reads values from elsewhere names the place as well: the keys are those of the fields, so that `batch` of a
/// [`crate::config::TrainConfig`] becomes `train.batch` in a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("{key} is {value}; {accepted}")]
pub struct Misfit {
    /// The field, e.g. `batch` or `points.margin`.
    pub key: String,
    /// Its value, as text.
    pub value: String,
    /// What is accepted: "it must be …" or "it needs …".
    pub accepted: String,
}

impl Misfit {
    /// The field `key` has `value`, where `accepted` is accepted.
    pub fn new(key: impl Into<String>, value: impl Display, accepted: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.to_string(), accepted: accepted.into() }
    }

    /// The same field as part of `outer`: `margin` of `points` is `points.margin`.
    #[must_use]
    pub fn within(self, outer: &str) -> Self {
        Self { key: format!("{outer}.{}", self.key), ..self }
    }
}
