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

impl Geometry {
    /// z (L − z) / L: what turns the slope E_x/E_z into dx/ds with s = ln(z/(L − z)). Bounded away from zero at heights
    /// nearer to a plate than [`NEAREST`] allows.
    pub fn logit_speed(&self, z: f64) -> f64 {
        let height = (z / self.gap).clamp(NEAREST, 1.0 - NEAREST);
        self.gap * height * (1.0 - height)
    }

    /// Typical size of dx/ds at height z in scaled units. It vanishes towards the plates, but as a square root only: in
    /// the voids of a plate lines still have a way to go.
    pub fn typical_speed(&self, z: f64) -> f64 {
        let spread = self.source_spread.max(self.target_spread).max(SMALLEST_SPREAD);
        spread * (4.0 * self.logit_speed(z) / self.gap).sqrt()
    }
}

/// Nearer to a plate than this share of the gap, heights count as this far from it.
pub(crate) const NEAREST: f64 = 1e-4;

/// Spreads below this are those of clouds without any width.
pub(crate) const SMALLEST_SPREAD: f64 = 1e-6;

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
