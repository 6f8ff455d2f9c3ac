//! `efm density` and `efm doctor`: what they print and write, and how they refuse.

mod common;

use common::{Bench, csv, refused};

/// Trains a tiny run from a Gaussian to a far, wide cloud.
fn trained(bench: &Bench, source: &str) {
    bench.put("target.csv", csv(60, 20.0));
    let args = ["train", "--target", "target.csv", "--out", "run", "--set", source];
    bench.tiny(&args).assert().success();
}

fn column(bench: &Bench, name: &str) -> Vec<f64> {
    let text = std::fs::read_to_string(bench.path(name)).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("ln_density"));
    lines.map(|line| line.parse().unwrap()).collect()
}

fn stdout(command: &mut assert_cmd::Command) -> String {
    String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
}

/// A tiny run whose field is smooth enough for differences over a hundredth, with lines to nine digits.
fn smooth(bench: &Bench) {
    bench.put("target.csv", csv(60, 20.0));
    let mut train = bench.tiny(&["train", "--target", "target.csv", "--out", "run", "--set", "source.std=3.0"]);
    for setting in ["train.learning_rate=3e-4", "model.octaves=0", "solver.rtol=1e-9", "solver.atol=1e-9"] {
        train.args(["--set", setting]);
    }
    train.args(["--set", "solver.max_evaluations=100000"]).assert().success();
}

fn points(bench: &Bench, name: &str) -> Vec<[f64; 2]> {
    let text = std::fs::read_to_string(bench.path(name)).unwrap();
    let rows = text.lines().filter(|line| !line.starts_with('x'));
    rows.map(|row| row.split_once(',').map(|(x, y)| [x.parse().unwrap(), y.parse().unwrap()]).unwrap()).collect()
}

#[test]
fn densities_are_those_of_the_transport_in_reverse() {
    // ln q(y) = ln p(x) + ln |det ∂x/∂y| in data units, with x and the derivatives taken from `efm transport --reverse`:
    // differences over 0.02 of numbers in f32 (2e-7 each) are good to 1e-4, and curve by as much.
    let bench = Bench::new();
    smooth(&bench);
    let step = 0.01;
    let star = |x: f64, y: f64| {
        let around = [(0.0, 0.0), (step, 0.0), (-step, 0.0), (0.0, step), (0.0, -step)];
        around.map(|(dx, dy)| format!("{},{}\n", x + dx, y + dy)).concat()
    };
    let places = [(20.0, 0.0), (21.0, 0.5), (19.2, -0.7), (20.3, 1.4), (17.5, 0.3)];
    bench.put("stars.csv", places.map(|(x, y)| star(x, y)).concat());
    bench.efm(&["transport", "run", "--reverse", "-i", "stars.csv", "-o", "back.csv"]).assert().success();
    bench.efm(&["density", "run", "-i", "stars.csv", "-o", "density.csv"]).assert().success();
    let (back, values) = (points(&bench, "back.csv"), column(&bench, "density.csv"));
    for (star, value) in back.chunks_exact(5).zip(values.iter().step_by(5)) {
        let [x, right, left, up, down] = star.try_into().unwrap();
        let slope = |a: [f64; 2], b: [f64; 2]| [0, 1].map(|j| (a[j] - b[j]) / (2.0 * step));
        let (one, other) = (slope(right, left), slope(up, down));
        let ln_det = (one[0] * other[1] - one[1] * other[0]).abs().ln();
        let ln_p = -(x[0].powi(2) + x[1].powi(2)) / 18.0 - (18.0 * std::f64::consts::PI).ln();
        assert!((value - ln_p - ln_det).abs() < 5e-3, "{value}, from the transport {}", ln_p + ln_det);
    }
}

#[test]
fn densities_add_up_to_the_share_of_points_that_arrive() {
    // The hardly trained field sends many lines far away. What the density has in a square is the share of the source's
    // points that the transport puts there: 3 000 of them know it to 4·0.0085 = 0.034, and heights of a lift that is undone to
    // second order add 0.01.
    let bench = Bench::new();
    smooth(&bench);
    let (cell, half) = (0.16, 6.4);
    let place = |index: i32| (f64::from(index) + 0.5) * cell;
    let rows = (-40..40).flat_map(|i| (-40..40).map(move |j| format!("{},{}\n", 20.0 + place(i), place(j))));
    bench.put("grid.csv", rows.collect::<String>());
    let text = stdout(&mut bench.efm(&["density", "run", "-i", "grid.csv", "-o", "grid-density.csv"]));
    assert!(text.contains("6400 points") && text.contains(" 0 lost") && text.contains("bits per coordinate"), "{text}");
    let total: f64 = column(&bench, "grid-density.csv").iter().map(|value| value.exp() * cell * cell).sum();
    // Radii of a normal law in the plane, spread evenly by golden angles.
    let source = (0..3000).map(|i| {
        let radius = 3.0 * (-2.0 * (1.0 - (f64::from(i) + 0.5) / 3000.0).ln()).sqrt();
        let (sin, cos) = (2.399_963 * f64::from(i)).sin_cos();
        format!("{},{}\n", radius * cos, radius * sin)
    });
    bench.put("source.csv", source.collect::<String>());
    bench.efm(&["transport", "run", "-i", "source.csv", "-o", "there.csv"]).assert().success();
    let inside = |point: &&[f64; 2]| (point[0] - 20.0).abs() < half && point[1].abs() < half;
    let share = points(&bench, "there.csv").iter().filter(inside).count() as f64 / 3000.0;
    assert!((total - share).abs() < 0.044, "{total}, {share} arrive");
}

