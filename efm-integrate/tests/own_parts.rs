//! Parts of one's own in the place of ours: tableaus, step control, events, errors.

mod common;

use std::sync::Arc;

use common::{cloud, start, tight};
use efm_core::Points;
use efm_integrate::maps::{Forward, Map};
use efm_integrate::problems::{Contraction, Logistic, Rotation, Slopes};
use efm_integrate::{
    Event, Form, Outcome, ProportionalIntegral, Solver, StepControl, StepController, Stop, Tableau, TableauError,
    TraceError, Tracer, Tried, Trigger, Verdict,
};

/// The method of order 2 with two stages and the second node at `c` (Hairer, Nørsett, Wanner, Solving ODEs I, sec. II.1).
fn second_order(c: f64) -> Tableau {
    Tableau {
        citation: "Hairer, Nørsett, Wanner".into(),
        order: 2,
        nodes: vec![0.0, c],
        rows: vec![vec![], vec![c]],
        weights: vec![1.0 - 0.5 / c, 0.5 / c],
        ..Tableau::default()
    }
}

#[test]
fn an_own_tableau_has_its_order() {
    let field = Logistic { gap: 2.0 };
    let error = |tableau: &Tableau, steps: usize| {
        let tracer = Tracer {
            tableau: tableau.clone().into(),
            step: StepControl::Fixed { steps },
            form: Form::Z,
            ..Tracer::default()
        };
        let lines = tracer.trace(&field, &start(&[0.1], 0.0)).unwrap();
        (lines.ends.x(0)[0] - field.line(&[0.1], 0.0, 2.0)[0]).abs()
    };
    // Ralston's and the midpoint rule.
    for tableau in [second_order(2.0 / 3.0), second_order(0.5)] {
        tableau.check().unwrap();
        let observed = (error(&tableau, 40) / error(&tableau, 80)).log2();
        assert!((observed - 2.0).abs() < 0.25, "{observed}");
    }
}

#[test]
fn a_named_method_and_its_numbers_trace_the_same() {
    let field = Rotation { gap: 3.0, turn: 1.0 };
    let starts = cloud(2, 10, 0.2, 1.0);
    for solver in [Solver::Heun, Solver::Bosh3, Solver::Dopri5] {
        let own = Solver::from(solver.tableau().clone());
        let [named, own] =
            [solver, own].map(|tableau| Tracer { tableau, ..Tracer::default() }.trace(&field, &starts).unwrap());
        assert_eq!(named, own);
    }
}

#[test]
fn numbers_that_are_no_method_are_refused_by_what_is_wrong() {
    let good = second_order(0.5);
    let length = |part, found| TableauError::Length { part, found, stages: 2 };
    let refused = [
        (Tableau::default(), TableauError::Empty),
        (Tableau { order: 0, ..good.clone() }, TableauError::Empty),
        (Tableau { weights: vec![1.0], ..good.clone() }, length("weights", 1)),
        (Tableau { rows: vec![vec![]], ..good.clone() }, length("rows", 1)),
        (Tableau { error: vec![0.0; 3], ..good.clone() }, length("error", 3)),
        (Tableau { dense: vec![0.0], ..good.clone() }, length("dense", 1)),
        (Tableau { rows: vec![vec![], vec![0.5, 0.0]], ..good.clone() }, TableauError::Row { row: 1, found: 2 }),
        (Tableau { weights: vec![f64::NAN, 1.0], ..good.clone() }, TableauError::NotFinite),
    ];
    let field = Contraction { dim: 1, gap: 1.0, rate: 1.0 };
    for (tableau, error) in refused {
        assert_eq!(tableau.check(), Err(error.clone()));
        assert!(!tableau.fsal());
        let tracer = Tracer { tableau: tableau.into(), step: StepControl::Fixed { steps: 3 }, ..Tracer::default() };
        assert_eq!(tracer.trace(&field, &start(&[0.0], 0.0)), Err(TraceError::Tableau(error)));
    }
    for tableau in [
        Tableau { nodes: vec![0.0, 0.4], ..good.clone() },
        Tableau { nodes: vec![0.1, 0.5], ..good.clone() },
        Tableau { weights: vec![0.5, 0.6], ..good.clone() },
        Tableau { weights: vec![0.5, 0.5], ..good.clone() },
        Tableau { order: 3, ..good.clone() },
        Tableau { error: vec![0.5, 0.4], ..good.clone() },
    ] {
        assert!(matches!(tableau.check(), Err(TableauError::Sum { .. })), "{tableau:?}");
    }
    let error = Tracer { tableau: good.into(), ..Tracer::default() }.trace(&field, &start(&[0.0], 0.0)).unwrap_err();
    assert!(matches!(error, TraceError::NoErrorEstimate { .. }), "{error}");
}

/// Hands everything on to the rule by default.
#[derive(Debug)]
struct Wrapped(ProportionalIntegral);

impl StepController for Wrapped {
    fn size(&self, before: &[f64], after: &[f64], change: &[f64]) -> f64 {
        self.0.size(before, after, change)
    }
    fn judge(&self, tried: &Tried<'_>) -> Verdict {
        assert!(tried.length > 0.0 && tried.errors.len() == tried.before.len());
        self.0.judge(tried)
    }
}

/// Judges nothing: every step is of one length.
#[derive(Debug)]
struct Constant(f64);

