/// A parameter that makes no sense.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{name} is {value}; it must be {rule}")]
pub struct ParameterError {
    /// Name of the parameter.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// What it must be.
    pub rule: &'static str,
}

impl ParameterError {
    /// `Ok` if `holds`; otherwise the parameter `name` is `value` and must be `rule`.
    ///
    /// # Errors
    /// [`ParameterError`] unless `holds`.
    pub fn unless(holds: bool, name: &'static str, value: f64, rule: &'static str) -> Result<(), Self> {
        if holds { Ok(()) } else { Err(Self { name, value, rule }) }
    }
}

/// A share of the gap that is left free at a plate.
pub(super) fn margin(name: &'static str, value: f64) -> Result<(), ParameterError> {
    ParameterError::unless(value > 0.0 && value < 0.5, name, value, "above 0 and below 0.5")
}

/// A share of all draws.
pub(super) fn share(name: &'static str, value: f64) -> Result<(), ParameterError> {
    ParameterError::unless((0.0..=1.0).contains(&value), name, value, "from 0 to 1")
}

/// A length or an exponent.
pub(super) fn not_negative(name: &'static str, value: f64) -> Result<(), ParameterError> {
    ParameterError::unless(value.is_finite() && value >= 0.0, name, value, "finite and not negative")
}

/// A length that is divided by.
pub(super) fn positive(name: &'static str, value: f64) -> Result<(), ParameterError> {
    ParameterError::unless(value.is_finite() && value > 0.0, name, value, "finite and above 0")
}
