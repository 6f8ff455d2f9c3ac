//! The keys of metrics.json, its tables, and one evaluation from end to end.
#![allow(missing_docs)]

mod common;

use std::sync::Arc;

use common::{normal, roll, shifted};
use efm_core::{Points, Seed, Stream};
use efm_eval::*;

const KEYS: [&str; 33] = [
    "version",
    "method",
    "seed",
    "device",
    "samples",
    "dim",
    "gap",
    "w2",
    "w2_floor",
    "sliced_w2",
    "sliced_w2_floor",
    "energy_distance",
    "energy_distance_floor",
    "mmd",
    "mmd_floor",
    "w2_per_mode",
    "w2_per_mode_floor",
    "mode_shares",
    "ks_max",
    "ks_max_floor",
    "transport_cost",
    "optimal_cost",
    "colour_correlation",
    "evaluations_mean",
    "lines",
    "landed_share",
    "seconds",
    "repeats",
    "before",
    "pairs",
    "floors",
    "seconds.train",
    "seconds.transport",
];

#[test]
fn the_keys_are_pinned() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.json");
    let mut metrics = Metrics { method: "exact".into(), w2: Some(0.5), ..Metrics::default() };
    metrics.lines.insert("landed".into(), 3);
    metrics.write(&path).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    for key in KEYS {
        let found = key.split('.').try_fold(&json, |value, part| value.get(part));
        assert!(found.is_some(), "{key} is missing");
    }
    assert_eq!(json.as_object().unwrap().len(), KEYS.len() - 2, "a key without a pin");
    assert!(json["w2_per_mode"].is_null() && json["lines"]["landed"] == 3);
    assert_eq!(Metrics::read(&path).unwrap(), metrics);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
}

#[test]
fn what_is_not_finite_becomes_null_and_reads_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.json");
    Metrics { w2: Some(f64::NAN), ..Metrics::default() }.write(&path).unwrap();
    assert_eq!(Metrics::read(&path).unwrap().w2, None);
    std::fs::write(&path, "{\"w2\": 1.0, \"of_the_future\": 1}").unwrap();
    assert_eq!(Metrics::read(&path).unwrap().w2, Some(1.0));
    std::fs::write(&path, "{").unwrap();
    assert!(matches!(Metrics::read(&path), Err(EvalError::Json { .. })));
    assert!(matches!(Metrics::read(folder.path().join("none")), Err(EvalError::Io { .. })));
    assert!(matches!(Metrics::default().write(folder.path().join("no/such/folder.json")), Err(EvalError::Io { .. })));
}

#[test]
fn an_evaluation_from_end_to_end() {
    let start = normal(400, 2, 1);
    let mut draw = |index| Ok(roll(400, 50 + index));
    let options = Evaluation { seed: Seed(3), directions: 64, floor_repeats: 4, ..Evaluation::default() };
    let good = evaluate(Some(&start), &roll(400, 2), &roll(1_000, 3), Some(&mut draw), &options).unwrap();
    let off = shifted(&roll(400, 2), &[1.0, 0.0]);
    let bad = evaluate(Some(&start), &off, &roll(1_000, 3), Some(&mut draw), &options).unwrap();
    for (good, bad, floor) in [
        (good.w2, bad.w2, good.w2_floor),
        (good.sliced_w2, bad.sliced_w2, good.sliced_w2_floor),
        (good.energy_distance, bad.energy_distance, good.energy_distance_floor),
        (good.mmd, bad.mmd, good.mmd_floor),
        (good.ks_max, bad.ks_max, good.ks_max_floor),
    ] {
        let (good, bad, floor) = (good.unwrap(), bad.unwrap(), floor.unwrap());
        assert!(good < 2.5 * floor && bad > 1.8 * floor, "{good} {bad} {floor}");
    }
    // Starts are the same for both, and no roll.
    assert_eq!(good.before, bad.before);
    assert_eq!(good.before.len(), 5);
    assert!(good.before["w2"] > 1.5 * good.w2_floor.unwrap() && good.before["mmd"] > 1.8 * good.mmd_floor.unwrap());
    assert!(good.optimal_cost.unwrap() < good.transport_cost.unwrap());
    assert_eq!((good.samples, good.dim, good.w2_per_mode), (400, 2, None));
    let tight = Evaluation { memory_limit: 1_000, ..options.clone() };
    let small = evaluate(None, &off, &roll(1_000, 3), None, &tight).unwrap();
    assert!(small.w2.is_none() && small.w2_floor.is_none() && small.sliced_w2_floor.is_some());
    let with_modes = Evaluation { centres: Some(normal(2, 2, 9)), ..options };
    let modes = evaluate(None, &off, &roll(1_000, 3), None, &with_modes).unwrap();
    assert!(modes.w2_per_mode.is_some() && modes.w2_per_mode_floor.is_some());
    assert!((modes.mode_shares.unwrap().iter().sum::<f64>() - 1.0).abs() < 1e-12);
}

