//! Configurations, command lines and devices: refused before anything is read or written, with the place and the nearest key.

use crate::common::Bench;
use crate::row::{Row, check};

pub const TESTS: &[(&str, &str)] = &[("too little memory", "an_experiment_of_any_size_costs_little")];

const PLATES: &str = "[source]\nkind = 'gaussian'\n[target]\nkind = 'moons'\n";

/// A file of two plates and these lines, the first of which is line 5.
fn file(fault: &'static str, name: &'static str, text: &str, says: &[&'static str]) -> Row {
    Row::refused(fault, name, 2, says)
        .file("x.toml", format!("{PLATES}{text}"))
        .typed(&["run", "x.toml", "--out", "run"])
}

/// A preset with one setting.
fn set(fault: &'static str, name: &'static str, setting: &str, says: &[&'static str]) -> Row {
    Row::refused(fault, name, 2, says).typed(&["run", "gaussian-to-moons", "--out", "run", "--set", setting])
}

fn typed(fault: &'static str, name: &'static str, words: &[&str], says: &[&'static str]) -> Row {
    Row::refused(fault, name, 2, says).typed(words)
}

pub fn rows() -> Vec<Row> {
    const KEY: &str = "unknown key";
    const TYPE: &str = "wrong type";
    const GAP: &str = "gap of zero or less";
    const BATCH: &str = "empty batch";
    const DEVICE: &str = "device that is not there";
    let bytes = [PLATES.as_bytes(), b"name = 'caf\xe9'\n"].concat();
    vec![
        file(KEY, "file", "[train]\nstpes = 3\n", &["x.toml:6:1", "stpes", "did you mean `steps`"]),
        file(KEY, "file-table", "[trian]\nsteps = 3\n", &["x.toml:5:2", "trian", "did you mean `train`"]),
        file(KEY, "file-value", "[plates]\nlaw = 'miror'\n", &["x.toml:6:7", "did you mean `mirror`"]),
        file(KEY, "broken-toml", "[train\n", &["x.toml:5:"]),
        Row::refused(KEY, "no-text", 2, &["x.toml:5:12", "UTF-8"])
            .file("x.toml", bytes)
            .typed(&["run", "x.toml", "--out", "run"]),
        set(KEY, "setting", "plates.gep=3", &["--set plates.gep=3", "did you mean `gap`"]),
        set(KEY, "setting-kind", "source.kind=gausian", &["did you mean `gaussian`"]),
        set(KEY, "no-setting", "nonsense", &["no `=`", "--set plates.gap=4"]),
        typed(KEY, "preset", &["run", "gaussian-to-swis-roll"], &["gaussian-to-swis-roll", "gaussian-to-swiss-roll"]),
        typed(KEY, "option", &["run", "--sourc", "a.csv"], &["--sourc", "--source"]),
        typed(KEY, "command", &["transpotr"], &["transpotr", "transport"]),
        typed(KEY, "option-without-value", &["map", "--out"], &["--out"]),
        typed(KEY, "option-of-another-kind", &["map", "--map", "miror"], &["miror", "mirror"]),
        typed(KEY, "nothing", &["run"], &["nothing to run", "presets"]),
        file(TYPE, "file-word", "[train]\nsteps = 'many'\n", &["x.toml:6:9", "invalid type"]),
        file(TYPE, "file-fraction", "[train]\nbatch = 1.5\n", &["x.toml:6:9"]),
        file(TYPE, "file-overflow", "[train]\nsteps = 99999999999999999999\n", &["x.toml:6:9"]),
        file(TYPE, "file-number-for-word", "[plates]\nlaw = 3\n", &["x.toml:6:7"]),
        set(TYPE, "setting-word", "train.steps=many", &["--set train.steps=many", "invalid type"]),
        set(TYPE, "setting-negative", "train.steps=-1", &["--set train.steps=-1"]),
        typed(TYPE, "option-word", &["run", "gaussian-to-moons", "--seed", "one"], &["--seed", "one"]),
        file(GAP, "file-zero", "[plates]\ngap = 0\n", &["x.toml:6:7", "positive"]),
        file(GAP, "file-negative", "[plates]\ngap = -1.5\n", &["x.toml:6:7", "positive"]),
        file(GAP, "file-infinite", "[plates]\ngap = inf\n", &["x.toml:6:7", "positive"]),
        set(GAP, "setting-zero", "plates.gap=0", &["plates.gap=0", "positive"]),
        set(GAP, "setting-nan", "plates.gap=nan", &["plates.gap=nan", "positive"]),
        typed(GAP, "option", &["map", "gaussian-to-moons", "--gap", "-1", "--out", "run"], &["plates.gap=-1"]),
        file(BATCH, "file-zero-batch", "[train]\nbatch = 0\n", &["x.toml:6:1", "train.batch is 0; it must not be 0"]),
        set(BATCH, "setting-zero-batch", "train.batch=0", &["--set train.batch=0", "must not be 0"]),
        set(BATCH, "pool-below-batch", "train.pool=10", &["train.pool", "batch = "]),
        set(BATCH, "zero-steps", "train.steps=0", &["train.steps"]),
        set(BATCH, "zero-width", "model.width=0", &["model.width"]),
        typed(DEVICE, "cuda", &["run", "gaussian-to-moons", "--device", "cuda:1"], &["cuda:1", "compiled in: cpu"]),
        typed(DEVICE, "unknown", &["train", "gaussian-to-moons", "--device", "gpu"], &["gpu", "compiled in: cpu"]),
        typed(DEVICE, "none", &["doctor", "gaussian-to-moons", "--device", ""], &["compiled in: cpu"]),
        typed(DEVICE, "index-of-the-cpu", &["run", "gaussian-to-moons", "--device", "cpu:0"], &["compiled in: cpu"]),
    ]
}

#[test]
fn broken_configurations_are_refused() {
    check(&rows());
}

#[test]
fn an_experiment_of_any_size_costs_little() {
    // Nothing reads an experiment of a gigabyte to find out that it is none.
    let bench = Bench::new();
    let file = std::fs::File::create(bench.path("x.toml")).unwrap();
    file.set_len(1 << 30).unwrap();
    let ran = crate::row::watch(crate::row::efm(&bench).args(["run", "x.toml"]));
    assert_eq!(ran.code, Some(6), "{}", ran.err);
    assert!(ran.peak < 64 << 20, "{} MiB", ran.peak >> 20);
}
