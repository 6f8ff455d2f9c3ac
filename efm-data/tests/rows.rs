//! Rows keep the precision of their file, and their differences survive f32 once an origin is taken away.

mod support;

use efm_core::Points;
use efm_data::{DataError, Limits, Rows, TableOptions, read_table, write_rows};
use support::{folder, header, npy, put};

fn table(name: &str, bytes: &[u8]) -> Rows {
    let folder = folder();
    read_table(&put(&folder, name, bytes), None, &TableOptions::default(), &Limits::default()).unwrap().rows
}

#[test]
fn seconds_since_1970_are_told_apart() {
    let seconds = [1.7e9, 1.7e9 + 1.0, 1.7e9 + 2.5];
    let bytes: Vec<u8> = seconds.iter().flat_map(|value: &f64| value.to_le_bytes()).collect();
    let array = table("a.npy", &npy(&header("<f8", "(3, 1)"), &bytes));
    let text = table("a.csv", b"t\n1700000000\n1700000001\n1700000002.5\n");
    let whole: Vec<u8> =
        [1_700_000_000_i32, 1_700_000_001, 1_700_000_002].iter().flat_map(|v| v.to_le_bytes()).collect();
    assert_eq!(table("a.npy", &npy(&header("<i4", "(3, 1)"), &whole)).values()[1], 1.7e9 + 1.0);
    for rows in [array, text] {
        assert!(rows.is_double());
        assert_eq!(rows.values(), seconds);
        let origin = rows.common_origin(&rows).unwrap().expect("a column far from zero");
        let near = rows.about(&origin).unwrap();
        assert_eq!((near.point(1)[0] - near.point(0)[0], near.point(2)[0] - near.point(1)[0]), (1.0, 1.5));
        // In f32 alone they are one number.
        assert_eq!(rows.to_points().unwrap().as_slice(), [1.7e9_f32; 3]);
    }
}

#[test]
fn columns_that_f32_holds_keep_their_origin() {
    let rows = |values: &[f64]| Rows::new(2, values.to_vec()).unwrap();
    let near = rows(&[1.0, -3.0, 2.0, 100.0, 5.0, 4.0]);
    assert_eq!(near.common_origin(&near).unwrap(), None);
    // One that never varies, here and there, has nothing to lose; one that differs between the files has.
    let flat = rows(&[5.0, 1.0, 5.0, 2.0]);
    assert_eq!(flat.common_origin(&flat).unwrap(), None);
    let (one, other) = (rows(&[1e9, 1.0, 1e9, 2.0]), rows(&[1e9 + 10.0, 1.0, 1e9 + 10.0, 2.0]));
    assert_eq!(one.common_origin(&other).unwrap(), Some(vec![1e9, 0.0]));
    let error = near.common_origin(&Rows::new(3, vec![0.0; 3]).unwrap()).unwrap_err();
    assert!(matches!(error, DataError::UnequalDims { source_dim: 2, target_dim: 3, .. }), "{error}");
}

#[test]
fn rows_are_written_in_their_own_precision() {
    let folder = folder();
    let rows = Rows::new(2, vec![1.7e9 + 0.25, -1e-12, 1.0 / 3.0, 2.0]).unwrap();
    for name in ["a.npy", "a.csv", "a.tsv"] {
        write_rows(&folder.path().join(name), &rows).unwrap();
        let read = read_table(&folder.path().join(name), None, &TableOptions::default(), &Limits::default()).unwrap();
        assert_eq!(read.rows, rows, "{name}");
    }
    let single = Rows::from(Points::from_values(2, vec![0.1, 2.0]).unwrap());
    write_rows(&folder.path().join("b.npy"), &single).unwrap();
    let read = read_table(&folder.path().join("b.npy"), None, &TableOptions::default(), &Limits::default()).unwrap();
    assert!(!read.rows.is_double() && read.rows == single);
}

#[test]
fn numbers_that_make_no_rows_are_refused() {
    assert!(Rows::new(0, vec![]).is_err() && Rows::new(2, vec![1.0]).is_err());
    assert!(Rows::new(1, vec![f64::NAN]).unwrap_err().to_string().contains("row 0, column 0"));
    assert!(matches!(Rows::new(1, vec![1e300]).unwrap().to_points(), Err(DataError::OutOfRange { .. })));
}