#[test]
fn tables_show_ratios() {
    let run = |seed, w2| Metrics {
        method: "exact".into(),
        seed,
        samples: 2_000,
        dim: 2,
        gap: Some(6.0),
        w2: Some(w2),
        w2_floor: Some(0.15),
        transport_cost: Some(1.1),
        optimal_cost: Some(1.0),
        ..Metrics::default()
    };
    let text = run(1, 0.3).summary();
    assert!(text.contains("n = 2000") && text.contains("2.00") && text.contains("10.0 %"), "{text}");
    let spread = Spread::of(&[run(1, 0.3), run(2, 0.5)]);
    let w2 = spread.values["w2"];
    assert!((w2.mean - 0.4).abs() < 1e-12 && (w2.std - 0.02_f64.sqrt()).abs() < 1e-12 && w2.count == 2);
    assert!(spread.summary().contains("0.4") && spread.summary().contains("2.67"), "{}", spread.summary());
    assert_eq!(Spread::of(&[]).runs, 0);
    assert!(!Spread::of(&[]).summary().is_empty());
}

/// The greatest distance of a point from the origin, as far as it differs.
#[derive(Debug)]
struct Reach;

impl Measure for Reach {
    fn name(&self) -> &str {
        "reach"
    }

    fn value(&self, a: &Points, b: &Points, _: &Stream) -> Result<f64, EvalError> {
        let reach = |points: &Points| points.as_slice().iter().fold(0.0_f32, |most, x| most.max(x.abs()));
        if a.len() < 3 {
            return Err(EvalError::own("three points at least"));
        }
        Ok(f64::from((reach(a) - reach(b)).abs()))
    }
}

/// Never there.
#[derive(Debug)]
struct Absent;

impl Measure for Absent {
    fn name(&self) -> &str {
        "w2"
    }

    fn value(&self, _: &Points, _: &Points, _: &Stream) -> Result<f64, EvalError> {
        Err(EvalError::Undefined { what: "such measure" })
    }
}

#[test]
fn a_measure_of_ones_own_stands_beside_the_others() {
    let options = Evaluation { floor_repeats: 3, own: vec![Arc::new(Reach)], ..Evaluation::default() };
    let (moved, target) = (shifted(&normal(90, 2, 1), &[9.0, 0.0]), normal(200, 2, 2));
    let one = evaluate(Some(&normal(90, 2, 3)), &moved, &target, None, &options).unwrap();
    let own = &one.own[0];
    assert!(own.key == "reach" && own.value.unwrap() > 5.0 * own.floor.unwrap());
    assert!(one.floors["reach"].count == 3 && one.before["reach"] < own.value.unwrap());
    assert!(one.summary().contains("reach"), "{}", one.summary());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.json");
    one.write(&path).unwrap();
    assert_eq!(Metrics::read(&path).unwrap(), one);
    let mean = Metrics::averaged(&[one.clone(), one.clone()]).unwrap();
    assert!(mean.repeats["reach"].count == 2 && mean.own == one.own);
    assert!(Spread::of(&[one.clone(), one]).summary().contains("reach"));
    // Its errors reach the caller, two of one name are refused, and what is not there is left out.
    let failed = evaluate(None, &normal(2, 2, 1), &target, None, &options);
    assert!(matches!(failed, Err(EvalError::Own(error)) if error.to_string().contains("three points")));
    let twice = Evaluation { own: vec![Arc::new(Absent)], ..options };
    assert!(matches!(evaluate(None, &moved, &target, None, &twice), Err(EvalError::SameName { name }) if name == "w2"));
    let absent = Comparison { measures: vec![Arc::new(Reach), Arc::new(Absent)], ..Comparison::default() };
    let (figures, skipped) = compare(&moved, &target, &absent, &mut |_, _| ()).unwrap();
    assert!(figures.len() == 1 && figures[0].low.is_some() && skipped[0].reason == "there is no such measure");
    let strict = Comparison { strict: true, ..absent };
    assert!(matches!(compare(&moved, &target, &strict, &mut |_, _| ()), Err(EvalError::Undefined { .. })));
}