#[test]
fn probes_repeat_and_come_near() {
    let bench = Bench::new();
    trained(&bench, "source.std=1.0");
    bench.put("points.csv", csv(30, 20.0));
    for (out, more) in [("full.csv", &[][..]), ("a.csv", &["--probes", "64"]), ("b.csv", &["--probes", "64"])] {
        let mut args = vec!["density", "run", "-i", "points.csv", "-o", out];
        args.extend(more);
        let text = stdout(&mut bench.efm(&args));
        assert_eq!(text.contains("error of the probes"), !more.is_empty(), "{text}");
    }
    let (full, a, b) = (column(&bench, "full.csv"), column(&bench, "a.csv"), column(&bench, "b.csv"));
    assert_eq!(a, b, "one seed, one estimate");
    // In the plane εᵀJε − tr J is ±(J₁₂ + J₂₁), which is of order 1 over the whole line: 64 probes know it to 0.1 or so.
    assert!(full.iter().zip(&a).all(|(full, a)| (full - a).abs() < 0.6), "{full:?} {a:?}");
}

#[test]
fn density_refuses_what_it_cannot_know() {
    let bench = Bench::new();
    bench.put("points.csv", csv(10, 0.0));
    bench.put("source.csv", csv(40, 0.0));
    bench.put("target.csv", csv(60, 20.0));
    bench.tiny(&["train", "--source", "source.csv", "--target", "target.csv", "--out", "files"]).assert().success();
    trained(&bench, "source.std=1.0");
    let density = |run: &str, input: &str, output: &str, more: &[&str]| {
        let mut args = vec!["density", run, "-i", input, "-o", output];
        args.extend(more);
        bench.efm(&args).assert()
    };
    refused(density("files", "points.csv", "d.csv", &[]), 2, &["closed form", "gaussian", "checkerboard"]);
    refused(density("run", "points.csv", "d.npz", &[]), 2, &["d.npz", ".npy"]);
    refused(density("run", "points.csv", "d.csv", &["--probes", "0"]), 2, &["--probes 0"]);
    refused(density("run", "points.csv", "d.csv", &["--nodes", "0"]), 2, &["--nodes 0"]);
    refused(density("run", "missing.csv", "d.csv", &[]), 4, &["missing.csv"]);
    refused(density("nowhere", "points.csv", "d.csv", &[]), 4, &["nowhere"]);
    bench.put("bad.csv", "1,2\n3,nan\n");
    refused(density("run", "bad.csv", "d.csv", &[]), 3, &["bad.csv", "2"]);
    bench.put("wide.csv", "1,2,3\n4,5,6\n");
    refused(density("run", "wide.csv", "d.csv", &[]), 3, &["D = 3", "D = 2"]);
    assert!(!bench.path("d.csv").exists() && !bench.path("d.npz").exists());
}

#[test]
fn lost_lines_are_counted_and_written_as_nan() {
    let bench = Bench::new();
    bench.put("target.csv", csv(60, 20.0));
    let args = ["train", "--target", "target.csv", "--out", "run", "--set", "solver.max_evaluations=1"];
    bench.tiny(&args).assert().success();
    bench.put("points.csv", csv(5, 20.0));
    let text = stdout(&mut bench.efm(&["density", "run", "-i", "points.csv", "-o", "d.csv"]));
    assert!(text.contains("5 lost (nan)"), "{text}");
    assert!(column(&bench, "d.csv").iter().all(|value| value.is_nan()));
    // More than the run allows is a failure of numbers, and no file.
    let file = bench.path("run/model/model.json");
    let model = std::fs::read_to_string(&file).unwrap().replace("\"lost_share\": 1.0", "\"lost_share\": 0.5");
    std::fs::write(file, model).unwrap();
    refused(bench.efm(&["density", "run", "-i", "points.csv", "-o", "e.csv"]).assert(), 5, &["100.0 %"]);
    assert!(!bench.path("e.csv").exists());
}

#[test]
fn a_column_of_numpy() {
    let bench = Bench::new();
    trained(&bench, "source.std=1.0");
    bench.put("points.csv", csv(7, 20.0));
    bench.efm(&["density", "run", "-i", "points.csv", "-o", "d.npy"]).assert().success();
    let bytes = std::fs::read(bench.path("d.npy")).unwrap();
    assert_eq!(bytes.len() % 64, 7 * 8);
    assert!(String::from_utf8_lossy(&bytes).contains("'<f8'") && String::from_utf8_lossy(&bytes).contains("(7,)"));
}

