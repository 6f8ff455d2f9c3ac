//! The command line: what it lists and prints, and what it refuses besides the faults of tests/faults.

mod common;

use common::{Bench, csv, refused};

#[test]
fn files_that_are_not_there_or_are_no_files() {
    let bench = Bench::new();
    bench.put("good.csv", csv(40, 0.0));
    std::fs::create_dir(bench.path("folder.csv")).unwrap();
    for name in ["missing.npy", "folder.csv"] {
        let args = ["run", "--source", "good.csv", "--target", name, "--out", "run"];
        refused(bench.efm(&args).assert(), 4, &[name]);
    }
    refused(bench.efm(&["run", "missing.toml"]).assert(), 4, &["missing.toml"]);
    assert!(!bench.path("run").exists());
}

#[test]
fn devices_are_listed() {
    let output = Bench::new().efm(&["devices"]).assert().success().get_output().stdout.clone();
    assert!(String::from_utf8(output).unwrap().starts_with("cpu"));
}

#[test]
fn seeds_are_ranges_or_lists() {
    let bench = Bench::new();
    for seeds in ["", "5..1", "a", "1..", "1,,2"] {
        refused(bench.efm(&["run", "gaussian-to-moons", "--seeds", seeds]).assert(), 2, &["--seeds 1..5"]);
    }
}

#[test]
fn a_dry_run_prints_a_configuration_that_runs_and_writes_nothing() {
    let bench = Bench::new();
    for preset in ["gaussian-to-swiss-roll", "gaussian-to-mixture", "gaussian-to-checkerboard"] {
        for method in ["mirror", "forward", "published"] {
            let args = ["run", preset, "--dry-run", "--method", method];
            let output = bench.efm(&args).assert().success().get_output().stdout.clone();
            let text = String::from_utf8(output).unwrap();
            assert!(text.contains(&format!("method = \"{method}\"")), "{text}");
            assert!(!text.contains("\"auto\""), "everything is resolved:\n{text}");
            assert!(bench.entries().is_empty());
            bench.put("again.toml", &text);
            let again = bench.efm(&["run", "again.toml", "--dry-run"]).assert().success().get_output().stdout.clone();
            assert_eq!(String::from_utf8(again).unwrap(), text, "what is resolved stays as it is");
            std::fs::remove_file(bench.path("again.toml")).unwrap();
        }
    }
}

#[test]
fn presets_are_listed_and_printed() {
    let bench = Bench::new();
    let list = bench.efm(&["presets"]).assert().success().get_output().stdout.clone();
    let list = String::from_utf8(list).unwrap();
    for name in ["gaussian-to-swiss-roll", "digits", "--method published"] {
        assert!(list.contains(name), "{list}");
    }
    let one = bench.efm(&["presets", "gaussian-to-moons"]).assert().success().get_output().stdout.clone();
    assert!(String::from_utf8(one).unwrap().contains("kind = \"moons\""));
}

#[test]
fn completions_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        Bench::new().efm(&["completions", shell]).assert().success();
    }
}
