//! What every map promises: independence of the batch, totals, paths, progress, errors.

mod common;

use std::ops::ControlFlow;
use std::sync::Arc;

use efm_core::{Capacitor, Points, Seed, Side, Stream};
use efm_field::{ExactField, Law};
use efm_integrate::maps::{Lift, Map, MapKind, Noise};
use efm_integrate::{Crossing, Lines, Save, Stop, TraceError, Tracer};

fn stream(name: &str) -> Stream {
    Seed(4).stream(name)
}

const GAP: f64 = 1.5;
const HEIGHT: f64 = 0.05;

/// 150 charges in a square each, an eighth of its side apart in the mean.
fn capacitor() -> Capacitor {
    let cloud = |first: usize| {
        let points = common::cloud(2, first + 150, 0.0, 1.0);
        let values = points.iter().skip(first).flat_map(|point| [point[0] as f32, point[1] as f32]).collect();
        Points::from_values(2, values).unwrap()
    };
    Capacitor::new(cloud(0), cloud(150), GAP).unwrap()
}

/// Every map between the same charges, with its field.
fn every(tracer: &Tracer) -> impl Iterator<Item = (MapKind, ExactField, Box<dyn Map>)> + use<> {
    let (capacitor, tracer) = (capacitor(), tracer.clone());
    MapKind::ALL.into_iter().map(move |kind| {
        let field = ExactField::new(capacitor.clone(), kind.law());
        (kind, field, kind.map(tracer.clone(), HEIGHT, Lift::Brownian, &capacitor))
    })
}

fn starts() -> Points {
    capacitor().plate(Side::Source).clone()
}

/// Whether line `i` of `whole` and line `j` of `part` are the same, bit for bit.
fn assert_same(whole: &Lines, i: usize, part: &Lines, j: usize) {
    assert_eq!(whole.ends.point(i), part.ends.point(j));
    assert_eq!(whole.stops[i], part.stops[j]);
    assert_eq!(whole.evaluations[i], part.evaluations[j]);
    assert_eq!((whole.steps[i], whole.rejections[i]), (part.steps[j], part.rejections[j]));
}

#[test]
fn a_line_does_not_depend_on_its_batch() {
    let starts = starts();
    for (kind, field, map) in every(&Tracer::default()) {
        let whole = map.transport(&field, &starts, &stream("map")).unwrap();
        assert_eq!(whole.lost(), 0, "{kind:?}: {:?}", whole.tally());
        let shard = Noise { stream: stream("map"), first: 100 };
        let part = starts.select(&(100..110).collect::<Vec<_>>());
        let part = map.transport_with(&field, &part, shard, &mut |_| ControlFlow::Continue(())).unwrap();
        (0..10).for_each(|line| assert_same(&whole, 100 + line, &part, line));
        let other = map.transport(&field, &starts, &stream("other")).unwrap();
        assert_ne!(whole.ends, other.ends, "{kind:?} draws from its stream");
    }
    let tracer = Tracer { batch: Some(7), ..Tracer::default() };
    for ((_, field, all), (_, _, few)) in every(&Tracer::default()).zip(every(&tracer)) {
        let all = all.transport(&field, &starts, &stream("map")).unwrap();
        assert_eq!(all, few.transport(&field, &starts, &stream("map")).unwrap());
    }
}

#[test]
fn paths_hold_all_legs() {
    let starts = starts();
    for (kind, field, map) in every(&Tracer { save: Save::Steps, ..Tracer::default() }) {
        let lines = map.transport(&field, &starts, &stream("map")).unwrap();
        let path = lines.path.as_ref().unwrap();
        for line in 0..lines.len() {
            assert!(path.marks(line).is_sorted(), "{kind:?}: steps are numbered through");
            let points: Vec<&[f64]> = path.line(line).collect();
            // Lowering moves x of the end once more, by less than the height per coordinate.
            let last = points[points.len() - 1];
            let gap = lines.ends.point(line).iter().zip(last).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(gap <= HEIGHT * 2.0_f64.sqrt(), "{kind:?}: {gap}");
        }
        let behind = |line: &usize| path.line(*line).any(|point| point[2] < -HEIGHT);
        let beyond = |line: &usize| path.line(*line).any(|point| point[2] > GAP + HEIGHT);
        let loops = (0..lines.len()).filter(behind).count() * (0..lines.len()).filter(beyond).count();
        assert_eq!(loops > 0, matches!(kind, MapKind::Loops | MapKind::Charges), "{kind:?}");
    }
}

