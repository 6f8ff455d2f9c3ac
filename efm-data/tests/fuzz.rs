//! Arbitrary and damaged bytes never panic a reader and never make it ask for more memory than the limits.

mod support;

use std::sync::LazyLock;

use allocation_counter::measure;
use efm_core::Points;
use efm_data::{DataError, ErrorClass, Limits, list_arrays, read_points_within, write_arrays};
use proptest::prelude::*;
use support::{folder, header, npy, put, tensors};

const LIMIT: u64 = 1 << 20;

/// What a reader may hold at any moment: the file, the array it becomes, and room for buffers and messages.
const ALLOWED: u64 = 3 * LIMIT;

/// Reads `bytes` under `name` and holds the most memory in use at once against the limit.
fn read(name: &str, bytes: &[u8], key: Option<&str>) -> Result<Points, DataError> {
    let folder = folder();
    let path = put(&folder, name, bytes);
    let limits = Limits { max_bytes: LIMIT, ..Limits::default() };
    let mut result = None;
    let memory = measure(|| {
        result = Some(read_points_within(&path, key, &limits));
        let _ = list_arrays(&path);
    });
    let result = result.expect("measured code runs");
    assert!(memory.bytes_max <= ALLOWED, "{name}: {} bytes at once for {result:?}", memory.bytes_max);
    if let Err(error) = &result {
        assert_ne!(error.class(), ErrorClass::Io, "{error}");
        assert!(error.to_string().len() < 10_000 && !error.hint().is_empty());
    }
    result
}

const NAMES: [&str; 4] = ["a.npy", "a.npz", "a.csv", "a.safetensors"];

/// The array to ask for, in formats that have names.
fn key(name: &str) -> Option<&'static str> {
    ["a.npz", "a.safetensors"].contains(&name).then_some("x")
}

/// Files with everything in its place, one per name.
static VALID: LazyLock<[Vec<u8>; 4]> = LazyLock::new(|| {
    let folder = folder();
    let points = Points::from_values(3, (0_u8..30).map(f32::from).collect()).unwrap();
    let two = [("x", &points), ("y", &points)];
    NAMES.map(|name| {
        let path = folder.path().join(name);
        let arrays = if key(name).is_some() { &two[..] } else { &two[..1] };
        write_arrays(&path, arrays).unwrap();
        std::fs::read(&path).unwrap()
    })
});

/// Each name with its valid file.
fn valid() -> impl Iterator<Item = (&'static str, Vec<u8>)> {
    NAMES.into_iter().zip(VALID.iter().cloned())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 1..600)) {
        for name in NAMES {
            let _ = read(name, &bytes, None);
        }
        for start in [&b"\x93NUMPY\x01\x00"[..], b"\x93NUMPY\x02\x00", b"PK\x03\x04", b"PK\x05\x06"] {
            let _ = read("a.bin", &[start, &bytes].concat(), None);
        }
    }

    #[test]
    fn flipped_bits(flips in prop::collection::vec((any::<prop::sample::Index>(), 0_u32..8), 1..4)) {
        for (name, mut bytes) in valid() {
            for (place, bit) in &flips {
                let place = place.index(bytes.len());
                bytes[place] ^= 1 << bit;
            }
            let _ = read(name, &bytes, key(name));
        }
    }

    #[test]
    fn cut_and_spliced(cut in any::<prop::sample::Index>(), other in any::<prop::sample::Index>()) {
        for (name, bytes) in valid() {
            let (cut, other) = (cut.index(bytes.len()), other.index(bytes.len()));
            if cut > 0 {
                let result = read(name, &bytes[..cut], None);
                prop_assert!(result.is_err() || name == "a.csv");
            }
            let _ = read(name, &[&bytes[..cut], &bytes[other..]].concat(), None);
        }
    }

    #[test]
    fn shapes_that_claim_anything(shape in prop::collection::vec(any::<u64>(), 0..5), small in 0_u64..9, order: bool) {
        let text = |axes: &[u64]| axes.iter().map(|axis| format!("{axis},")).collect::<String>();
        for axes in [shape.clone(), shape.iter().map(|axis| axis % (small + 1)).collect()] {
            let header = header("<f4", &format!("({})", text(&axes)));
            let header = if order { header.replace("False", "True") } else { header };
            let _ = read("a.npy", &npy(&header, &[0; 64]), None);
        }
        let header = format!(
            r#"{{"x":{{"dtype":"F64","shape":{shape:?},"data_offsets":[{small},{}]}}}}"#,
            shape.first().unwrap_or(&64)
        );
        let _ = read("a.safetensors", &tensors(&header, &[0; 64]), None);
    }

    #[test]
    fn text_of_numbers_and_separators(text in "[0-9.,;\t\r\n\"# eE+-]{0,200}") {
        let _ = read("a.csv", format!(" {text}").as_bytes(), None);
    }
}

#[test]
fn every_single_bit_of_a_small_file() {
    for (name, whole) in valid() {
        for place in 0..whole.len() {
            for bit in [0, 3, 7] {
                let mut bytes = whole.clone();
                bytes[place] ^= 1 << bit;

                let _ = read(name, &bytes, key(name));
            }
        }
    }
}
