//! Training of a learned field: run configuration, objectives, loop, moving average, checkpoints.
//!
//! The library never reads the clock and never prints: a [`Watch`] sees every step and may stop the run.
#![forbid(unsafe_code)]

mod builder;
mod checkpoint;
pub mod checkup;
mod classifier_file;
mod classify;
mod clip;
pub mod config;
mod ema;
mod error;
mod files;
mod fingerprint;
mod flow_matching;
mod gap;
mod gradient;
mod likelihood;
mod middles;
mod misfit;
mod model_export;
mod model_file;
mod objective;
mod plate_data;
mod pool;
mod run_dir;
mod scalers;
mod schedule;
mod setup;
mod start;
mod trainer;

pub use builder::TrainerBuilder;
pub use checkpoint::{Checkpoints, State, Tensors};
pub use classifier_file::{classifier_key, load_classifier, open_classifier, save_classifier};
pub use classify::{Judgement, judge, train_classifier};
pub use ema::MovingAverage;
pub use error::TrainError;
pub use files::{Disk, Files, read_within, write_atomically};
pub use gap::{GapRule, automatic_gap};
pub use likelihood::{Likelihood, LnDensities, SMEARS};
pub use middles::centred_classes;
pub use misfit::Misfit;
pub use model_file::{TrainedModel, class_names, followed};
pub use objective::Target;
pub use plate_data::PlateData;
pub use pool::{Batch, Pool, PoolSource};
pub use run_dir::RunDir;
pub use scalers::Scalers;
pub use schedule::learning_rate;
pub use setup::Setup;
pub use start::weights_at;
pub use trainer::{Ended, Report, Trainer, Watch};
