//! Damaged files keep the promises of the readers: an error in a line, or finite numbers, and never a panic.
//!
//! `PROPTEST_CASES=100000 cargo test --release -p efm-data --test damaged` feeds more of them.

#[path = "support/damage.rs"]
mod damage;
#[path = "support/images.rs"]
mod images;
#[path = "support/readers.rs"]
mod readers;
mod support;

use std::path::Path;

use damage::{arbitrary_damaged, config, files, replay};
use proptest::prelude::*;
use support::{Entry, archive, crc32};

const NPY: &[&str] =
    &["'descr'", "'fortran_order': True", "'shape': (", "'|O'", "'>f8'", "'<i2'", "(0, ", ",,", "1L", "{", "}"];
const CSV: &[&str] = &["\"", "\"\"", "\r\n", "\n\n", ";", "\t", "#", ",", "\u{feff}", "1e39", " nan"];
const JSON: &[&str] =
    &["\"dtype\"", "\"shape\":[", "\"data_offsets\":[0,", "{", "}", "[", "null", "\"F64\"", "__metadata__", "\\u0000"];
const PNG: &[&str] = &["IHDR", "IDAT", "PLTE", "tRNS", "iCCP", "eXIf", "\u{1}\u{1}"];
const ZIP: &[&str] = &[".png", "/", "..", "__MACOSX"];

/// Damaged files of a target; half of them come with lengths and checksums put right again, for a decoder to be reached at all.
fn arbitrary(
    target: &str,
    words: &'static [&'static str],
    repair: fn(Vec<u8>) -> Vec<u8>,
) -> impl Strategy<Value = Vec<u8>> {
    let damaged = arbitrary_damaged(files(target), words);
    (damaged, any::<bool>()).prop_map(move |(bytes, sound)| if sound { repair(bytes) } else { bytes })
}

fn as_it_is(bytes: Vec<u8>) -> Vec<u8> {
    bytes
}

/// The array of an archive, damaged, in a sound archive.
fn zipped(bytes: Vec<u8>) -> Vec<u8> {
    let start = bytes.windows(6).position(|window| window == b"\x93NUMPY").unwrap_or(0);
    let array = bytes[start..].to_vec();
    if start % 2 == 0 { archive(&[Entry::stored("x.npy", array)]) } else { images::zipped(&[("x.npy", &array)]) }
}

/// The header of a safetensors file gets the length it has.
fn header(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(end) = bytes.iter().rposition(|&byte| byte == b'}').filter(|&end| end >= 8) {
        bytes[..8].copy_from_slice(&(end as u64 - 7).to_le_bytes());
    }
    bytes
}

fn gzipped(bytes: Vec<u8>) -> Vec<u8> {
    images::gzip(&bytes)
}

/// The chunks of a PNG get their checksums.
fn chunks(mut bytes: Vec<u8>) -> Vec<u8> {
    let mut at = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") { 8 } else { bytes.len() };
    while let Some(length) =
        bytes.get(at..at + 4).map(|four| u32::from_be_bytes(four.try_into().expect("four")) as usize)
    {
        let end = at.saturating_add(8).saturating_add(length);
        if end.saturating_add(4) > bytes.len() {
            break;
        }
        let crc = crc32(&bytes[at + 4..end]).to_be_bytes();
        bytes[end..end + 4].copy_from_slice(&crc);
        at = end + 4;
    }
    bytes
}

type Reader = fn(&[u8], &Path) -> Result<bool, String>;

const NPY_READER: Reader = |input, place| readers::rows(input, place, "a.npy");
const NPZ_READER: Reader = |input, place| readers::rows(input, place, "a.npz");
const CSV_READER: Reader = |input, place| readers::rows(input, place, "a.csv");
const SAFETENSORS_READER: Reader = |input, place| readers::rows(input, place, "a.safetensors");

fn feed(run: Reader, input: &[u8]) -> Result<(), TestCaseError> {
    let place = support::folder();
    run(input, place.path()).map(|_| ()).map_err(TestCaseError::fail)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn npy(input in arbitrary("npy", NPY, as_it_is)) {
        feed(NPY_READER, &input)?;
    }

    #[test]
    fn npz(input in arbitrary("npz", NPY, zipped)) {
        feed(NPZ_READER, &input)?;
    }

    #[test]
    fn csv(input in arbitrary("csv", CSV, as_it_is)) {
        feed(CSV_READER, &input)?;
    }

    #[test]
    fn safetensors(input in arbitrary("safetensors", JSON, header)) {
        feed(SAFETENSORS_READER, &input)?;
    }

    #[test]
    fn idx(input in arbitrary("idx", &[], gzipped)) {
        feed(readers::sets, &input)?;
    }

    #[test]
    fn image(input in arbitrary("image", PNG, chunks)) {
        feed(readers::images, &input)?;
    }

    #[test]
    fn zip_of_images(input in arbitrary("archive", ZIP, as_it_is)) {
        feed(readers::zips, &input)?;
    }
}

#[test]
fn the_corpus_keeps_the_promises() {
    let readers: [(&str, Reader); 7] = [
        ("npy", NPY_READER),
        ("npz", NPZ_READER),
        ("csv", CSV_READER),
        ("safetensors", SAFETENSORS_READER),
        ("idx", readers::sets),
        ("image", readers::images),
        ("archive", readers::zips),
    ];
    readers.iter().for_each(|(target, run)| replay(target, *run));
}