#[test]
fn events_and_heights_are_totals_over_the_legs() {
    // A line between charges passes the middle of the gap an odd number of times; the gap's own flow passes it once.
    let middle = 0.5 * GAP;
    let tracer = Tracer {
        save: Save::Heights(vec![middle, -0.2]),
        events: vec![Arc::new(Crossing { z: middle })],
        ..Tracer::default()
    };
    let starts = starts();
    for (kind, field, map) in every(&tracer) {
        let lines = map.transport(&field, &starts, &stream("map")).unwrap();
        let path = lines.path.as_ref().unwrap();
        assert_eq!(lines.crossings.len(), 1);
        for line in 0..lines.len() {
            let marks = path.marks(line);
            let through = marks.iter().filter(|&&mark| mark == 0).count();
            assert_eq!(through as u32, lines.crossings[0][line], "{kind:?}");
            // Around both plates, from behind to beyond, without a way through the gap: only between charges.
            let once = through == 1 || (kind == MapKind::Charges && through % 2 == 1);
            assert!(once, "{kind:?}: {through}");
            assert_eq!(marks.iter().filter(|&&mark| mark == 1).count() % 2, 0, "{kind:?}: who goes behind comes back");
        }
    }
}

#[test]
fn progress_grows_and_a_cancelled_map_ends_at_once() {
    let starts = starts();
    for (kind, field, map) in every(&Tracer::default()) {
        let noise = Noise::from(stream("map"));
        let (mut last, mut rounds) = ((0, 0), 0);
        let lines = map
            .transport_with(&field, &starts, noise, &mut |progress| {
                assert_eq!(progress.lines, starts.len());
                assert!(progress.finished >= last.0 && progress.evaluations >= last.1, "{kind:?}");
                assert!(progress.finished <= progress.lines);
                last = (progress.finished, progress.evaluations);
                rounds += 1;
                ControlFlow::Continue(())
            })
            .unwrap();
        assert!(last.1 <= lines.evaluations.iter().map(|&count| u64::from(count)).sum());
        for stop_at in [1, rounds / 3, rounds - 1] {
            let mut round = 0;
            let lines = map.transport_with(&field, &starts, noise, &mut |_| {
                round += 1;
                assert!(round <= stop_at, "{kind:?} goes on");
                if round == stop_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            let lines = lines.unwrap();
            assert!(lines.count(Stop::Cancelled) > 0, "{kind:?}: {:?}", lines.tally());
            assert!(lines.ends.as_slice().iter().all(|value| value.is_finite()));
        }
    }
}

#[test]
fn there_and_back_is_the_same_kind_of_place() {
    let starts = capacitor().plate(Side::Target).clone();
    for (kind, field, map) in every(&Tracer { save: Save::Steps, ..Tracer::default() }) {
        let lines = map.transport_back(&field, &starts, &stream("map")).unwrap();
        // Some in a thousand mirror lines get so far out that E_z is lost against E_x.
        assert!(lines.landed_share() > 0.99, "{kind:?}: {:?}", lines.tally());
        let path = lines.path.as_ref().unwrap();
        for line in lines.arrived() {
            assert!(lines.ends.z(line).abs() <= HEIGHT * (1.0 + 1e-9), "{kind:?} ends on the source plate");
            let first = path.line(line).next().unwrap()[2];
            assert!((first - GAP).abs() <= HEIGHT * (1.0 + 1e-9), "{kind:?} begins on the target plate: {first}");
        }
    }
}

#[test]
fn misuse_is_refused_and_nothing_is_no_trouble() {
    for (kind, field, map) in every(&Tracer::default()) {
        let solid = Points::from_values(3, vec![0.0; 9]).unwrap();
        assert!(map.transport(&field, &solid, &stream("map")).is_err(), "{kind:?}");
        let lines = map.transport(&field, &starts().select(&[]), &stream("map")).unwrap();
        assert!(lines.is_empty(), "{kind:?}");
    }
    let (kinds, plates) = ([MapKind::Loops, MapKind::Accept, MapKind::Mirror], capacitor());
    for (kind, height) in kinds.into_iter().flat_map(|kind| [-0.1, 0.5 * GAP, f64::NAN].map(|height| (kind, height))) {
        let field = ExactField::new(plates.clone(), kind.law());
        let map = kind.map(Tracer::default(), height, Lift::Straight, &plates);
        let error = map.transport(&field, &starts(), &stream("map")).unwrap_err();
        assert!(matches!(error, TraceError::BadSetting { .. }), "{kind:?}: {error}");
    }
    // Charges belong to one gap.
    let narrow = Capacitor::new(starts(), starts(), 1.0).unwrap();
    let map = MapKind::Charges.map(Tracer::default(), 0.0, Lift::Straight, &narrow);
    let field = ExactField::new(plates, Law::Coulomb);
    assert!(matches!(map.transport(&field, &starts(), &stream("map")), Err(TraceError::BadSetting { .. })));
}

#[test]
fn names_are_those_of_configurations() {
    for (kind, name) in MapKind::ALL.into_iter().zip(["mirror", "forward", "loops", "charges", "accept"]) {
        assert_eq!(serde_json::to_value(kind).unwrap(), name);
        assert_eq!(kind.name(), name);
    }
}
