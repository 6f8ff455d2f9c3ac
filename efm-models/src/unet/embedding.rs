use burn::module::Module;
use burn::nn::{EmbeddingConfig, Linear, LinearConfig};
use burn::tensor::{Device, Tensor, TensorData, activation};

use super::UNetConfig;
use crate::condition::class_rows;
use crate::precondition::PLATE_LAYER;
use crate::{Conditions, Seen};

/// Frequencies of the height features in half turns over the whole gap, from the first to the last.
const FREQUENCIES: [f64; 2] = [0.5, 32.0];

/// What the blocks are told: height, distance from the axis, condition; `[B, 4 · channels]`.
#[derive(Module, Debug)]
pub(super) struct Embedding {
    first: Linear,
    second: Linear,
    radius: Linear,
    classes: Option<burn::nn::Embedding>,
    numbers: Option<Linear>,
    #[module(skip)]
    features: usize,
}

impl Embedding {
    pub fn new(config: &UNetConfig, device: &Device) -> Self {
        let width = 4 * config.channels;
        // One class more, for "none".
        let classes = (config.classes > 0).then(|| EmbeddingConfig::new(config.classes + 1, width).init(device));
        let numbers = (config.conditions > 0).then(|| LinearConfig::new(config.conditions, width).init(device));
        Self {
            first: LinearConfig::new(config.channels, width).init(device),
            second: LinearConfig::new(width, width).init(device),
            radius: LinearConfig::new(1, width).init(device),
            classes,
            numbers,
            features: config.channels,
        }
    }

    /// How much can be told.
    pub fn conditions(&self) -> Conditions {
        // The last row of the table stands for "none".
        let classes = self.classes.as_ref().map_or(0, |table| table.weight.lazy_shape().dims::<2>()[0] - 1);
        let numbers = self.numbers.as_ref().map_or(0, |linear| linear.weight.lazy_shape().dims::<2>()[0]);
        Conditions { classes, numbers }
    }

    /// Of the height, the level, the radius and the condition of points.
    pub fn forward(&self, seen: &Seen<'_>) -> Tensor<2> {
        let &Seen { ref height, ref level, ref radius, condition, .. } = seen;
        let [count, _] = height.dims();
        let device = height.device();
        let hidden = activation::silu(self.first.forward(self.height_features(height.clone(), level.clone())));
        let mut told = self.second.forward(hidden) + self.radius.forward(radius.clone().log1p());
        if let Some(embedding) = &self.classes {
            told = told + class_rows(embedding, count, condition, &device);
        }
        if let (Some(linear), Some(numbers)) = (&self.numbers, condition.and_then(|given| given.numbers.clone())) {
            told = told + linear.forward(numbers);
        }
        activation::silu(told)
    }

    /// Sines and cosines of the logit of the height, which resolves both plates, and of the level or, without one, of the height itself;
    /// `[B, features]`.
    fn height_features(&self, height: Tensor<2>, level: Option<Tensor<2>>) -> Tensor<2> {
        let [count, _] = height.dims();
        let device = height.device();
        let rest = height.clone().neg().add_scalar(1.0);
        let logarithm = |share: Tensor<2>| share.clamp(0.0, 1.0).add_scalar(PLATE_LAYER).log();
        let logit = logarithm(height.clone()) - logarithm(rest);
        // Both from −1 to 1.
        let places =
            [logit.div_scalar(-PLATE_LAYER.ln()), level.unwrap_or_else(|| height.mul_scalar(2.0).sub_scalar(1.0))];
        let each = self.features.div_ceil(4);
        let ratio = FREQUENCIES[1] / FREQUENCIES[0];
        let frequency = |index: usize| FREQUENCIES[0] * ratio.powf(index as f64 / (each - 1).max(1) as f64);
        let angles: Vec<_> = (0..each).map(|index| (frequency(index) * std::f64::consts::PI / 2.0) as f32).collect();
        let angles = Tensor::<2>::from_data(TensorData::new(angles, [1, each]), &device);
        let mut columns = Vec::with_capacity(4);
        for place in places {
            let angle = place * angles.clone();
            columns.push(angle.clone().sin());
            columns.push(angle.cos());
        }
        Tensor::cat(columns, 1).slice([0..count, 0..self.features])
    }
}
