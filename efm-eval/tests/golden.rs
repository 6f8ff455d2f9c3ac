//! The measures beside POT, SciPy, scikit-learn and prdc: arrays and values that `benches/metrics.py --write` kept.
#![allow(missing_docs)]

use std::collections::BTreeMap;
use std::path::PathBuf;

use efm_core::{Points, Seed};
use efm_eval::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    neighbours: usize,
    cases: BTreeMap<String, Case>,
}

#[derive(Deserialize)]
struct Case {
    dim: usize,
    measures: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
struct Value {
    value: f64,
    /// 1e-5 of the value, or of the means that it is a difference of.
    allowed: f64,
    whose: String,
}

fn file(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// An array of numpy in f32: a header whose length stands at byte 8, and numbers.
fn array(name: &str, dim: usize) -> Points {
    let bytes = file(name);
    let start = 10 + usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    assert!(String::from_utf8_lossy(&bytes[..start]).contains("<f4"));
    let values = bytes[start..].chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().unwrap())).collect();
    Points::from_values(dim, values).unwrap()
}

#[test]
fn other_programs_say_the_same() {
    let golden: Golden = serde_json::from_slice(&file("golden.json")).unwrap();
    let mut compared = 0;
    for (name, case) in &golden.cases {
        let [a, b, directions] = ["a", "b", "directions"].map(|end| array(&format!("{name}-{end}.npy"), case.dim));
        let settings = MeasureSettings { neighbours: golden.neighbours, relabellings: 0, ..MeasureSettings::default() };
        let options =
            Comparison { seed: Seed(1), measures: settings.of(&MeasureKind::ALL), draws: 0, ..Comparison::default() };
        let (figures, _) = compare(&a, &b, &options, &mut |_, _| ()).unwrap();
        for (key, expected) in &case.measures {
            let (measure, part) = key.split_once('.').unwrap_or((key, ""));
            let figure = figures.iter().find(|figure| figure.measure.name() == measure);
            let found = match (part, figure) {
                ("", None) => sliced_w2_along(&a, &b, &directions).unwrap(),
                ("", Some(figure)) => figure.value,
                ("p_value", Some(figure)) => figure.p_value.unwrap(),
                (part, Some(figure)) => figure.details[part],
                (_, None) => panic!("there is no {key}"),
            };
            let off = (found - expected.value).abs();
            assert!(off <= expected.allowed, "{name}: {key} is {found}, {} says {}", expected.whose, expected.value);
            compared += 1;
        }
    }
    assert!(compared > 50, "{compared}");
}
