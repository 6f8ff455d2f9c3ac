use super::ImageShape;

/// An image in memory: 8 bits per channel, the channels of a pixel together, row after row (`[H, W, C]`), as files have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Raster {
    pub(crate) shape: ImageShape,
    pub(crate) pixels: Vec<u8>,
}

impl Raster {
    /// An image of these values, `[H, W, C]`; `None` where their number is not that of the shape.
    pub fn new(shape: ImageShape, pixels: Vec<u8>) -> Option<Self> {
        (pixels.len() == shape.dim()).then_some(Self { shape, pixels })
    }

    /// H, W and C.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// The values, `[H, W, C]`.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }

    /// The same image in grey (1) or colour (3), by the rules of the [module](super).
    pub fn with_channels(self, channels: usize) -> Self {
        let shape = ImageShape { channels, ..self.shape };
        let pixels = match (self.shape.channels, channels) {
            (1, 3) => self.pixels.iter().flat_map(|&value| [value; 3]).collect(),
            (3, 1) => self.pixels.as_chunks::<3>().0.iter().map(|&pixel| luma(pixel)).collect(),
            _ => return self,
        };
        Self { shape, pixels }
    }

    /// The values channel after channel, `[C, H, W]`: the order of a point's coordinates.
    pub fn planar(&self) -> Vec<u8> {
        let channels = self.shape.channels;
        (0..channels).flat_map(|channel| self.pixels.iter().skip(channel).step_by(channels).copied()).collect()
    }

    /// From values channel after channel.
    pub(crate) fn from_planar(shape: ImageShape, planar: &[u8]) -> Self {
        let area = shape.height * shape.width;
        let pixels = (0..area).flat_map(|at| (0..shape.channels).map(move |c| planar[c * area + at])).collect();
        Self { shape, pixels }
    }
}

/// 0.299 R + 0.587 G + 0.114 B, rounded, in the integers Pillow uses.
fn luma([red, green, blue]: [u8; 3]) -> u8 {
    let sum = 19_595 * u32::from(red) + 38_470 * u32::from(green) + 7_471 * u32::from(blue);
    ((sum + 0x8000) >> 16) as u8
}
