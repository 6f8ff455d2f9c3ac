use std::path::{Path, PathBuf};

/// What can go wrong while training, or with a run's files.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// Reading or writing a file of the run failed.
    #[error("{}: {message}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
    /// A file of the run is not what it should be.
    #[error("{}: {message}", path.display())]
    Corrupt {
        /// The file or folder.
        path: PathBuf,
        /// What differs.
        message: String,
    },
    /// A file is larger than any of its kind.
    #[error("{}: {message}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its size and the limit.
        message: String,
    },
    /// A value out of its range, or parts that do not fit each other.
    #[error(transparent)]
    Misfit(#[from] crate::Misfit),
    /// The loss became NaN or infinite.
    #[error("the loss is {loss} at step {step} (seed {seed}, batch {step})")]
    NonFiniteLoss {
        /// The step, which is also the batch's index.
        step: usize,
        /// The seed of the run.
        seed: u64,
        /// The loss.
        loss: f64,
    },
    /// The device failed.
    #[error("the device failed while training: {0}")]
    Device(String),
    /// Data that make no capacitor.
    #[error(transparent)]
    Core(#[from] efm_core::CoreError),
    /// Data that cannot be read or scaled.
    #[error(transparent)]
    Data(#[from] efm_data::DataError),
    /// The caller stopped what it was watching.
    #[error("stopped before the end")]
    Interrupted,
    /// A part of the user's own failed: an objective, a source of data.
    #[error(transparent)]
    Own(efm_core::OwnError),
    /// The field could not be evaluated.
    #[error(transparent)]
    Field(#[from] efm_field::FieldError),
    /// The network could not be built.
    #[error(transparent)]
    Model(#[from] efm_models::ModelError),
}

impl TrainError {
    /// An error of the user's own, with its causes.
    pub fn own(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Own(efm_core::OwnError::new(error))
    }

    /// An I/O error at `path`.
    pub fn io(path: &Path, error: impl std::fmt::Display) -> Self {
        Self::Io { path: path.to_path_buf(), message: error.to_string() }
    }

    /// A file whose content is wrong.
    pub fn corrupt(path: &Path, message: impl Into<String>) -> Self {
        // Names that a file holds are shown in messages; none of its control characters may be.
        let plain = |c: char| if c.is_control() { c.escape_default().collect() } else { c.to_string() };
        Self::Corrupt { path: path.to_path_buf(), message: message.into().chars().map(plain).collect() }
    }

    /// What to do about it, in one line.
    pub fn hint(&self) -> &str {
        match self {
            Self::TooLarge { .. } => "name another file",
            Self::Misfit(misfit) => &misfit.accepted,
            Self::Io { .. } => "check that the folder exists, is writable and has room",
            Self::Corrupt { .. } => "the file was cut or changed; use another checkpoint or train again",
            Self::NonFiniteLoss { .. } => "lower learning_rate, or set clip",
            Self::Device(_) => "take a smaller batch, or another device",
            Self::Data(error) => error.hint(),
            Self::Interrupted => "go on from the last checkpoint",
            Self::Own(_) => "the message is that of the part which failed",
            Self::Core(_) | Self::Field(_) => {
                "look at the data: all numbers must be finite, and the plates of one dimension"
            }
            Self::Model(_) => "the message says which part of the network or which device is meant",
        }
    }
}

impl From<efm_models::DeviceError> for TrainError {
    fn from(error: efm_models::DeviceError) -> Self {
        Self::Model(error.into())
    }
}
