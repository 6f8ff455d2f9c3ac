use burn::module::Module;
use burn::tensor::{Device, Tensor};
use efm_core::Stream;
use serde::{Deserialize, Serialize};

use crate::{Mlp, MlpConfig, ModelError};

/// A network m(x, z) whose direction is that of the field.
///
/// Its length is free; its last component is positive, so that every line moves towards the target plate.
pub trait FieldNet {
    /// Values at B points: `x` is `[B, D]`, `z` is `[B, 1]`, the result `[B, D + 1]` with z last.
    fn forward(&self, x: Tensor<2>, z: Tensor<2>) -> Tensor<2>;
}

/// What a network has to know of the capacitor to see coordinates of order one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Geometry {
    /// Number of coordinates of the data, D.
    pub dim: usize,
    /// Distance between the plates, L.
    pub gap: f64,
    /// Root mean square distance of a source coordinate from zero.
    pub source_spread: f64,
    /// Root mean square distance of a target coordinate from zero.
    pub target_spread: f64,
}

/// Which network, and how large.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum NetworkConfig {
    /// A multilayer perceptron, for tables.
    Mlp(MlpConfig),
}

impl NetworkConfig {
    /// Builds the network on `device` with weights drawn from `stream`.
    ///
    /// # Errors
    /// [`ModelError::BadConfig`] for sizes that make no network.
    pub fn init(&self, geometry: Geometry, stream: &Stream, device: &Device) -> Result<Network, ModelError> {
        match self {
            Self::Mlp(config) => Ok(Network::Mlp(config.init(geometry, stream, device)?)),
        }
    }
}

/// A network of any of the kinds.
#[derive(Module, Debug)]
pub enum Network {
    /// See [`Mlp`].
    Mlp(Mlp),
}

impl FieldNet for Network {
    fn forward(&self, x: Tensor<2>, z: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Mlp(mlp) => mlp.forward(x, z),
        }
    }
}
