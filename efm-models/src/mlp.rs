use burn::module::Module;
use burn::nn::{Embedding, EmbeddingConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor, activation};
use efm_core::Stream;
use serde::{Deserialize, Serialize};

use crate::condition::class_rows;
use crate::gate::Gate;
use crate::head::Reference;
use crate::height::{self, PLATE_LAYER, axial, direction, squareplus};
use crate::init::{Setting, initialise};
use crate::tube::TubeParts;
use crate::{Condition, FieldNet, FluxTube, Geometry, Head, ModelError, TrainableNet};

/// Nonlinearity between layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// x · sigmoid(x): smooth.
    #[default]
    Silu,
    /// max(x, 0): fastest on a CPU.
    Relu,
    /// Gaussian error linear unit.
    Gelu,
    /// (x + √(x² + 1)) / 2, a smooth ReLU without an exponential (Barron 2021, "Squareplus", arXiv 2112.11687).
    Squareplus,
    /// Hyperbolic tangent.
    Tanh,
}

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

    /// Builds the network with weights drawn from `stream`; before training its field points straight at the target.
    ///
    /// # Errors
    /// [`ModelError::BadConfig`] when a size is zero or absurd.
    pub fn init(&self, geometry: Geometry, stream: &Stream, device: &Device) -> Result<Mlp, ModelError> {
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
        let resolved = self.resolved(geometry.dim);
        let head = geometry.head;
        if head == Head::Ends {
            return Err(ModelError::NoEnds);
        }
        // Slopes of plates have their linear part already.
        let gated = resolved.gated.unwrap_or_default() && head != Head::Plates;
        let octaves = resolved.octaves.unwrap_or_default();
        let gates = if gated { Gate::inputs(geometry.dim) } else { 0 };
        let behind = if head == Head::Free { BEHIND_FEATURES } else { 0 };
        let inputs = geometry.dim * (1 + 2 * octaves) + 1 + HEIGHT_FEATURES + behind + 2 * self.fourier;
        let sizes: Vec<_> = std::iter::once(inputs).chain(std::iter::repeat_n(self.width, self.depth)).collect();
        let hidden = sizes.windows(2).map(|pair| LinearConfig::new(pair[0], pair[1]).init(device)).collect();
        let output = LinearConfig::new(self.width, head.outputs(geometry.dim) + gates).init(device);
        let mlp = Mlp {
            hidden,
            output,
            activation: Setting(self.activation),
            geometry: Setting(geometry),
            tube: None,
            fourier: self.fourier,
            octaves,
            gate: gated.then(|| Gate::new(geometry.dim, device)),
            // One class more, for "none".
            classes: (self.classes > 0).then(|| EmbeddingConfig::new(self.classes + 1, self.width).init(device)),
        };
        let mlp = initialise(mlp, stream, device);
        let tube = (head == Head::Slope).then(|| FluxTube::new(&geometry, self.classes, device));
        Ok(Mlp { gate: mlp.gate.map(|gate| gate.reset(geometry.dim, device)), tube, ..mlp })
    }
}

/// Height features besides the Fourier ones: z/L and the two logarithmic distances to the plates.
const HEIGHT_FEATURES: usize = 3;

/// Which plate a point is behind, if any: the field jumps there.
const BEHIND_FEATURES: usize = 2;

/// A multilayer perceptron on (x, z) with Fourier features of both.
///
/// x is divided by the spread that field lines have at its height, see [`Geometry::variance`]. The last layer gives D
/// lateral components, the axial one, and in many dimensions the gates of a linear map of x.
#[derive(Module, Debug)]
pub struct Mlp {
    hidden: Vec<Linear>,
    output: Linear,
    #[module(skip)]
    activation: Setting<Activation>,
    #[module(skip)]
    geometry: Setting<Geometry>,
    /// What [`Head::Slope`] corrects.
    tube: Option<FluxTube>,
    #[module(skip)]
    fourier: usize,
    #[module(skip)]
    octaves: usize,
    gate: Option<Gate>,
    classes: Option<Embedding>,
}

