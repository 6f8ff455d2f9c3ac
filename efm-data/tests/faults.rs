//! Every kind of broken file is refused with its class, its place and a hint, and never with a panic.

mod support;

use std::{fs, io::Write, path::Path};

use efm_data::{DataError, DataSpec, ErrorClass, Limits, read_points, read_points_within};
use support::{Entry, archive, crc32, folder, header, npy, put, tensors, zeros};

/// File name, content, class, and a part of the message.
type Case = (&'static str, Vec<u8>, ErrorClass, &'static str);

use ErrorClass::{BadData, Io, ResourceLimit};

fn check(cases: Vec<Case>) {
    let folder = folder();
    for (number, (name, content, class, part)) in cases.into_iter().enumerate() {
        let path = put(&folder, &format!("{number}-{name}"), &content);
        let error = match read_points(&path, None) {
            Ok(points) => panic!("{name} ({part}) read as {points:?}"),
            Err(error) => error,
        };
        let message = error.to_string();
        assert_eq!(error.class(), class, "{message}");
        assert!(message.contains(part), "expected {part:?} in: {message}");
        assert!(message.contains(&path.display().to_string()), "no file in: {message}");
        assert!(!message.contains('\n') && !error.hint().contains('\n'), "more than a line: {message}");
    }
}

#[test]
fn broken_npy() {
    let with = |shape: &str, bytes: usize| npy(&header("<f4", shape), &vec![0; bytes]);
    let text = |header: &str| npy(header, &[0; 8]);
    let mut version_9 = zeros(3);
    version_9[6] = 9;
    let mut long_header = zeros(3);
    long_header[8..10].copy_from_slice(&u16::MAX.to_le_bytes());
    let mut endless_header = b"\x93NUMPY\x02\x00".to_vec();
    endless_header.extend(u32::MAX.to_le_bytes());
    endless_header.extend([b' '; 100]);
    let not_finite = |value: f64| {
        let data: Vec<u8> = [1.0, 2.0, 3.0, value].iter().flat_map(|value: &f64| value.to_le_bytes()).collect();
        npy(&header("<f8", "(2, 2)"), &data)
    };
    check(vec![
        ("a.npy", Vec::new(), BadData, "is empty"),
        ("a.npy", b"hello, world".to_vec(), BadData, "does not start like an npy"),
        ("a.npy", b"\x93NUMPY\x01".to_vec(), BadData, "too few"),
        ("a.npy", version_9, BadData, "version 9"),
        ("a.npy", long_header, BadData, "header claims 65535"),
        ("a.npy", endless_header, BadData, "header claims 4294967295"),
        ("a.npy", with("(3, 2)", 23), BadData, "needs 24 bytes of numbers, there are 23"),
        ("a.npy", with("(3, 2)", 25), BadData, "there are 25"),
        ("a.npy", with("(1000000000000, 2)", 24), BadData, "needs 8000000000000 bytes"),
        ("a.npy", with("(9223372036854775807, 4)", 8), BadData, "overflows"),
        ("a.npy", with("(4611686018427387904, 1)", 8), BadData, "overflows"),
        ("a.npy", with("(0, 9223372036854775807, 9223372036854775807)", 0), BadData, "overflows"),
        ("a.npy", with("(99999999999999999999, 2)", 8), BadData, "a length overflows"),
        ("a.npy", with("(-1, 2)", 8), BadData, "expected a length"),
        ("a.npy", with("(3, 0)", 0), BadData, "no coordinates"),
        ("a.npy", with("(0, 2)", 0), BadData, "at least 1"),
        ("a.npy", with("()", 4), BadData, "single number"),
        ("a.npy", with(&format!("({})", "1,".repeat(65)), 4), BadData, "more than 64 axes"),
        ("a.npy", text("{'descr': '<f4', 'shape': (2,), }"), BadData, "missing"),
        ("a.npy", text("{'descr': '<f4', 'descr': '<f4', 'shape': (2,), }"), BadData, "second 'descr'"),
        ("a.npy", text("{'descr': '<f4', 'fortran_order': maybe, 'shape': (2,), }"), BadData, "True or False"),
        ("a.npy", text("{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}"), BadData, "unknown key"),
        ("a.npy", text("{'descr': '<f4"), BadData, "string without an end"),
        ("a.npy", text("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x"), BadData, "follows"),
        ("a.npy", text(""), BadData, "expected {"),
        ("a.npy", npy(&header("|O", "(2,)"), &[0; 8]), BadData, "'|O'"),
        ("a.npy", npy(&header("<f16", "(2,)"), &[0; 32]), BadData, "'<f16'"),
        ("a.npy", npy(&header("<M8[ns]", "(1,)"), &[0; 8]), BadData, "'<M8[ns]'"),
        ("a.npy", text("{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (2,)}"), BadData, "several fields"),
        ("a.npy", not_finite(f64::NAN), BadData, "row 1, column 1"),
        ("a.npy", not_finite(f64::NEG_INFINITY), BadData, "row 1, column 1"),
        ("a.npy", not_finite(1e39), BadData, "row 1, column 1"),
    ]);
}

