use burn::tensor::module::{avg_pool2d, max_pool2d};
use burn::tensor::ops::{AvgPoolOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor, activation};

use super::conv::{Conv, Padding};
use efm_models::{ModelError, Weights};

/// Inception v3 (Szegedy et al. 2015, arXiv 1512.00567) in the variant of the Fréchet Inception Distance (Heusel et al. 2017,
/// arXiv 1706.08500), up to the mean of its last features over the image.
///
/// The variant: means over 3 × 3 pixels do not count the zeros beside the image, and the last block takes the largest instead
/// of the mean. Weights have torchvision's names: `Conv2d_1a_3x3.conv.weight`, `Conv2d_1a_3x3.bn.weight`, … `Mixed_7c.branch_pool.bn.running_var`.
#[derive(Debug)]
pub(super) struct Inception {
    opening: Vec<Step>,
    blocks: Vec<Block>,
}

/// What is done to an image in a row.
#[derive(Debug)]
enum Step {
    Conv(Box<Conv>),
    /// Largest of 3 × 3 pixels, by twos.
    Halve,
    /// Largest of 3 × 3 pixels.
    Largest,
    /// Mean of 3 × 3 pixels, of those that there are.
    Mean,
    /// Several ways side by side, from the same place.
    Fork(Vec<Vec<Step>>),
}

/// Ways side by side; their channels are put behind each other.
#[derive(Debug)]
struct Block(Vec<Vec<Step>>);

/// Reads the convolutions of one block, or of the opening.
struct Reader<'a> {
    weights: &'a Weights,
    place: String,
    device: &'a Device,
}

impl Reader<'_> {
    /// A convolution with its normalisation: `[in, out]`, `[rows, columns]`, stride, rows and columns of zeros.
    fn conv(
        &self,
        name: &str,
        [from, to]: [usize; 2],
        [rows, columns]: [usize; 2],
        stride: usize,
        around: [usize; 2],
    ) -> Result<Step, ModelError> {
        let place = format!("{}{name}", self.place);
        let names = [format!("{place}.conv.weight"), format!("{place}.bn")];
        let shape = [to, from, rows, columns];
        let names = [names[0].as_str(), names[1].as_str()];
        let padding = Padding::Each(around);
        Ok(Step::Conv(Box::new(Conv::read(self.weights, names, shape, [stride, 1], padding, self.device)?)))
    }

    /// With an output as large as the input.
    fn same(&self, name: &str, channels: [usize; 2], kernel: [usize; 2]) -> Result<Step, ModelError> {
        self.conv(name, channels, kernel, 1, kernel.map(|size| size / 2))
    }

    fn point(&self, name: &str, from: usize, to: usize) -> Result<Step, ModelError> {
        self.same(name, [from, to], [1, 1])
    }

    /// 3 × 3 by twos, no zeros.
    fn half(&self, name: &str, from: usize, to: usize) -> Result<Step, ModelError> {
        self.conv(name, [from, to], [3, 3], 2, [0, 0])
    }

    /// 35 × 35 pixels.
    fn fine(&self, from: usize, pool: usize) -> Result<Block, ModelError> {
        Ok(Block(vec![
            vec![self.point("branch1x1", from, 64)?],
            vec![self.point("branch5x5_1", from, 48)?, self.same("branch5x5_2", [48, 64], [5, 5])?],
            vec![
                self.point("branch3x3dbl_1", from, 64)?,
                self.same("branch3x3dbl_2", [64, 96], [3, 3])?,
                self.same("branch3x3dbl_3", [96, 96], [3, 3])?,
            ],
            vec![Step::Mean, self.point("branch_pool", from, pool)?],
        ]))
    }

    /// From 35 × 35 to 17 × 17 pixels.
    fn to_middle(&self) -> Result<Block, ModelError> {
        Ok(Block(vec![
            vec![self.half("branch3x3", 288, 384)?],
            vec![
                self.point("branch3x3dbl_1", 288, 64)?,
                self.same("branch3x3dbl_2", [64, 96], [3, 3])?,
                self.half("branch3x3dbl_3", 96, 96)?,
            ],
            vec![Step::Halve],
        ]))
    }

    /// 17 × 17 pixels, `inner` channels on the long ways.
    fn middle(&self, inner: usize) -> Result<Block, ModelError> {
        let (wide, tall) = ([1, 7], [7, 1]);
        Ok(Block(vec![
            vec![self.point("branch1x1", 768, 192)?],
            vec![
                self.point("branch7x7_1", 768, inner)?,
                self.same("branch7x7_2", [inner, inner], wide)?,
                self.same("branch7x7_3", [inner, 192], tall)?,
            ],
            vec![
                self.point("branch7x7dbl_1", 768, inner)?,
                self.same("branch7x7dbl_2", [inner, inner], tall)?,
                self.same("branch7x7dbl_3", [inner, inner], wide)?,
                self.same("branch7x7dbl_4", [inner, inner], tall)?,
                self.same("branch7x7dbl_5", [inner, 192], wide)?,
            ],
            vec![Step::Mean, self.point("branch_pool", 768, 192)?],
        ]))
    }

    /// From 17 × 17 to 8 × 8 pixels.
    fn to_coarse(&self) -> Result<Block, ModelError> {
        Ok(Block(vec![
            vec![self.point("branch3x3_1", 768, 192)?, self.half("branch3x3_2", 192, 320)?],
            vec![
                self.point("branch7x7x3_1", 768, 192)?,
                self.same("branch7x7x3_2", [192, 192], [1, 7])?,
                self.same("branch7x7x3_3", [192, 192], [7, 1])?,
                self.half("branch7x7x3_4", 192, 192)?,
            ],
            vec![Step::Halve],
        ]))
    }

    /// 8 × 8 pixels.
    fn coarse(&self, from: usize, pool: Step) -> Result<Block, ModelError> {
        let fork = |name: &str| -> Result<Step, ModelError> {
            Ok(Step::Fork(vec![
                vec![self.same(&format!("{name}a"), [384, 384], [1, 3])?],
                vec![self.same(&format!("{name}b"), [384, 384], [3, 1])?],
            ]))
        };
        Ok(Block(vec![
            vec![self.point("branch1x1", from, 320)?],
            vec![self.point("branch3x3_1", from, 384)?, fork("branch3x3_2")?],
            vec![
                self.point("branch3x3dbl_1", from, 448)?,
                self.same("branch3x3dbl_2", [448, 384], [3, 3])?,
                fork("branch3x3dbl_3")?,
            ],
            vec![pool, self.point("branch_pool", from, 192)?],
        ]))
    }
}

