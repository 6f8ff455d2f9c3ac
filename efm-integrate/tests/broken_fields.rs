//! Fields that do not keep what the trait promises, and other misuse that ended in a panic or in silence.

mod common;

use std::sync::Arc;

use common::{cloud, start};
use efm_core::{Augmented, Points, Seed};
use efm_field::{Field, FieldError, FieldValues};
use efm_integrate::density::{Divergence, Volume};
use efm_integrate::maps::{FluxRule, Forward, Lift, Map, Noise};
use efm_integrate::problems::{Pair, Uniform};
use efm_integrate::{Capture, Escape, Event, Form, Heading, TraceError, Tracer};

/// Whatever a function fills in.
struct Raw<F> {
    dim: usize,
    fill: F,
}

impl<F: Fn(&Augmented, &mut FieldValues) + Send + Sync> Field for Raw<F> {
    fn dim(&self) -> usize {
        self.dim
    }
    fn gap(&self) -> f64 {
        2.0
    }
    fn evaluate_into(&self, at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError> {
        (self.fill)(at, out);
        Ok(())
    }
}

fn directions(at: &Augmented, out: &mut FieldValues, direction: [f64; 2]) {
    out.prepare(1, at.len(), false);
    (0..at.len()).for_each(|index| out.directions.point_mut(index).copy_from_slice(&direction));
}

type Fill = dyn Fn(&Augmented, &mut FieldValues) + Send + Sync;

/// What every user of a field says to it.
fn refused(field: &dyn Field) -> Vec<TraceError> {
    let points = Points::from_values(1, vec![0.1, 0.2]).unwrap();
    let stream = Seed(1).stream("broken");
    let mut errors: Vec<_> = Form::ALL
        .into_iter()
        .flat_map(|form| [Heading::Forward, Heading::Reverse].map(|heading| (form, heading)))
        .map(|(form, heading)| Tracer { form, heading, ..Tracer::default() })
        .map(|tracer| tracer.trace(field, &cloud(1, 3, 1.0, 1.0)).unwrap_err())
        .collect();
    let along = Forward { lift: Lift::Along, start_height: 0.1, ..Forward::default() };
    errors.push(along.transport(field, &points, &stream).unwrap_err());
    errors.push(along.transport_back(field, &points, &stream).unwrap_err());
    for map in [FluxRule::default(), FluxRule { height: 0.1, ..FluxRule::default() }] {
        errors.push(map.transport(field, &points, &stream).unwrap_err());
        errors.push(map.transport_back(field, &points, &stream).unwrap_err());
    }
    let volume = Volume { map: along, divergence: Divergence::Full, ..Volume::default() };
    let watch = &mut |_| std::ops::ControlFlow::Continue(());
    errors.push(volume.carry(field, &points, Noise::from(stream), watch).unwrap_err());
    errors
}

#[test]
fn directions_of_another_length_are_refused() {
    for (n, length) in [([3.0, 4.0], 5.0), ([0.0, 0.5], 0.5), ([0.0, 0.0], 0.0), ([0.0, 1.01], 1.01)] {
        let field = Raw { dim: 1, fill: |at: &Augmented, out: &mut FieldValues| directions(at, out, n) };
        for error in refused(&field) {
            match error {
                TraceError::Field(FieldError::Direction { length: found, .. }) => assert_eq!(found, length),
                error => panic!("{error}"),
            }
        }
    }
    // Rounded to f32 they are unit vectors.
    let field = Raw { dim: 1, fill: |at: &Augmented, out: &mut FieldValues| directions(at, out, [0.0, 1.000_000_2]) };
    assert_eq!(Tracer::default().trace(&field, &start(&[0.0], 0.0)).unwrap().landed_share(), 1.0);
}

#[test]
fn too_few_too_many_and_other_values_are_refused() {
    let nothing = |_: &Augmented, out: &mut FieldValues| *out = FieldValues::default();
    let too_few = |at: &Augmented, out: &mut FieldValues| {
        directions(at, out, [0.0, 1.0]);
        out.directions.resize(at.len() - 1);
    };
    let too_many = |at: &Augmented, out: &mut FieldValues| {
        directions(at, out, [0.0, 1.0]);
        out.directions.push(&[0.0], 1.0);
    };
    let wider = |at: &Augmented, out: &mut FieldValues| out.prepare(2, at.len(), false);
    let strengths = |at: &Augmented, out: &mut FieldValues| {
        directions(at, out, [0.0, 1.0]);
        out.ln_strengths = vec![0.0; at.len() + 1];
    };
    let fills: [&Fill; 5] = [&nothing, &too_few, &too_many, &wider, &strengths];
    for fill in fills {
        for error in refused(&Raw { dim: 1, fill }) {
            assert!(
                matches!(error, TraceError::Field(FieldError::Shape { .. } | FieldError::Strengths { .. })),
                "{error}"
            );
        }
    }
}

#[test]
fn directions_that_are_no_numbers_are_refused_where_no_line_can_end_of_them() {
    // On its way a line ends of it, see stops.rs.
    let field = Raw { dim: 1, fill: |at: &Augmented, out: &mut FieldValues| directions(at, out, [f64::NAN, 1.0]) };
    let points = Points::from_values(1, vec![0.1]).unwrap();
    let stream = Seed(1).stream("broken");
    let along = Forward { lift: Lift::Along, start_height: 0.1, ..Forward::default() };
    for error in [along.transport(&field, &points, &stream), FluxRule::default().transport(&field, &points, &stream)] {
        assert!(matches!(error, Err(TraceError::Field(FieldError::Direction { .. }))), "{error:?}");
    }
}

#[test]
fn points_of_no_coordinates_are_no_lines() {
    let field = Raw { dim: 0, fill: |at: &Augmented, out: &mut FieldValues| out.prepare(0, at.len(), false) };
    let error = Tracer::default().trace(&field, &Augmented::zeros(0, 3)).unwrap_err();
    assert!(matches!(error, TraceError::BadSetting { setting: "D", .. }), "{error}");
}

#[test]
fn events_for_other_points_are_refused() {
    let field = Uniform { tilt: vec![0.0, 0.0], gap: 1.0 };
    let charges = Points::from_values(3, vec![0.0; 3]).unwrap();
    let capture = Capture::new(&charges, 1.0, 0.1);
    assert_eq!((capture.nearest(&[0.0; 3]), capture.nearest(&[])), (None, None));
    let events: [Arc<dyn Event>; 2] = [Arc::new(capture), Arc::new(Escape { centre: vec![0.0; 4], radius: 1.0 })];
    for event in events {
        let tracer = Tracer { events: vec![event], ..Tracer::default() };
        let error = tracer.trace(&field, &cloud(2, 3, 0.0, 1.0)).unwrap_err();
        assert_eq!(error, TraceError::EventDimension { event_dim: 3, field_dim: 2 });
    }
    // No charges capture nothing.
    let none = Capture::new(&Points::from_values(2, vec![]).unwrap(), 1.0, 0.1);
    assert_eq!(none.nearest(&[0.0; 3]), None);
    let tracer = Tracer { events: vec![Arc::new(none)], ..Tracer::default() };
    assert_eq!(tracer.trace(&field, &cloud(2, 3, 0.0, 1.0)).unwrap().landed_share(), 1.0);
}

#[test]
fn starts_of_another_dimension_are_refused_before_the_field_is_asked() {
    let field = Raw { dim: 1, fill: |_: &Augmented, _: &mut FieldValues| panic!("asked") };
    let points = Points::from_values(2, vec![0.0; 4]).unwrap();
    let stream = Seed(1).stream("broken");
    let along = Forward { lift: Lift::Along, start_height: 0.1, ..Forward::default() };
    let maps: [&dyn Map; 2] = [&along, &FluxRule::default()];
    for map in maps {
        let error = map.transport(&field, &points, &stream).unwrap_err();
        assert_eq!(error, TraceError::DimensionMismatch { starts_dim: 2, field_dim: 1 });
    }
    assert_eq!(Pair::dipole(2, 1.0).invariant(&[]), None);
}
