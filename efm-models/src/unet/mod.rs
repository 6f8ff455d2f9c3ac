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
use crate::height::{axial, direction, place, placed};
use crate::layers::{Conv, GroupNorm, Setting, initialise};
use crate::tube::TubeParts;
use crate::{Condition, FieldNet, FluxTube, Geometry, ModelError, TrainableNet};

/// The U-Net of diffusion models (Ho, Jain & Abbeel 2020, arXiv 2006.11239), as a field.
///
/// Images come in divided by the spread of the lines at their height, see [`Geometry::variance`]; residual blocks are told
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
    head: Head,
    #[module(skip)]
    geometry: Setting<Geometry>,
    /// What [`crate::Head::Slope`] and [`crate::Head::Ends`] correct.
    tube: Option<FluxTube>,
    #[module(skip)]
    image: Setting<[usize; 3]>,
    #[module(skip)]
    patch: usize,
    #[module(skip)]
    dropout: f64,
}

/// Pixels of images that one core works on at once, all channels.
const PIXELS: usize = 8_192;

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

/// Axial component and gate of x, from the mean of the last features.
#[derive(Module, Debug)]
struct Head {
    closing: Linear,
}

impl UNet {
    pub(crate) fn new(
        config: &UNetConfig,
        image: [usize; 3],
        geometry: Geometry,
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
        // Both ends of a line.
        let parts = if geometry.head == crate::Head::Ends { 2 } else { 1 };
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
            closing: Conv::new(Window::SAME, present, patched * parts, device),
            head: Head { closing: LinearConfig::new(present, 2).init(device) },
            geometry: Setting(geometry),
            tube: None,
            image: Setting(image),
            patch: config.patch,
            dropout: config.dropout,
        };
        let tube = geometry.head.is_tube().then(|| FluxTube::new(&geometry, config.classes, device));
        Self { tube, ..initialise(unet, stream, device) }
    }

    /// See [`FluxTube::middles`].
    pub(crate) fn middles(&self, count: usize, condition: Option<&Condition>) -> Option<Tensor<2>> {
        self.tube.as_ref()?.middles(count, condition)
    }

    /// Images as they are, which lines have about the middle of their class.
    fn uncentred(&self, x: Tensor<2>, condition: Option<&Condition>) -> Tensor<2> {
        match self.middles(x.dims()[0], condition) {
            Some(middles) => x + middles,
            None => x,
        }
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

/// What the network gives at points.
struct Given {
    /// Images, D numbers for each that it has, `[B, D]`.
    lateral: Vec<Tensor<2>>,
    /// Two numbers, `[B, 2]`.
    head: Tensor<2>,
}

impl UNet {
    /// F of the ends on source and target, `[B, D]` each.
    fn left_of_ends(
        &self,
        x: &Tensor<2>,
        z: Tensor<2>,
        known: &TubeParts,
        condition: Option<&Condition>,
    ) -> Vec<Tensor<2>> {
        let Given { lateral, head } = self.given(x, z, Some(known), condition);
        let count = x.dims()[0];
        let along = direction(x.clone());
        let one = |(side, lateral)| lateral + along.clone() * head.clone().slice([0..count, side..side + 1]);
        lateral.into_iter().enumerate().map(one).collect()
    }

    fn given(&self, x: &Tensor<2>, z: Tensor<2>, known: Option<&TubeParts>, condition: Option<&Condition>) -> Given {
        let count = x.dims()[0];
        let (seen, radius) = match known {
            Some(known) => placed(self.uncentred(x.clone(), condition), known.variance.clone()),
            None => place(&self.geometry.0, x.clone(), z.clone()),
        };
        let level = known.map(TubeParts::told);
        let told = self.embedding.forward(z.div_scalar(self.geometry.0.gap), level, radius, condition);
        let features = self.features(
            patches(seen, self.image.0, self.patch),
            &told,
            &mut Masks::new(self.dropout, count, condition),
        );
        let images = self.closing.forward(features.clone());
        let [_, height, width, last] = features.dims();
        let patched = self.image.0[0] * self.patch * self.patch;
        let images = images.split(patched, 3).into_iter();
        let lateral = images.map(|image| rows(image, self.image.0, self.patch)).collect();
        let mean = features.reshape([count, height * width, last]).mean_dim(1).reshape([count, last]);
        Given { lateral, head: self.head.closing.forward(mean) }
    }
}

impl FieldNet for UNet {
    fn conditional(&self, x: Tensor<2>, z: Tensor<2>, condition: Option<&Condition>) -> Tensor<2> {
        let count = x.dims()[0];
        let known = self.tube.as_ref().map(|tube| tube.parts(&x, &z));
        if let (Some(known), crate::Head::Ends) = (&known, self.geometry.0.head) {
            let left = self.left_of_ends(&x, z, known, condition);
            let ends = known.ends.iter().zip(left).zip([-1.0, 1.0]);
            return ends.fold(x * known.linear.clone(), |slope, ((end, left), sign)| {
                slope + left * (end.share.clone() * end.slope.clone() * end.width.clone()).mul_scalar(sign)
            });
        }
        let Given { mut lateral, head } = self.given(&x, z, known.as_ref(), condition);
        let lateral = lateral.pop().expect("a network gives an image");
        let radial = direction(x.clone()) * head.clone().slice([0..count, 1..2]);
        if let Some(known) = known {
            return x * known.linear + lateral * known.rest + radial * known.radial;
        }
        let lateral = lateral + radial;
        if self.geometry.0.head == crate::Head::Velocity {
            return lateral;
        }
        Tensor::cat(vec![lateral, axial(head.slice([0..count, 0..1]))], 1)
    }
    fn dim(&self) -> Option<usize> {
        Some(self.geometry.0.dim)
    }

    fn ends(&self, x: &Tensor<2>, z: Tensor<2>, condition: Option<&Condition>) -> Option<[Tensor<2>; 2]> {
        if self.geometry.0.head != crate::Head::Ends {
            return None;
        }
        let known = self.tube.as_ref()?.parts(x, &z);
        let left = self.left_of_ends(x, z, &known, condition);
        let pairs = known.ends.into_iter().zip(left);
        pairs.map(|(end, left)| x.clone() * end.skip + left * end.width).collect::<Vec<_>>().try_into().ok()
    }

    fn middle(&self, condition: &Condition) -> Result<Option<Vec<f32>>, ModelError> {
        self.tube.as_ref().map_or(Ok(None), |tube| tube.middle(condition))
    }

    fn rows_per_core(&self) -> usize {
        let [_, height, width] = self.image.0;
        (PIXELS * self.patch * self.patch / (height * width)).max(1)
    }

    fn rows_at_once(&self) -> usize {
        32 * self.rows_per_core()
    }
}

impl TrainableNet for UNet {
    fn centred(self, middles: &[f32], device: &Device) -> Result<Self, ModelError> {
        Ok(Self { tube: self.tube.map(|tube| tube.centred(middles, device)).transpose()?, ..self })
    }

    fn keeping_angles(self) -> Self {
        Self { tube: self.tube.map(FluxTube::keeping_angles), ..self }
    }
}
