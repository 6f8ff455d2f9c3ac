//! The operators by burn's own, for every backend.

use burn::tensor::module::conv2d;
use burn::tensor::ops::ConvOptions;
use burn::tensor::{Tensor, activation};

use super::shape::{Images, Norm, Window};

/// See [`super::conv`].
pub fn conv(x: Tensor<4>, weights: Tensor<4>, bias: Tensor<2>, window: Window) -> Tensor<4> {
    let size = Images::new(x.dims());
    let [kernel, _, _, channels] = weights.dims();
    let output = window.output(size, channels);
    // Zeros behind the image, as many as the last window needs.
    let behind = |seen: usize, size: usize| ((seen - 1) * window.stride + kernel).saturating_sub(window.before + size);
    let (below, right) = (behind(output.height, size.height), behind(output.width, size.width));
    let x = x.permute([0, 3, 1, 2]);
    let x = x.pad((window.before, right, window.before, below), 0.0);
    let options = ConvOptions::new([window.stride; 2], [0; 2], [1; 2], 1);
    let out = conv2d(x, weights.permute([3, 2, 0, 1]), None, options);
    let out = out.slice([0..size.count, 0..channels, 0..output.height, 0..output.width]);
    let [biases, _] = bias.dims();
    out.permute([0, 2, 3, 1]) + bias.reshape([biases, 1, 1, channels])
}

/// See [`super::normalise`].
pub fn normalise(x: Tensor<4>, scale: Tensor<1>, shift: Tensor<1>, norm: Norm) -> Tensor<4> {
    let [count, height, width, channels] = x.dims();
    let grouped = x.reshape([count, height * width, norm.groups, channels / norm.groups]);
    let mean = |values: Tensor<4>| values.mean_dim(1).mean_dim(3);
    let centred = grouped.clone() - mean(grouped);
    let variance = mean(centred.clone() * centred.clone());
    let normal = (centred / variance.add_scalar(norm.epsilon).sqrt()).reshape([count, height, width, channels]);
    let out = normal * scale.reshape([1, 1, 1, channels]) + shift.reshape([1, 1, 1, channels]);
    if norm.silu { activation::silu(out) } else { out }
}
