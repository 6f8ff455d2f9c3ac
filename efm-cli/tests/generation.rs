//! Samples: of flows and fields, of classes, in few steps, between others, there and back.

mod common;

use common::{Bench, TINY, files, refused};

fn stdout(command: &mut assert_cmd::Command) -> String {
    String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
}

/// An IDX file of unsigned bytes.
fn idx(axes: &[u32], values: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, axes.len() as u8];
    axes.iter().for_each(|axis| bytes.extend(axis.to_be_bytes()));
    bytes.extend(values);
    bytes
}

/// Rows of a CSV file with a header.
fn rows(bench: &Bench, name: &str) -> Vec<Vec<f64>> {
    let text = std::fs::read_to_string(bench.path(name)).unwrap();
    text.lines().skip(1).map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect()).collect()
}

#[test]
fn flow_matching_runs_and_resumes_bit_for_bit() {
    let bench = Bench::new();
    let args = ["train", "gaussian-to-moons", "--method", "flow-matching", "--out"];
    bench.tiny(&[&args[..], &["whole"]].concat()).assert().success();
    bench.tiny(&[&args[..], &["halves", "--stop-after", "13"]].concat()).assert().code(130);
    bench.tiny(&[&args[..], &["halves", "--resume"]].concat()).assert().success();
    for part in ["model", "checkpoints/step-00000020"] {
        assert_eq!(files(&bench.path("whole").join(part)), files(&bench.path("halves").join(part)), "{part}");
    }
    let config = std::fs::read_to_string(bench.path("whole/config.toml")).unwrap();
    assert!(config.contains("objective = \"flow-matching\"") && config.contains("gap = 1.0"), "{config}");
    let lifted = ["run", "gaussian-to-moons", "--set", "train.objective=flow-matching", "--dry-run"];
    refused(bench.efm(&lifted).assert(), 2, &["start_height", "--method flow-matching"]);
}

#[test]
fn methods_run_one_after_the_other() {
    let bench = Bench::new();
    let args = ["run", "gaussian-to-moons", "--methods", "mirror,flow-matching", "--out", "both"];
    bench.tiny(&args).assert().success();
    for method in ["mirror", "flow-matching"] {
        let metrics = std::fs::read_to_string(bench.path("both").join(method).join("metrics.json")).unwrap();
        let metrics: serde_json::Value = serde_json::from_str(&metrics).unwrap();
        assert_eq!(metrics["method"], method);
        assert!(metrics["seconds"]["points_per_second"].as_f64().unwrap() > 0.0);
    }
    bench.tiny(&["run", "gaussian-to-moons", "--methods", "mirror", "--method", "mirror"]).assert().code(2);
}

#[test]
fn lines_that_start_with_noise_have_each_their_own() {
    let bench = Bench::new();
    // All of the difference between starts is the noise of the lift, about as large as the height.
    let settings =
        "train.conditional=true source.std=0.001 data.scaling=none solver.lift=brownian solver.start_height=1";
    let settings = settings.split(' ').flat_map(|setting| ["--set", setting]);
    let args: Vec<_> = ["run", "gaussian-to-mixture", "--out", "run"].into_iter().chain(settings).collect();
    bench.tiny(&args).assert().success();
    let drawn = |seed: &str, class: &[&str]| {
        let args = ["sample", "run", "--count", "200", "--out", "x.csv", "--seed", seed];
        bench.efm(&[&args[..], class].concat()).assert().success();
        // The modes lie side by side along the first coordinate; the second tells the noise.
        rows(&bench, "x.csv").into_iter().map(|row| row[1]).collect::<Vec<f64>>()
    };
    // Of 100 or 200 pairs the standard error is a tenth or less; where the noise was shared it was 0.8 and more.
    let (one, other) = (drawn("1", &["--class", "0"]), drawn("2", &["--class", "0"]));
    assert!(correlation(&one, &other).abs() < 0.5, "seeds: {}", correlation(&one, &other));
    // Classes take turns.
    let all = drawn("1", &[]);
    let of = |class: usize| all.iter().copied().skip(class).step_by(2).collect::<Vec<_>>();
    assert!(correlation(&of(0), &of(1)).abs() < 0.5, "classes: {}", correlation(&of(0), &of(1)));
}

