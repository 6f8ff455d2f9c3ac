//! Layers of networks for images, channels last, and the initial weights of any network.

use burn::module::{Initializer, Module, Param};
use burn::tensor::{Device, Tensor};
use efm_backend::operators::{Norm, Window, conv, normalise};

pub use crate::init::{Setting, initialise};

/// A convolution; `weight` is `[k, k, in, out]`.
#[derive(Module, Debug)]
pub struct Conv {
    weight: Param<Tensor<4>>,
    bias: Param<Tensor<1>>,
    #[module(skip)]
    window: Setting<Window>,
}

impl Conv {
    /// With a window of pixels, from so many channels to so many; weights are zero until [`initialise`] draws them.
    pub fn new(window: Window, from: usize, to: usize, device: &Device) -> Self {
        let weight = Initializer::Zeros.init([window.kernel, window.kernel, from, to], device);
        Self { weight, bias: Initializer::Zeros.init([to], device), window: Setting(window) }
    }

    /// Of images `x` `[B, H, W, in]`.
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
pub struct GroupNorm {
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

    /// Of images `x` `[B, H, W, C]`.
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
