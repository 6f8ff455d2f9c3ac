use serde::{Deserialize, Serialize};

use crate::DataError;

/// How the coordinates of a point make an image: channel after channel, row after row, as in a `[C, H, W]` tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageShape {
    /// Rows, H.
    pub height: usize,
    /// Columns, W.
    pub width: usize,
    /// Channels, C: 1 is grey, 3 is red, green, blue.
    pub channels: usize,
}

/// Longest side an image may have as a point.
const LONGEST: usize = 1 << 14;

impl ImageShape {
    /// A shape with sides of 1 to 16 384 pixels and 1 or 3 channels.
    ///
    /// # Errors
    /// [`DataError::BadParameter`] naming `size` or `channels`.
    pub fn new(height: usize, width: usize, channels: usize) -> Result<Self, DataError> {
        let fail = |field, problem| Err(DataError::BadParameter { place: "images", field, problem });
        if !(1..=LONGEST).contains(&height) || !(1..=LONGEST).contains(&width) {
            return fail("size", format!("is {height} × {width}; each side must be 1 to {LONGEST} pixels"));
        }
        if channels != 1 && channels != 3 {
            return fail("channels", format!("is {channels}; it must be 1 (grey) or 3 (colour)"));
        }
        Ok(Self { height, width, channels })
    }

    /// Coordinates of a point, D = C·H·W.
    pub fn dim(&self) -> usize {
        self.channels * self.height * self.width
    }
}

impl std::fmt::Display for ImageShape {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} × {} × {}", self.height, self.width, self.channels)
    }
}

/// Which numbers black and white are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValueRange {
    /// 0 is black, 1 is white.
    Unit,
    /// −1 is black, 1 is white, as diffusion models have it.
    #[default]
    Signed,
}

impl ValueRange {
    /// Black and white.
    pub fn ends(self) -> (f32, f32) {
        match self {
            Self::Unit => (0.0, 1.0),
            Self::Signed => (-1.0, 1.0),
        }
    }

    /// The coordinate of an 8-bit value.
    pub fn from_byte(self, byte: u8) -> f32 {
        let unit = f32::from(byte) / 255.0;
        match self {
            Self::Unit => unit,
            Self::Signed => 2.0 * unit - 1.0,
        }
    }

    /// The 8-bit value nearest to a coordinate; what lies outside the range goes to its end, NaN to black.
    pub fn to_byte(self, value: f32) -> u8 {
        let unit = match self {
            Self::Unit => value,
            Self::Signed => 0.5 * (value + 1.0),
        };
        (unit * 255.0).round().clamp(0.0, 255.0) as u8
    }
}
