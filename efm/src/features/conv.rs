use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, TensorData};

use efm_models::{ModelError, Weights};

/// A convolution of images `[B, C, H, W]` with the normalisation behind it folded into its weights:
/// γ (w ∗ x − μ)/√(σ² + ε) + β = (s w) ∗ x + (β − s μ), s = γ/√(σ² + ε).
#[derive(Debug)]
pub(super) struct Conv {
    weight: Tensor<4>,
    bias: Tensor<4>,
    stride: usize,
    padding: Padding,
    groups: usize,
}

/// Zeros around an image.
#[derive(Debug, Clone, Copy)]
pub(super) enum Padding {
    /// As TensorFlow's `SAME`: ⌈size / stride⌉ outputs, the odd row behind.
    Same,
    /// So many rows above and below, and columns left and right.
    Each([usize; 2]),
}

/// Added to the variances by both networks.
const EPSILON: f64 = 1e-3;

impl Conv {
    /// The tensors `conv` `[out, in/groups, rows, columns]` and `norm``.weight`, `.bias`, `.running_mean`, `.running_var`.
    pub fn read(
        weights: &Weights,
        [conv, norm]: [&str; 2],
        shape: [usize; 4],
        [stride, groups]: [usize; 2],
        padding: Padding,
        device: &Device,
    ) -> Result<Self, ModelError> {
        let outputs = shape[0];
        let mut values = weights.read(conv, &shape)?;
        let part = |name: &str| weights.read(&format!("{norm}.{name}"), &[outputs]);
        let (scale, shift) = (part("weight")?, part("bias")?);
        let (mean, variance) = (part("running_mean")?, part("running_var")?);
        let mut bias = Vec::with_capacity(outputs);
        for (output, kernel) in values.chunks_exact_mut(shape[1] * shape[2] * shape[3]).enumerate() {
            let spread = f64::from(variance[output]) + EPSILON;
            if spread <= 0.0 {
                return Err(weights.bad(format!("`{norm}.running_var` holds a negative variance")));
            }
            let scale = f64::from(scale[output]) / spread.sqrt();
            kernel.iter_mut().for_each(|value| *value = (f64::from(*value) * scale) as f32);
            bias.push((f64::from(shift[output]) - scale * f64::from(mean[output])) as f32);
        }
        let weight = Tensor::from_data(TensorData::new(values, shape), device);
        let bias = Tensor::from_data(TensorData::new(bias, [1, outputs, 1, 1]), device);
        Ok(Self { weight, bias, stride, padding, groups })
    }

    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [_, _, height, width] = x.dims();
        let [_, _, rows, columns] = self.weight.dims();
        let around = |size: usize, kernel: usize, each: usize| match self.padding {
            Padding::Each(_) => (each, each),
            Padding::Same => {
                let all = ((size.div_ceil(self.stride) - 1) * self.stride + kernel).saturating_sub(size);
                (all / 2, all - all / 2)
            }
        };
        let each = if let Padding::Each(each) = self.padding { each } else { [0; 2] };
        let padding = [around(height, rows, each[0]), around(width, columns, each[1])];
        let options = ConvOptions::new_with_padding([self.stride; 2], padding, [1; 2], self.groups);
        conv2d(x, self.weight.clone(), None, options) + self.bias.clone()
    }
}