#[test]
fn an_npy_file_cut_anywhere_is_bad_data() {
    let folder = folder();
    let whole = zeros(4);
    for length in 1..whole.len() {
        let error = read_points(&put(&folder, "cut.npy", &whole[..length]), None).unwrap_err();
        assert_eq!(error.class(), BadData, "{length}: {error}");
    }
}

#[test]
fn broken_npz() {
    let good = || Entry::stored("x.npy", zeros(3));
    let bytes = archive(&[good()]);
    let cut = bytes[..bytes.len() - 5].to_vec();
    let no_directory = bytes[..bytes.len() / 2].to_vec();
    let wrong_checksum = archive(&[Entry { crc: 1, ..good() }]);
    let lying_stored = archive(&[Entry { claimed: 1_000_000, ..good() }]);
    let past_the_end = {
        let mut bytes = bytes.clone();
        let at = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
        bytes[at + 20..at + 28].fill(0x7f);
        bytes
    };
    let encrypted = {
        let mut bytes = bytes.clone();
        let at = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap();
        bytes[at + 8] |= 1;
        bytes
    };
    let no_array = archive(&[Entry::stored("x.npy", b"this is no array at all".to_vec())]);
    let header_lies = archive(&[Entry::stored("x.npy", npy(&header("<f4", "(1000000000, 2)"), &[0; 8]))]);
    let trailing = archive(&[Entry::stored("x.npy", [zeros(3), vec![0]].concat())]);
    let twice = archive(&[good(), Entry::stored("y.npy", zeros(3)), good()]);
    let several = archive(&[good(), Entry::stored("y.npy", zeros(3))]);
    let unknown_method = archive(&[Entry { method: 97, ..good() }]);
    let many = {
        let mut bytes = bytes.clone();
        let at = bytes.len() - 14;
        bytes[at..at + 4].fill(0xfe);
        bytes
    };
    check(vec![
        ("a.npz", b"PK\x03\x04".to_vec(), BadData, "archive"),
        ("a.npz", b"not a zip archive".to_vec(), BadData, "archive"),
        ("a.npz", cut, BadData, "archive"),
        ("a.npz", no_directory, BadData, "archive"),
        ("a.npz", many, BadData, "a.npz"),
        ("a.npz", wrong_checksum, BadData, "array \"x\""),
        ("a.npz", lying_stored, BadData, "array \"x\""),
        ("a.npz", past_the_end, BadData, "array \"x\""),
        ("a.npz", encrypted, BadData, "array \"x\""),
        ("a.npz", unknown_method, BadData, "array \"x\""),
        ("a.npz", no_array, BadData, "does not start like an npy"),
        ("a.npz", header_lies, BadData, "needs 8000000000 bytes"),
        ("a.npz", trailing, BadData, "there are 25"),
        ("a.npz", twice, BadData, "two arrays are called \"x\"; there are: x, y, x"),
        ("a.npz", several, BadData, "there are: x, y"),
        ("a.npz", archive(&[]), BadData, "holds no array"),
    ]);
}

/// Packs with the archive writer: (packed bytes, checksum, length).
fn packed(content: &[u8]) -> (Vec<u8>, u32, u32) {
    use zip::{CompressionMethod, ZipArchive, ZipWriter, write::SimpleFileOptions};
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    writer.start_file("x", options).unwrap();
    writer.write_all(content).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    let mut archive = ZipArchive::new(std::io::Cursor::new(&bytes)).unwrap();
    let entry = archive.by_index(0).unwrap();
    let start = entry.data_start().expect("an entry that was found") as usize;
    let packed = bytes[start..start + entry.compressed_size() as usize].to_vec();
    (packed, entry.crc32(), entry.size() as u32)
}

