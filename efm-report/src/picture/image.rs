use std::io::Cursor;
use std::path::Path;

use ::image::{GrayImage, ImageFormat, Luma, Rgb, RgbImage};
use efm_core::Points;

use efm_eval::{EvalError, ImageShape, write_atomic};

/// Images are enlarged by a whole number until their longer side has at least this many pixels.
const TILE: usize = 56;
const MARGIN: usize = 4;

/// Grey between the images: dark, because the eye takes pale noise beside white for dirt and beside black for black.
const PAPER: u8 = 24;

/// Images drawn and pixels per side, at most.
const IMAGES: usize = 2_500;
const LONGEST: usize = 16_000;

/// Draws points as images in a grid of `columns` columns, row by row (PNG, dark between the images).
///
/// Values from `range.0` to `range.1` become dark to bright, values outside are held at the ends. Pixels are repeated so
/// that small images can be seen. At most 2 500 images are drawn, and never more than 16 000 pixels a side.
///
/// # Errors
/// [`EvalError::NotAnImage`], [`EvalError::TooSmall`] for no columns, [`EvalError::Io`].
pub fn image_grid(
    path: impl AsRef<Path>,
    points: &Points,
    shape: ImageShape,
    columns: usize,
    range: (f32, f32),
) -> Result<(), EvalError> {
    check(points, shape, columns)?;
    let layout = Layout::new(shape, columns.min(points.len().max(1)));
    let count = points.len().min(IMAGES).min(layout.columns * layout.most_rows(1));
    let rows = count.div_ceil(layout.columns).max(1);
    let mut picture = layout.paper(rows, 0);
    for index in 0..count {
        layout.draw(&mut picture, points.point(index), index % layout.columns, index / layout.columns, 0, range);
    }
    write_png(path.as_ref(), &picture)
}

/// Draws pairs of images (PNG): a row of sources above the row of what became of them, then the next pairs.
///
/// # Errors
/// As [`image_grid`], and [`EvalError::Unpaired`].
pub fn image_pairs(
    path: impl AsRef<Path>,
    source: &Points,
    transported: &Points,
    shape: ImageShape,
    columns: usize,
    range: (f32, f32),
) -> Result<(), EvalError> {
    check(source, shape, columns)?;
    check(transported, shape, columns)?;
    if source.len() != transported.len() {
        return Err(EvalError::Unpaired { left: source.len(), right: transported.len() });
    }
    let layout = Layout::new(shape, columns.min(source.len().max(1)));
    let count = source.len().min(IMAGES / 2).min(layout.columns * layout.most_rows(2));
    let blocks = count.div_ceil(layout.columns).max(1);
    let mut picture = layout.paper(2 * blocks, blocks - 1);
    for index in 0..count {
        let (column, block) = (index % layout.columns, index / layout.columns);
        layout.draw(&mut picture, source.point(index), column, 2 * block, block, range);
        layout.draw(&mut picture, transported.point(index), column, 2 * block + 1, block, range);
    }
    write_png(path.as_ref(), &picture)
}

/// Writes one point as an image of its own size (PNG), values as in [`image_grid`].
///
/// # Errors
/// As [`image_grid`].
pub fn image(path: impl AsRef<Path>, point: &[f32], shape: ImageShape, range: (f32, f32)) -> Result<(), EvalError> {
    let ImageShape { height, width, channels } = shape;
    if height.checked_mul(width).and_then(|pixels| pixels.checked_mul(channels)) != Some(point.len()) || channels == 0 {
        return Err(EvalError::NotAnImage { height, width, channels, dim: point.len() });
    }
    let (sides, area) = ((width as u32, height as u32), height * width);
    let mut bytes = Cursor::new(Vec::new());
    let written = if channels == 3 {
        let pixel = |x: u32, y: u32| {
            let at = y as usize * width + x as usize;
            Rgb([0, 1, 2].map(|channel| byte(point[channel * area + at], range)))
        };
        RgbImage::from_fn(sides.0, sides.1, pixel).write_to(&mut bytes, ImageFormat::Png)
    } else {
        let pixel = |x: u32, y: u32| Luma([byte(point[y as usize * width + x as usize], range)]);
        GrayImage::from_fn(sides.0, sides.1, pixel).write_to(&mut bytes, ImageFormat::Png)
    };
    written.map_err(|error| EvalError::Encode { path: path.as_ref().to_path_buf(), message: error.to_string() })?;
    write_atomic(path.as_ref(), bytes.get_ref())
}

/// Values from `low` to `high` as 0 to 255; a cast from NaN (low = high) gives 0.
fn byte(value: f32, (low, high): (f32, f32)) -> u8 {
    let (value, low, high) = (f64::from(value), f64::from(low), f64::from(high));
    ((value - low) / (high - low) * 255.0).round().clamp(0.0, 255.0) as u8
}

fn check(points: &Points, shape: ImageShape, columns: usize) -> Result<(), EvalError> {
    let ImageShape { height, width, channels } = shape;
    let values = height.checked_mul(width).and_then(|pixels| pixels.checked_mul(channels));
    if values != Some(points.dim()) {
        return Err(EvalError::NotAnImage { height, width, channels, dim: points.dim() });
    }
    if columns == 0 {
        return Err(EvalError::TooSmall { what: "the number of columns", value: 0, least: 1 });
    }
    Ok(())
}

struct Layout {
    shape: ImageShape,
    scale: usize,
    columns: usize,
}

impl Layout {
    /// As many of the columns as fit.
    fn new(shape: ImageShape, columns: usize) -> Self {
        let scale = TILE.div_ceil(shape.height.max(shape.width)).max(1);
        let most = LONGEST.saturating_sub(MARGIN) / (shape.width * scale + MARGIN);
        Self { shape, scale, columns: columns.min(most.max(1)) }
    }

    fn tile(&self) -> (usize, usize) {
        (self.shape.width * self.scale + MARGIN, self.shape.height * self.scale + MARGIN)
    }

    /// Groups of `rows` rows that fit below each other.
    fn most_rows(&self, rows: usize) -> usize {
        (LONGEST / (rows * self.tile().1 + 2 * MARGIN)).max(1)
    }

    fn paper(&self, rows: usize, breaks: usize) -> RgbImage {
        let (width, height) = self.tile();
        let size = (self.columns * width + MARGIN, rows * height + (2 * breaks + 1) * MARGIN);
        RgbImage::from_pixel(size.0 as u32, size.1 as u32, Rgb([PAPER; 3]))
    }

    fn draw(&self, picture: &mut RgbImage, point: &[f32], column: usize, row: usize, breaks: usize, range: (f32, f32)) {
        let ImageShape { height, width, channels } = self.shape;
        let (left, top) = (column * self.tile().0 + MARGIN, row * self.tile().1 + (2 * breaks + 1) * MARGIN);
        let byte = |channel: usize, y: usize, x: usize| byte(point[(channel * height + y) * width + x], range);
        for y in 0..height * self.scale {
            for x in 0..width * self.scale {
                let colours = if channels == 3 { [0, 1, 2] } else { [0; 3] };
                let pixel = colours.map(|channel| byte(channel, y / self.scale, x / self.scale));
                picture.put_pixel((left + x) as u32, (top + y) as u32, Rgb(pixel));
            }
        }
    }
}

fn write_png(path: &Path, picture: &RgbImage) -> Result<(), EvalError> {
    let mut bytes = Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, ImageFormat::Png)
        .map_err(|error| EvalError::Encode { path: path.to_path_buf(), message: error.to_string() })?;
    write_atomic(path, bytes.get_ref())
}
