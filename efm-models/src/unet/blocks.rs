//! The blocks of a U-Net, on images with channels last.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor, activation};
use efm_backend::operators::Window;

use crate::condition::Masks;
use crate::layers::{Conv, GroupNorm};

/// Two convolutions beside a straight way, told the height in between.
#[derive(Module, Debug)]
pub(super) struct Residual {
    before: GroupNorm,
    opening: Conv,
    embedding: Linear,
    between: GroupNorm,
    closing: Conv,
    straight: Option<Conv>,
}

impl Residual {
    pub fn new(from: usize, to: usize, embedding: usize, groups: usize, device: &Device) -> Self {
        Self {
            before: GroupNorm::new(from, groups, device),
            opening: Conv::new(Window::SAME, from, to, device),
            embedding: LinearConfig::new(embedding, to).init(device),
            between: GroupNorm::new(to, groups, device),
            closing: Conv::new(Window::SAME, to, to, device),
            straight: (from != to).then(|| Conv::new(Window::POINT, from, to, device)),
        }
    }

    /// Whether its straight way is a linear map, to other channels.
    pub fn is_bent(&self) -> bool {
        self.straight.is_some()
    }

    /// `embedding` is `[B, embedding]`, after its nonlinearity; `masks` are those of dropout.
    pub fn forward(&self, x: Tensor<4>, embedding: Tensor<2>, masks: &mut Masks) -> Tensor<4> {
        let inner = self.opening.shifted(self.before.silu(x.clone()), self.embedding.forward(embedding));
        let inner = self.closing.forward(masks.drop(self.between.silu(inner)));
        let straight = match &self.straight {
            Some(straight) => straight.forward(x),
            None => x,
        };
        straight + inner
    }
}

/// Attention of every pixel to all others, one head.
#[derive(Module, Debug)]
pub(super) struct Attention {
    norm: GroupNorm,
    query: Linear,
    key: Linear,
    value: Linear,
    closing: Linear,
}

impl Attention {
    pub fn new(channels: usize, groups: usize, device: &Device) -> Self {
        let square = || LinearConfig::new(channels, channels).init(device);
        Self {
            norm: GroupNorm::new(channels, groups, device),
            query: square(),
            key: square(),
            value: square(),
            closing: square(),
        }
    }

    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [count, height, width, channels] = x.dims();
        let pixels = self.norm.forward(x.clone()).reshape([count * height * width, channels]);
        let of = |linear: &Linear| -> Tensor<3> {
            linear.forward(pixels.clone()).reshape([count, height * width, channels])
        };
        let scores = (of(&self.query) * (channels as f64).powf(-0.5)).matmul(of(&self.key).transpose());
        let seen = activation::softmax(scores, 2).matmul(of(&self.value));
        let seen = self.closing.forward(seen.reshape([count * height * width, channels]));
        x + seen.reshape([count, height, width, channels])
    }
}

/// Twice the rows and columns, each pixel four times.
pub(super) fn doubled(x: Tensor<4>) -> Tensor<4> {
    let [count, height, width, channels] = x.dims();
    // A row of pixels beside itself is every pixel twice, and so are rows.
    let twice = |x: Tensor<2>| Tensor::cat(vec![x.clone(), x], 1);
    let x = twice(x.reshape([count * height * width, channels]));
    let x = twice(x.reshape([count * height, 2 * width * channels]));
    x.reshape([count, 2 * height, 2 * width, channels])
}
