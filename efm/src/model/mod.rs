//! A trained model on disk: a folder of its own, or one safetensors file.

mod export;
mod file;
mod init_weights;
mod open;

pub use file::{TrainedModel, class_names, followed};
pub use init_weights::weights_at;
