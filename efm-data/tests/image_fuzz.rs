//! Arbitrary and damaged images never panic a reader and never make it ask for much more memory than the file is worth.

#[path = "support/images.rs"]
mod images;
mod support;

use std::{path::Path, sync::LazyLock};

use allocation_counter::measure;
use efm_data::image::{DecodeLimits, ImageShape, Raster, Split, decode_image, read_cifar, read_idx, read_image_array};
use efm_data::{DataError, ErrorClass, Limits};
use images::{gzip, idx, jpeg, jpeg_held, picture, png, zipped};
use proptest::prelude::*;
use support::{folder, header, npy, put};

const LIMIT: u64 = 1 << 20;

/// A decoder may hold the picture a few times over: as it comes, in 8 bits, in rows of its own.
const DECODING: u64 = 64 * 4096 + (2 << 20);

fn small() -> DecodeLimits {
    DecodeLimits { pixels: 4096, ..DecodeLimits::default() }
}

/// Decodes and holds the most memory in use at once against the limit.
fn decode(bytes: &[u8]) -> Result<Raster, DataError> {
    let mut result = None;
    let memory = measure(|| result = Some(decode_image(Path::new("a"), bytes, [255; 3], &small())));
    let result = result.expect("measured code runs");
    assert!(memory.bytes_max <= DECODING + bytes.len() as u64, "{} bytes at once: {result:?}", memory.bytes_max);
    if let Ok(raster) = &result {
        let ImageShape { height, width, channels } = raster.shape();
        assert!(height * width <= 4096 && raster.pixels().len() == height * width * channels);
    }
    checked(result)
}

fn checked<T>(result: Result<T, DataError>) -> Result<T, DataError> {
    if let Err(error) = &result {
        assert!(error.class() != ErrorClass::Io && error.class() != ErrorClass::Config, "{error}");
        assert!(error.to_string().len() < 10_000 && !error.to_string().contains('\n'), "{error}");
    }
    result
}

/// Reads a file of many images by every reader of such files.
fn read(bytes: &[u8]) {
    let folder = folder();
    let path = put(&folder, "a", bytes);
    let limits = Limits { max_bytes: LIMIT, ..Limits::default() };
    let memory = measure(|| {
        let _ = checked(read_idx(&path, &limits).map(|_| ()));
        let _ = checked(read_cifar(&path, &limits).map(|_| ()));
        if bytes.starts_with(b"\x93NUMPY") || bytes.starts_with(b"PK") {
            let _ = checked(read_image_array(&path, None, Split::Train, [0; 3], &limits).map(|_| ()));
        }
    });
    assert!(memory.bytes_max <= 4 * LIMIT, "{} bytes at once", memory.bytes_max);
}

static PICTURES: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| vec![png(13, 9, 1), jpeg(17, 12, 2), jpeg_held(&picture(9, 20, 3), 6)]);

static SETS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let images = idx(&[4, 3, 3], &[7; 36]);
    let array = npy(&header("|u1", "(4, 3, 3)"), &[7; 36]);
    vec![images.clone(), gzip(&images), array.clone(), zipped(&[("x.npy", &array)]), vec![1; 3073 * 2]]
});

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 1..600)) {
        for start in [&b""[..], b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR", b"\xff\xd8\xff", b"\xff\xd8\xff\xdb\0\x43\0"] {
            let _ = decode(&[start, &bytes].concat());
        }
        for start in [&b""[..], &[0, 0, 8, 3], &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3], b"PK\x03\x04"] {
            read(&[start, &bytes].concat());
        }
    }

    #[test]
    fn flipped_bits(flips in prop::collection::vec((any::<prop::sample::Index>(), 0_u32..8), 1..4)) {
        let flip = |bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            for (place, bit) in &flips {
                let place = place.index(bytes.len());
                bytes[place] ^= 1 << bit;
            }
            bytes
        };
        PICTURES.iter().for_each(|bytes| drop(decode(&flip(bytes))));
        SETS.iter().for_each(|bytes| read(&flip(bytes)));
    }

    #[test]
    fn cut_and_spliced(cut in any::<prop::sample::Index>(), other in any::<prop::sample::Index>()) {
        for bytes in PICTURES.iter() {
            let (cut, other) = (cut.index(bytes.len()), other.index(bytes.len()));
            prop_assert!(decode(&bytes[..cut]).is_err());
            let _ = decode(&[&bytes[..cut], &bytes[other..]].concat());
        }
        for bytes in SETS.iter() {
            let (cut, other) = (cut.index(bytes.len()), other.index(bytes.len()));
            read(&[&bytes[..cut], &bytes[other..]].concat());
        }
    }

    #[test]
    fn axes_that_claim_anything(axes in prop::collection::vec(any::<u32>(), 1..5), small in 1_u32..6) {
        read(&idx(&axes, &[0; 64]));
        read(&gzip(&idx(&axes, &[0; 64])));
        read(&gzip(&idx(&axes.iter().map(|axis| axis % small).collect::<Vec<_>>(), &[0; 64])));
    }

    #[test]
    fn pictures_that_claim_any_size(width: u32, height: u32) {
        let mut bytes = png(8, 8, 1);
        bytes[16..20].copy_from_slice(&width.to_be_bytes());
        bytes[20..24].copy_from_slice(&height.to_be_bytes());
        let crc = support::crc32(&bytes[12..29]).to_be_bytes();
        bytes[29..33].copy_from_slice(&crc);
        let _ = decode(&bytes);
        let mut bytes = jpeg(8, 8, 1);
        let at = bytes.windows(2).position(|window| window == [0xff, 0xc0]).unwrap();
        bytes[at + 5..at + 7].copy_from_slice(&(height as u16).to_be_bytes());
        bytes[at + 7..at + 9].copy_from_slice(&(width as u16).to_be_bytes());
        let _ = decode(&bytes);
    }
}

#[test]
fn every_single_bit_of_a_small_picture() {
    for whole in PICTURES.iter() {
        for place in 0..whole.len() {
            for bit in [0, 4, 7] {
                let mut bytes = whole.clone();
                bytes[place] ^= 1 << bit;
                let _ = decode(&bytes);
            }
        }
    }
}
