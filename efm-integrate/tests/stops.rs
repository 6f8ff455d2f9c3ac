//! Reasons to stop, counts of evaluations, events and misuse.

mod common;

use std::ops::ControlFlow;
use std::sync::Arc;

use common::{cloud, start, tight};
use efm_core::{Augmented, Points};
use efm_field::{Field, FieldError, FieldValues};
use efm_integrate::problems::{Contraction, Pair, Rotation, Uniform};
use efm_integrate::{
    Capture, Crossing, Escape, Event, Form, Heading, Save, Solver, StepControl, Stop, TraceError, Tracer, Trigger,
};

/// A field in D = 1 from a closure (x, z) ↦ (n_x, n_z), of any length.
struct Custom<F>(F);

impl<F: Fn(f64, f64) -> [f64; 2] + Send + Sync> Field for Custom<F> {
    fn dim(&self) -> usize {
        1
    }
    fn gap(&self) -> f64 {
        1.0
    }
    fn evaluate_into(&self, at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError> {
        assert!(at.as_slice().iter().all(|value| value.is_finite()), "a tracer asks at finite points only");
        out.prepare(1, at.len(), false);
        for index in 0..at.len() {
            let n = (self.0)(at.x(index)[0], at.z(index));
            let length = n[0].hypot(n[1]);
            out.directions.point_mut(index).copy_from_slice(&n.map(|n| n / length));
        }
        Ok(())
    }
}

#[test]
fn a_line_that_turns_back_stops_where_it_was_last_sound() {
    // Beyond z = 0.6 the field points back, for x > 0 only.
    let field = Custom(|x, z| if x > 0.0 && z > 0.6 { [0.0, -1.0] } else { [0.0, 1.0] });
    let adaptive = StepControl::default();
    for form in [Form::Z, Form::LogitZ] {
        for (step, within) in [(adaptive.clone(), 1e-9), (StepControl::Fixed { steps: 100 }, 0.05)] {
            let tracer = Tracer { form, step, ..Tracer::default() };
            let lines = tracer.trace(&field, &start(&[0.5, -0.5], 0.0)).unwrap();
            assert_eq!(lines.stops, [Stop::TurnedBack, Stop::Landed]);
            assert!(lines.ends.z(0) <= 0.6 && lines.ends.z(0) > 0.6 - within, "{form}: {}", lines.ends.z(0));
            assert_eq!(lines.landed_share(), 0.5);
        }
    }
    // Flat is as bad as backward: n_x/n_z would be noise.
    let flat = Custom(|_, _| [1.0, 1e-12]);
    let lines = Tracer { form: Form::Z, ..Tracer::default() }.trace(&flat, &start(&[0.0], 0.0)).unwrap();
    assert_eq!((lines.stops[0], lines.ends.point(0)), (Stop::TurnedBack, &[0.0, 0.0][..]));
    // Unit speed goes where the field goes.
    let back = Custom(|_, z| if z > 0.6 { [1.0, -1e-3] } else { [0.0, 1.0] });
    let tracer = Tracer { form: Form::Unit, escape: Some(3.0), ..Tracer::default() };
    let lines = tracer.trace(&back, &start(&[0.0], 0.0)).unwrap();
    assert!(!lines.stops[0].arrived());
}

#[test]
fn a_field_that_breaks_down_stops_its_lines_only() {
    let field = Custom(|x, z| if x > 0.0 && z > 0.5 { [f64::NAN, 1.0] } else { [0.0, 1.0] });
    for form in Form::ALL {
        for method in Solver::ALL {
            let tracer =
                Tracer { form, tableau: method.clone(), step: StepControl::Fixed { steps: 20 }, ..Tracer::default() };
            let lines = tracer.trace(&field, &start(&[0.5, -0.5], 0.0)).unwrap();
            assert_eq!(lines.stops, [Stop::NotFinite, Stop::Landed]);
            assert!(lines.ends.as_slice().iter().all(|value| value.is_finite()));
        }
        let lines = Tracer { form, ..Tracer::default() }.trace(&field, &start(&[0.5, -0.5], 0.0)).unwrap();
        assert_eq!(lines.stops, [Stop::NotFinite, Stop::Landed]);
    }
    // A line that runs away: x′ = 1 + x² blows up at z < 1 and must not reach the field as infinity.
    let steep = Custom(|x, _| [1.0 + 1e3 * x * x, 1.0]);
    let lines = Tracer { form: Form::Z, ..Tracer::default() }.trace(&steep, &start(&[1.0], 0.0)).unwrap();
    assert!(!lines.stops[0].arrived(), "{:?}", lines.stops);
}

#[test]
fn lines_that_leave_the_domain_have_escaped_on_its_border() {
    let field = Uniform { tilt: vec![3.0], gap: 2.0 };
    for form in Form::ALL {
        let tracer = Tracer { escape: Some(2.0), ..tight(form) };
        let lines = tracer.trace(&field, &start(&[0.0, -3.0, 9.0], 0.5)).unwrap();
        assert_eq!(lines.stops[0], Stop::Escaped);
        let radius = lines.ends.x(0)[0].hypot(lines.ends.z(0) - 1.0);
        assert!((radius - 2.0).abs() < 1e-12, "{form}: {radius}");
        // Outside from the start.
        assert_eq!((lines.stops[2], lines.evaluations[2]), (Stop::Escaped, 0));
        assert!(lines.crossings.is_empty(), "the tracer's own border is no event of the caller");
    }
}

#[test]
fn the_limit_of_evaluations_is_kept_exactly() {
    let field = Rotation { gap: 10.0, turn: 5.0 };
    for form in Form::ALL {
        for method in [Solver::Heun, Solver::Bosh3, Solver::Dopri5] {
            for max_evaluations in [0, 1, 2, 7, 8, 30] {
                let tracer = Tracer { tableau: method.clone(), max_evaluations, ..tight(form) };
                let lines = tracer.trace(&field, &cloud(2, 4, 0.0, 1.0)).unwrap();
                assert_eq!(lines.count(Stop::TooManyEvaluations), 4);
                assert!(lines.evaluations.iter().all(|&count| count <= max_evaluations));
            }
        }
    }
}

#[test]
fn an_abrupt_field_makes_steps_too_small() {
    // The slope jumps at a height no step ends on: no step across it satisfies 1e-13 unless it is as short as that.
    let field = Custom(|_, z| if z > 1.0 / 3.0 { [1e3, 1.0] } else { [-1e3, 1.0] });
    let step = StepControl::tolerances(0.0, 1e-13);
    let lines = Tracer { form: Form::Z, step, ..Tracer::default() }.trace(&field, &start(&[0.0], 0.0)).unwrap();
    assert_eq!(lines.stops[0], Stop::StepTooSmall);
    assert!((lines.ends.z(0) - 1.0 / 3.0).abs() < 1e-9);
}

#[test]
fn a_trace_can_be_cancelled() {
    let field = Rotation { gap: 4.0, turn: 1.0 };
    let starts = cloud(2, 6, 0.0, 1.0);
    let tracer = Tracer { batch: Some(2), ..tight(Form::Z) };
    let mut rounds = 0;
    let lines = tracer.trace_with(&field, &starts, &mut |progress| {
        rounds += 1;
        assert_eq!(progress.lines, 6);
        if progress.finished >= 2 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    let lines = lines.unwrap();
    assert!(rounds > 2);
    assert_eq!((lines.count(Stop::Landed), lines.count(Stop::Cancelled)), (2, 4));
    assert_eq!(lines.ends.x(5), starts.x(5), "not begun");
    assert_eq!(lines.tally().into_iter().collect::<Vec<_>>(), [("cancelled", 4), ("landed", 2)]);
}

#[test]
fn progress_counts_up() {
    let field = Rotation { gap: 4.0, turn: 1.0 };
    let mut last = (0, 0);
    let lines = tight(Form::Z)
        .trace_with(&field, &cloud(2, 6, 0.0, 1.0), &mut |progress| {
            assert!(progress.evaluations >= last.1 && progress.finished >= last.0);
            last = (progress.finished, progress.evaluations);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert!(last.1 <= lines.evaluations.iter().map(|&count| u64::from(count)).sum());
}

#[test]
fn evaluations_are_counted_exactly() {
    let field = Contraction { dim: 1, gap: 1.0, rate: 1.0 };
    let count = |tracer: Tracer| {
        let lines = tracer.trace(&field, &start(&[1.0, 2.0], 0.0)).unwrap();
        assert_eq!(lines.landed_share(), 1.0);
        (lines.evaluations[0], lines.steps[0], lines.rejections[0])
    };
    let steps = 10;
    for (method, form, save, expected) in [
        (Solver::Euler, Form::Z, Save::Ends, 10),
        (Solver::Heun, Form::Z, Save::Ends, 20),
        (Solver::Rk4, Form::Z, Save::Ends, 40),
        // First same as last: one for the first slope, then 3 or 6 per step.
        (Solver::Bosh3, Form::Z, Save::Ends, 31),
        (Solver::Dopri5, Form::Z, Save::Ends, 61),
        // Dense output needs the slope at the end, which the next step takes over: one more per line.
        (Solver::Euler, Form::Z, Save::Heights(vec![0.5]), 11),
        (Solver::Rk4, Form::Z, Save::Heights(vec![0.5]), 41),
        // The logit form asks once more for its straight start.
        (Solver::Euler, Form::LogitZ, Save::Ends, 12),
        (Solver::Dopri5, Form::LogitZ, Save::Ends, 62),
        // So does the graded form: two per step and the slopes of both straight ends, as one more step of Euler's would.
        (Solver::Heun, Form::Graded, Save::Ends, 22),
    ] {
        let found = count(Tracer {
            tableau: method.clone(),
            form,
            save,
            step: StepControl::Fixed { steps },
            ..Tracer::default()
        });
        assert_eq!(found, (expected, 10, 0), "{method} {form}");
    }
    // Adaptive: rejected steps cost as much as accepted ones, but for the first slope of a method that is not FSAL; one
    // more to choose the first step, if it is not given.
    for (method, first_cost, cost, again) in
        [(Solver::Heun, 0, 2, 1), (Solver::Bosh3, 1, 3, 3), (Solver::Dopri5, 1, 6, 6)]
    {
        for first in [None, Some(0.9)] {
            let step = StepControl::Adaptive { rtol: 1e-7, atol: 1e-7, first, max: None };
            let (evaluations, steps, rejections) =
                count(Tracer { tableau: method.clone(), form: Form::Z, step, ..Tracer::default() });
            let probe = u32::from(first.is_none());
            assert_eq!(evaluations, probe + first_cost + cost * steps + again * rejections, "{method}");
            assert!(first.is_none() || rejections > 0, "{method}: a first step of 0.9 is too long");
        }
    }
}

#[test]
fn steps_heed_their_maximum() {
    let field = Uniform { tilt: vec![0.0], gap: 1.0 };
    for form in [Form::Z, Form::Unit] {
        let step = StepControl::Adaptive { rtol: 1e-3, atol: 1e-3, first: None, max: Some(0.1) };
        let tracer = Tracer { form, step, save: Save::Steps, ..Tracer::default() };
        let path = tracer.trace(&field, &start(&[0.0], 0.0)).unwrap().path.unwrap();
        let heights: Vec<f64> = path.line(0).map(|point| point[1]).collect();
        assert!(heights.windows(2).all(|pair| pair[1] - pair[0] <= 0.1 + 1e-12), "{heights:?}");
        assert_eq!((heights[0], heights[heights.len() - 1]), (0.0, 1.0));
        assert!(path.marks(0).is_sorted());
        // A straight line is one step without a maximum.
        let lines = Tracer { form, ..Tracer::default() }.trace(&field, &start(&[0.0], 0.0)).unwrap();
        assert!(lines.steps[0] <= 3, "{form}: {} steps", lines.steps[0]);
    }
}

#[test]
fn events_are_found_where_they_are() {
    // A screw of radius 1 crosses the half-plane x₁ = 0 at angles π/2 + kπ.
    #[derive(Debug)]
    struct FirstCoordinate(Option<Stop>);
    impl Event for FirstCoordinate {
        fn value(&self, point: &[f64]) -> f64 {
            point[0]
        }
        fn trigger(&self) -> Trigger {
            Trigger::SignChange
        }
        fn stop(&self) -> Option<Stop> {
            self.0
        }
    }
    let field = Rotation { gap: 10.0, turn: 1.0 };
    let mut starts = Augmented::new(2);
    starts.push(&[1.0, 0.0], 0.0);
    for form in Form::ALL {
        let ending: Arc<dyn Event> = Arc::new(FirstCoordinate(Some(Stop::Captured)));
        let counted: Arc<dyn Event> = Arc::new(FirstCoordinate(None));
        let plane: Arc<dyn Event> = Arc::new(Crossing { z: 1.0 });
        let tracer = Tracer { events: vec![counted.clone(), plane.clone()], edge: 1e-7, ..tight(form) };
        let lines = tracer.trace(&field, &starts).unwrap();
        assert_eq!((lines.stops[0], &lines.crossings[..]), (Stop::Landed, &[vec![3], vec![1]][..]), "{form}");

        let tracer = Tracer { events: vec![counted, ending, plane], edge: 1e-7, ..tight(form) };
        let lines = tracer.trace(&field, &starts).unwrap();
        assert_eq!(lines.stops[0], Stop::Captured);
        assert!(lines.stops[0].arrived());
        assert!((lines.ends.z(0) - std::f64::consts::FRAC_PI_2).abs() < 1e-9, "{form}: {}", lines.ends.z(0));
        assert_eq!(lines.crossings[1..], [vec![1], vec![1]], "{form}: what comes before the end is counted");
    }
}

#[test]
fn charges_capture_lines_at_their_radius() {
    let field = Pair::dipole(2, 2.0);
    let charge = Points::from_values(2, vec![0.0, 0.0]).unwrap();
    let tracer =
        Tracer { events: vec![Arc::new(Capture::new(&charge, 2.0, 0.05))], escape: Some(50.0), ..tight(Form::Unit) };
    let lines = tracer.trace(&field, &cloud(2, 20, 0.2, 0.5)).unwrap();
    assert_eq!(lines.count(Stop::Captured), 20);
    for end in lines.ends.iter() {
        let distance = (end[0].powi(2) + end[1].powi(2) + (end[2] - 2.0).powi(2)).sqrt();
        assert!((distance - 0.05).abs() < 1e-12, "{distance}");
    }
    // Even steps that would jump over the ball find it.
    let step = StepControl::Fixed { steps: 1 };
    let lines = Tracer { step, ..tracer.clone() }.trace(&field, &start2(0.0, 0.0, 0.2)).unwrap();
    assert_eq!(lines.stops[0], Stop::Captured);
    let capture = Capture::new(&charge, 2.0, 0.05);
    assert_eq!(capture.nearest(&[3.0, 0.0, 6.0]), Some((0, 5.0)));
    let lines = tracer.trace(&field, &start2(0.01, 0.0, 2.0)).unwrap();
    assert_eq!((lines.stops[0], lines.evaluations[0]), (Stop::Captured, 0), "captured from the start");
}

fn start2(x: f64, y: f64, z: f64) -> Augmented {
    let mut starts = Augmented::new(2);
    starts.push(&[x, y], z);
    starts
}

#[test]
fn misuse_is_an_error_that_names_its_cause() {
    let field = Uniform { tilt: vec![0.0], gap: 1.0 };
    let good = start(&[0.0], 0.0);
    let trace = |tracer: Tracer, starts: &Augmented| tracer.trace(&field, starts).unwrap_err();
    let tracer = Tracer::default;
    assert_eq!(trace(tracer(), &start(&[0.0, f64::NAN], 0.0)), TraceError::NonFiniteStart { line: 1 });
    assert_eq!(trace(tracer(), &cloud(3, 2, 0.0, 1.0)), TraceError::DimensionMismatch { starts_dim: 3, field_dim: 1 });
    for form in [Form::Z, Form::LogitZ] {
        for (z, heading) in [(-0.1, Heading::Forward), (1.1, Heading::Forward), (0.05, Heading::Reverse)] {
            let error = trace(Tracer { form, heading, margin: 0.1, ..tracer() }, &start(&[0.0], z));
            assert!(matches!(error, TraceError::StartOutside { line: 0, .. }), "{error}");
        }
    }
    let adaptive = StepControl::default();
    for method in [Solver::Euler, Solver::Rk4] {
        let error = trace(Tracer { tableau: method.clone(), step: adaptive.clone(), ..tracer() }, &good);
        assert_eq!(error, TraceError::NoErrorEstimate { method });
    }
    let bad = [
        Tracer { margin: 1.0, ..tracer() },
        Tracer { margin: f64::NAN, ..tracer() },
        Tracer { edge: 0.5, ..tracer() },
        Tracer { edge: 0.0, ..tracer() },
        Tracer { escape: Some(0.0), ..tracer() },
        Tracer { batch: Some(0), ..tracer() },
        Tracer { save: Save::Heights(vec![0.0, f64::INFINITY]), ..tracer() },
        Tracer { step: StepControl::Fixed { steps: 0 }, ..tracer() },
        Tracer { step: StepControl::tolerances(-1.0, 1.0), ..tracer() },
        Tracer { step: StepControl::tolerances(0.0, 0.0), ..tracer() },
        Tracer { step: StepControl::Adaptive { rtol: 1.0, atol: 1.0, first: Some(0.0), max: None }, ..tracer() },
        Tracer { step: StepControl::Adaptive { rtol: 1.0, atol: 1.0, first: None, max: Some(f64::NAN) }, ..tracer() },
    ];
    for tracer in bad {
        let error = trace(tracer, &good);
        assert!(matches!(error, TraceError::BadSetting { .. }), "{error}");
    }
    let outside = Escape { centre: vec![0.0, 0.0], radius: 1.0 };
    assert_eq!(outside.stop(), Some(Stop::Escaped));
}

#[test]
fn no_lines_are_no_trouble() {
    let field = Uniform { tilt: vec![0.0], gap: 1.0 };
    let lines = Tracer { save: Save::Steps, ..Tracer::default() }.trace(&field, &Augmented::new(1)).unwrap();
    assert!(lines.is_empty() && lines.path.unwrap().is_empty());
    assert_eq!((lines.ends.len(), lines.stops.len()), (0, 0));
}
