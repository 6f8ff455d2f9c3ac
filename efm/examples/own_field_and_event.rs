//! A field and an event of your own, traced by our integrator: lines of a screened (Yukawa) dipole, which end on a grounded
//! sphere in their way.

use efm::core::Augmented;
use efm::field::{Field, FieldError, FieldValues};
use efm::integrate::{Event, Form, Outcome, Stop, TraceError, Tracer, Trigger};
use std::sync::Arc;

/// A charge +1 at the origin and −1 at the height `gap` above it, each screened by exp(−κr), in three dimensions: D = 2.
struct Yukawa {
    gap: f64,
    kappa: f64,
}

impl Field for Yukawa {
    fn dim(&self) -> usize {
        2
    }

    fn gap(&self) -> f64 {
        self.gap
    }

    fn evaluate_into(&self, at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError> {
        if at.dim() != 2 {
            return Err(FieldError::DimensionMismatch { query_dim: at.dim(), field_dim: 2 });
        }
        out.prepare(2, at.len(), false);
        for (index, point) in at.iter().enumerate() {
            let mut e = [0.0; 3];
            for (charge, height) in [(1.0, 0.0), (-1.0, self.gap)] {
                let r = [point[0], point[1], point[2] - height];
                let square: f64 = r.iter().map(|part| part * part).sum::<f64>().max(1e-12);
                let distance = square.sqrt();
                let weight =
                    charge * (1.0 + self.kappa * distance) * (-self.kappa * distance).exp() / (square * distance);
                e.iter_mut().zip(r).for_each(|(e, part)| *e += weight * part);
            }
            let norm = e.iter().map(|part| part * part).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
            out.directions.point_mut(index).iter_mut().zip(e).for_each(|(to, part)| *to = part / norm);
        }
        Ok(())
    }
}

/// The sphere |x − centre| = radius.
#[derive(Debug)]
struct Grounded {
    centre: [f64; 3],
    radius: f64,
    stop: Stop,
}

impl Event for Grounded {
    fn value(&self, point: &[f64]) -> f64 {
        let square: f64 = point.iter().zip(self.centre).map(|(x, c)| (x - c).powi(2)).sum();
        square.sqrt() - self.radius
    }

    fn trigger(&self) -> Trigger {
        Trigger::Entry
    }

    fn stop(&self) -> Option<Stop> {
        Some(self.stop)
    }
}

fn main() -> Result<(), TraceError> {
    let stop = Stop::own("grounded", Outcome::Neither)?;
    let sphere = Arc::new(Grounded { centre: [1.2, 0.0, 2.0], radius: 0.5, stop });
    let tracer = Tracer { form: Form::Unit, events: vec![sphere.clone()], ..Tracer::default() };
    // A ring of starts close above the charge at the origin.
    let mut starts = Augmented::new(2);
    for turn in 0..24 {
        let angle = f64::from(turn) * std::f64::consts::TAU / 24.0;
        starts.push(&[0.1 * angle.cos(), 0.1 * angle.sin()], 0.1);
    }
    let lines = tracer.trace(&Yukawa { gap: 4.0, kappa: 0.5 }, &starts)?;
    let on_sphere = (0..lines.len()).filter(|&line| lines.stops[line] == stop);
    let off = on_sphere.map(|line| sphere.value(lines.ends.point(line)).abs()).fold(0.0, f64::max);
    println!("ends {:?}", lines.tally());
    println!("grounded {} off the sphere by {off:.1e}", lines.count(stop));
    Ok(())
}