impl StepController for Constant {
    fn size(&self, _: &[f64], _: &[f64], _: &[f64]) -> f64 {
        f64::NAN
    }
    fn judge(&self, tried: &Tried<'_>) -> Verdict {
        assert!(tried.errors.is_empty() && tried.error.is_nan());
        Verdict::Accept { next: self.0, memory: tried.memory }
    }
    fn first(&self) -> Option<f64> {
        Some(self.0)
    }
    fn needs_error(&self) -> bool {
        false
    }
}

#[test]
fn an_own_step_control_is_asked() {
    let field = Rotation { gap: 3.0, turn: 1.0 };
    let starts = cloud(2, 10, 0.2, 1.0);
    for form in [Form::Z, Form::LogitZ, Form::Unit] {
        let own = StepControl::own(Wrapped(ProportionalIntegral::new(1e-4, 1e-5)));
        let [ours, own] =
            [StepControl::default(), own].map(|step| Tracer { form, step, ..Tracer::default() }.trace(&field, &starts));
        assert_eq!(ours, own, "the same rule, the same steps");
    }
    // Twelve steps of a quarter, by a method that estimates no error.
    let tracer =
        Tracer { tableau: Solver::Rk4, step: StepControl::own(Constant(0.25)), form: Form::Z, ..Tracer::default() };
    let lines = tracer.trace(&field, &cloud(2, 3, 0.0, 1.0)).unwrap();
    assert_eq!(lines.landed_share(), 1.0);
    assert_eq!(lines.steps, [12; 3]);
}

#[test]
fn lengths_that_cannot_be_stepped_are_errors() {
    let field = Rotation { gap: 3.0, turn: 1.0 };
    for length in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        #[derive(Debug)]
        struct Bad(f64);
        impl StepController for Bad {
            fn size(&self, _: &[f64], _: &[f64], _: &[f64]) -> f64 {
                0.0
            }
            fn judge(&self, _: &Tried<'_>) -> Verdict {
                Verdict::Reject { next: self.0 }
            }
        }
        let tracer = Tracer { step: StepControl::own(Bad(length)), ..Tracer::default() };
        let error = tracer.trace(&field, &cloud(2, 3, 0.2, 1.0)).unwrap_err();
        assert!(matches!(error, TraceError::BadStep { .. }), "{error}");
        let tracer = Tracer { step: StepControl::own(Constant(length)), tableau: Solver::Rk4, ..Tracer::default() };
        let error = tracer.trace(&field, &cloud(2, 3, 0.2, 1.0)).unwrap_err();
        assert!(matches!(error, TraceError::BadSetting { setting: "first step", .. }), "{error}");
    }
}

/// Ends lines at a height, for a reason of its own.
#[derive(Debug)]
struct Screen {
    z: f64,
    stop: Stop,
}

impl Event for Screen {
    fn value(&self, point: &[f64]) -> f64 {
        point[point.len() - 1] - self.z
    }
    fn trigger(&self) -> Trigger {
        Trigger::SignChange
    }
    fn stop(&self) -> Option<Stop> {
        Some(self.stop)
    }
}

#[test]
fn own_reasons_are_told_apart_and_counted_as_they_say() {
    let field = Rotation { gap: 3.0, turn: 1.0 };
    for (outcome, share, lost) in [(Outcome::Arrived, 1.0, 0), (Outcome::Lost, 0.0, 4), (Outcome::Neither, 1.0, 0)] {
        let stop = Stop::own("screen", outcome).unwrap();
        let screen = Arc::new(Screen { z: 1.5, stop });
        let tracer = Tracer { events: vec![screen], ..tight(Form::LogitZ) };
        let lines = tracer.trace(&field, &cloud(2, 4, 0.2, 1.0)).unwrap();
        assert_eq!((lines.count(stop), lines.landed_share(), lines.lost()), (4, share, lost));
        assert_eq!(lines.tally().into_iter().collect::<Vec<_>>(), [("screen", 4)]);
        assert!(lines.ends.iter().all(|end| (end[2] - 1.5).abs() < 1e-12));
        // In a map too.
        let starts = Points::from_values(2, vec![0.5, 0.0, 0.0, 0.5]).unwrap();
        let map = Forward { tracer, ..Forward::default() };
        let lines = map.transport(&field, &starts, &efm_core::Seed(1).stream("own")).unwrap();
        assert_eq!((lines.count(stop), lines.landed_share()), (2, share));
    }
    assert_ne!(Stop::own("screen", Outcome::Lost), Stop::own("wall", Outcome::Lost));
}

#[test]
fn own_reasons_are_written_and_read_and_have_names_of_their_own() {
    let stop = Stop::own("far wall", Outcome::Lost).unwrap();
    let text = serde_json::to_string(&stop).unwrap();
    assert_eq!(text, r#"{"own":{"name":"far wall","outcome":"lost"}}"#);
    assert_eq!(serde_json::from_str::<Stop>(&text).unwrap(), stop);
    assert_eq!((stop.name(), stop.to_string().as_str()), ("far wall", "far wall"));
    for name in ["", "landed", "cancelled", &"x".repeat(32)] {
        assert!(matches!(Stop::own(name, Outcome::Lost), Err(TraceError::BadName { .. })), "{name}");
        let text = text.replace("far wall", name);
        assert!(serde_json::from_str::<Stop>(&text).is_err(), "{text}");
    }
}

#[test]
fn own_errors_keep_their_words() {
    let error = TraceError::own(std::io::Error::other("the table of heights is gone"));
    assert_eq!(error.to_string(), "the table of heights is gone");
    assert_eq!(error, error.clone());
    assert_ne!(error, TraceError::own("the table of heights is gone"));
}
