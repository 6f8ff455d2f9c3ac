use burn::nn::{EmbeddingConfig, LinearConfig};
use burn::tensor::Device;
use efm_core::Stream;
use serde::{Deserialize, Serialize};

use super::Mlp;
use super::gate::Gate;
#[cfg(doc)]
use crate::Head;
use crate::layers::{Setting, initialise};
use crate::{Activation, BackboneShape, Geometry, ModelError, Preconditioned};

/// Size of an [`Mlp`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MlpConfig {
    /// Neurons per hidden layer.
    pub width: usize,
    /// Hidden layers.
    pub depth: usize,
    /// Fourier features of the height: frequencies 1, 2, … in units of a half turn per gap.
    pub fourier: usize,
    /// Fourier features of x: sin and cos of 1, 2, 4, … times each scaled coordinate, this many octaves. They resolve
    /// the details of the target, which lines see only within a fraction of the gap. Chosen by D if absent: in few
    /// dimensions the points between the plates are dense enough to tell details from noise, in many they are not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub octaves: Option<usize>,
    /// Whether the network also controls a learned linear map of x. The field of a cloud points away from it or towards it,
    /// and in many dimensions a network does not copy x through its layers well enough. If absent: above three
    /// dimensions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gated: Option<bool>,
    /// Nonlinearity between layers.
    pub activation: Activation,
    /// Classes that the network can be asked for; 0 for none.
    #[serde(skip_serializing_if = "is_zero")]
    pub classes: usize,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // what serde passes
fn is_zero(value: &usize) -> bool {
    *value == 0
}

impl Default for MlpConfig {
    fn default() -> Self {
        Self { width: 128, depth: 3, fourier: 6, octaves: None, gated: None, activation: Activation::Silu, classes: 0 }
    }
}

impl MlpConfig {
    /// The configuration with what is left open chosen for data in R^`dim`.
    #[must_use]
    pub fn resolved(self, dim: usize) -> Self {
        let automatic = match dim {
            0..=3 => 5,
            4..=8 => 3,
            9..=16 => 1,
            _ => 0,
        };
        let gated = Some(self.gated.unwrap_or(dim > 3));
        Self { octaves: Some(self.octaves.unwrap_or(automatic)), gated, ..self }
    }

    /// Builds the network with weights drawn from `stream`, in the wrapper for the head of `geometry`; before training its field
    /// points straight at the target.
    ///
    /// # Errors
    /// [`ModelError::BadConfig`] when a size is zero or absurd, [`ModelError::NoEnds`] for [`Head::Ends`].
    pub fn init(
        &self,
        geometry: Geometry,
        stream: &Stream,
        device: &Device,
    ) -> Result<Preconditioned<Mlp>, ModelError> {
        let mlp = self.backbone(BackboneShape::of(&geometry), stream, device)?;
        Preconditioned::new(mlp, geometry, self.classes, device)
    }

    /// The network alone, with one image at the most.
    ///
    /// # Errors
    /// As [`MlpConfig::init`].
    pub fn backbone(&self, shape: BackboneShape, stream: &Stream, device: &Device) -> Result<Mlp, ModelError> {
        let within = |key, value: usize, most: usize, expected| {
            if value == 0 || value > most { Err(ModelError::BadConfig { key, value, expected }) } else { Ok(()) }
        };
        within("width", self.width, 65_536, "1 to 65536")?;
        within("depth", self.depth, 256, "1 to 256")?;
        for (key, value, most, expected) in [
            ("fourier", self.fourier, 64, "0 to 64"),
            ("octaves", self.octaves.unwrap_or_default(), 16, "0 to 16"),
            ("classes", self.classes, 1_000_000, "0 to 1000000"),
        ] {
            if value > most {
                return Err(ModelError::BadConfig { key, value, expected });
            }
        }
        if shape.images > 1 {
            return Err(ModelError::NoEnds);
        }
        let resolved = self.resolved(shape.dim);
        let gated = resolved.gated.unwrap_or_default() && shape.linear;
        let octaves = resolved.octaves.unwrap_or_default();
        let gates = if gated { Gate::inputs(shape.dim) } else { 0 };
        let inputs = shape.dim * (1 + 2 * octaves) + 1 + shape.height_features + 2 * self.fourier;
        let sizes: Vec<_> = std::iter::once(inputs).chain(std::iter::repeat_n(self.width, self.depth)).collect();
        let hidden = sizes.windows(2).map(|pair| LinearConfig::new(pair[0], pair[1]).init(device)).collect();
        let output = LinearConfig::new(self.width, shape.outputs() + gates).init(device);
        let mlp = Mlp {
            hidden,
            output,
            activation: Setting(self.activation),
            shape: Setting(shape),
            fourier: self.fourier,
            octaves,
            gate: gated.then(|| Gate::new(shape.dim, device)),
            // One class more, for "none".
            classes: (self.classes > 0).then(|| EmbeddingConfig::new(self.classes + 1, self.width).init(device)),
        };
        let mlp = initialise(mlp, stream, device);
        Ok(Mlp { gate: mlp.gate.map(|gate| gate.reset(shape.dim, device)), ..mlp })
    }
}