#[test]
fn the_seed_of_a_run_decides_what_its_lines_draw() {
    let bench = Bench::new();
    // All of the difference between starts is the noise of the lift.
    let settings = "source.std=0.001 data.scaling=none solver.lift=brownian solver.start_height=1";
    let settings: Vec<_> = settings.split(' ').flat_map(|setting| ["--set", setting]).collect();
    let ends = |seed: &str, out: &str| {
        let args = ["run", "gaussian-to-mixture", "--seed", seed, "--out", out];
        bench.tiny(&[&args[..], &settings].concat()).assert().success();
        let bytes = std::fs::read(bench.path(out).join("transported.npy")).unwrap();
        let data = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
        let numbers = bytes[data..].as_chunks::<4>().0.iter().map(|&number| f64::from(f32::from_le_bytes(number)));
        // The modes lie side by side along the first coordinate; the second tells the noise.
        numbers.skip(1).step_by(2).collect::<Vec<f64>>()
    };
    let (one, other) = (ends("1", "a"), ends("2", "b"));
    // 200 lines: a standard error of 0.07; where every run drew from one stream the correlation was 0.9 and more.
    assert_eq!(one.len(), 200);
    assert!(correlation(&one, &other).abs() < 0.4, "runs: {}", correlation(&one, &other));

    bench.put("points.csv", "0,0\n".repeat(200));
    let carried = |extra: &[&str]| {
        let args = ["transport", "a", "--input", "points.csv", "--output", "ends.csv"];
        bench.efm(&[&args[..], extra].concat()).assert().success();
        rows(&bench, "ends.csv").into_iter().map(|row| row[1]).collect::<Vec<f64>>()
    };
    assert_eq!(carried(&[]), carried(&["--seed", "1"]), "without --seed it is that of the run");
    let (one, other) = (carried(&[]), carried(&["--seed", "2"]));
    assert!(correlation(&one, &other).abs() < 0.4, "transports: {}", correlation(&one, &other));
}

#[test]
fn the_mean_of_ends_spreads_as_means_do() {
    let bench = Bench::new();
    let settings = "source.std=0.001 data.scaling=none solver.lift=typical solver.start_height=1";
    let settings = settings.split(' ').flat_map(|setting| ["--set", setting]);
    let args: Vec<_> = ["run", "gaussian-to-mixture", "--out", "run"].into_iter().chain(settings).collect();
    bench.tiny(&args).assert().success();
    bench.put("starts.csv", "0,0\n".repeat(400));
    let spread = |lines: &str| {
        let args = ["transport", "run", "--input", "starts.csv", "--output", "x.csv", "--mean-of", lines];
        bench.efm(&args).assert().success();
        let values: Vec<_> = rows(&bench, "x.csv").into_iter().map(|row| row[1]).collect();
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / values.len() as f64).sqrt()
    };
    // 1/√16, for noise without the tails of all angles; of 400 values a spread is known to 4 %.
    let ratio = spread("16") / spread("1");
    assert!((ratio - 0.25).abs() < 0.06, "{ratio}");
    refused(
        bench.efm(&["transport", "run", "--input", "starts.csv", "--output", "x.csv", "--mean-of", "0"]).assert(),
        2,
        &["mean-of"],
    );
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let about_mean = |values: &[f64]| {
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        values.iter().map(|value| value - mean).collect::<Vec<_>>()
    };
    let (a, b) = (about_mean(a), about_mean(b));
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    product(&a, &b) / (product(&a, &a) * product(&b, &b)).sqrt()
}

