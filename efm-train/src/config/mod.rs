//! What a run is: one TOML file per experiment, every key with a default, every unknown key an error.

mod load;
mod method;
mod schema;

pub use load::{ConfigError, ConfigSource, load};
pub use method::Method;
pub use schema::{
    Charges, DataConfig, EvalConfig, Gap, Objective, PlatesConfig, Rule, RunConfig, Schedule, SolverConfig, TrainConfig,
};
