//! What a run is: one TOML file per experiment, every key with a default, every unknown key an error.

mod build;
mod check;
mod error;
mod load;
mod method;
mod renamed;
mod schema;
mod write;

pub use efm_integrate::maps::MapKind;
pub use efm_train::config::{Charges, Objective, Schedule, TrainConfig};
pub use error::{ConfigError, Place};
pub use load::{ConfigSource, load};
pub use method::Method;
pub use schema::{DataConfig, EvalConfig, Gap, PlatesConfig, RunConfig, SolverConfig};