#[test]
fn a_zip_bomb_is_a_matter_of_limits() {
    let content = zeros(4 << 20);
    let (bomb, crc, claimed) = packed(&content);
    assert!(bomb.len() * 500 < content.len(), "{} bytes are no bomb", bomb.len());
    let honest = archive(&[Entry { name: "x.npy", method: 8, packed: bomb.clone(), crc, claimed }]);
    check(vec![("a.npz", honest.clone(), ResourceLimit, "the limit is a factor of 200")]);

    // Within a wider ratio, the size still counts.
    let folder = folder();
    let path = put(&folder, "b.npz", &honest);
    let wide = Limits { max_ratio: 10_000, ..Limits::default() };
    assert_eq!(read_points_within(&path, None, &wide).unwrap().len(), 4 << 20);
    let small = Limits { max_bytes: 1 << 20, ..wide };
    assert_eq!(read_points_within(&path, None, &small).unwrap_err().class(), ResourceLimit);

    // A bomb that claims to be small: the header in it says otherwise, or more comes out than was claimed.
    let modest = archive(&[Entry { name: "x.npy", method: 8, packed: bomb, crc, claimed: 1000 }]);
    let (tail, _, _) = packed(&[zeros(3), vec![0; 1 << 20]].concat());
    let hidden = zeros(3);
    let long =
        archive(&[Entry { name: "x.npy", method: 8, packed: tail, crc: crc32(&hidden), claimed: hidden.len() as u32 }]);
    check(vec![("a.npz", modest, BadData, "bytes of numbers, there are"), ("a.npz", long, BadData, "array \"x\"")]);
}

#[test]
fn broken_csv() {
    let text = |text: &str| text.as_bytes().to_vec();
    let mut endless = b"1,2\n3,".to_vec();
    endless.extend(vec![b'7'; 3 << 20]);
    let mut endless_quote = b"1,2\n3,\"".to_vec();
    endless_quote.extend(vec![b'\n'; 3 << 20]);
    check(vec![
        ("a.csv", text("1,2\n3\n"), BadData, ".csv:2:2: the line ends after 1 of 2 fields"),
        ("a.csv", text("1,2\n3,4,5\n"), BadData, ".csv:2:3: more than the 2"),
        ("a.csv", text("x,y\n1,2\n\n3,\n"), BadData, ".csv:4:2: the field is empty"),
        ("a.csv", text("1,2\n,4\n"), BadData, ".csv:2:1: the field is empty"),
        (
            "a.csv",
            text("1,2\r\n3,nan\r\n"),
            BadData,
            ".csv:2:2: \"nan\" stands for a missing number; column 2 has 1 such",
        ),
        ("a.csv", text("1,inf\n3,4\n"), BadData, ".csv:1:2: \"inf\""),
        ("a.csv", text("1,2\n3,1e39\n"), BadData, ".csv:2:2: \"1e39\""),
        ("a.csv", text("1,x\n3,4\n"), BadData, ".csv:1:2: \"x\" is not a number; column 2 has 1 such"),
        ("a.csv", text("a,b\n# c\n1,2\n3,four\n"), BadData, ".csv:4:2: \"four\" is not a number"),
        ("a.csv", text("1,\"2\n\n3,4\n"), BadData, "the quote never ends"),
        ("a.csv", text("1.5 2.5\n3.5\n"), BadData, ".csv:2:2: the line ends after 1 of 2 fields"),
        (
            "a.csv",
            text("1,5;2,5\n3,5;4,5\n1,5;2.5\n"),
            BadData,
            "\"2.5\" has a decimal point, other numbers of the file a decimal comma",
        ),
        ("a.csv", text("1,2\n3,\u{fffd}\n"), BadData, ".csv:2:2"),
        ("a.csv", b"1,2\n3,\xff\xfe\n".to_vec(), BadData, ".csv:2:2"),
        ("a.csv", text("x,y\n"), BadData, "at least 1"),
        ("a.csv", text("# nothing\n\n"), BadData, "at least 1"),
        ("a.csv", text("\u{feff}"), BadData, "at least 1"),
        ("a.csv", endless, ResourceLimit, "line 2, field 2: the field is longer than 1048576"),
        ("a.csv", endless_quote, ResourceLimit, "field 2: the field is longer"),
        ("a.csv", vec![0; 3 << 20], ResourceLimit, "line 1, field 1"),
    ]);
}

