//! Errors as the user sees them: an exit code, one line of cause, one hint.

use std::process::ExitCode;

use efm_data::{DataError, ErrorClass};
use efm_eval::EvalError;
use efm_integrate::TraceError;
use efm_models::{DeviceError, ModelError};
use efm_train::TrainError;
use efm_train::config::ConfigError;

use crate::say;

/// What the shell is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Wrong usage or configuration.
    Usage = 2,
    /// Data that cannot be used.
    Data = 3,
    /// Reading or writing failed.
    Io = 4,
    /// Numbers that are no numbers, or too many lost lines.
    Numerical = 5,
    /// Too little memory or too large a file.
    Resource = 6,
    /// Stopped by SIGINT after a checkpoint.
    Interrupted = 130,
    /// Stopped by SIGTERM after a checkpoint.
    Terminated = 143,
}

/// Why a command ended early.
#[derive(Debug)]
pub struct Failure {
    exit: Exit,
    message: String,
    hint: String,
}

impl Failure {
    /// A failure with its cause and what to do about it.
    pub fn new(exit: Exit, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hint: hint.into() }
    }

    /// A wrong command line.
    pub fn usage(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message, hint)
    }

    /// What is wrong.
    pub fn cause(&self) -> &str {
        &self.message
    }

    /// What clap found wrong with the command line, in our two lines: its first paragraph, and its tip if it has one.
    pub fn command_line(error: &clap::Error) -> Self {
        let text = error.render().to_string();
        let mut paragraphs = text.split("\n\n");
        let cause = paragraphs.next().unwrap_or_default().trim_start_matches("error:").trim_start();
        let tip = paragraphs.find_map(|part| part.trim_start().strip_prefix("tip:"));
        let usage = text.lines().find_map(|line| line.strip_prefix("Usage: "));
        let hint = match (tip, usage) {
            (Some(tip), _) => tip.to_owned(),
            (None, Some(usage)) => format!("the usage is {usage}; --help says more"),
            (None, None) => "--help lists what there is".to_owned(),
        };
        Self::usage(cause, hint)
    }

    /// The failure with another hint, where it is one of reading or writing.
    pub fn hint_on_io(self, hint: &str) -> Self {
        if self.exit == Exit::Io { Self { hint: hint.to_owned(), ..self } } else { self }
    }

    /// Prints cause and hint, one line each.
    pub fn report(&self) -> ExitCode {
        let flat = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        say::note(format!("efm: {}", flat(&self.message)));
        if !self.hint.is_empty() {
            say::note(format!("hint: {}", flat(&self.hint)));
        }
        ExitCode::from(self.exit as u8)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::new(Exit::Usage, error.to_string(), error.hint)
    }
}

impl From<DataError> for Failure {
    fn from(error: DataError) -> Self {
        let exit = match error.class() {
            ErrorClass::Config => Exit::Usage,
            ErrorClass::BadData => Exit::Data,
            ErrorClass::Io => Exit::Io,
            ErrorClass::ResourceLimit => Exit::Resource,
        };
        Self::new(exit, error.to_string(), error.hint())
    }
}

impl From<TrainError> for Failure {
    fn from(error: TrainError) -> Self {
        let hint = error.hint().to_owned();
        let exit = match error {
            TrainError::Config(error) => return error.into(),
            TrainError::TooLarge { .. } => Exit::Resource,
            TrainError::Data(error) => return error.into(),
            TrainError::Model(error) => return error.into(),
            TrainError::Trace(error) => return error.into(),
            TrainError::NoDensity | TrainError::NoOrigins => Exit::Usage,
            TrainError::Io { .. } | TrainError::Locked { .. } => Exit::Io,
            TrainError::Corrupt { .. } | TrainError::Core(_) => Exit::Data,
            _ => Exit::Numerical,
        };
        Self::new(exit, error.to_string(), hint)
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        let exit = match error {
            ModelError::Unreadable { .. } => Exit::Io,
            ModelError::BadWeights { .. } | ModelError::NoImages { .. } => Exit::Data,
            _ => Exit::Usage,
        };
        let hint = match &error {
            ModelError::Unreadable { .. } => "give the path of a file of weights".to_owned(),
            ModelError::BadWeights { .. } => {
                "weights are PyTorch files of tensors (torch.save of a state_dict) or safetensors, of this very network"
                    .to_owned()
            }
            ModelError::NoImages { .. } => {
                "--shape CHANNELS,ROWS,COLUMNS says what rows of a file are; --size makes pictures fit".to_owned()
            }
            ModelError::BadImage { .. } => {
                "a U-Net is for images: data.image = [height, width], or model.image, says how large they are"
                    .to_owned()
            }
            ModelError::BadConfig { key, .. } => format!("set another value with --set model.{key}=…"),
            ModelError::Device(DeviceError::Unknown { feature: Some(feature), .. }) => format!(
                "`efm devices` lists the devices of this build; one made with --features {feature} has this one as well"
            ),
            _ => "`efm devices` lists the devices of this build".to_owned(),
        };
        Self::new(exit, error.to_string(), hint)
    }
}

impl From<DeviceError> for Failure {
    fn from(error: DeviceError) -> Self {
        ModelError::from(error).into()
    }
}

impl From<TraceError> for Failure {
    fn from(error: TraceError) -> Self {
        let exit = match error {
            TraceError::Field(_) => Exit::Numerical,
            _ => Exit::Usage,
        };
        Self::new(exit, error.to_string(), "the [solver] keys set how lines are traced")
    }
}

impl From<EvalError> for Failure {
    fn from(error: EvalError) -> Self {
        let exit = match error {
            EvalError::Io { .. } => Exit::Io,
            EvalError::TooLarge { .. } => Exit::Resource,
            _ => Exit::Data,
        };
        Self::new(exit, error.to_string(), "both sets need points of the same dimension, two or more")
    }
}

impl From<efm_core::CoreError> for Failure {
    fn from(error: efm_core::CoreError) -> Self {
        Self::new(Exit::Data, error.to_string(), "look at the data with any table viewer")
    }
}
