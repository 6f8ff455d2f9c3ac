//! A field and an event of your own, traced by our integrator: lines of a screened (Yukawa) dipole, some of which end on a grounded
//! sphere in their way.

#![allow(clippy::print_stdout)]

use std::sync::Arc;

use efm::core::Augmented;
use efm::field::{Field, FieldError, FieldValues};
use efm::integrate::{Event, Form, Outcome, Stop, TraceError, Tracer, Trigger};

/// A charge +1 at the origin and −1 at this height above it, each screened by exp(−r/2), in three dimensions: D = 2.
struct Yukawa(f64);

impl Field for Yukawa {
    fn dim(&self) -> usize {
        2
    }

    fn gap(&self) -> f64 {
        self.0
    }

    fn evaluate_into(&self, at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError> {
        out.prepare(2, at.len(), false);
        for (index, point) in at.iter().enumerate() {
            let mut e = [0.0; 3];
            for (charge, height) in [(1.0, 0.0), (-1.0, self.0)] {
                let r = [point[0], point[1], point[2] - height];
                let distance = r.iter().map(|part| part * part).sum::<f64>().sqrt().max(1e-6);
                let weight = charge * (1.0 + 0.5 * distance) * (-0.5 * distance).exp() / distance.powi(3);
                e.iter_mut().zip(r).for_each(|(e, part)| *e += weight * part);
            }
            let norm = e.iter().map(|part| part * part).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
            out.directions.point_mut(index).copy_from_slice(&e.map(|part| part / norm));
        }
        Ok(())
    }
}

/// The sphere of this radius about this point, and the reason with which lines end there.
#[derive(Debug)]
struct Grounded(f64, [f64; 3], Stop);

impl Event for Grounded {
    fn value(&self, point: &[f64]) -> f64 {
        point.iter().zip(self.1).map(|(x, c)| (x - c).powi(2)).sum::<f64>().sqrt() - self.0
    }

    fn trigger(&self) -> Trigger {
        Trigger::Entry
    }

    fn stop(&self) -> Option<Stop> {
        Some(self.2)
    }
}

fn main() -> Result<(), TraceError> {
    let stop = Stop::own("grounded", Outcome::Neither)?;
    let sphere = Arc::new(Grounded(0.5, [1.2, 0.0, 2.0], stop));
    let tracer = Tracer { form: Form::Unit, events: vec![sphere.clone()], ..Tracer::default() };
    // A ring of starts close above the charge at the origin.
    let mut starts = Augmented::new(2);
    for angle in (0..24).map(|turn| f64::from(turn) * std::f64::consts::TAU / 24.0) {
        starts.push(&[0.1 * angle.cos(), 0.1 * angle.sin()], 0.1);
    }
    let lines = tracer.trace(&Yukawa(4.0), &starts)?;
    let ended = (0..lines.len()).filter(|&line| lines.stops[line] == stop);
    let off = ended.map(|line| sphere.value(lines.ends.point(line)).abs()).fold(0.0, f64::max);
    println!("ends {:?}", lines.tally());
    println!("grounded {} off the sphere by {off:.1e}", lines.count(stop));
    Ok(())
}
