//! `efm eval A B`: sets of every kind, what is printed and written, and how it refuses.

mod common;

use std::fs;

use common::{Bench, csv, refused};

fn stdout(command: &mut assert_cmd::Command) -> String {
    String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
}

fn json(bench: &Bench, words: &[&str]) -> serde_json::Value {
    serde_json::from_str(&stdout(&mut bench.efm(&[words, &["--json"]].concat()))).unwrap()
}

/// The figure of a measure.
fn figure<'a>(answer: &'a serde_json::Value, measure: &str) -> &'a serde_json::Value {
    let figures = answer["spaces"][0]["figures"].as_array().unwrap();
    figures.iter().find(|figure| figure["measure"] == measure).unwrap_or_else(|| panic!("no {measure}: {answer}"))
}

#[test]
fn every_figure_says_what_it_is() {
    let bench = Bench::new();
    bench.put("a.csv", csv(60, 0.0));
    bench.put("b.csv", csv(50, 1.0));
    let answer = json(&bench, &["eval", "a.csv", "b.csv", "--draws", "4", "--seed", "3", "--out", "ab.json"]);
    let written: serde_json::Value = serde_json::from_slice(&fs::read(bench.path("ab.json")).unwrap()).unwrap();
    assert_eq!(answer, written);
    for measure in
        ["w2", "sliced_w2", "energy_distance", "mmd", "ks_max", "c2st", "precision", "recall", "density", "coverage"]
    {
        let found = figure(&answer, measure);
        for key in ["value", "low", "high"] {
            assert!(found[key].as_f64().is_some_and(f64::is_finite), "{measure}: {found}");
        }
        assert_eq!((found["seed"].as_u64(), found["floor"]["count"].as_u64()), (Some(3), Some(4)), "{found}");
        let points = if measure == "w2" { [50, 50] } else { [60, 50] };
        assert_eq!(found["samples"], serde_json::json!(points), "{found}");
    }
    assert_eq!(answer["w2"], figure(&answer, "w2")["value"]);
    assert_eq!(answer["w2_floor"], figure(&answer, "w2")["floor"]["mean"]);
    assert_eq!(answer["sets"][1]["points"], 50);
    let named =
        json(&bench, &["eval", "a.csv", "b.csv", "--measures", "fid,kernel-distance", "--draws", "0", "--max", "20"]);
    assert_eq!(named["spaces"][0]["figures"].as_array().unwrap().len(), 2);
    assert_eq!(figure(&named, "frechet")["samples"], serde_json::json!([20, 20]));
    assert!(figure(&named, "kernel_distance")["floor"].is_null() && named["w2"].is_null());
    let table = stdout(&mut bench.efm(&["eval", "a.csv", "b.csv", "--start", "a.csv"]));
    for word in ["W2", "95 % interval", "coverage", "ratio", "transport cost 0", "seed 1", "60 points, D = 2"] {
        assert!(table.contains(word), "`{word}` is missing from:\n{table}");
    }
}

#[test]
fn threads_change_no_digit() {
    let bench = Bench::new();
    bench.put("a.csv", csv(300, 0.0));
    bench.put("b.csv", csv(200, 1.0));
    let measures =
        "w2,sliced_w2,energy_distance,mmd,ks_max,c2st,precision,density,coverage,recall,frechet,kernel_distance";
    let words = ["eval", "a.csv", "b.csv", "--json", "--draws", "3", "--measures", measures];
    let [one, two] = ["1", "3"].map(|threads| stdout(bench.efm(&words).env("RAYON_NUM_THREADS", threads)));
    assert_eq!(one, two);
}

#[test]
fn runs_and_their_parts_are_sets() {
    let bench = Bench::new();
    bench.put("a.csv", csv(60, 0.0));
    bench.put("b.csv", csv(50, 9.0));
    bench.tiny(&["run", "--source", "a.csv", "--target", "b.csv", "--out", "run"]).assert().success();
    for (one, other) in
        [("run", "run/transported.npy"), ("run:target", "run/target.npy"), ("run:source", "run/source.npy")]
    {
        let answer = json(&bench, &["eval", one, other, "--measures", "energy_distance", "--draws", "0"]);
        assert!(answer["energy_distance"].as_f64().unwrap() < 1e-6, "{one}: {answer}");
    }
    assert!(json(&bench, &["eval", "run", "run:target"])["w2"].as_f64().unwrap() > 0.0);
    refused(bench.efm(&["eval", "run:nowhere", "b.csv"]).assert(), 2, &["nowhere", "RUN:target"]);
    refused(bench.efm(&["eval", "a.csv:target", "b.csv"]).assert(), 2, &["`target`"]);
    fs::remove_file(bench.path("run/transported.npy")).unwrap();
    refused(bench.efm(&["eval", "run", "b.csv"]).assert(), 4, &["transported.npy"]);
    // A name with a colon that is there is that file.
    bench.put("odd:name.csv", csv(50, 9.0));
    assert!(json(&bench, &["eval", "odd:name.csv", "b.csv"])["w2"].as_f64().unwrap() < 1e-6);
}

