//! Training of a learned field: objectives, loop, moving average, checkpoints.
//!
//! The library never reads the clock and never prints: a [`Watch`] sees every step and may stop the run.
#![forbid(unsafe_code)]

mod builder;
mod check;
mod checkpoint;
mod clip;
pub mod config;
mod ema;
mod error;
mod files;
mod fingerprint;
mod gradient;
mod misfit;
pub mod objectives;
mod plate_data;
mod pool;
mod schedule;
mod setup;
mod trainer;

pub use builder::TrainerBuilder;
pub use checkpoint::{Checkpoints, State, Tensors};
pub use ema::MovingAverage;
pub use error::TrainError;
pub use files::{Disk, Files, read, read_within, regular, write_atomically};
pub use gradient::{ROWS_PER_SHARD, summed_gradient};
pub use misfit::Misfit;
pub use objectives::Objective;
pub use plate_data::PlateData;
pub use pool::{Batch, BatchTensors, Pool, PoolSource};
pub use schedule::learning_rate;
pub use setup::Setup;
pub use trainer::{Ended, Report, Trainer, Watch};
