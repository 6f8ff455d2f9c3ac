//! Networks that learn the direction of the field, and [`LearnedField`], which makes one a field like any other.
//!
//! Models carry no backend parameter: burn 0.22 keeps the backend in the [`burn::tensor::Device`], so "generic over backends" means
//! taking a `&Device` and never naming one. Features decide what is compiled in, [`device::parse`] picks at run time.
#![forbid(unsafe_code)]

mod activation;
mod condition;
mod error;
mod field_net;
mod geometry;
mod head;
mod init;
pub mod layers;
mod learned;
mod mlp;
mod network;
pub mod precondition;
mod start;
mod unet;
mod weights;

pub use efm_backend::{DeviceError, device};

pub use activation::Activation;
pub use condition::{Condition, Dropout};
pub use error::ModelError;
pub use field_net::{FieldNet, TrainableNet};
pub use geometry::Geometry;
pub use head::Head;
pub use learned::LearnedField;
pub use mlp::{Mlp, MlpConfig};
pub use network::{Network, NetworkConfig};
pub use precondition::{
    Backbone, BackboneShape, EndParts, FluxTube, Outputs, Plain, Preconditioned, Scalar, Seen, Tube, TubeParts,
    TwoPlates,
};
pub use start::Taken;
pub use unet::{UNet, UNetConfig};
pub use weights::Weights;
