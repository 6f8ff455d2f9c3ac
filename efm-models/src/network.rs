use burn::module::Module;
use burn::tensor::{Device, Tensor};
use efm_core::Stream;
use serde::{Deserialize, Serialize};

use crate::initial_weights::taking;
use crate::unet::published;
use crate::{
    Condition, Conditions, FieldNet, Geometry, Mlp, MlpConfig, ModelError, Preconditioned, Taken, TrainableNet, UNet,
    UNetConfig, Weights,
};

/// Which network, and how large.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum NetworkConfig {
    /// A multilayer perceptron, for tables.
    Mlp(MlpConfig),
    /// A U-Net, for images.
    UNet(UNetConfig),
}

impl NetworkConfig {
    /// The configuration with what is left open chosen for data in R^`dim`.
    #[must_use]
    pub fn resolved(self, dim: usize) -> Self {
        match self {
            Self::Mlp(config) => Self::Mlp(config.resolved(dim)),
            Self::UNet(_) => self,
        }
    }

    /// The configuration for points that are images of that many rows and columns, channel after channel, D = `dim`.
    #[must_use]
    pub fn for_images(self, dim: usize, image: [usize; 2]) -> Self {
        match self {
            Self::UNet(config) => Self::UNet(config.for_images(dim, image)),
            other => other,
        }
    }

    /// The configuration for targets of so many classes, which the network can be asked for.
    #[must_use]
    pub fn with_classes(self, classes: usize) -> Self {
        match self {
            Self::Mlp(config) => Self::Mlp(MlpConfig { classes, ..config }),
            Self::UNet(config) => Self::UNet(UNetConfig { classes, ..config }),
        }
    }

    /// Classes that the network can be asked for.
    pub fn classes(&self) -> usize {
        match self {
            Self::Mlp(config) => config.classes,
            Self::UNet(config) => config.classes,
        }
    }

    /// Builds the network on `device` with weights drawn from `stream`.
    ///
    /// # Errors
    /// [`ModelError::BadConfig`] for sizes that make no network.
    pub fn init(&self, geometry: Geometry, stream: &Stream, device: &Device) -> Result<Network, ModelError> {
        match self {
            Self::Mlp(config) => Ok(Network::Mlp(config.init(geometry, stream, device)?)),
            Self::UNet(config) => Ok(Network::UNet(config.init(geometry, stream, device)?)),
        }
    }
}

/// A network of any of the kinds.
#[derive(Module, Debug)]
#[expect(clippy::large_enum_variant, reason = "a run has a handful of networks, and modules cannot be boxed")]
pub enum Network {
    /// See [`Mlp`].
    Mlp(Preconditioned<Mlp>),
    /// See [`UNet`].
    UNet(Preconditioned<UNet>),
}

impl FieldNet for Network {
    fn conditional(&self, x: Tensor<2>, z: Tensor<2>, condition: Option<&Condition>) -> Tensor<2> {
        self.as_field_net().conditional(x, z, condition)
    }

    fn dim(&self) -> Option<usize> {
        self.as_field_net().dim()
    }

    fn conditions(&self) -> Option<Conditions> {
        self.as_field_net().conditions()
    }

    fn ends(&self, x: &Tensor<2>, z: Tensor<2>, condition: Option<&Condition>) -> Option<[Tensor<2>; 2]> {
        self.as_field_net().ends(x, z, condition)
    }

    fn middle(&self, condition: &Condition) -> Result<Option<Vec<f32>>, ModelError> {
        self.as_field_net().middle(condition)
    }

    fn rows_per_core(&self) -> usize {
        self.as_field_net().rows_per_core()
    }

    fn rows_at_once(&self) -> usize {
        self.as_field_net().rows_at_once()
    }
}

impl Network {
    /// Where the tensors of a U-Net are in a file of the published layout.
    fn published(&self, weights: &Weights) -> Option<published::Found> {
        match self {
            Self::UNet(unet) if published::is_published(weights) => Some(published::origins(unet.backbone(), weights)),
            _ => None,
        }
    }

    fn as_field_net(&self) -> &dyn FieldNet {
        match self {
            Self::Mlp(mlp) => mlp,
            Self::UNet(unet) => unet,
        }
    }
}

impl TrainableNet for Network {
    fn centred(self, middles: &[f32], device: &Device) -> Result<Self, ModelError> {
        Ok(match self {
            Self::Mlp(mlp) => Self::Mlp(mlp.centred(middles, device)?),
            Self::UNet(unet) => Self::UNet(unet.centred(middles, device)?),
        })
    }

    /// Besides files of our own networks, U-Nets take PyTorch checkpoints of the published layout (`DDPM` of score_sde and of the EFM
    /// code: `all_modules.0.weight`, …), and of these the moving average if there is one.
    fn starting_from(self, weights: &Weights, device: &Device) -> Result<(Self, Taken), ModelError> {
        let Some(found) = self.published(weights) else {
            return taking(self, weights, None, device);
        };
        let (network, taken) = taking(self, weights, Some(found.origins), device)?;
        Ok((network, Taken { averaged: found.averaged, ..taken }))
    }

    fn keeping_angles(self) -> Self {
        match self {
            Self::Mlp(mlp) => Self::Mlp(mlp.keeping_angles()),
            Self::UNet(unet) => Self::UNet(unet.keeping_angles()),
        }
    }
}
