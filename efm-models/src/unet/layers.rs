//! The layers of a U-Net, on images with channels last.

use burn::module::{Initializer, Module, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor, activation};
use efm_backend::operators::{Norm, Window, conv, normalise};

use crate::condition::Masks;
use crate::init::Setting;

/// A convolution; `weight` is `[k, k, in, out]`.
#[derive(Module, Debug)]
pub(crate) struct Conv {
    weight: Param<Tensor<4>>,
    bias: Param<Tensor<1>>,
    #[module(skip)]
    window: Setting<Window>,
}

impl Conv {
    pub fn new(window: Window, from: usize, to: usize, device: &Device) -> Self {
        let weight = Initializer::Zeros.init([window.kernel, window.kernel, from, to], device);
        Self { weight, bias: Initializer::Zeros.init([to], device), window: Setting(window) }
    }

    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        conv(x, self.weight.val(), self.bias.val().unsqueeze(), self.window.0)
    }

    /// With `shift` `[B, out]` added to every pixel of an image.
    pub fn shifted(&self, x: Tensor<4>, shift: Tensor<2>) -> Tensor<4> {
        conv(x, self.weight.val(), shift + self.bias.val().unsqueeze(), self.window.0)
    }
}

/// Group normalisation.
#[derive(Module, Debug)]
pub(crate) struct GroupNorm {
    scale: Param<Tensor<1>>,
    shift: Param<Tensor<1>>,
    #[module(skip)]
    groups: usize,
}

impl GroupNorm {
    /// With the most groups up to `groups` that divide the channels and have four of them each.
    pub fn new(channels: usize, groups: usize, device: &Device) -> Self {
        let most = groups.min(channels / 4).max(1);
        let groups = (1..=most).rev().find(|&groups| channels.is_multiple_of(groups)).unwrap_or(1);
        let vector = || Initializer::Zeros.init([channels], device);
        Self { scale: vector(), shift: vector(), groups }
    }

    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.with(x, false)
    }

    /// Followed by SiLU.
    pub fn silu(&self, x: Tensor<4>) -> Tensor<4> {
        self.with(x, true)
    }

    fn with(&self, x: Tensor<4>, silu: bool) -> Tensor<4> {
        normalise(x, self.scale.val(), self.shift.val(), Norm { groups: self.groups, epsilon: 1e-6, silu })
    }
}

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
