use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor, activation};
use efm_core::Stream;
use serde::{Deserialize, Serialize};

use crate::init::initialise;
use crate::network::{NEAREST, SMALLEST_SPREAD};
use crate::{FieldNet, Geometry, ModelError};

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

/// What the last layer of a network means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    /// dx/ds with s = ln(z/(L − z)), in units of [`Geometry::typical_speed`]: bounded near both plates, where slopes are
    /// not. Lines move forward whatever the weights.
    Slope,
    /// A vector of R^{D+1} along the field, its axial part kept positive.
    #[default]
    Vector,
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
    /// Nonlinearity between layers.
    pub activation: Activation,
    /// What the last layer means.
    pub head: Head,
}

impl Default for MlpConfig {
    fn default() -> Self {
        Self { width: 128, depth: 3, fourier: 6, activation: Activation::Silu, head: Head::Vector }
    }
}

impl MlpConfig {
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
        if self.fourier > 64 {
            return Err(ModelError::BadConfig { key: "fourier", value: self.fourier, expected: "0 to 64" });
        }
        let inputs = geometry.dim + 1 + HEIGHT_FEATURES + 2 * self.fourier;
        let sizes: Vec<_> = std::iter::once(inputs).chain(std::iter::repeat_n(self.width, self.depth)).collect();
        let hidden = sizes.windows(2).map(|pair| LinearConfig::new(pair[0], pair[1]).init(device)).collect();
        let outputs = match self.head {
            Head::Slope => geometry.dim,
            Head::Vector => geometry.dim + 1,
        };
        let output = LinearConfig::new(self.width, outputs).init(device);
        let mlp = Mlp {
            hidden,
            output,
            activation: Setting(self.activation),
            head: Setting(self.head),
            geometry: Setting(geometry),
            fourier: self.fourier,
        };
        Ok(initialise(mlp, stream, device))
    }
}

/// Height features besides the Fourier ones: z/L and the two logarithmic distances to the plates.
const HEIGHT_FEATURES: usize = 3;

/// Heights closer than this share of the gap to a plate look alike to the logarithmic features.
const PLATE_LAYER: f64 = 0.01;

/// Inputs are squashed beyond this many spreads, so that far points do not leave the network's range.
const RANGE: f64 = 6.0;

/// A multilayer perceptron on (x, z) with Fourier features of the height.
///
/// x is divided by the spread that field lines have at its height: the data's at the plates, wider in between, where
/// lines bulge like a Brownian bridge (variance z(L − z), the mean exit time of §2.5 of the physics notes).
#[derive(Module, Debug)]
pub struct Mlp {
    hidden: Vec<Linear>,
    output: Linear,
    #[module(skip)]
    activation: Setting<Activation>,
    #[module(skip)]
    head: Setting<Head>,
    #[module(skip)]
    geometry: Setting<Geometry>,
    #[module(skip)]
    fourier: usize,
}

/// A plain value inside a module.
#[derive(Debug, Clone, Copy)]
struct Setting<T>(T);

impl Mlp {
    /// `[B, D + 1 + HEIGHT_FEATURES + 2·fourier]` inputs of order one.
    fn features(&self, x: Tensor<2>, z: Tensor<2>) -> Tensor<2> {
        let Geometry { dim, gap, source_spread, target_spread } = self.geometry.0;
        let height = z.div_scalar(gap);
        let rest = height.clone().neg().add_scalar(1.0);
        let variance = rest.clone().mul_scalar(source_spread.powi(2))
            + height.clone().mul_scalar(target_spread.powi(2))
            + (height.clone() * rest.clone()).mul_scalar(gap.powi(2));
        let scaled = x / variance.clamp_min(f64::from(f32::MIN_POSITIVE).sqrt()).sqrt();
        let radius = scaled.clone().powi_scalar(2).mean_dim(1);
        let squash = radius.clone().div_scalar(RANGE * RANGE).add_scalar(1.0).sqrt();
        debug_assert_eq!(scaled.dims()[1], dim);

        let mut columns = vec![scaled / squash, radius.log1p()];
        columns.push(height.clone().mul_scalar(2.0).sub_scalar(1.0));
        for distance in [height.clone(), rest] {
            let logarithm = distance.clamp_min(0.0).add_scalar(PLATE_LAYER).log();
            columns.push(logarithm.div_scalar(-PLATE_LAYER.ln() / 2.0).add_scalar(1.0));
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

/// (x + √(x² + 1)) / 2: positive, smooth, no exponential.
fn squareplus(values: Tensor<2>) -> Tensor<2> {
    ((values.clone() * values.clone()).add_scalar(1.0).sqrt() + values).mul_scalar(0.5)
}

impl FieldNet for Mlp {
    fn forward(&self, x: Tensor<2>, z: Tensor<2>) -> Tensor<2> {
        let geometry = self.geometry.0;
        let mut values = self.features(x, z.clone());
        for layer in &self.hidden {
            values = self.activate(layer.forward(values));
        }
        let values = self.output.forward(values);
        let [count, _] = values.dims();
        let dim = geometry.dim;
        match self.head.0 {
            Head::Slope => {
                // (dx/ds, dz/ds), the tensor form of `Geometry::logit_speed` and `Geometry::typical_speed`.
                let height = z.div_scalar(geometry.gap).clamp(NEAREST, 1.0 - NEAREST);
                let share = height.clone() * height.neg().add_scalar(1.0);
                let spread = geometry.source_spread.max(geometry.target_spread).max(SMALLEST_SPREAD);
                let lateral = values * share.clone().mul_scalar(4.0).sqrt().mul_scalar(spread);
                Tensor::cat(vec![lateral, share.mul_scalar(geometry.gap)], 1)
            }
            Head::Vector => {
                let lateral = values.clone().slice([0..count, 0..dim]);
                let axial = squareplus(values.slice([0..count, dim..dim + 1])).add_scalar(AXIAL_FLOOR);
                Tensor::cat(vec![lateral, axial], 1)
            }
        }
    }
}

/// Smallest axial component: lines between the plates always move forward (physics notes §2.1), however small the step.
const AXIAL_FLOOR: f64 = 1e-4;
