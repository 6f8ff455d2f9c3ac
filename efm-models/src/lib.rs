//! Networks that learn the direction of the field, and [`LearnedField`], which makes one a field like any other.
//!
//! Models carry no backend parameter: burn 0.22 keeps the backend in the [`burn::tensor::Device`], so "generic over backends" means
//! taking a `&Device` and never naming one. Features decide what is compiled in, [`device::parse`] picks at run time.
//!
//! - A [`FieldNet`] is any network that gives values at (x, z); a [`TrainableNet`] is one that can be trained.
//! - [`precondition`] holds the wrappers [`Plain`], [`TwoPlates`] and [`Tube`], which make a `FieldNet` of any [`Backbone`].
//! - [`Mlp`] and [`UNet`] are the backbones here, and [`NetworkConfig`] makes a [`Network`] of either from numbers.
//!
//! ```
//! use efm_core::{Augmented, Seed};
//! use efm_field::Field;
//! use efm_models::{Geometry, Head, LearnedField, MlpConfig, NetworkConfig, device};
//!
//! let device = device::parse("cpu")?;
//! let geometry =
//!     Geometry { dim: 2, gap: 3.0, source_spread: 1.0, target_spread: 2.0, stretched: false, head: Head::Forward };
//! let config = NetworkConfig::Mlp(MlpConfig { width: 16, depth: 2, ..MlpConfig::default() });
//! let network = config.init(geometry, &Seed(1).stream("weights"), &device)?;
//!
//! // From here on the network cannot be told from an exact sum over charges.
//! let field = LearnedField::new(&network, geometry, &device);
//! let mut at = Augmented::new(2);
//! at.push(&[0.5, -1.0], 1.5);
//! let directions = field.evaluate(&at)?.directions;
//! assert!(directions.point(0)[2] > 0.0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]

mod activation;
mod condition;
mod error;
mod field_net;
mod geometry;
mod head;
mod init;
mod initial_weights;
pub mod layers;
mod learned;
mod mlp;
mod network;
pub mod precondition;
mod unet;
mod weights;

pub use efm_backend::{DeviceError, device};

pub use activation::Activation;
pub use condition::{Condition, Conditions, Dropout};
pub use error::ModelError;
pub use field_net::{FieldNet, TrainableNet};
pub use geometry::Geometry;
pub use head::Head;
pub use initial_weights::Taken;
pub use learned::LearnedField;
pub use mlp::{Mlp, MlpConfig};
pub use network::{Network, NetworkConfig};
pub use precondition::{
    Backbone, BackboneShape, EndParts, FluxTube, Outputs, Plain, Preconditioned, Scalar, Seen, Tube, TubeParts,
    TwoPlates,
};
pub use unet::{UNet, UNetConfig};
pub use weights::Weights;
