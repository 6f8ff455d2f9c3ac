//! Training of a learned field: objectives, loop, moving average, checkpoints.
//!
//! A [`Setup`] holds the data of both plates, the law of their field and all lengths; a [`config::TrainConfig`] says how long
//! and how fast; a [`Trainer`] trains any [`efm_models::TrainableNet`] on them. What is learned is an [`Objective`], where it
//! is learned an [`efm_field::PointSampler`]: those that the configuration names, or others that the builder is given.
//!
//! ```
//! use std::ops::ControlFlow;
//!
//! use burn::module::Module;
//! use burn::nn::{Linear, LinearConfig};
//! use burn::tensor::Tensor;
//! use efm_core::{Points, Seed};
//! use efm_field::Law;
//! use efm_models::{Condition, FieldNet, Geometry, Head, TrainableNet, device};
//! use efm_train::config::{Charges, TrainConfig};
//! use efm_train::objectives::Slope;
//! use efm_train::{Checkpoints, PlateData, Setup, Trainer};
//!
//! /// A network of one's own: slopes E_x/E_z of lines in the plane.
//! #[derive(Module, Debug)]
//! struct Mine {
//!     first: Linear,
//!     last: Linear,
//! }
//! impl FieldNet for Mine {
//!     fn conditional(&self, x: Tensor<2>, z: Tensor<2>, _: Option<&Condition>) -> Tensor<2> {
//!         self.last.forward(self.first.forward(Tensor::cat(vec![x, z], 1)).tanh())
//!     }
//! }
//! impl TrainableNet for Mine {}
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let device = device::parse("cpu")?;
//! let mine = Mine { first: LinearConfig::new(3, 16).init(&device), last: LinearConfig::new(16, 2).init(&device) };
//! let geometry =
//!     Geometry { dim: 2, gap: 4.0, source_spread: 0.7, target_spread: 0.7, stretched: false, head: Head::Slope };
//! let plate = |rows: [f32; 4]| Points::from_values(2, rows.to_vec()).map(PlateData::Finite);
//! let (source, target) = (plate([1.0, 0.0, -1.0, 0.0])?, plate([0.0, 1.0, 0.0, -1.0])?);
//! let setup = Setup::new(source, target, Law::Mirror, geometry)?;
//!
//! let train = TrainConfig { steps: 50, batch: 64, pool: 256, charges: Charges::All, ..TrainConfig::default() };
//! let mut trainer = Trainer::builder(&train, setup).objective(Slope).build(mine, Seed(1), &device)?;
//! let folder = tempfile::tempdir()?;
//! let mut losses = Vec::new();
//! trainer.run(&Checkpoints::new(folder.path().to_path_buf()), &mut |report| {
//!     losses.push(report.loss);
//!     ControlFlow::Continue(())
//! })?;
//! assert_eq!(losses.len(), 50);
//! // `trainer.network()` is the average of its weights, which `efm_models::LearnedField` makes a field.
//! # Ok(())
//! # }
//! ```
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