#[test]
fn images_are_sets() {
    let bench = Bench::new();
    let picture = |folder: &str, index: u32, side: u32| {
        let shade =
            |x: u32, y: u32| image::Rgb([(index * 9 % 250) as u8, (x * 20 % 250) as u8, (y * 30 + index) as u8]);
        fs::create_dir_all(bench.path(folder)).unwrap();
        image::RgbImage::from_fn(side, side, shade).save(bench.path(&format!("{folder}/{index}.png"))).unwrap();
    };
    (0..24).for_each(|index| picture("small", index, 8));
    (0..20).for_each(|index| picture("large", index, 12));
    let same = json(&bench, &["eval", "small", "small", "--draws", "2"]);
    assert_eq!((same["dim"].as_u64(), same["sets"][0]["image"].clone()), (Some(192), serde_json::json!([3, 8, 8])));
    assert!(same["w2"].as_f64().unwrap() < 1e-5);
    let differ = json(&bench, &["eval", "small", "large", "--image", "6", "--draws", "0"]);
    assert_eq!((differ["dim"].as_u64(), differ["w2"].as_f64().unwrap() > 0.0), (Some(108), true));
    refused(bench.efm(&["eval", "small", "large"]).assert(), 2, &["8 × 8 × 3", "--image"]);
    refused(bench.efm(&["eval", "small:dogs", "small"]).assert(), 2, &["dogs"]);
}

#[test]
fn what_cannot_be_measured_is_refused_or_left_out() {
    let bench = Bench::new();
    bench.put("few.csv", "1,2\n3,4\n-5,6\n");
    bench.put("three.csv", "1,2,3\n4,5,6\n7,8,10\n");
    bench.put("nan.csv", "1,2\nnan,4\n5,6\n");
    bench.put("line.csv", "1\n2\n3\n4\n5\n6\n7\n");
    let few = json(&bench, &["eval", "few.csv", "few.csv"]);
    assert_eq!(few["w2"], 0.0);
    let skipped: Vec<_> =
        few["spaces"][0]["skipped"].as_array().unwrap().iter().map(|s| s["measure"].clone()).collect();
    assert_eq!(skipped, ["precision", "recall", "density", "coverage"]);
    assert!(stdout(&mut bench.efm(&["eval", "few.csv", "few.csv"])).contains("not taken"));
    refused(bench.efm(&["eval", "few.csv", "few.csv", "--measures", "recall"]).assert(), 3, &["is 3", "at least 6"]);
    refused(bench.efm(&["eval", "few.csv", "three.csv"]).assert(), 3, &["D = 2", "D = 3"]);
    refused(bench.efm(&["eval", "nan.csv", "few.csv"]).assert(), 3, &["nan"]);
    refused(bench.efm(&["eval", "few.csv", "few.csv", "--measures", "w3"]).assert(), 2, &["w3"]);
    refused(bench.efm(&["eval", "few.csv", "few.csv", "--out", "no/where.json"]).assert(), 2, &["--out"]);
    refused(bench.efm(&["eval", "few.csv", "--max", "9"]).assert(), 2, &[]);
    let line = json(&bench, &["eval", "line.csv", "line.csv"]);
    let figures = line["spaces"][0]["figures"].as_array().unwrap();
    assert_eq!(figures.len(), 10);
    assert!(figures.iter().all(|figure| figure["value"].as_f64().is_some()), "{line}");
    // 40 000 points would need 12.8 GB of costs.
    let many: String = (0..40_000).map(|k| format!("{},{}\n", k % 200, k / 200)).collect();
    bench.put("many.csv", many);
    let words = ["eval", "many.csv", "many.csv", "--measures", "w2", "--memory", "2GB"];
    refused(bench.efm(&words).assert(), 6, &["40000 points", "GiB", "--max"]);
    let small = json(&bench, &["eval", "many.csv", "many.csv", "--measures", "w2", "--max", "300", "--draws", "0"]);
    assert_eq!(figure(&small, "w2")["samples"], serde_json::json!([300, 300]));
}
