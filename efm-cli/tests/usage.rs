//! What a user can get wrong on the command line and in a configuration: the exit code, one line, one hint, no file.

mod common;

use common::{Bench, refused};

#[test]
fn a_misspelt_preset_is_answered_with_the_nearest() {
    let bench = Bench::new();
    refused(
        bench.efm(&["run", "gaussian-to-swis-roll"]).assert(),
        2,
        &["gaussian-to-swis-roll", "gaussian-to-swiss-roll"],
    );
    assert!(bench.entries().is_empty());
}

#[test]
fn nothing_to_run() {
    refused(Bench::new().efm(&["run"]).assert(), 2, &["--source", "presets"]);
}

#[test]
fn keys_and_values_are_checked_before_anything_is_written() {
    let bench = Bench::new();
    for (setting, words) in [
        ("plates.gep=3", &["plates.gep", "gap"][..]),
        ("plates.gap=0", &["plates.gap=0", "positive"]),
        ("plates.gap=-2.0", &["plates.gap"]),
        ("train.batch=0", &["train.batch"]),
        ("train.steps=many", &["train.steps"]),
        ("solver.method=rk5", &["solver.method"]),
        ("model.width=0", &["model.width"]),
        ("source.kind=gausian", &["gaussian"]),
        ("nonsense", &["nonsense"]),
    ] {
        let args = ["run", "gaussian-to-moons", "--out", "run", "--set", setting];
        refused(bench.efm(&args).assert(), 2, words);
        assert!(bench.entries().is_empty(), "{setting}");
    }
}

#[test]
fn a_file_says_line_and_column() {
    let bench = Bench::new();
    let text = "name = 'x'\n[source]\nkind = 'gaussian'\n[target]\nkind = 'moons'\n[train]\nstpes = 3\n";
    bench.put("x.toml", text);
    refused(bench.efm(&["run", "x.toml"]).assert(), 2, &["x.toml:7:1", "stpes", "steps"]);
    refused(bench.efm(&["run", "missing.toml"]).assert(), 4, &["missing.toml"]);
}

#[test]
fn a_device_that_is_not_compiled_in_lists_those_that_are() {
    let bench = Bench::new();
    for device in ["cuda:1", "gpu", "cpu:0", ""] {
        refused(bench.efm(&["run", "gaussian-to-moons", "--device", device]).assert(), 2, &["compiled in: cpu"]);
    }
    let output = bench.efm(&["devices"]).assert().success().get_output().stdout.clone();
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
