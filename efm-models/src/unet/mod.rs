//! A U-Net for images.

mod blocks;
mod config;
mod embedding;
mod patch;
pub(crate) mod published;

use blocks::{Attention, Residual, doubled};
use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
pub use config::UNetConfig;
use efm_backend::operators::Window;
use efm_core::Stream;
use embedding::Embedding;
use patch::{patches, rows};

use crate::condition::Masks;
use crate::layers::{Conv, GroupNorm, Setting, initialise};
use crate::{Backbone, BackboneShape, Conditions, Outputs, Scalar, Seen};

/// The U-Net of diffusion models (Ho, Jain & Abbeel 2020, arXiv 2006.11239), as a field.
///
/// Images come in divided by the spread of the lines at their height, see [`crate::Geometry::variance`]; residual blocks are told
/// the height, how far out the point is, and the condition. The last features give D lateral components, by a
/// convolution, and by their mean over the image the axial component and the factor of x/|x| that is added: normalisations
/// take the size out of what the network sees, and the field is mostly linear in x (as the gate of [`crate::Mlp`]).
#[derive(Module, Debug)]
pub struct UNet {
    embedding: Embedding,
    opening: Conv,
    down: Vec<Level>,
    middle: Middle,
    up: Vec<Level>,
    norm: GroupNorm,
    closing: Conv,
    head: OfTheWhole,
    #[module(skip)]
    shape: Setting<BackboneShape>,
    #[module(skip)]
    image: Setting<[usize; 3]>,
    #[module(skip)]
    patch: usize,
    #[module(skip)]
    dropout: f64,
}

impl UNet {
    /// Pixels of images that one core works on at once, all channels.
    pub const PIXELS_PER_CORE: usize = 8_192;
}

/// All blocks of one resolution, on one of the ways, and what leads to the next.
#[derive(Module, Debug)]
struct Level {
    blocks: Vec<Residual>,
    /// After each block, or after the last one only, or none.
    attention: Vec<Attention>,
    next: Option<Conv>,
}

#[derive(Module, Debug)]
struct Middle {
    first: Residual,
    attention: Attention,
    last: Residual,
}

/// Two numbers of a whole image, from the mean of its last features.
#[derive(Module, Debug)]
struct OfTheWhole {
    closing: Linear,
}

impl UNet {
    pub(crate) fn new(
        config: &UNetConfig,
        image: [usize; 3],
        shape: BackboneShape,
        stream: &Stream,
        device: &Device,
    ) -> Self {
        let width = config.channels;
        let told = 4 * width;
        let residual = |from, to| Residual::new(from, to, told, config.groups, device);
        let attention = |channels| Attention::new(channels, config.groups, device);
        let levels = config.multipliers.len();
        let height = image[1] / config.patch;
        let patched = image[0] * config.patch * config.patch;
        let mut skips = vec![width];
        let mut present = width;
        let mut down = Vec::with_capacity(levels);
        for (index, multiplier) in config.multipliers.iter().enumerate() {
            let channels = width * multiplier;
            let attended = config.attention.contains(&(height >> index));
            let mut level = Level { blocks: Vec::new(), attention: Vec::new(), next: None };
            for _ in 0..config.blocks {
                level.blocks.push(residual(present, channels));
                present = channels;
                level.attention.extend(attended.then(|| attention(channels)));
                skips.push(channels);
            }
            if index + 1 < levels {
                level.next = Some(Conv::new(Window::HALF, channels, channels, device));
                skips.push(channels);
            }
            down.push(level);
        }
        let middle = Middle {
            first: residual(present, present),
            attention: attention(present),
            last: residual(present, present),
        };
        let mut up = Vec::with_capacity(levels);
        for (index, multiplier) in config.multipliers.iter().enumerate().rev() {
            let channels = width * multiplier;
            let attended = config.attention.contains(&(height >> index));
            let mut level = Level { blocks: Vec::new(), attention: Vec::new(), next: None };
            for _ in 0..=config.blocks {
                let skip = skips.pop().expect("as many blocks as outputs on the way down");
                level.blocks.push(residual(present + skip, channels));
                present = channels;
            }
            level.attention.extend(attended.then(|| attention(channels)));
            if index > 0 {
                level.next = Some(Conv::new(Window::SAME, channels, channels, device));
            }
            up.push(level);
        }
        let unet = Self {
            embedding: Embedding::new(config, device),
            opening: Conv::new(Window::SAME, patched, width, device),
            down,
            middle,
            up,
            norm: GroupNorm::new(present, config.groups, device),
            closing: Conv::new(Window::SAME, present, patched * shape.images, device),
            head: OfTheWhole { closing: LinearConfig::new(present, 2).init(device) },
            shape: Setting(shape),
            image: Setting(image),
            patch: config.patch,
            dropout: config.dropout,
        };
        initialise(unet, stream, device)
    }