#[test]
fn classes_are_learned_and_asked_for() {
    let bench = Bench::new();
    let conditional = ["--set", "train.conditional=true"];
    bench.tiny(&[&["run", "gaussian-to-mixture", "--out", "run"], &conditional[..]].concat()).assert().success();
    assert!(bench.path("run/classes.npy").is_file());
    for (args, count) in [
        (&["--class", "1", "--guidance", "2", "--count", "7"][..], 7),
        (&["--steps", "4", "--count", "5"], 5),
        (&["--count", "3", "--seed", "9"], 3),
    ] {
        let text = stdout(&mut bench.efm(&[&["sample", "run", "--out", "x.csv"], args].concat()));
        assert!(text.contains(&format!("{count} samples")), "{text}");
        assert_eq!(rows(&bench, "x.csv").len(), count);
    }
    // Equal seeds give equal samples; one class is not another.
    let one = |class: &str, out: &str| {
        bench.efm(&["sample", "run", "--class", class, "--out", out, "--count", "4"]).assert().success();
        rows(&bench, out)
    };
    assert_eq!(one("0", "a.csv"), one("0", "b.csv"));
    assert_ne!(one("0", "a.csv"), one("1", "b.csv"));
    refused(bench.efm(&["sample", "run", "--class", "7"]).assert(), 2, &["--class 7", "0, 1"]);
    let moons = [&["train", "gaussian-to-moons", "--out", "moons"], &conditional[..]].concat();
    refused(bench.tiny(&moons).assert(), 2, &["train.conditional", "no classes"]);
    bench.tiny(&["train", "gaussian-to-moons", "--out", "moons"]).assert().success();
    refused(bench.efm(&["sample", "moons", "--class", "0"]).assert(), 2, &["without classes"]);
    refused(bench.efm(&["sample", "moons", "--guidance", "2"]).assert(), 2, &["--guidance"]);
    refused(bench.efm(&["sample", "elsewhere"]).assert(), 4, &["elsewhere"]);
}

#[test]
fn samples_between_samples_begin_and_end_with_them() {
    let bench = Bench::new();
    // A flow starts on the plate itself, so that its way back is its inverse to the tolerance of the solver, 1e-3.
    bench.tiny(&["run", "gaussian-to-moons", "--method", "flow-matching", "--out", "run"]).assert().success();
    bench.efm(&["interpolate", "run", "--rows", "2", "--count", "5", "--out", "x.csv"]).assert().success();
    assert_eq!(rows(&bench, "x.csv").len(), 10);
    // Points of the target come back as the ends of their row.
    bench.put("given.csv", "x,y\n0.4,0.2\n0.9,0.4\n-0.3,0.6\n0.1,0.1\n");
    let args = ["interpolate", "run", "--input", "given.csv", "--rows", "2", "--count", "3", "--out", "y.csv"];
    bench.efm(&args).assert().success();
    let (given, found) = (rows(&bench, "given.csv"), rows(&bench, "y.csv"));
    for (point, row) in [(0, 0), (1, 2), (2, 3), (3, 5)] {
        for axis in 0..2 {
            assert!((given[point][axis] - found[row][axis]).abs() < 0.05, "{:?} {:?}", given[point], found[row]);
        }
    }
    let few = ["interpolate", "run", "--input", "given.csv", "--rows", "3", "--out", "z.csv"];
    refused(bench.efm(&few).assert(), 3, &["given.csv", "rows"]);
}

#[test]
fn quality_is_measured_over_evaluations() {
    let bench = Bench::new();
    bench.tiny(&["run", "gaussian-to-moons", "--out", "run"]).assert().success();
    let text = stdout(&mut bench.efm(&["eval", "run", "--evaluations", "5,11", "--json"]));
    let found: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(found.as_array().unwrap().len(), 3);
    for (row, evaluations) in found.as_array().unwrap().iter().zip([5.0, 11.0]) {
        // The lift and the landing along the field take one each.
        let spent = row["evaluations"].as_f64().unwrap();
        assert!((evaluations - 0.1..=evaluations + 2.1).contains(&spent), "{text}");
        assert!(row["round_trip"].as_f64().unwrap().is_finite() && row["w2"].is_number(), "{text}");
    }
    assert!(bench.path("run/quality.json").is_file() && bench.path("run/pictures/quality.svg").is_file());
    refused(bench.efm(&["eval", "run", "--evaluations", "2"]).assert(), 2, &["--evaluations 2"]);
}

