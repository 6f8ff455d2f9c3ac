use image::{GrayImage, RgbImage, imageops, imageops::FilterType};
use serde::{Deserialize, Serialize};

use super::{ImageShape, Raster};

/// What becomes of the aspect ratio when an image gets its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fit {
    /// The largest centred part with the aspect ratio of the goal, resized.
    #[default]
    Crop,
    /// The whole image, resized, with bars of the background colour at the sides.
    Pad,
    /// The whole image, stretched.
    Stretch,
}

/// What every image of a set is brought to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// Rows and columns; `None` leaves the size alone.
    pub size: Option<(usize, usize)>,
    /// 1 or 3; `None` leaves the channels alone.
    pub channels: Option<usize>,
    /// The rule for the aspect ratio.
    pub fit: Fit,
    /// What lies behind transparent pixels and in the bars of [`Fit::Pad`]: red, green, blue.
    pub background: [u8; 3],
}

impl Default for Target {
    fn default() -> Self {
        Self { size: None, channels: None, fit: Fit::default(), background: [255; 3] }
    }
}

impl Target {
    /// The image with the size and channels asked for.
    pub fn apply(&self, image: Raster) -> Raster {
        let channels = self.channels.unwrap_or(image.shape.channels);
        // Grey before resizing is a third of the work, and the same up to rounding.
        let image = image.with_channels(channels);
        match self.size {
            Some((height, width)) if (height, width) != (image.shape.height, image.shape.width) => {
                self.resize(image, ImageShape { height, width, channels })
            }
            _ => image,
        }
    }

    /// The shape an image of this shape gets.
    pub fn goal(&self, shape: ImageShape) -> ImageShape {
        let (height, width) = self.size.unwrap_or((shape.height, shape.width));
        ImageShape { height, width, channels: self.channels.unwrap_or(shape.channels) }
    }

    fn resize(&self, image: Raster, goal: ImageShape) -> Raster {
        match self.fit {
            Fit::Stretch => resample(image, goal),
            Fit::Crop => resample(crop(image, goal), goal),
            Fit::Pad => {
                let (height, width) = inside(image.shape, goal);
                pad(resample(image, ImageShape { height, width, ..goal }), goal, self.background)
            }
        }
    }
}

/// `a·b/c`, rounded, at least 1; sides are below 2^16, so nothing overflows.
fn scaled(a: usize, b: usize, c: usize) -> usize {
    ((a * b + c / 2) / c).max(1)
}

/// The largest rows and columns within `goal` that keep the aspect ratio of `shape`.
fn inside(shape: ImageShape, goal: ImageShape) -> (usize, usize) {
    if shape.height * goal.width > shape.width * goal.height {
        (goal.height, scaled(shape.width, goal.height, shape.height).min(goal.width))
    } else {
        (scaled(shape.height, goal.width, shape.width).min(goal.height), goal.width)
    }
}

/// The largest centred part with the aspect ratio of `goal`.
fn crop(image: Raster, goal: ImageShape) -> Raster {
    let ImageShape { height, width, channels } = image.shape;
    let (rows, columns) = inside(goal, image.shape);
    if (rows, columns) == (height, width) {
        return image;
    }
    let (top, left) = ((height - rows) / 2, (width - columns) / 2);
    let lines = image.pixels.chunks_exact(width * channels).skip(top).take(rows);
    let pixels = lines.flat_map(|line| &line[left * channels..(left + columns) * channels]).copied().collect();
    Raster { shape: ImageShape { height: rows, width: columns, channels }, pixels }
}

fn pad(image: Raster, goal: ImageShape, background: [u8; 3]) -> Raster {
    let ImageShape { height, width, channels } = image.shape;
    if (height, width) == (goal.height, goal.width) {
        return image;
    }
    let one = Raster { shape: ImageShape { height: 1, width: 1, channels: 3 }, pixels: background.to_vec() };
    let colour = one.with_channels(channels).pixels;
    let mut pixels = colour.repeat(goal.height * goal.width);
    let (top, left) = ((goal.height - height) / 2, (goal.width - width) / 2);
    for (row, line) in image.pixels.chunks_exact(width * channels).enumerate() {
        let at = ((top + row) * goal.width + left) * channels;
        pixels[at..at + line.len()].copy_from_slice(line);
    }
    Raster { shape: goal, pixels }
}

fn resample(image: Raster, goal: ImageShape) -> Raster {
    let ImageShape { height, width, channels } = image.shape;
    if (height, width) == (goal.height, goal.width) {
        return image;
    }
    let (from, to) = ((width as u32, height as u32), (goal.width as u32, goal.height as u32));
    const WHOLE: &str = "a raster has as many values as its shape says";
    let pixels = if channels == 1 {
        let picture = GrayImage::from_raw(from.0, from.1, image.pixels).expect(WHOLE);
        imageops::resize(&picture, to.0, to.1, FilterType::CatmullRom).into_raw()
    } else {
        let picture = RgbImage::from_raw(from.0, from.1, image.pixels).expect(WHOLE);
        imageops::resize(&picture, to.0, to.1, FilterType::CatmullRom).into_raw()
    };
    Raster { shape: ImageShape { channels, ..goal }, pixels }
}
