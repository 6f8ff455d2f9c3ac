use std::io::Cursor;

use ::image::imageops::{FilterType, resize};
use ::image::{ImageFormat, Rgb, RgbImage};

use efm_eval::EvalError;

use super::canvas::Colour;

/// Something drawn, in pixels, y downwards.
pub(crate) enum Mark {
    /// A line through points.
    Path {
        /// Where it runs.
        points: Vec<(f64, f64)>,
        /// Its colour.
        colour: Colour,
        /// 1 hides what is below.
        opacity: f64,
        /// Its thickness.
        width: f64,
    },
    /// A filled circle.
    Dot {
        /// Its centre.
        at: (f64, f64),
        /// Its radius.
        radius: f64,
        /// Its colour.
        colour: Colour,
    },
}

/// Pixels of the file per unit, and of the drawing per pixel of the file: edges become smooth when it is made smaller.
const SHARP: u32 = 2;
const FINER: u32 = 3;

/// A drawing of pixels on white.
pub(crate) struct Raster {
    picture: RgbImage,
}

impl Raster {
    pub(crate) fn new(width: f64, height: f64) -> Self {
        let fine = |length: f64| (length.max(1.0) as u32) * SHARP * FINER;
        Self { picture: RgbImage::from_pixel(fine(width), fine(height), Rgb([255; 3])) }
    }

    /// Fills a rectangle; `colour` is asked for shares of its sides, from the left and from the top.
    pub(crate) fn fill(
        &mut self,
        (left, top): (f64, f64),
        (width, height): (f64, f64),
        colour: impl Fn(f64, f64) -> [u8; 3],
    ) {
        let fine = |length: f64| (length * f64::from(SHARP * FINER)) as u32;
        let (columns, rows) = (fine(width), fine(height));
        for y in 0..rows {
            for x in 0..columns {
                let share = |k: u32, count: u32| (f64::from(k) + 0.5) / f64::from(count);
                let pixel = Rgb(colour(share(x, columns), share(y, rows)));
                if let Some(place) = self.picture.get_pixel_mut_checked(fine(left) + x, fine(top) + y) {
                    *place = pixel;
                }
            }
        }
    }

    pub(crate) fn draw(&mut self, marks: &[Mark]) {
        for mark in marks {
            match mark {
                Mark::Dot { at, radius, colour } => self.stamp(&[*at], *radius, *colour, 1.0),
                Mark::Path { points, colour, opacity, width } if points.len() > 1 => {
                    self.stamp(&dense(points), 0.5 * width, *colour, *opacity);
                }
                Mark::Path { .. } => {}
            }
        }
    }

    /// Circles around points; where they overlap the colour is put on once.
    fn stamp(&mut self, points: &[(f64, f64)], radius: f64, colour: Colour, opacity: f64) {
        let unit = f64::from(SHARP * FINER);
        let radius = radius * unit;
        let mut touched = std::collections::BTreeSet::new();
        for &(x, y) in points.iter().filter(|(x, y)| x.is_finite() && y.is_finite()) {
            let (x, y) = (x * unit, y * unit);
            let range = |at: f64, most: u32| {
                let from = (at - radius).floor().clamp(0.0, f64::from(most)) as u32;
                from..((at + radius).ceil().clamp(0.0, f64::from(most)) as u32)
            };
            for row in range(y, self.picture.height()) {
                for column in range(x, self.picture.width()) {
                    let (dx, dy) = (f64::from(column) + 0.5 - x, f64::from(row) + 0.5 - y);
                    if dx * dx + dy * dy <= radius * radius {
                        touched.insert((column, row));
                    }
                }
            }
        }
        for (column, row) in touched {
            let Rgb(pixel) = self.picture.get_pixel_mut(column, row);
            for (part, new) in pixel.iter_mut().zip([colour.0, colour.1, colour.2]) {
                *part = (f64::from(*part) + opacity * (f64::from(new) - f64::from(*part))).round() as u8;
            }
        }
    }

    /// The PNG file.
    pub(crate) fn png(self) -> Result<Vec<u8>, EvalError> {
        let (width, height) = (self.picture.width() / FINER, self.picture.height() / FINER);
        encode(&resize(&self.picture, width, height, FilterType::Triangle))
    }
}

/// A picture as a PNG file.
pub(crate) fn encode(picture: &RgbImage) -> Result<Vec<u8>, EvalError> {
    let mut bytes = Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, ImageFormat::Png)
        .map_err(|error| EvalError::Encode { path: "a picture".into(), message: error.to_string() })?;
    Ok(bytes.into_inner())
}

/// Points along a line, a third of a pixel of the file apart.
fn dense(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    const STEP: f64 = 1.0 / 3.0 / SHARP as f64;
    /// A line to far outside is not worth more.
    const MOST: f64 = 100_000.0;
    let mut dense = Vec::new();
    for pair in points.windows(2) {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        let count = ((x1 - x0).hypot(y1 - y0) / STEP).ceil().clamp(1.0, MOST);
        // NaN gives no step at all.
        dense.extend((0..=count as usize).map(|k| {
            let share = k as f64 / count;
            (x0 + share * (x1 - x0), y0 + share * (y1 - y0))
        }));
    }
    dense
}
