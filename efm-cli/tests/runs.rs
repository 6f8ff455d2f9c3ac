//! Whole runs through the binary: what they leave behind, and that they repeat.

mod common;

use common::{Bench, csv, files, refused};

/// The keys that metrics.json promises.
const PROMISED: [&str; 15] = [
    "w2",
    "w2_floor",
    "sliced_w2",
    "sliced_w2_floor",
    "energy_distance",
    "transport_cost",
    "optimal_cost",
    "evaluations_mean",
    "lines",
    "landed_share",
    "seconds",
    "seed",
    "device",
    "version",
    "mmd",
];

#[test]
fn a_run_leaves_everything_and_equal_seeds_leave_equal_files() {
    let bench = Bench::new();
    for out in ["a", "b"] {
        bench.tiny(&["run", "gaussian-to-moons", "--seed", "3", "--out", out]).assert().success();
    }
    let (a, b) = (files(&bench.path("a")), files(&bench.path("b")));
    let names: Vec<_> = a.iter().map(|(path, _)| path.to_string_lossy().replace('\\', "/")).collect();
    for name in ["config.toml", "log.jsonl", "metrics.json", "source.npy", "transported.npy", "model/weights.bpk"]
        .into_iter()
        .chain(["provenance.json", "pace.jsonl", "lines.npz", "slices.npz", "target.npy"])
        .chain(["model.safetensors", "report.html", "model-card.md"])
    {
        assert!(names.iter().any(|found| found == name), "{name} is missing from {names:?}");
    }
    for picture in ["clouds", "field-lines", "loss"] {
        assert!(names.contains(&format!("pictures/{picture}.svg")), "{names:?}");
    }
    assert_eq!(names, b.iter().map(|(path, _)| path.to_string_lossy().replace('\\', "/")).collect::<Vec<_>>());
    for ((path, one), (_, other)) in a.iter().zip(&b) {
        if ["pace.jsonl", "provenance.json", "report.html", "model-card.md"].iter().any(|name| path.ends_with(name)) {
            // Wall times, and commands that name their folder.
            continue;
        }
        if path.ends_with("metrics.json") {
            // Wall times are all that differs.
            let timeless = |bytes: &[u8]| {
                let mut metrics: serde_json::Value = serde_json::from_slice(bytes).unwrap();
                PROMISED.iter().for_each(|key| assert!(metrics.get(key).is_some(), "{key} is missing: {metrics}"));
                metrics.as_object_mut().unwrap().remove("seconds").unwrap();
                metrics
            };
            assert_eq!(timeless(one), timeless(other));
        } else {
            assert!(one == other, "{} differs between runs of one seed", path.display());
        }
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let bench = Bench::new();
    for threads in ["1", "2", "3"] {
        let (run, map) = (format!("run-{threads}"), format!("map-{threads}"));
        // More than one shard of a batch, and more than one draw.
        let settings = ["--set", "train.batch=600", "--set", "train.pool=700", "--set", "eval.repeats=2"];
        let words = [&["run", "gaussian-to-moons", "--out", &run], &settings[..]].concat();
        let mut command = bench.efm(&words);
        for setting in common::TINY.iter().filter(|s| !s.starts_with("train.batch") && !s.starts_with("train.pool")) {
            command.args(["--set", setting]);
        }
        command.env("RAYON_NUM_THREADS", threads).assert().success();
        let words = ["map", "gaussian-to-moons", "--charges", "300", "--map", "loops", "--gap", "2", "--out", &map];
        bench.tiny(&words).env("RAYON_NUM_THREADS", threads).assert().success();
    }
    for (name, parts) in [("run", &["model", "checkpoints"][..]), ("map", &[])] {
        let [one, two, three] = ["1", "2", "3"].map(|threads| bench.path(&format!("{name}-{threads}")));
        for file in ["source.npy", "transported.npy", "pictures/clouds.svg"] {
            let read = |folder: &std::path::Path| std::fs::read(folder.join(file)).unwrap();
            assert!(read(&one) == read(&two) && read(&one) == read(&three), "{name}: {file}");
        }
        for part in parts {
            let part = |folder: &std::path::Path| files(&folder.join(part));
            assert!(part(&one) == part(&two) && part(&one) == part(&three), "{name}");
        }
    }
}

#[test]
fn a_folder_with_a_run_is_neither_overwritten_nor_resumed_as_another() {
    let bench = Bench::new();
    let moons = ["train", "gaussian-to-moons", "--out", "run"];
    bench.tiny(&moons).assert().success();
    let before = files(&bench.path("run"));
    refused(bench.tiny(&moons).assert(), 2, &["--resume", "--force"]);
    let other = ["train", "gaussian-to-moons", "--out", "run", "--resume", "--set", "train.learning_rate=0.1"];
    let again = bench.tiny(&other).assert().code(3).get_output().stderr.clone();
    assert!(String::from_utf8(again).unwrap().contains("train.learning_rate"));
    assert_eq!(files(&bench.path("run")), before, "a refusal changes nothing");
    bench.tiny(&[&moons[..], &["--force"]].concat()).assert().success();
}

#[test]
fn files_of_the_user_go_in_and_come_out() {
    let bench = Bench::new();
    bench.put("a.csv", csv(60, 0.0));
    bench.put("b.csv", format!("\u{feff}{}", csv(50, 9.0).replace('\n', "\r\n")));
    bench.tiny(&["run", "--source", "a.csv", "--target", "b.csv", "--out", "run"]).assert().success();
    for output in ["out.npy", "out.npz", "out.csv"] {
        bench.efm(&["transport", "run", "-i", "a.csv", "-o", output]).assert().success();
    }
    let rows = std::fs::read_to_string(bench.path("out.csv")).unwrap();
    assert_eq!(rows.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit() || c == '-')).count(), 60);
    // Equal points in equal files, whatever the format: no distance at all.
    for output in ["out.npz", "out.csv"] {
        let json = bench.efm(&["eval", "out.npy", output, "--json"]).assert().success().get_output().stdout.clone();
        let metrics: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert!(metrics["w2"].as_f64().unwrap() < 1e-6, "{metrics}");
    }
    bench.efm(&["transport", "run", "-i", "b.csv", "-o", "back.npy", "--reverse"]).assert().success();
    bench.efm(&["eval", "run"]).assert().success();
    bench.put("three.csv", "1,2,3\n4,5,6\n7,8,10\n");
    refused(bench.efm(&["transport", "run", "-i", "three.csv", "-o", "no.npy"]).assert(), 3, &["D = 3", "D = 2"]);
    refused(bench.efm(&["transport", "nowhere", "-i", "a.csv", "-o", "no.npy"]).assert(), 4, &["nowhere"]);
    assert!(!bench.path("no.npy").exists());
}

