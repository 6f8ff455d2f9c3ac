/// Why there is no device of a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// A name that stands for nothing in this build.
    #[error("device `{name}` is not available in this build; compiled in: {available}{}", would_bring(*feature))]
    Unknown {
        /// What was asked for.
        name: String,
        /// The names this build accepts.
        available: String,
        /// The Cargo feature that would compile it in, for the name of a device that this build was made without.
        feature: Option<&'static str>,
    },
    /// A device that is compiled in but cannot be used, say for want of a driver.
    #[error("device `{name}` cannot be used: {message}")]
    Unusable {
        /// What was asked for.
        name: String,
        /// What the device said.
        message: String,
    },
}

fn would_bring(feature: Option<&str>) -> String {
    feature.map_or_else(String::new, |feature| format!("; the feature `{feature}` of the crate compiles it in"))
}