#[test]
fn images_come_and_go_as_files() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("set")).unwrap();
    for (name, count) in [("train", 24_u32), ("t10k", 12)] {
        // Class 0 is bright above, class 1 below.
        let pixel =
            |i: u32| if (i / 32).is_multiple_of(2) == (i / 64).is_multiple_of(2) { 200 } else { 20 + (i % 7) as u8 };
        let pixels: Vec<u8> = (0..64 * count).map(pixel).collect();
        let labels: Vec<u8> = (0..count).map(|i| (i % 2) as u8).collect();
        let path = |kind: &str| bench.path(&format!("set/{name}-{kind}-ubyte"));
        std::fs::write(path("images-idx3"), idx(&[count, 8, 8], &pixels)).unwrap();
        std::fs::write(path("labels-idx1"), idx(&[count], &labels)).unwrap();
    }
    let model = "[model]\nkind = \"u-net\"\nchannels = 4\nmultipliers = [1]\nattention = []\ndropout = 0.1\n";
    let plates = "[source]\nkind = \"gaussian\"\ndim = 64\n[target]\nkind = \"images\"\npath = \"set\"\n";
    let train = "[train]\nconditional = true\naccumulate = 2\n";
    bench.put("bars.toml", format!("name = \"bars\"\n{plates}{model}{train}[data]\nscaling = \"joint\"\n"));
    let mut run = bench.efm(&["run", "bars.toml", "--out", "run"]);
    for setting in TINY.iter().filter(|setting| !setting.starts_with("model")) {
        run.args(["--set", setting]);
    }
    run.args(["--set", "eval.repeats=1", "--set", "train.batch=16", "--set", "train.sample_every=10"]);
    run.assert().success();
    assert!(bench.path("run/pictures/samples-000010.png").is_file());

    bench.efm(&["sample", "run", "--count", "6", "--out", "drawn"]).assert().success();
    let drawn: Vec<_> = files(&bench.path("drawn")).into_iter().map(|(path, _)| path.display().to_string()).collect();
    assert_eq!(drawn.len(), 8, "{drawn:?}");
    assert!(drawn.contains(&"grid.png".to_owned()) && drawn.contains(&"points.npz".to_owned()), "{drawn:?}");
    refused(bench.efm(&["sample", "run", "--out", "drawn"]).assert(), 2, &["drawn", "not empty"]);
    bench.efm(&["sample", "run", "--class", "1", "--count", "3", "--out", "grid.png"]).assert().success();
    // Images back to noise, and that noise to images again.
    bench
        .efm(&["transport", "run", "--reverse", "--input", "drawn/images", "--output", "noise.npy"])
        .assert()
        .success();
    bench.efm(&["transport", "run", "--input", "noise.npy", "--output", "again"]).assert().success();
    assert!(bench.path("again/images/000005.png").is_file());
    bench.efm(&["interpolate", "run", "--rows", "2", "--count", "4", "--out", "between.png"]).assert().success();

    let store = bench.path("store");
    let classify = |args: &[&str]| {
        let mut command = bench.efm(&[&["classify", "run", "--steps", "20", "--json"], args].concat());
        command.env("EFM_DATA", &store);
        serde_json::from_str::<serde_json::Value>(&stdout(&mut command)).unwrap()
    };
    let (first, second) = (classify(&[]), classify(&[]));
    assert_eq!(first, second, "the classifier that was kept says the same");
    assert!(first["of_own_class"].is_number(), "{first}");
    assert_eq!(std::fs::read_dir(store.join("classifiers")).unwrap().count(), 1);
    classify(&["--classifier", "kept"]);
    assert!(bench.path("kept/classifier.bpk").is_file());
    let mut other = bench.efm(&["classify", "run", "--steps", "21", "--classifier", "kept"]);
    refused(other.assert(), 3, &["kept", "trained otherwise"]);
}
