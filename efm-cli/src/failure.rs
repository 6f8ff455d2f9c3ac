//! Errors as the user sees them: an exit code, one line of cause, one hint.

use std::process::ExitCode;

use efm::config::{ConfigError, Place};
use efm::core::CoreError;
use efm::data::DataError;
use efm::eval::EvalError;
use efm::learning::TrainError;
use efm::models::{DeviceError, ModelError};
use efm::{Error, Kind};

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

    /// The failure with more to its hint, where it is of this sort.
    pub fn hint_too(self, exit: Exit, more: &str) -> Self {
        if self.exit == exit { Self { hint: format!("{}; {more}", self.hint), ..self } } else { self }
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

impl From<Kind> for Exit {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Config => Self::Usage,
            Kind::Data => Self::Data,
            Kind::Io => Self::Io,
            Kind::Resource => Self::Resource,
            Kind::Interrupted => Self::Interrupted,
            Kind::Terminated => Self::Terminated,
            _ => Self::Numerical,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let message = match &error {
            Error::Argument { argument, .. } => {
                // Names of arguments are those of options, with strokes.
                error.to_string().replacen(argument, &option(argument), 1)
            }
            Error::Config(ConfigError { place: Place::Setting(_), .. }) => format!("--set {error}"),
            _ => error.to_string(),
        };
        let hint = hint(&error).unwrap_or_else(|| error.hint());
        Self::new(error.kind().into(), message, hint)
    }
}

/// The option of an argument of the library.
fn option(argument: &str) -> String {
    format!("--{}", argument.replace('_', "-"))
}

/// Where the remedy is an option of the command line: that option.
fn hint(error: &Error) -> Option<String> {
    Some(match error {
        Error::Argument { argument, .. } => return for_option(argument).map(str::to_owned),
        Error::Config(ConfigError { key: Some(key), .. }) if key == "solver.start_height" => {
            format!("set another value with --set {key}=…; --method flow-matching sets 0")
        }
        Error::Config(ConfigError { key: Some(key), .. }) => format!("set another value with --set {key}=…"),
        Error::Config(ConfigError { place: Place::Setting(setting), .. }) if !setting.contains('=') => {
            "write --set key=value, for example --set plates.gap=4".to_owned()
        }
        Error::Used { .. } => "--resume goes on with it, --force replaces it, --out chooses another folder".to_owned(),
        Error::Stopped { run: Some(run), .. } => format!("go on with --resume --out {}", run.display()),
        Error::Stopped { run: None, .. } => "run the command again".to_owned(),
        Error::NoCheckpoint { .. } => {
            "go on with the settings it was begun with, or train again with --force in place of --resume".to_owned()
        }
        Error::NoStore => "set EFM_DATA to a folder: neither it nor HOME is set".to_owned(),
        Error::Locked { .. } => "wait for it to end, or choose another folder with --out".to_owned(),
        Error::Model(ModelError::BadConfig { key, .. }) => format!("set another value with --set model.{key}=…"),
        Error::Model(ModelError::NoImages { .. }) => {
            "--shape CHANNELS,ROWS,COLUMNS says what rows of a file are; --size makes pictures fit".to_owned()
        }
        Error::Model(ModelError::Device(DeviceError::Unknown { feature: Some(feature), .. })) => format!(
            "`efm devices` lists the devices of this build; one made with --features {feature} has this one as well"
        ),
        Error::Model(ModelError::Device(_)) => "`efm devices` lists the devices of this build".to_owned(),
        Error::Train(TrainError::NonFiniteLoss { .. }) => "lower train.learning_rate, or set train.clip".to_owned(),
        Error::Train(TrainError::Device(_)) => "try --device cpu, or a smaller train.batch".to_owned(),
        _ => return None,
    })
}

/// How an option is written that was given what makes no sense.
fn for_option(argument: &str) -> Option<&'static str> {
    Some(match argument {
        "seeds" => "write --seeds 1..5 or --seeds 1,4,9",
        "accuracy" => "write e.g. --accuracy 1e-3",
        "evaluations" => "write e.g. --evaluations 5,10,20,40",
        "height" => "write --height 0.1,0.5,0.9",
        "size" => "write --size 80; at most 1024",
        "show" => "show --show direction,lines, or take another law: --set plates.law=mirror",
        "image" => "--image SIZE brings both to one size and to colour",
        "steps" => "leave --steps out, or train with --method mirror",
        "guidance" => "train with --set train.conditional=true on a target whose points have classes",
        _ => return None,
    })
}

/// Errors of the parts are those of the library.
macro_rules! through_the_library {
    ($($error:ty),* $(,)?) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Error::from(error).into()
            }
        })*
    };
}

through_the_library!(
    ConfigError,
    CoreError,
    DataError,
    EvalError,
    efm::field::FieldError,
    efm::integrate::TraceError,
    DeviceError,
    ModelError,
    TrainError,
);
