//! Files written by NumPy, pandas and safetensors (`tests/files/make.py`) read as what they hold.

use std::path::{Path, PathBuf};

use efm_data::{DataError, ErrorClass, list_arrays, read_points};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files").join(name)
}

fn expect(name: &str, key: Option<&str>, dim: usize, values: &[f32]) {
    let points = read_points(&file(name), key).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(points.dim(), dim, "{name}");
    assert_eq!(points.as_slice(), values, "{name}");
}

fn floats() -> Vec<f32> {
    (0_i8..12).map(|count| f32::from(count - 5) / 2.0).collect()
}

fn count(length: u8) -> Vec<f32> {
    (0..length).map(f32::from).collect()
}

#[test]
fn floats_of_every_width_order_and_version() {
    for name in [
        "float_little_f2.npy",
        "float_little_f4.npy",
        "float_big_f4.npy",
        "float_little_f8.npy",
        "float_big_f8.npy",
        "float_fortran.npy",
        "float_fortran_big.npy",
        "float_version_2.npy",
        "float_version_3.npy",
    ] {
        expect(name, None, 3, &floats());
    }
}

#[test]
fn integers_and_booleans() {
    let kinds = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"].map(|kind| format!("int_little_{kind}.npy"));
    for name in kinds.iter().map(String::as_str).chain(["int_big_i2.npy", "int_big_u8.npy"]) {
        expect(name, None, 3, &count(12));
    }
    expect("bool.npy", None, 3, &[0.0, 1.0].repeat(6));
}

#[test]
fn one_axis_is_many_points_and_three_flatten_in_c_order() {
    expect("line.npy", None, 1, &count(5));
    expect("cube_c.npy", None, 12, &count(24));
    expect("cube_fortran.npy", None, 12, &count(24));
}

#[test]
fn archives_by_name() {
    expect("two.npz", Some("floats"), 3, &floats());
    expect("two.npz", Some("count"), 3, &count(12));
    expect("packed_one.npz", None, 3, &floats());
    for (key, values) in [("floats", floats()), ("half", floats()), ("count", count(12))] {
        expect("three.safetensors", Some(key), 3, &values);
    }
    assert_eq!(list_arrays(&file("two.npz")).unwrap(), ["floats", "count"]);
    assert!(list_arrays(&file("line.npy")).unwrap().is_empty());
}

#[test]
fn a_missing_name_lists_those_there_are() {
    for name in ["two.npz", "three.safetensors"] {
        let wrong = read_points(&file(name), Some("x")).unwrap_err();
        assert!(matches!(&wrong, DataError::NoSuchKey { available, .. } if available.contains(&"count".to_owned())));
        let none = read_points(&file(name), None).unwrap_err();
        assert!(none.to_string().contains("floats"), "{none}");
        assert!(matches!(none, DataError::KeyNeeded { .. }));
    }
    assert!(matches!(read_points(&file("line.npy"), Some("x")), Err(DataError::NoKeys { .. })));
}

#[test]
fn text_with_header_comment_mark_and_line_ends() {
    for name in ["pandas_crlf_bom.csv", "pandas.tsv", "savetxt.csv"] {
        expect(name, None, 3, &floats());
    }
}

#[test]
fn what_is_no_real_number_is_refused_by_its_type() {
    for (name, found) in [
        ("refused_object.npy", "'|O'"),
        ("refused_record.npy", "record"),
        ("refused_complex.npy", "'<c8'"),
        ("refused_text.npy", "'<U2'"),
    ] {
        let error = read_points(&file(name), None).unwrap_err();
        assert!(matches!(error, DataError::UnsupportedType { .. }), "{error}");
        assert!(error.to_string().contains(found), "{error}");
        assert_eq!(error.class(), ErrorClass::BadData);
    }
    let scalar = read_points(&file("refused_scalar.npy"), None).unwrap_err();
    assert!(scalar.to_string().contains("single number"), "{scalar}");
}
