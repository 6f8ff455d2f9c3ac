//! What is written reads back bit for bit, and a file appears whole or not at all.

mod support;

use std::fs;

use efm_core::Points;
use efm_data::{DataError, ErrorClass, list_arrays, read_points, write_arrays, write_points};
use proptest::prelude::*;
use support::{folder, put};

/// Clouds of 1 to 40 points in up to 6 dimensions, every finite f32 possible.
fn arbitrary_points() -> impl Strategy<Value = Points> {
    (1_usize..=6, 1_usize..=40).prop_flat_map(|(dim, count)| {
        let finite = any::<u32>().prop_map(f32::from_bits).prop_filter("finite", |value| value.is_finite());
        prop::collection::vec(finite, dim * count)
            .prop_map(move |values| Points::from_values(dim, values).expect("finite values"))
    })
}

fn bits(points: &Points) -> (usize, Vec<u32>) {
    (points.dim(), points.as_slice().iter().map(|value| value.to_bits()).collect())
}

const NAMES: [&str; 6] = ["a.npy", "a.npz", "a.csv", "a.tsv", "a.txt", "a.safetensors"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_format_returns_every_bit(points in arbitrary_points()) {
        let folder = folder();
        for name in NAMES {
            let path = folder.path().join(name);
            write_points(&path, &points).unwrap();
            prop_assert_eq!(bits(&read_points(&path, None).unwrap()), bits(&points), "{}", name);
        }
    }

    #[test]
    fn several_arrays_keep_their_names(first in arbitrary_points(), second in arbitrary_points()) {
        let folder = folder();
        for name in ["a.npz", "a.safetensors"] {
            let path = folder.path().join(name);
            write_arrays(&path, &[("source", &first), ("target", &second)]).unwrap();
            prop_assert_eq!(list_arrays(&path).unwrap(), ["source", "target"]);
            prop_assert_eq!(bits(&read_points(&path, Some("source")).unwrap()), bits(&first));
            prop_assert_eq!(bits(&read_points(&path, Some("target")).unwrap()), bits(&second));
        }
    }

    #[test]
    fn safetensors_files_satisfy_their_own_library(points in arbitrary_points()) {
        let folder = folder();
        let path = folder.path().join("a.safetensors");
        write_points(&path, &points).unwrap();
        let bytes = fs::read(&path).unwrap();
        let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        let tensor = tensors.tensor("points").unwrap();
        prop_assert_eq!(tensor.shape(), [points.len(), points.dim()]);
        let expected: Vec<u8> = points.as_slice().iter().flat_map(|value| value.to_le_bytes()).collect();
        prop_assert_eq!(tensor.data(), expected);
    }

    #[test]
    fn bf16_from_the_safetensors_library_reads_as_its_upper_half(words in prop::collection::vec(0_u16..0x7f80, 2..20)) {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let shape = vec![words.len()];
        let view = safetensors::tensor::TensorView::new(safetensors::Dtype::BF16, shape, &bytes).unwrap();
        let folder = folder();
        let path = put(&folder, "a.safetensors", &safetensors::serialize([("x", view)], None).unwrap());
        let expected: Vec<u32> = words.iter().map(|word| u32::from(*word) << 16).collect();
        prop_assert_eq!(bits(&read_points(&path, None).unwrap()), (1, expected));
    }
}

fn small() -> Points {
    Points::from_values(2, vec![0.5, -1.0, 2.0, 1e-20]).unwrap()
}

#[test]
fn the_bytes_are_those_the_formats_ask_for() {
    let folder = folder();
    let npy = folder.path().join("a.npy");
    write_points(&npy, &small()).unwrap();
    let bytes = fs::read(&npy).unwrap();
    assert_eq!(bytes.len(), 128 + 16);
    assert_eq!(&bytes[..10], b"\x93NUMPY\x01\x00\x76\x00");
    assert!(bytes[10..].starts_with(b"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }"));
    assert_eq!(bytes[127], b'\n');
    let csv = folder.path().join("a.csv");
    write_points(&csv, &small()).unwrap();
    assert_eq!(fs::read_to_string(&csv).unwrap(), "x0,x1\n0.5,-1.0\n2.0,1e-20\n");
}

#[test]
fn an_old_file_is_replaced_and_nothing_else_is_left() {
    let folder = folder();
    for name in NAMES {
        let path = put(&folder, name, b"old");
        write_points(&path, &small()).unwrap();
        assert_eq!(read_points(&path, None).unwrap(), small());
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), NAMES.len());
}

#[test]
fn what_cannot_be_written_is_refused_and_leaves_nothing() {
    let folder = folder();
    let class = |name: &str, arrays: &[(&str, &Points)]| {
        write_arrays(&folder.path().join(name), arrays).expect_err(name).class()
    };
    let points = small();
    assert_eq!(class("nowhere/a.npy", &[("x", &points)]), ErrorClass::Io);
    assert_eq!(class("a.parquet", &[("x", &points)]), ErrorClass::BadData);
    assert_eq!(class("a.npy", &[("x", &points), ("y", &points)]), ErrorClass::Config);
    assert_eq!(class("a.npz", &[]), ErrorClass::Config);
    assert_eq!(class("a.npz", &[("../x", &points)]), ErrorClass::Config);
    assert_eq!(class("a.npz", &[("x", &points), ("x", &points)]), ErrorClass::BadData);
    fs::create_dir(folder.path().join("b.npy")).unwrap();
    let error = write_points(&folder.path().join("b.npy"), &points).unwrap_err();
    assert!(matches!(error, DataError::NotAFile { .. }), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_no_files_is_an_error_of_the_system() {
    // /proc takes no new files for anyone.
    let error = write_points("/proc/a.npy".as_ref(), &small()).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Io);
}
