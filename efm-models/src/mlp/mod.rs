//! A multilayer perceptron, for tables.

mod config;
mod gate;

use burn::module::Module;
use burn::nn::{Embedding, Linear};
use burn::tensor::Tensor;

use crate::condition::class_rows;
use crate::layers::Setting;
use crate::{Activation, Backbone, BackboneShape, Conditions, Outputs, Scalar, Seen};

pub use config::MlpConfig;
use gate::Gate;

/// A multilayer perceptron on (x, z) with Fourier features of both.
///
/// It sees x divided by the spread that field lines have at its height, see [`crate::Geometry::variance`]. The last layer gives D
/// lateral components, where it is asked for one number more, and in many dimensions the gates of a linear map of x.
#[derive(Module, Debug)]
pub struct Mlp {
    hidden: Vec<Linear>,
    output: Linear,
    #[module(skip)]
    activation: Setting<Activation>,
    #[module(skip)]
    shape: Setting<BackboneShape>,
    #[module(skip)]
    fourier: usize,
    #[module(skip)]
    octaves: usize,
    gate: Option<Gate>,
    classes: Option<Embedding>,
}

impl Mlp {
    /// Inputs of order one: x, its radius, octaves of x, features and Fourier features of the height.
    fn features(&self, seen: &Seen<'_>) -> Tensor<2> {
        let mut columns = vec![seen.place.clone(), seen.radius.clone().log1p()];
        for octave in 0..self.octaves {
            let angle = seen.place.clone().mul_scalar(f64::from(1_u32 << octave));
            columns.push(angle.clone().sin());
            columns.push(angle.cos());
        }
        columns.extend(seen.height_features());
        let height = seen.inner_height();
        for turn in 1..=self.fourier {
            let angle = height.clone().mul_scalar(std::f64::consts::PI * turn as f64);
            columns.push(angle.clone().sin());
            columns.push(angle.cos());
        }
        Tensor::cat(columns, 1)
    }
}

impl Backbone for Mlp {
    fn outputs(&self, seen: &Seen<'_>) -> Outputs {
        let mut values = self.features(seen);
        let ([count, _], device) = (values.dims(), values.device());
        for (index, layer) in self.hidden.iter().enumerate() {
            values = layer.forward(values);
            if let (0, Some(classes)) = (index, &self.classes) {
                values = values + class_rows(classes, count, seen.condition, &device);
            }
            values = self.activation.0.of(values);
        }
        let values = self.output.forward(values);
        let BackboneShape { dim, scalar, .. } = self.shape.0;
        let columns = |from: usize, to: usize| values.clone().slice([0..count, from..to]);
        let first = usize::from(scalar == Scalar::First);
        let mut lateral = columns(first, first + dim);
        if let Some(gate) = &self.gate {
            let [_, width] = values.dims();
            lateral = lateral + gate.forward(seen.direction(), columns(self.shape.0.outputs(), width));
        }
        let outputs = Outputs::image(lateral);
        match scalar {
            Scalar::Absent => outputs,
            Scalar::First => outputs.with_scalar(columns(0, 1)),
            Scalar::Last => outputs.with_scalar(columns(dim, dim + 1)),
        }
    }

    fn dim(&self) -> Option<usize> {
        Some(self.shape.0.dim)
    }

    fn conditions(&self) -> Option<Conditions> {
        // The last row of the table stands for "none".
        let classes = self.classes.as_ref().map_or(0, |table| table.weight.lazy_shape().dims::<2>()[0] - 1);
        Some(Conditions { classes, numbers: 0 })
    }
}