impl Mlp {
    /// `[B, D·(1 + 2·octaves) + 1 + HEIGHT_FEATURES + 2·fourier]` inputs of order one.
    fn features(&self, x: Tensor<2>, z: Tensor<2>, known: Option<&TubeParts>) -> Tensor<2> {
        let everywhere = self.geometry.0.head.is_everywhere();
        let (place, radius) = match known {
            Some(known) => height::placed(x, known.variance.clone()),
            None => height::place(&self.geometry.0, x, z.clone()),
        };
        let signed = z.div_scalar(self.geometry.0.gap);
        let height = if everywhere { signed.clone().clamp(0.0, 1.0) } else { signed.clone() };
        let rest = height.clone().neg().add_scalar(1.0);
        let mut columns = vec![place.clone(), radius.log1p()];
        for octave in 0..self.octaves {
            let angle = place.clone().mul_scalar(f64::from(1_u32 << octave));
            columns.push(angle.clone().sin());
            columns.push(angle.cos());
        }

        columns.push(match known {
            Some(known) => known.told(),
            None => height.clone().mul_scalar(2.0).sub_scalar(1.0),
        });
        let distances = match everywhere {
            true => [signed.clone().abs(), signed.clone().sub_scalar(1.0).abs()],
            false => [height.clone(), rest].map(|distance| distance.clamp_min(0.0)),
        };
        for distance in distances {
            let logarithm = distance.add_scalar(PLATE_LAYER).log();
            columns.push(logarithm.div_scalar(-PLATE_LAYER.ln() / 2.0).add_scalar(1.0));
        }
        if self.geometry.0.head == Head::Free {
            columns.push(signed.clone().lower_scalar(0.0).float());
            columns.push(signed.greater_scalar(1.0).float());
        }
        for turn in 1..=self.fourier {
            let angle = height.clone().mul_scalar(std::f64::consts::PI * turn as f64);
            columns.push(angle.clone().sin());
            columns.push(angle.cos());
        }
        Tensor::cat(columns, 1)
    }

    fn activate(&self, values: Tensor<2>) -> Tensor<2> {
        match self.activation.0 {
            Activation::Silu => activation::silu(values),
            Activation::Relu => activation::relu(values),
            Activation::Gelu => activation::gelu(values),
            Activation::Squareplus => squareplus(values),
            Activation::Tanh => values.tanh(),
        }
    }
}

impl Mlp {
    /// The values of the last layer, W of the head and then those of the gates.
    fn values(
        &self,
        x: Tensor<2>,
        z: Tensor<2>,
        known: Option<&TubeParts>,
        condition: Option<&Condition>,
    ) -> Tensor<2> {
        let mut values = self.features(x, z, known);
        let ([count, _], device) = (values.dims(), values.device());
        for (index, layer) in self.hidden.iter().enumerate() {
            values = layer.forward(values);
            if let (0, Some(classes)) = (index, &self.classes) {
                values = values + class_rows(classes, count, condition, &device);
            }
            values = self.activate(values);
        }
        self.output.forward(values)
    }

    /// Values of [`Head::Plates`]: corrections to those of two plates in closed form.
    fn plates(&self, x: Tensor<2>, z: Tensor<2>, condition: Option<&Condition>) -> Tensor<2> {
        let dim = self.geometry.0.dim;
        let Reference { ln_ratio, trust, slopes, scale } = Reference::at(&self.geometry.0, &x, &z);
        let values = self.values(x, z, None, condition);
        let part = |range: std::ops::Range<usize>| values.clone().slice([0..values.dims()[0], range]);
        Tensor::cat(vec![ln_ratio + part(0..1) * trust, slopes + part(1..dim + 1) * scale], 1)
    }
}

impl FieldNet for Mlp {
    fn conditional(&self, x: Tensor<2>, z: Tensor<2>, condition: Option<&Condition>) -> Tensor<2> {
        let Geometry { dim, head, .. } = self.geometry.0;
        if head == Head::Plates {
            return self.plates(x, z, condition);
        }
        let known = self.tube.as_ref().map(|tube| tube.parts(&x, &z));
        let values = self.values(x.clone(), z, known.as_ref(), condition);
        let [count, width] = values.dims();
        let mut lateral = values.clone().slice([0..count, 0..dim]);
        if let Some(gate) = &self.gate {
            lateral = lateral
                + gate.forward(direction(x.clone()), values.clone().slice([0..count, head.outputs(dim)..width]));
        }
        if head == Head::Velocity {
            return lateral;
        }
        if let Some(known) = known {
            return x * known.linear + lateral * known.rest;
        }
        let mut last = values.slice([0..count, dim..dim + 1]);
        if head == Head::Forward {
            last = axial(last);
        }
        Tensor::cat(vec![lateral, last], 1)
    }
    fn dim(&self) -> Option<usize> {
        Some(self.geometry.0.dim)
    }

    fn middle(&self, condition: &Condition) -> Result<Option<Vec<f32>>, ModelError> {
        self.tube.as_ref().map_or(Ok(None), |tube| tube.middle(condition))
    }
}

impl TrainableNet for Mlp {
    fn centred(self, middles: &[f32], device: &Device) -> Result<Self, ModelError> {
        Ok(Self { tube: self.tube.map(|tube| tube.centred(middles, device)).transpose()?, ..self })
    }
}
