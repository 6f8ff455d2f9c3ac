use std::{io::Cursor, path::Path};

use image::{
    ColorType, DynamicImage, ImageDecoder, ImageError,
    codecs::{jpeg::JpegDecoder, png::PngDecoder},
};

use super::{ImageShape, Raster, jpeg};
use crate::{DataError, Limits, format::HARMLESS};

/// How large an image file may be, as a file and unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DecodeLimits {
    /// Most bytes of the file. Default 256 MiB.
    pub file_bytes: u64,
    /// Most pixels. Default 2^26 (67 million).
    pub pixels: u64,
    /// Longest side in pixels. Default 65 535.
    pub side: u32,
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self { file_bytes: 256 << 20, pixels: 1 << 26, side: 65_535 }
    }
}

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
const JPEG: &[u8] = b"\xff\xd8\xff";
/// The whole of PNG's last chunk: length 0, name, checksum (PNG 1.2, 4.1.4).
const IEND: &[u8] = b"\0\0\0\0IEND\xae\x42\x60\x82";

/// Decodes a PNG or JPEG file by the rules of the [module](super): 8 bits, alpha over `background`, EXIF orientation
/// applied, one or three channels. The first bytes tell the format. `path` is what an error is about.
///
/// # Errors
/// [`DataError::Malformed`] for what is damaged or cut, [`DataError::UnknownFormat`], [`DataError::TooLarge`] beyond the
/// limits, which are held before memory is taken.
pub fn decode_image(
    path: &Path,
    bytes: &[u8],
    background: [u8; 3],
    limits: &DecodeLimits,
) -> Result<Raster, DataError> {
    let malformed = |problem: String| DataError::Malformed { path: path.into(), place: "image".into(), problem };
    if bytes.is_empty() {
        return Err(malformed("the file is empty".to_owned()));
    }
    if bytes.len() as u64 > limits.file_bytes {
        let problem = format!("the file has {} bytes; the limit is {}", bytes.len(), limits.file_bytes);
        return Err(DataError::TooLarge { path: path.into(), place: "image".into(), problem });
    }
    let length = bytes.len() as u64;
    let cut = || malformed("the file is cut: its end marker is missing".to_owned());
    let refused = |error: ImageError| match error {
        ImageError::Limits(_) => too_large(path, "the decoder needs more memory than the limit".to_owned()),
        other => malformed(one_line(&other.to_string())),
    };
    if bytes.starts_with(PNG) {
        if !bytes.windows(IEND.len()).rev().any(|window| window == IEND) {
            return Err(cut());
        }
        finish(path, PngDecoder::new(Cursor::new(bytes)).map_err(refused)?, length, background, limits, &refused)
    } else if bytes.starts_with(JPEG) {
        if !jpeg::is_whole(bytes) {
            return Err(cut());
        }
        finish(path, JpegDecoder::new(Cursor::new(bytes)).map_err(refused)?, length, background, limits, &refused)
    } else {
        let foreign =
            foreign(bytes).map(|format| DataError::ForeignFormat { path: path.into(), format, convert: CONVERT });
        Err(foreign.unwrap_or_else(|| DataError::UnknownFormat { path: path.into() }))
    }
}

/// Whether a file begins as PNG or JPEG do.
pub(super) fn is_png_or_jpeg(start: &[u8]) -> bool {
    start.starts_with(PNG) || start.starts_with(JPEG)
}

const CONVERT: &str =
    "convert it to PNG, for example with `magick IN OUT.png`, or leave out what is no PNG or JPEG (skip_bad)";

