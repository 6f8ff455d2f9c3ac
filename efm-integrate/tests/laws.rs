//! Laws that hold for every line: independence of the batch, monotony in D = 1, exact landings.

mod common;

use common::{cloud, tight};
use efm_core::{Augmented, Capacitor, Points};
use efm_field::{ExactField, Field, Law};
use efm_integrate::problems::{MirrorPair, Pair};
use efm_integrate::{Form, Heading, Lines, Save, Solver, StepControl, Stop, Tracer};
use proptest::prelude::*;

fn select(points: &Augmented, indices: &[usize]) -> Augmented {
    let mut chosen = Augmented::new(points.dim());
    for &index in indices {
        chosen.push_point(points.point(index));
    }
    chosen
}

/// Line `a` of `left` and line `b` of `right` agree bit for bit.
fn assert_same(left: &Lines, a: usize, right: &Lines, b: usize) {
    let bits = |lines: &Lines, line: usize| -> Vec<u64> {
        let path = lines.path.as_ref().unwrap();
        path.line(line).flatten().chain(lines.ends.point(line)).map(|value| value.to_bits()).collect()
    };
    assert_eq!(bits(left, a), bits(right, b));
    let counts = |lines: &Lines, line: usize| {
        (lines.stops[line], lines.evaluations[line], lines.steps[line], lines.rejections[line])
    };
    assert_eq!(counts(left, a), counts(right, b));
}

#[test]
fn a_line_does_not_depend_on_its_batch() {
    let pair = Pair { gap: 2.0, source: vec![0.0, 0.0], target: vec![0.5, 1.0], depths: [0.2, 0.3] };
    let charges = |shift: f32| {
        let values =
            cloud(2, 30, 0.0, 1.0).iter().flat_map(|point| [point[0] as f32 + shift, point[1] as f32]).collect();
        Points::from_values(2, values).unwrap()
    };
    let exact = ExactField::new(Capacitor::new(charges(0.0), charges(2.0), 2.0).unwrap(), Law::Coulomb);
    let fields: [&dyn Field; 2] = [&pair, &exact];
    let starts = cloud(2, 37, 0.1, 2.0);
    let order: Vec<usize> = (0..37).map(|index| index * 10 % 37).collect();
    for field in fields {
        for form in [Form::Z, Form::LogitZ, Form::Graded, Form::Unit] {
            for (method, step) in [
                (Solver::Dopri5, StepControl::default()),
                (Solver::Bosh3, StepControl::default()),
                (Solver::Heun, StepControl::default()),
                (Solver::Rk4, StepControl::Fixed { steps: 7 }),
            ] {
                let save = Save::Heights(vec![0.5, 1.0]);
                let tracer = Tracer {
                    tableau: method.clone(),
                    step,
                    form,
                    save,
                    margin: 0.1,
                    escape: Some(20.0),
                    max_evaluations: 600,
                    ..Tracer::default()
                };
                let all = tracer.trace(field, &starts).unwrap();
                let chunked = Tracer { batch: Some(5), ..tracer.clone() }.trace(field, &starts).unwrap();
                let shuffled = tracer.trace(field, &select(&starts, &order)).unwrap();
                for (line, &from) in order.iter().enumerate() {
                    assert_same(&all, line, &chunked, line);
                    assert_same(&all, from, &shuffled, line);
                }
                for line in [0, 17, 36] {
                    assert_same(&all, line, &tracer.trace(field, &select(&starts, &[line])).unwrap(), 0);
                }
            }
        }
    }
}