#[test]
fn seeds_give_a_folder_each_and_a_summary() {
    let bench = Bench::new();
    let run = ["run", "gaussian-to-mixture", "--seeds", "1..2", "--out", "run"];
    bench.tiny(&run).assert().success();
    let text = std::fs::read_to_string(bench.path("run/seeds.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(summary["runs"].as_array().unwrap().len(), 2);
    let w2 = |seed: usize| summary["runs"][seed]["w2"].as_f64().unwrap();
    assert!((summary["mean"]["w2"].as_f64().unwrap() - 0.5 * (w2(0) + w2(1))).abs() < 1e-12);
    assert_ne!(w2(0), w2(1));
    assert!(bench.path("run/seed-2/metrics.json").is_file());
}

#[test]
fn the_published_method_runs_as_the_published_code_does() {
    let bench = Bench::new();
    bench.tiny(&["run", "gaussian-to-moons", "--method", "published", "--out", "run"]).assert().success();
    let text = std::fs::read_to_string(bench.path("run/metrics.json")).unwrap();
    let metrics: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(metrics["method"], "published");
    // Euler with dz = 0.5 from 0.3 to 6: twelve steps of one evaluation.
    assert_eq!(metrics["evaluations_mean"], 12.0);
}

#[test]
fn learned_maps_of_two_plates_run_as_their_rule_says() {
    let bench = Bench::new();
    for method in ["loops", "accept"] {
        let run = ["run", "gaussian-to-moons", "--method", method, "--out", method, "--set", "solver.lost_share=1"];
        bench.tiny(&run).assert().success();
        let text = std::fs::read_to_string(bench.path(method).join("metrics.json")).unwrap();
        let metrics: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(metrics["method"], method);
        assert_eq!(metrics["transport_cost"].is_null(), method == "accept", "draws have no partners");
        assert!(bench.path(method).join("pictures/field-lines.svg").is_file());
    }
    let source = bench.path("loops/source.npy");
    let input = source.to_str().unwrap();
    bench.efm(&["transport", "loops", "--input", input, "--output", "there.npy"]).assert().success();
    // Draws of the target need its data, and a map of chance has no density to be traced back.
    refused(
        bench.efm(&["transport", "accept", "--input", input, "--output", "x.npy"]).assert(),
        2,
        &["accept", "efm eval"],
    );
    refused(bench.efm(&["density", "loops", "--input", input, "--output", "x.npy"]).assert(), 2, &["chance", "mirror"]);
    assert!(!bench.path("x.npy").exists());
    let wrong = ["run", "gaussian-to-moons", "--dry-run", "--set"];
    for (setting, word) in [
        ("train.objective=posterior", "coulomb"),
        ("train.points.kind=around", "coulomb"),
        ("solver.rule=loops", "around"),
        // What was renamed is told by its new name.
        ("solver.rule=flux", "loops"),
        ("method=flux", "loops"),
        ("train.objective=flux", "field"),
        // A learned field has no charges, and forward is the rule of the mirror.
        ("solver.rule=charges", "exact fields"),
        ("solver.rule=mirror", "forward"),
    ] {
        refused(bench.efm(&[&wrong[..], &[setting]].concat()).assert(), 2, &[word]);
    }
}

#[test]
fn every_map_of_the_exact_field_leaves_the_same_files() {
    let bench = Bench::new();
    for (map, arrived) in [
        ("loops", "captured"),
        ("charges", "captured"),
        ("accept", "captured"),
        ("forward", "landed"),
        ("published", "landed"),
        ("random", "landed"),
    ] {
        let args = ["map", "gaussian-to-moons", "--map", map, "--gap", "2", "--charges", "1000", "--out", map];
        let settings = ["--set", "eval.samples=300", "--set", "eval.repeats=1"];
        bench.efm(&[&args[..], &settings].concat()).assert().success();
        let metrics: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(bench.path(map).join("metrics.json")).unwrap()).unwrap();
        assert_eq!(metrics["method"], format!("map {map}"));
        let (samples, arrived) = (metrics["samples"].as_u64().unwrap(), metrics["lines"][arrived].as_u64().unwrap());
        assert_eq!(samples, arrived, "{map}: {}", metrics["lines"]);
        // Of 600 starts half are kept, with a standard deviation of 12; all others arrive.
        assert!(if map == "accept" { samples.abs_diff(300) < 60 } else { samples == 300 }, "{map}: {samples}");
        assert_eq!(metrics["transport_cost"].is_null(), map == "accept", "draws have no partners");
        // Exact maps are at the noise of 300 draws; the biased ones, at this gap, are not far above.
        let [w2, floor] = ["w2", "w2_floor"].map(|key| metrics[key].as_f64().unwrap());
        if ["loops", "charges", "accept", "random"].contains(&map) {
            assert!(w2 < 2.0 * floor, "{map}: {w2} {floor}");
        }
        for name in ["config.toml", "source.npy", "transported.npy", "pictures/clouds.svg", "pictures/field-lines.svg"]
        {
            assert!(bench.path(map).join(name).is_file(), "{map}: {name}");
        }
    }
    // What was renamed is told by its new name.
    refused(bench.efm(&["map", "gaussian-to-moons", "--map", "flux"]).assert(), 2, &["flux", "loops"]);
    refused(bench.efm(&["train", "gaussian-to-moons", "--method", "flux"]).assert(), 2, &["flux", "loops"]);
    refused(bench.efm(&["map", "gaussian-to-moons", "--gap", "-1"]).assert(), 2, &["plates.gap=-1"]);
    refused(bench.efm(&["map", "gaussian-to-moons", "--accuracy", "-1"]).assert(), 2, &["--accuracy", "1e-3"]);
}

#[test]
fn the_exact_map_needs_no_training() {
    let bench = Bench::new();
    let map = ["map", "gaussian-to-moons", "--charges", "2000", "--set", "eval.samples=500", "--out"];
    for out in ["a", "b"] {
        bench.efm(&[&map[..], &[out]].concat()).assert().success();
    }
    assert_eq!(
        std::fs::read(bench.path("a/transported.npy")).unwrap(),
        std::fs::read(bench.path("b/transported.npy")).unwrap()
    );
    let text = std::fs::read_to_string(bench.path("a/metrics.json")).unwrap();
    let metrics: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(metrics["method"], "map mirror");
    // Four draws of 500 points, each measured on its own.
    assert_eq!((&metrics["lines"]["landed"], &metrics["samples"]), (&2000.into(), &500.into()));
    assert_eq!(metrics["repeats"]["w2"]["count"], 4);
    assert_eq!(metrics["repeats"]["w2"]["mean"], metrics["w2"]);
    // The map is exact up to the sampling of charges and starts; twice the floor is far outside the noise of both, and
    // the source itself is five floors away.
    let [w2, floor] = ["w2", "w2_floor"].map(|key| metrics[key].as_f64().unwrap());
    assert!(w2 < 2.0 * floor, "{w2} with a floor of {floor}");
    assert!(!bench.path("a/model").exists() && bench.path("a/pictures/clouds.svg").is_file());
    refused(bench.efm(&[&map[..], &["a"]].concat()).assert(), 2, &["--force"]);
    for (option, value) in [("--charges", "0"), ("--charges", "some"), ("--gap", "0"), ("--gap", "wide")] {
        refused(bench.efm(&["map", "gaussian-to-moons", option, value]).assert(), 2, &[value]);
    }
}
