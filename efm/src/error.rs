use std::path::{Path, PathBuf};

use efm_train::TrainError;

use crate::config::ConfigError;

/// What sort of failure it is: what a program may act on, and what `efm` gives to the shell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A configuration or an argument that makes no sense.
    Config,
    /// Data that cannot be used.
    Data,
    /// Reading or writing failed.
    Io,
    /// Numbers that are no numbers, or too many lost lines.
    Numerical,
    /// Too little memory, or too large a file.
    Resource,
    /// The host asked for an end, as by SIGINT.
    Interrupted,
    /// The host asked for an end, as by SIGTERM.
    Terminated,
}

/// Why a stage of a run ended early: a cause, and what to do about it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A stage refuses to go on.
    #[error("{message}")]
    Refused {
        /// What sort of failure.
        kind: Kind,
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: String,
    },
    /// A value that a call was given.
    #[error("{}", argument_text(argument, value, message))]
    Argument {
        /// Name of the value, like `mean_of`.
        argument: &'static str,
        /// The value, where it says more than its name.
        value: String,
        /// What is wrong with it.
        message: String,
        /// What to do about it.
        hint: String,
    },
    /// The host asked for an end, see [`Host::stop`](crate::Host::stop).
    #[error("{done}")]
    Stopped {
        /// Why it did.
        kind: Kind,
        /// What was done until then.
        done: String,
        /// The folder of the run that can be resumed, if one can.
        run: Option<PathBuf>,
    },
    /// A folder holds a run already.
    #[error("{} holds a run already", path.display())]
    Used {
        /// The folder.
        path: PathBuf,
    },
    /// No checkpoint to go on from, where there should be one.
    #[error("{message}")]
    NoCheckpoint {
        /// What is wrong with those there are.
        message: String,
    },
    /// The host keeps no known sets, see [`Host::store`](crate::Host::store).
    #[error("there is no folder of known data sets")]
    NoStore,
    /// A configuration makes no run.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A value out of its range, or parts that do not fit each other.
    #[error(transparent)]
    Misfit(#[from] efm_train::Misfit),
    /// A density was asked of a map whose source has none in closed form.
    #[error("the source has no density in closed form, so the map's density is unknown")]
    NoDensity,
    /// A classifier was asked of images whose classes are unknown.
    #[error("the classes of the images are unknown, so there is nothing to tell")]
    Unlabelled,
    /// Another process works in this folder.
    #[error("{}: another run is at work in this folder", path.display())]
    Locked {
        /// The run's folder.
        path: PathBuf,
    },
    /// Points or plates that make no capacitor.
    #[error(transparent)]
    Core(#[from] efm_core::CoreError),
    /// Data that cannot be read, scaled or written.
    #[error(transparent)]
    Data(#[from] efm_data::DataError),
    /// The field could not be evaluated.
    #[error(transparent)]
    Field(#[from] efm_field::FieldError),
    /// Lines could not be followed.
    #[error(transparent)]
    Trace(#[from] efm_integrate::TraceError),
    /// A network, a device or a file of weights.
    #[error(transparent)]
    Model(#[from] efm_models::ModelError),
    /// Sets that cannot be measured, pictures that cannot be drawn.
    #[error(transparent)]
    Eval(#[from] efm_eval::EvalError),
    /// Training, or a file of a run.
    #[error(transparent)]
    Train(TrainError),
    /// An error of a part of the user's own.
    #[error(transparent)]
    Own(Box<dyn std::error::Error + Send + Sync>),
}

/// Name, value and what is wrong, in one line.
fn argument_text(argument: &str, value: &str, message: &str) -> String {
    match value {
        "" => format!("{argument}: {message}"),
        value => format!("{argument} {value}: {message}"),
    }
}

impl From<TrainError> for Error {
    fn from(error: TrainError) -> Self {
        match error {
            TrainError::Misfit(error) => Self::Misfit(error),
            TrainError::Core(error) => Self::Core(error),
            TrainError::Data(error) => Self::Data(error),
            TrainError::Field(error) => Self::Field(error),
            TrainError::Model(error) => Self::Model(error),
            other => Self::Train(other),
        }
    }
}

impl From<efm_models::DeviceError> for Error {
    fn from(error: efm_models::DeviceError) -> Self {
        Self::Model(error.into())
    }
}

impl Error {
    /// A stage that refuses to go on.
    pub fn new(kind: Kind, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Refused { kind, message: message.into(), hint: hint.into() }
    }

    /// A configuration or an argument that makes no sense.
    pub fn config(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Kind::Config, message, hint)
    }

    /// The value of an argument that makes no sense; `value` may be empty.
    pub fn argument(
        argument: &'static str,
        value: impl std::fmt::Display,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> Self {
        Self::Argument { argument, value: value.to_string(), message: message.into(), hint: hint.into() }
    }

    /// An error of a part of the user's own.
    pub fn own(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Own(error.into())
    }

    /// A file or folder that cannot be read or written.
    pub(crate) fn io(path: &Path, error: impl std::fmt::Display) -> Self {
        Self::Train(TrainError::io(path, error))
    }

    /// A file of a run that is not what it should be.
    pub(crate) fn corrupt(path: &Path, message: impl Into<String>) -> Self {
        Self::Train(TrainError::corrupt(path, message))
    }

    /// A device that fails.
    pub(crate) fn device(message: impl std::fmt::Display) -> Self {
        Self::Train(TrainError::Device(message.to_string()))
    }

    /// What sort of failure it is.
    pub fn kind(&self) -> Kind {
        use efm_data::ErrorClass;
        use efm_eval::EvalError;
        use efm_integrate::TraceError;
        use efm_models::ModelError;
        match self {
            Self::Refused { kind, .. } => *kind,
            Self::Stopped { kind, .. } => *kind,
            Self::NoCheckpoint { .. } => Kind::Data,
            Self::Config(_)
            | Self::Misfit(_)
            | Self::NoDensity
            | Self::Argument { .. }
            | Self::Used { .. }
            | Self::NoStore => Kind::Config,
            Self::Data(error) => match error.class() {
                ErrorClass::Config => Kind::Config,
                ErrorClass::BadData => Kind::Data,
                ErrorClass::Io => Kind::Io,
                ErrorClass::ResourceLimit => Kind::Resource,
            },
            Self::Model(ModelError::Unreadable { .. }) | Self::Eval(EvalError::Io { .. }) | Self::Locked { .. } => {
                Kind::Io
            }
            Self::Model(ModelError::BadWeights { .. } | ModelError::NoImages { .. }) | Self::Core(_) => Kind::Data,
            Self::Trace(TraceError::Field(_)) | Self::Field(_) | Self::Unlabelled | Self::Own(_) => Kind::Numerical,
            Self::Model(_) | Self::Trace(_) => Kind::Config,
            Self::Eval(EvalError::TooLarge { .. }) => Kind::Resource,
            Self::Eval(_) => Kind::Data,
            Self::Train(error) => match error {
                TrainError::TooLarge { .. } => Kind::Resource,
                TrainError::Misfit(_) => Kind::Config,
                TrainError::Io { .. } => Kind::Io,
                TrainError::Corrupt { .. } => Kind::Data,
                _ => Kind::Numerical,
            },
        }
    }

    /// What to do about it, in one line; empty where nothing is known.
    pub fn hint(&self) -> String {
        use efm_models::ModelError;
        match self {
            Self::Refused { hint, .. } | Self::Argument { hint, .. } => hint.clone(),
            Self::Stopped { run: Some(run), .. } => format!("resume the run in {}", run.display()),
            Self::Stopped { run: None, .. } => "do the same again".to_owned(),
            Self::Used { .. } => "resume it, replace it, or choose another folder".to_owned(),
            Self::NoCheckpoint { .. } => "go on with the settings it was begun with, or begin the run anew".to_owned(),
            Self::NoStore => "name the folder of the set itself, or a host that has a folder of sets".to_owned(),
            Self::Config(error) => error.hint.clone(),
            Self::Misfit(misfit) => format!("give {} another value", misfit.key),
            Self::NoDensity => {
                "train from a gaussian, mixture, eight-gaussians or checkerboard source of some width".to_owned()
            }
            Self::Unlabelled => "put the images into one folder per class".to_owned(),
            Self::Locked { .. } => "wait for it to end, or choose another folder".to_owned(),
            Self::Core(_) | Self::Field(_) => "look at the data with any table viewer".to_owned(),
            Self::Data(error) => error.hint().to_owned(),
            Self::Trace(_) => "the [solver] keys set how lines are traced".to_owned(),
            Self::Model(ModelError::Unreadable { .. }) => "give the path of a file of weights".to_owned(),
            Self::Model(ModelError::BadWeights { .. }) => {
                "weights are PyTorch files of tensors (torch.save of a state_dict) or safetensors, of this very network"
                    .to_owned()
            }
            Self::Model(ModelError::NoImages { .. }) => {
                "say how many channels, rows and columns a row of the file has, or of what size pictures are".to_owned()
            }
            Self::Model(ModelError::BadImage { .. }) => {
                "a U-Net is for images: data.image = [height, width], or model.image, says how large they are"
                    .to_owned()
            }
            Self::Model(ModelError::BadConfig { key, .. }) => format!("give model.{key} another value"),
            Self::Model(_) => "take a device that this build has".to_owned(),
            Self::Eval(_) => "both sets need points of the same dimension, two or more".to_owned(),
            Self::Train(error) => error.hint().to_owned(),
            Self::Own(_) => String::new(),
        }
    }
}
