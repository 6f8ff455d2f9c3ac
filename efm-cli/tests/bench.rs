//! `efm bench field`: what it prints and how it refuses. No test looks at how fast it is.

mod common;

use common::{Bench, refused};

#[test]
fn every_row_is_an_object_with_these_keys() {
    let args = ["bench", "field", "--json", "--quick", "--dim", "2,14", "--points", "20", "--charges", "30"];
    let output = Bench::new().efm(&args).assert().success().get_output().stdout.clone();
    let text = String::from_utf8(output).unwrap();
    let rows: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 4, "two laws for each D:\n{text}");
    for row in &rows {
        let keys: Vec<_> = row.as_object().unwrap().keys().map(String::as_str).collect();
        let wanted = ["dim", "points", "charges", "kernel", "pairs_per_s", "gflops", "error_max", "matmul_gflops"];
        assert_eq!(keys, wanted);
        for key in ["pairs_per_s", "gflops", "matmul_gflops"] {
            assert!(row[key].as_f64().unwrap() > 0.0, "{key}: {row}");
        }
        // What the kernels promise against f64.
        assert!(row["error_max"].as_f64().unwrap() < 1e-5, "{row}");
        assert_eq!((row["points"].as_u64(), row["charges"].as_u64()), (Some(20), Some(30)));
    }
    let kernels: Vec<_> = rows.iter().map(|row| row["kernel"].as_str().unwrap()).collect();
    assert_eq!(kernels, ["direct", "direct-mirror", "blocked", "product-mirror"]);
}

#[test]
fn one_law_makes_one_row_of_a_table() {
    let args = ["bench", "field", "--quick", "--dim", "5", "--points", "7", "--charges", "8", "--law", "published"];
    let output = Bench::new().efm(&args).assert().success().get_output().stdout.clone();
    let text = String::from_utf8(output).unwrap();
    let lines: Vec<_> = text.lines().collect();
    assert!(lines.len() == 2 && lines[0].contains("Mpairs/s") && lines[1].contains("direct-published"), "{text}");
}

#[test]
fn shapes_without_a_pair_or_beyond_memory_are_refused() {
    for (key, value, code) in [
        ("--dim", "0", 2),
        ("--points", "0", 2),
        ("--charges", "7", 2),
        ("--charges", "0", 2),
        ("--points", "1000000000000", 6),
        ("--dim", "18446744073709551615", 6),
    ] {
        refused(Bench::new().efm(&["bench", "field", key, value]).assert(), code, &[value]);
    }
}