#[test]
fn exact_fields_are_traced_with_the_defaults() {
    let values = |shift: f32| cloud(2, 200, 0.0, 1.0).iter().flat_map(|p| [p[0] as f32 + shift, p[1] as f32]).collect();
    let (p, q) = (Points::from_values(2, values(0.0)).unwrap(), Points::from_values(2, values(3.0)).unwrap());
    let field = ExactField::new(Capacitor::new(p.clone(), q, 6.0).unwrap(), Law::Coulomb);
    // Started on the charges themselves, landed on the plate of the others.
    let lines = Tracer::default().trace(&field, &Augmented::lift(&p, 0.0)).unwrap();
    assert_eq!(lines.landed_share(), 1.0, "{:?}", lines.tally());
    assert!((0..200).all(|line| lines.ends.z(line) == 6.0));
    assert!(lines.evaluations_mean() < 400.0, "{}", lines.evaluations_mean());
}

fn arbitrary_pair() -> impl Strategy<Value = Pair> {
    (0.3..5.0, -3.0..3.0, 0.1..2.0, 0.1..2.0).prop_map(|(gap, b, s, t)| Pair {
        gap,
        source: vec![0.0],
        target: vec![b],
        depths: [s, t],
    })
}

fn arbitrary_form() -> impl Strategy<Value = Form> {
    prop_oneof![Just(Form::Z), Just(Form::LogitZ), Just(Form::Graded), Just(Form::Unit)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn in_one_dimension_lines_do_not_cross(
        field in arbitrary_pair(),
        form in arbitrary_form(),
        mut xs in prop::collection::vec(-5.0..5.0_f64, 2..20),
    ) {
        xs.sort_by(f64::total_cmp);
        // Neighbours closer than the sum of step errors could swap.
        xs.dedup_by(|a, b| *a - *b < 1e-3);
        let starts = common::start(&xs, 0.0);
        let lines = tight(form).trace(&field, &starts).unwrap();
        prop_assert_eq!(lines.count(Stop::Landed), xs.len());
        for index in 1..xs.len() {
            prop_assert!(lines.ends.x(index - 1)[0] < lines.ends.x(index)[0]);
        }
    }

    #[test]
    fn landed_lines_are_on_the_plate_to_the_last_bit(
        field in arbitrary_pair(),
        form in arbitrary_form(),
        method in prop::sample::select(&Solver::ALL[..]),
        steps in 1_usize..30,
        reverse in any::<bool>(),
        height in 0.0..1.0_f64,
        margin in prop_oneof![Just(0.0), 0.01..0.2_f64],
    ) {
        let margin = margin * field.gap;
        let (heading, finish) =
            if reverse { (Heading::Reverse, margin) } else { (Heading::Forward, field.gap - margin) };
        let z = if reverse { margin.max(height * field.gap) } else { finish.min(height * field.gap) };
        let step = StepControl::Fixed { steps };
        let tracer = Tracer { tableau: method.clone(), form, heading, margin, step, escape: Some(100.0), ..Tracer::default() };
        let lines = tracer.trace(&field, &cloud(1, 8, z, 3.0)).unwrap();
        for line in 0..8 {
            prop_assert!(lines.evaluations[line] <= tracer.max_evaluations);
            if lines.stops[line] == Stop::Landed {
                prop_assert_eq!(lines.ends.z(line), finish);
            }
            if form != Form::Unit {
                prop_assert_eq!(lines.stops[line], Stop::Landed);
            }
        }
    }

    #[test]
    fn the_mirror_map_is_monotone_and_stays_in_the_gap(
        gap in 0.5..4.0_f64,
        target in -3.0..3.0_f64,
        heights in prop::collection::vec(0.0..1.0_f64, 1..4),
    ) {
        let field = MirrorPair { gap, source: 0.0, target };
        let heights: Vec<f64> = heights.iter().map(|share| gap * (0.2 + 0.6 * share)).collect();
        let save = Save::Heights(heights.clone());
        let tracer = Tracer { save, margin: 0.05 * gap, ..tight(Form::LogitZ) };
        let lines = tracer.trace(&field, &cloud(1, 10, 0.1 * gap, 1.0)).unwrap();
        prop_assert_eq!(lines.landed_share(), 1.0);
        let path = lines.path.unwrap();
        for mark in 0..heights.len() {
            prop_assert_eq!(path.at(mark as u32).count(), 10);
        }
    }
}