impl Inception {
    pub const FEATURES: usize = 2048;
    pub const SIDE: usize = 299;

    pub fn read(weights: &Weights, device: &Device) -> Result<Self, ModelError> {
        let opening = Reader { weights, place: String::new(), device };
        let block = |name: &str| Reader { weights, place: format!("Mixed_{name}."), device };
        Ok(Self {
            opening: vec![
                opening.half("Conv2d_1a_3x3", 3, 32)?,
                opening.conv("Conv2d_2a_3x3", [32, 32], [3, 3], 1, [0, 0])?,
                opening.same("Conv2d_2b_3x3", [32, 64], [3, 3])?,
                Step::Halve,
                opening.point("Conv2d_3b_1x1", 64, 80)?,
                opening.conv("Conv2d_4a_3x3", [80, 192], [3, 3], 1, [0, 0])?,
                Step::Halve,
            ],
            blocks: vec![
                block("5b").fine(192, 32)?,
                block("5c").fine(256, 64)?,
                block("5d").fine(288, 64)?,
                block("6a").to_middle()?,
                block("6b").middle(128)?,
                block("6c").middle(160)?,
                block("6d").middle(160)?,
                block("6e").middle(192)?,
                block("7a").to_coarse()?,
                block("7b").coarse(1280, Step::Mean)?,
                block("7c").coarse(2048, Step::Largest)?,
            ],
        })
    }

    /// Features `[B, 2048]` of images `[B, 3, 299, 299]` with values from −1 to 1.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        let x = along(&self.opening, x);
        super::pooled(self.blocks.iter().fold(x, |x, Block(ways)| beside(ways, x)))
    }
}

fn along(steps: &[Step], x: Tensor<4>) -> Tensor<4> {
    let (three, ones) = ([3, 3], [1, 1]);
    steps.iter().fold(x, |x, step| match step {
        Step::Conv(conv) => activation::relu(conv.forward(x)),
        Step::Halve => max_pool2d(x, MaxPoolOptions::new(three).with_stride([2, 2])),
        Step::Largest => max_pool2d(x, MaxPoolOptions::new(three).with_stride(ones).with_padding(ones)),
        Step::Mean => {
            let options = AvgPoolOptions::new(three).with_stride(ones).with_padding(ones);
            avg_pool2d(x, options.with_count_include_pad(false))
        }
        Step::Fork(ways) => beside(ways, x),
    })
}

fn beside(ways: &[Vec<Step>], x: Tensor<4>) -> Tensor<4> {
    Tensor::cat(ways.iter().map(|way| along(way, x.clone())).collect(), 1)
}
