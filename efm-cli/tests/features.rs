//! `efm eval A B --features` and `--init`: weights of others, from the command line.

#[path = "../../efm-data/tests/support/mod.rs"]
mod bytes;
mod common;

use common::{Bench, csv, refused};
use serde_json::Value;

/// Weights of EfficientNet-Lite0 that keep what they are shown of the order of one: convolutions of a small ramp, normalisations of
/// nothing. What PyTorch makes of other ones is in efm-models/tests/features.rs.
fn weights() -> Vec<u8> {
    let golden = include_str!("../../efm/tests/golden/efficientnet-lite0.json");
    let golden: Value = serde_json::from_str(golden).unwrap();
    let (mut header, mut data) = (Vec::new(), Vec::<u8>::new());
    let mut put = |name: String, shape: Vec<usize>, value: &dyn Fn(usize) -> f32| {
        let (start, count) = (data.len(), shape.iter().product::<usize>());
        data.extend((0..count).flat_map(|index| value(index).to_le_bytes()));
        let end = data.len();
        header.push(format!(r#""{name}":{{"dtype":"F32","shape":{shape:?},"data_offsets":[{start},{end}]}}"#));
    };
    for layer in golden["layers"].as_array().unwrap() {
        let (conv, norm) = (layer[0].as_str().unwrap(), layer[1].as_str().unwrap());
        let shape: Vec<_> = layer[2].as_array().unwrap().iter().map(|size| size.as_u64().unwrap() as usize).collect();
        let inputs = shape[1..].iter().product::<usize>() as f32;
        put(conv.to_owned(), shape.clone(), &|index| {
            (index * 7 % 11) as f32 / 5.0 / inputs.sqrt() - 0.9 / inputs.sqrt()
        });
        for (part, value) in [("weight", 1.0), ("bias", 0.1), ("running_mean", 0.0), ("running_var", 1.0)] {
            put(format!("{norm}.{part}"), vec![shape[0]], &|_| value);
        }
    }
    bytes::tensors(&format!("{{{}}}", header.join(",")), &data)
}

/// An npy file of images: N, H, W, C.
fn pictures(count: usize, shift: usize) -> Vec<u8> {
    let header = bytes::header("|u1", &format!("({count}, 6, 8, 3)"));
    let values: Vec<_> = (0..count * 144).map(|index| ((index * index * 31 + shift * 17) % 251) as u8).collect();
    bytes::npy(&header, &values)
}

#[test]
fn images_are_compared_by_their_features() {
    let bench = Bench::new();
    bench.put("weights.safetensors", weights());
    bench.put("a.npy", pictures(5, 0));
    bench.put("b.npy", pictures(6, 3));
    let say = |second: &str, more: &[&str]| {
        let words = ["eval", "a.npy", second, "--features", "efficientnet-lite0", "--weights", "weights.safetensors"];
        let output = bench.efm(&[&words[..], more].concat()).assert().success().get_output().stdout.clone();
        String::from_utf8(output).unwrap()
    };
    let other: Value = serde_json::from_str(&say("b.npy", &["--json", "--keep-features", "f.npz"])).unwrap();
    assert_eq!(other["names"][0], "FD-EffLite0");
    assert_eq!((&other["images"][0], &other["images"][1]), (&5.into(), &6.into()));
    assert_eq!(other["figures"][0]["measure"], "frechet");
    assert!(other["figures"][0]["value"].as_f64().unwrap() > 0.0);
    assert!(bench.path("f.npz").is_file());
    let same: Value = serde_json::from_str(&say("a.npy", &["--json"])).unwrap();
    // Rounding of f64 sums of squares of features of order one to six.
    assert!(same["figures"][0]["value"].as_f64().unwrap() < 1e-6, "{same}");
    let text = say("b.npy", &["--max", "4"]);
    assert!(text.contains("4 images against 4") && text.contains("FD-EffLite0"), "{text}");
    let text = say("b.npy", &["--image", "4"]);
    assert!(text.contains("5 images against 6"), "{text}");
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let bench = Bench::new();
    bench.put("weights.safetensors", weights());
    bench.put("a.npy", pictures(5, 0));
    bench.put("rows.csv", csv(10, 0.0));
    bench.put("wide.csv", "1000,1,1,1\n2,3,4,5\n");
    let features = |first, name, more: &[&str]| {
        bench
            .efm(&[&["eval", first, "a.npy", "--features", name], more].concat())
            .env("EFM_DATA", bench.path("sets"))
            .assert()
    };
    let own = ["--weights", "weights.safetensors"];
    refused(features("a.npy", "inception", &[]), 2, &["--weights"]);
    refused(features("a.npy", "efficientnet-lite0", &[]), 4, &["efm data import efficientnet-lite0"]);
    refused(features("a.npy", "inception", &own), 3, &["Conv2d_1a_3x3.conv.weight"]);
    refused(features("a.npy", "classifier", &own), 4, &["weights.safetensors"]);
    refused(features("rows.csv", "efficientnet-lite0", &own), 3, &["--shape"]);
    refused(features("wide.csv", "efficientnet-lite0", &own), 3, &["1000"]);
    refused(features("nowhere", "efficientnet-lite0", &own), 4, &["nowhere"]);
}

#[test]
fn a_training_begins_at_the_weights_of_another() {
    let bench = Bench::new();
    bench.tiny(&["train", "gaussian-to-swiss-roll", "--out", "first"]).assert().success();
    for init in ["first", "first/model", "first/model.safetensors"] {
        let assert =
            bench.tiny(&["train", "gaussian-to-swiss-roll", "--init", init, "--out", "second", "--force"]).assert();
        let said = String::from_utf8(assert.success().get_output().stderr.clone()).unwrap();
        let line = said.lines().find(|line| line.starts_with("beginning with")).expect("what was taken is said");
        let numbers: Vec<_> = line.split(' ').filter_map(|word| word.parse::<usize>().ok()).collect();
        assert!(numbers[0] == numbers[1] && numbers[0] > 0, "{line}");
    }
    // Other features of the height: only what does not depend on them fits.
    let other = bench
        .tiny(&["train", "gaussian-to-swiss-roll", "--init", "first", "--set", "model.fourier=2", "--out", "third"])
        .assert();
    let said = String::from_utf8(other.success().get_output().stderr.clone()).unwrap();
    assert!(said.contains("drawn afresh: Mlp.hidden.0.weight has the shape"), "{said}");
    refused(
        bench.tiny(&["train", "gaussian-to-swiss-roll", "--init", "nowhere", "--out", "d"]).assert(),
        4,
        &["nowhere"],
    );
    assert!(!bench.path("d").exists());
}