    /// The last features, `[B, H, W, channels]`, of images `x` `[B, H, W, C]`, their patches taken for pixels.
    fn features(&self, x: Tensor<4>, told: &Tensor<2>, masks: &mut Masks) -> Tensor<4> {
        let mut x = self.opening.forward(x);
        let mut skips = vec![x.clone()];
        for level in &self.down {
            for (index, block) in level.blocks.iter().enumerate() {
                x = block.forward(x, told.clone(), masks);
                if let Some(attention) = level.attention.get(index) {
                    x = attention.forward(x);
                }
                skips.push(x.clone());
            }
            if let Some(next) = &level.next {
                x = next.forward(x);
                skips.push(x.clone());
            }
        }
        x = self.middle.first.forward(x, told.clone(), masks);
        x = self.middle.attention.forward(x);
        x = self.middle.last.forward(x, told.clone(), masks);
        for level in &self.up {
            for block in &level.blocks {
                let skip = skips.pop().expect("as many blocks as outputs on the way down");
                x = block.forward(Tensor::cat(vec![x, skip], 3), told.clone(), masks);
            }
            for attention in &level.attention {
                x = attention.forward(x);
            }
            if let Some(next) = &level.next {
                x = next.forward(doubled(x));
            }
        }
        self.norm.silu(x)
    }
}

impl Backbone for UNet {
    fn outputs(&self, seen: &Seen<'_>) -> Outputs {
        let count = seen.count();
        let told = self.embedding.forward(seen);
        let features = self.features(
            patches(seen.place.clone(), self.image.0, self.patch),
            &told,
            &mut Masks::new(self.dropout, count, seen.condition),
        );
        let images = self.closing.forward(features.clone());
        let [_, height, width, last] = features.dims();
        let patched = self.image.0[0] * self.patch * self.patch;
        let images = images.split(patched, 3).into_iter();
        let lateral = images.map(|image| rows(image, self.image.0, self.patch)).collect();
        let mean = features.reshape([count, height * width, last]).mean_dim(1).reshape([count, last]);
        let head = self.head.closing.forward(mean);
        let number = |index: usize| head.clone().slice([0..count, index..index + 1]);
        let outputs = Outputs::images(lateral);
        match self.shape.0 {
            // Both ends of a line, and what is along x for each.
            BackboneShape { images: 2.., .. } => outputs.with_along(vec![number(0), number(1)]),
            BackboneShape { scalar: Scalar::Absent, .. } => outputs.with_along(vec![number(1)]),
            _ => outputs.with_along(vec![number(1)]).with_scalar(number(0)),
        }
    }

    fn images(&self) -> usize {
        self.shape.0.images
    }

    fn dim(&self) -> Option<usize> {
        Some(self.shape.0.dim)
    }

    fn conditions(&self) -> Option<Conditions> {
        Some(self.embedding.conditions())
    }

    fn sees_whole_points(&self) -> bool {
        true
    }

    fn rows_per_core(&self) -> usize {
        let [_, height, width] = self.image.0;
        (Self::PIXELS_PER_CORE * self.patch * self.patch / (height * width)).max(1)
    }

    fn rows_at_once(&self) -> usize {
        32 * self.rows_per_core()
    }
}
