//! Lines that run onto plates of samples, where the field has no z between the charges.

mod common;

use common::cloud;
use efm_core::{Augmented, Capacitor, Points, Side};
use efm_field::{ExactField, Field, FieldError, FieldValues, Law};
use efm_integrate::{Form, Heading, Save, Solver, StepControl, Stop, Tracer};

const GAP: f64 = 4.0;

/// 400 charges on each plate, uniform in [−1, 1]^D.
fn plates(dim: usize) -> Capacitor {
    let side = |first: usize| {
        let places = cloud(dim, 800, 0.0, 1.0);
        let values = (first..first + 400).flat_map(|index| places.x(index).iter().map(|&x| x as f32)).collect();
        Points::from_values(dim, values).unwrap()
    };
    Capacitor::new(side(0), side(400), GAP).unwrap()
}

fn nearest(charges: &Points, x: &[f64]) -> f64 {
    let square = |charge: &[f32]| charge.iter().zip(x).map(|(&a, b)| (f64::from(a) - b).powi(2)).sum::<f64>();
    charges.iter().map(square).fold(f64::INFINITY, f64::min).sqrt()
}

#[test]
fn lines_land_on_plates_of_samples_in_z() {
    for dim in [1, 2, 5] {
        let plates = plates(dim);
        for law in [Law::Mirror, Law::Coulomb] {
            let field = ExactField::new(plates.clone(), law);
            for (heading, z, goal, side) in
                [(Heading::Forward, 0.5, GAP, Side::Target), (Heading::Reverse, GAP - 0.5, 0.0, Side::Source)]
            {
                let starts = cloud(dim, 21, z, 0.5);
                let trace = |form, step| {
                    let tracer = Tracer { form, heading, step, save: Save::Steps, ..Tracer::default() };
                    tracer.trace(&field, &starts).unwrap()
                };
                let lines = trace(Form::Z, StepControl::default());
                assert_eq!(lines.count(Stop::Landed), 21, "D = {dim}, {law:?}, {heading:?}: {:?}", lines.tally());
                assert!((0..21).all(|line| lines.ends.z(line) == goal));
                // Not by creeping up to the plate until steps are too small: 1 500 evaluations.
                assert!(lines.evaluations_mean() < 800.0, "D = {dim}, {law:?}: {}", lines.evaluations_mean());
                for line in 0..21 {
                    let heights: Vec<f64> = lines.path.as_ref().unwrap().line(line).map(|point| point[dim]).collect();
                    assert!(heights.windows(2).all(|pair| (pair[1] - pair[0]) * (goal - z) > 0.0));
                }
                // All flux of a mirror capacitor ends on charges. What the steps neglect grows on the way by the
                // contraction of lines in reverse, less than a hundredfold here.
                if law == Law::Mirror {
                    let lines = trace(Form::Z, StepControl::tolerances(1e-9, 1e-9));
                    let farthest = (0..21).map(|line| nearest(plates.plate(side), lines.ends.x(line)));
                    let farthest = farthest.fold(0.0, f64::max);
                    assert_eq!(lines.count(Stop::Landed), 21);
                    assert!(farthest < 1e-6, "D = {dim}, {heading:?}: {farthest}");
                }
            }
        }
    }
}

/// Straight up, and back next to the upper plate.
struct Lid {
    below: f64,
}

impl Field for Lid {
    fn dim(&self) -> usize {
        1
    }
    fn gap(&self) -> f64 {
        1.0
    }
    fn evaluate_into(&self, at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError> {
        out.prepare(1, at.len(), false);
        for index in 0..at.len() {
            let up = if at.z(index) < 1.0 - self.below { 1.0 } else { -1.0 };
            out.directions.point_mut(index).copy_from_slice(&[0.0, up]);
        }
        Ok(())
    }
}

#[test]
fn lines_that_turn_back_before_the_plate_do_not_land() {
    let mut starts = Augmented::new(1);
    starts.push(&[0.3], 0.2);
    for (below, stop) in [(0.1, Stop::TurnedBack), (2e-3, Stop::TurnedBack), (0.0, Stop::Landed)] {
        for tableau in [Solver::Dopri5, Solver::Heun] {
            let tracer = Tracer { form: Form::Z, tableau, ..Tracer::default() };
            let lines = tracer.trace(&Lid { below }, &starts).unwrap();
            assert_eq!(lines.stops[0], stop, "{below}");
            // Short of the plate by what turns back, to the last steps above 1e-12.
            assert!((1.0 - below - lines.ends.z(0)).abs() < 1e-9, "{below}: {}", lines.ends.z(0));
        }
        // A margin is no plate: what turns back there has turned back.
        let tracer = Tracer { form: Form::Z, margin: 0.1, ..Tracer::default() };
        let lines = tracer.trace(&Lid { below: 0.1 }, &starts).unwrap();
        assert_eq!(lines.stops[0], Stop::TurnedBack);
    }
}
