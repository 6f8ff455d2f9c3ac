//! Files that cannot be used: the exit code says what kind of trouble it is, the message where, and nothing is written.

mod common;

use common::{Bench, csv, refused};

fn run_on<'a>(source: &'a str, target: &'a str) -> [&'a str; 7] {
    ["run", "--source", source, "--target", target, "--out", "run"]
}

#[test]
fn bad_rows_are_named_by_line() {
    let bench = Bench::new();
    bench.put("good.csv", csv(40, 0.0));
    for (name, text, words) in [
        ("nan.csv", "1,2\n3,nan\n5,6\n", &["nan.csv", "2"][..]),
        ("inf.csv", "1,2\n3,4\ninf,6\n", &["inf.csv", "3"]),
        ("ragged.csv", "1,2\n3\n5,6\n", &["ragged.csv", "2"]),
        ("word.csv", "1,2\n3,x\n", &["word.csv", "2"]),
        ("one.csv", "1,2\n", &["one.csv"]),
        ("empty.csv", "", &["empty.csv"]),
    ] {
        bench.put(name, text);
        refused(bench.efm(&run_on(name, "good.csv")).assert(), 3, words);
        refused(bench.efm(&run_on("good.csv", name)).assert(), 3, words);
    }
    assert!(!bench.path("run").exists());
}

#[test]
fn files_that_are_not_there_or_are_no_files() {
    let bench = Bench::new();
    bench.put("good.csv", csv(40, 0.0));
    std::fs::create_dir(bench.path("folder.csv")).unwrap();
    refused(bench.efm(&run_on("good.csv", "missing.npy")).assert(), 4, &["missing.npy"]);
    refused(bench.efm(&run_on("good.csv", "folder.csv")).assert(), 4, &["folder.csv"]);
    assert!(!bench.path("run").exists());
}

#[test]
fn plates_of_different_dimension() {
    let bench = Bench::new();
    bench.put("two.csv", csv(40, 0.0));
    bench.put("three.csv", "1,2,3\n4,5,6\n7,8,10\n");
    refused(bench.efm(&run_on("two.csv", "three.csv")).assert(), 3, &["D = 2", "D = 3"]);
    assert!(!bench.path("run").exists());
}

#[test]
fn a_lying_header_allocates_nothing() {
    let bench = Bench::new();
    bench.put("good.csv", csv(40, 0.0));
    let npy = |header: &str| {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend([0; 64]);
        bytes
    };
    for (name, header) in [
        ("huge.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551615, 2), }\n"),
        ("long.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 2), }\n"),
        ("short.npy", "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }\n"),
        ("object.npy", "{'descr': '|O', 'fortran_order': False, 'shape': (8, 2), }\n"),
    ] {
        bench.put(name, npy(header));
        refused(bench.efm(&run_on("good.csv", name)).assert(), 3, &[name]);
    }
    bench.put("cut.npz", b"PK\x03\x04 cut");
    bench.put("cut.safetensors", [9, 0, 0, 0, 0, 0, 0, 0, b'{']);
    for name in ["cut.npz", "cut.safetensors"] {
        refused(bench.efm(&run_on("good.csv", name)).assert(), 3, &[name]);
    }
    assert!(!bench.path("run").exists());
}

#[test]
fn identical_points_and_constant_columns_run() {
    let bench = Bench::new();
    bench.put("same.csv", "1,5\n".repeat(40));
    bench.put("flat.csv", (0..40).map(|i| format!("{i},5\n")).collect::<String>());
    bench.tiny(&run_on("same.csv", "flat.csv")).assert().success();
    let text = std::fs::read_to_string(bench.path("run/metrics.json")).unwrap();
    let metrics: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(metrics["w2"].as_f64().is_some_and(f64::is_finite), "{text}");
}