#[test]
fn doctor_prints_a_page_and_writes_nothing() {
    let bench = Bench::new();
    let text = stdout(&mut bench.tiny(&["doctor", "gaussian-to-moons"]));
    for words in ["D = 2", "recommended gap L", "effective charges", "nearest neighbour", "training takes", "endless"] {
        assert!(text.contains(words), "`{words}` is missing from:\n{text}");
    }
    assert!(text.lines().count() <= 40 && text.lines().all(|line| line == line.trim_end()), "one tidy page:\n{text}");
    assert!(bench.entries().is_empty());
}

#[test]
fn doctor_sees_constant_columns_repeats_and_small_gaps() {
    let bench = Bench::new();
    bench.put("same.csv", "1,5\n".repeat(40));
    bench.put("flat.csv", (0..300).map(|i| format!("{},5\n", i % 150)).collect::<String>());
    let args = ["doctor", "--source", "same.csv", "--target", "flat.csv", "--json", "--set", "plates.gap=0.5"];
    let report: serde_json::Value = serde_json::from_str(&stdout(&mut bench.tiny(&args))).unwrap();
    let checkup = &report["checkup"];
    assert_eq!(checkup["source"]["constant_columns"], serde_json::json!([0, 1]));
    assert_eq!(checkup["target"]["constant_columns"], serde_json::json!([1]));
    assert_eq!(checkup["source"]["repeated"], 39.0 / 40.0);
    assert_eq!(checkup["target"]["repeated"], 0.5);
    assert_eq!(checkup["source"]["rows"], 40);
    assert_eq!(checkup["gap_in_use"], 0.5);
    assert!(report["training"]["training_seconds"].as_f64().is_some_and(|seconds| seconds > 0.0));
    let advice = checkup["advice"].to_string();
    for words in ["40 rows", "never vary", "repeat an earlier one", "of the automatic one"] {
        assert!(advice.contains(words), "`{words}` is missing from:\n{advice}");
    }
}

#[test]
fn doctor_writes_an_experiment_that_runs() {
    let bench = Bench::new();
    bench.put("a.csv", csv(60, 0.0));
    bench.put("b.csv", csv(80, 3.0));
    let args = ["doctor", "--source", "a.csv", "--target", "b.csv", "--method", "forward", "--write", "mine.toml"];
    bench.tiny(&args).assert().success();
    let text = std::fs::read_to_string(bench.path("mine.toml")).unwrap();
    assert!(text.contains("gap = ") && text.contains("method = \"forward\"") && text.contains("steps = 20"), "{text}");
    assert!(!text.contains("rtol"), "what is usual is left out:\n{text}");
    // The gap it writes is the automatic one, to two digits.
    let gap = |text: &str| -> f64 {
        let line = text.lines().find(|line| line.starts_with("gap = ")).unwrap();
        line.trim_start_matches("gap = ").parse().unwrap()
    };
    let automatic = stdout(&mut bench.tiny(&["run", "--source", "a.csv", "--target", "b.csv", "--dry-run"]));
    assert!((gap(&text) - gap(&automatic)).abs() <= 0.0051, "{text}\n{automatic}");
    bench.efm(&["run", "mine.toml", "--out", "run"]).assert().success();

    refused(bench.tiny(&args).assert(), 2, &["mine.toml", "--force"]);
    assert_eq!(std::fs::read_to_string(bench.path("mine.toml")).unwrap(), text);
    let mut again = bench.tiny(&args);
    again.arg("--force").assert().success();
    assert_eq!(std::fs::read_to_string(bench.path("mine.toml")).unwrap(), text, "the same experiment again");
}

#[test]
fn doctor_refuses_bad_data_as_other_commands_do() {
    let bench = Bench::new();
    bench.put("good.csv", csv(40, 0.0));
    bench.put("nan.csv", "1,2\n3,nan\n");
    bench.put("three.csv", "1,2,3\n4,5,6\n7,8,10\n");
    let on =
        |target: &str| bench.efm(&["doctor", "--source", "good.csv", "--target", target, "--write", "x.toml"]).assert();
    refused(on("nan.csv"), 3, &["nan.csv", "2"]);
    refused(on("three.csv"), 3, &["D = 2", "D = 3"]);
    refused(on("missing.csv"), 4, &["missing.csv"]);
    refused(bench.efm(&["doctor"]).assert(), 2, &["--source"]);
    refused(bench.efm(&["doctor", "gaussian-to-moon"]).assert(), 2, &["gaussian-to-moons"]);
    refused(bench.efm(&["doctor", "gaussian-to-moons", "--set", "plates.gap=-1"]).assert(), 2, &["plates.gap"]);
    std::fs::create_dir(bench.path("folder")).unwrap();
    refused(bench.efm(&["doctor", "gaussian-to-moons", "--write", "folder"]).assert(), 4, &["folder"]);
    assert!(!bench.path("x.toml").exists());
}