/// Formats of pictures that are not read, by their first bytes.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    let at = |place: usize, magic: &[u8]| bytes.get(place..).is_some_and(|rest| rest.starts_with(magic));
    Some(match bytes {
        _ if at(0, b"RIFF") && at(8, b"WEBP") => "a WebP picture",
        _ if at(0, b"GIF8") => "a GIF picture",
        _ if at(0, b"BM") && bytes.len() > 26 => "a BMP picture",
        _ if at(0, b"II*\0") || at(0, b"MM\0*") => "a TIFF picture",
        _ if at(4, b"ftypavif") => "an AVIF picture",
        _ if at(4, b"ftyphei") || at(4, b"ftypmif1") => "a HEIC picture",
        _ if at(0, b"<svg") || at(0, b"<?xml") => "an SVG drawing",
        _ if at(0, b"<!DOCTYPE") || at(0, b"<html") => "a web page",
        _ => return None,
    })
}

fn finish(
    path: &Path,
    mut decoder: impl ImageDecoder,
    file_bytes: u64,
    background: [u8; 3],
    limits: &DecodeLimits,
    refused: &dyn Fn(ImageError) -> DataError,
) -> Result<Raster, DataError> {
    let (width, height) = decoder.dimensions();
    if width.max(height) > limits.side || u64::from(width) * u64::from(height) > limits.pixels {
        let problem =
            format!("{height} × {width} pixels; the limits are {} pixels and {} a side", limits.pixels, limits.side);
        return Err(too_large(path, problem));
    }
    let (unpacked, packed) = (decoder.total_bytes(), file_bytes.max(1));
    let ratio = Limits::default().max_ratio;
    if unpacked > HARMLESS && unpacked / packed > ratio {
        let problem = format!("unpacks from {packed} to {unpacked} bytes; the limit is a factor of {ratio}");
        return Err(too_large(path, problem));
    }
    let mut memory = image::Limits::default();
    memory.max_alloc = Some(limits.pixels.saturating_mul(16));
    decoder.set_limits(memory).map_err(refused)?;
    let orientation = decoder.orientation().map_err(refused)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(refused)?;
    picture.apply_orientation(orientation);
    Ok(eight_bit(&picture, background))
}

/// The picture in 8 bits without alpha.
fn eight_bit(picture: &DynamicImage, background: [u8; 3]) -> Raster {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let shape = |channels| ImageShape { height, width, channels };
    match picture.color() {
        ColorType::L8 | ColorType::L16 => Raster { shape: shape(1), pixels: picture.to_luma8().into_raw() },
        ColorType::La8 | ColorType::La16 => {
            let pixels = picture.to_luma_alpha8().into_raw();
            let grey = background[0] == background[1] && background[1] == background[2];
            if grey || pixels.as_chunks::<2>().0.iter().all(|[_, alpha]| *alpha == 255) {
                let over = |[value, alpha]: &[u8; 2]| composite(*value, *alpha, background[0]);
                return Raster { shape: shape(1), pixels: pixels.as_chunks().0.iter().map(over).collect() };
            }
            let over = |[value, alpha]: &[u8; 2]| background.map(|behind| composite(*value, *alpha, behind));
            Raster { shape: shape(3), pixels: pixels.as_chunks().0.iter().flat_map(over).collect() }
        }
        color if color.has_alpha() => {
            let pixels = picture.to_rgba8().into_raw();
            let over = |[red, green, blue, alpha]: &[u8; 4]| {
                let [behind_red, behind_green, behind_blue] = background;
                [
                    composite(*red, *alpha, behind_red),
                    composite(*green, *alpha, behind_green),
                    composite(*blue, *alpha, behind_blue),
                ]
            };
            Raster { shape: shape(3), pixels: pixels.as_chunks().0.iter().flat_map(over).collect() }
        }
        _ => Raster { shape: shape(3), pixels: picture.to_rgb8().into_raw() },
    }
}

/// α·value + (1 − α)·behind, rounded.
pub(super) fn composite(value: u8, alpha: u8, behind: u8) -> u8 {
    let (value, alpha, behind) = (u32::from(value), u32::from(alpha), u32::from(behind));
    ((value * alpha + behind * (255 - alpha) + 127) / 255) as u8
}

fn too_large(path: &Path, problem: String) -> DataError {
    DataError::TooLarge { path: path.into(), place: "image".into(), problem }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