#[test]
fn csv_that_is_fine() {
    let folder = folder();
    for content in [
        "1,2\n3,4",
        "\u{feff}x,y\r\n1,2\r\n3,4\r\n",
        "a;b\n1;2\n\n3;4\n",
        "a\tb\n1\t2\n3\t4\n",
        "# comment, with; separators\n 1 , +2.0\n\"3\",\"4e0\"\n",
        "\"odd, \"\"name\"\"\",\"two\r\nlines\"\r1,2\r3,4\r",
    ] {
        let points = read_points(&put(&folder, "a.csv", content.as_bytes()), None).expect(content);
        assert_eq!((points.dim(), points.as_slice()), (2, [1.0, 2.0, 3.0, 4.0].as_slice()), "{content:?}");
    }
    let column = read_points(&put(&folder, "a.csv", b"1\n2\n3\n"), None).unwrap();
    assert_eq!((column.dim(), column.len()), (1, 3));
    // Text is read as f64.
    let tight = Limits { max_bytes: 23, ..Limits::default() };
    let error = read_points_within(&folder.path().join("a.csv"), None, &tight).unwrap_err();
    assert_eq!(error.class(), ResourceLimit);
    assert!(error.to_string().contains("line 3"), "{error}");
}

#[test]
fn broken_safetensors() {
    let one = |dtype: &str, shape: &str, offsets: &str, bytes: usize| {
        let header = format!(r#"{{"x":{{"dtype":"{dtype}","shape":{shape},"data_offsets":{offsets}}}}}"#);
        tensors(&header, &vec![0; bytes])
    };
    let two = |first: &str, second: &str, bytes: usize| {
        let tensor = |offsets: &str| format!(r#"{{"dtype":"F32","shape":[2],"data_offsets":{offsets}}}"#);
        tensors(&format!(r#"{{"a":{},"b":{}}}"#, tensor(first), tensor(second)), &vec![0; bytes])
    };
    let mut endless = one("F32", "[2]", "[0,8]", 8);
    endless[..8].copy_from_slice(&u64::MAX.to_le_bytes());
    let mut long = one("F32", "[2]", "[0,8]", 8);
    long[..8].copy_from_slice(&10_000_u64.to_le_bytes());
    let twice = r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}"#;
    let name = "a.safetensors";
    check(vec![
        (name, b"12345678".to_vec(), BadData, "too few"),
        (name, endless, BadData, "claims 18446744073709551615 bytes"),
        (name, long, BadData, "claims 10000 bytes"),
        (name, tensors("[1, 2]", &[]), BadData, "header"),
        (name, tensors("{\"x\": 1}", &[]), BadData, "header"),
        (name, tensors("{\"x\"", &[]), BadData, "header"),
        (name, tensors(&"[".repeat(100_000), &[]), BadData, "header"),
        (name, one("F32", "[2]", "[0,8]", 7), BadData, "spans bytes 0 to 8"),
        (name, one("F32", "[2]", "[0,8]", 9), BadData, "the file has 9"),
        (name, one("F32", "[3]", "[0,8]", 8), BadData, "needs 12 bytes of numbers, there are 8"),
        (name, one("F32", "[2]", "[8,0]", 8), BadData, "spans bytes 8 to 0"),
        (name, one("F32", "[2]", "[0,18446744073709551615]", 8), BadData, "spans"),
        (name, one("F32", "[2]", "[0,99999999999999999999]", 8), BadData, "header"),
        (name, one("F32", "[9223372036854775807,4]", "[0,8]", 8), BadData, "overflows"),
        (name, one("F32", "[-2]", "[0,8]", 8), BadData, "header"),
        (name, one("F32", "[]", "[0,4]", 4), BadData, "single number"),
        (name, one("C64", "[1]", "[0,8]", 8), BadData, "type C64"),
        (name, one("F8_E4M3", "[8]", "[0,8]", 8), BadData, "type F8_E4M3"),
        (name, two("[0,8]", "[4,12]", 16), BadData, "spans bytes 4 to 12"),
        (name, two("[0,8]", "[12,20]", 20), BadData, "spans bytes 12 to 20"),
        (name, two("[0,8]", "[8,16]", 16), BadData, "there are: a, b"),
        (name, tensors(twice, &[0; 8]), BadData, "two arrays are called \"a\""),
        (name, tensors("{}", &[]), BadData, "holds no array"),
    ]);
}

#[test]
fn paths() {
    let folder = folder();
    let missing = read_points(&folder.path().join("none.npy"), None).unwrap_err();
    assert_eq!(missing.class(), Io);
    assert!(missing.hint().contains("path"), "{}", missing.hint());
    let directory = read_points(folder.path(), None).unwrap_err();
    assert!(matches!(directory, DataError::NotAFile { found: "a folder", .. }), "{directory}");
    assert_eq!(directory.class(), Io);
    let unknown = read_points(&put(&folder, "rows.parquet", b"PAR1....."), None).unwrap_err();
    assert!(matches!(unknown, DataError::ForeignFormat { format: "a Parquet file", .. }), "{unknown}");
    assert!(unknown.hint().contains("read_parquet"), "{}", unknown.hint());
    let nothing = read_points(&put(&folder, "rows.what", b"........."), None).unwrap_err();
    assert!(matches!(nothing, DataError::UnknownFormat { .. }), "{nothing}");
    // The first bytes count for more than the extension.
    assert_eq!(read_points(&put(&folder, "rows.dat", &zeros(3)), None).unwrap().len(), 3);
    assert_eq!(read_points(&put(&folder, "rows.csv", &zeros(3)), None).unwrap().len(), 3);
}

#[cfg(unix)]
#[test]
fn pipes_and_link_loops_do_not_hang() {
    let folder = folder();
    let pipe = folder.path().join("pipe.csv");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    if made.is_ok_and(|status| status.success()) {
        assert!(matches!(read_points(&pipe, None), Err(DataError::NotAFile { .. })));
    }
    let around = folder.path().join("loop.npy");
    std::os::unix::fs::symlink(&around, &around).unwrap();
    assert_eq!(read_points(&around, None).unwrap_err().class(), Io);
    assert!(matches!(read_points(Path::new("/dev/zero"), None), Err(DataError::NotAFile { .. })));
    let linked = folder.path().join("linked.npy");
    std::os::unix::fs::symlink(put(&folder, "there.npy", &zeros(3)), &linked).unwrap();
    assert_eq!(read_points(&linked, None).unwrap().len(), 3);
}

#[cfg(unix)]
#[test]
fn a_name_that_is_no_utf_8_is_read_and_reported() {
    use std::os::unix::ffi::OsStrExt;
    let folder = folder();
    let path = folder.path().join(std::ffi::OsStr::from_bytes(b"caf\xe9.npy"));
    fs::write(&path, zeros(3)).unwrap();
    assert_eq!(read_points(&path, None).unwrap().len(), 3);
    fs::write(&path, b"").unwrap();
    assert!(read_points(&path, None).unwrap_err().to_string().contains("caf"));
}

#[test]
fn a_data_set_needs_two_points() {
    let folder = folder();
    put(&folder, "one.npy", &zeros(1));
    assert_eq!(read_points(&folder.path().join("one.npy"), None).unwrap().len(), 1);
    let error = DataSpec::from_path("one.npy").open(folder.path()).err().expect("one point is too few");
    assert!(matches!(error, DataError::TooFewPoints { count: 1, needed: 2, .. }), "{error}");
    assert_eq!(error.class(), BadData);
    put(&folder, "two.npy", &zeros(2));
    assert_eq!(DataSpec::from_path("two.npy").open(folder.path()).unwrap().len(), Some(2));
}

#[test]
fn the_limit_on_memory_counts_what_small_numbers_become() {
    let folder = folder();
    let path = put(&folder, "bytes.npy", &npy(&header("|u1", "(100, 2)"), &[1; 200]));
    let limits = |max_bytes| Limits { max_bytes, ..Limits::default() };
    assert_eq!(read_points_within(&path, None, &limits(800)).unwrap().len(), 100);
    let error = read_points_within(&path, None, &limits(799)).unwrap_err();
    assert_eq!(error.class(), ResourceLimit);
    assert!(error.to_string().contains("needs 800 bytes; the limit is 799"), "{error}");
}
