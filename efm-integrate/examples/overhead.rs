//! What the tracer takes besides the field evaluations it asks for.
//! `cargo run --release -p efm-integrate --example overhead [LINES]`
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

use std::sync::Mutex;
use std::time::{Duration, Instant};

use efm_core::{Augmented, Capacitor, Points, Seed};
use efm_field::{ExactField, Field, FieldError, FieldValues, Law};
use efm_integrate::Tracer;
use rand_distr::{Distribution, StandardNormal};

/// A field that keeps count.
struct Clocked<F> {
    field: F,
    /// Calls, points, time.
    spent: Mutex<(usize, usize, Duration)>,
}

impl<F: Field> Field for Clocked<F> {
    fn dim(&self) -> usize {
        self.field.dim()
    }

    fn gap(&self) -> f64 {
        self.field.gap()
    }

    fn evaluate_into(&self, at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError> {
        let start = Instant::now();
        let result = self.field.evaluate_into(at, out);
        let mut spent = self.spent.lock().expect("no panic while locked");
        *spent = (spent.0 + 1, spent.1 + at.len(), spent.2 + start.elapsed());
        result
    }
}

fn cloud(dim: usize, len: usize, name: &str) -> Result<Points, efm_core::CoreError> {
    let mut generator = Seed(7).stream(name).at(0);
    Points::from_values(dim, (0..dim * len).map(|_| StandardNormal.sample(&mut generator)).collect())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count = std::env::args().nth(1).map_or(Ok(2048), |count| count.parse())?;
    println!("| D | charges | law | lines | calls | points per call | field, s | the rest, s | rest / field |");
    println!("|---|---|---|---|---|---|---|---|---|");
    for (dim, charges) in [(2, 1000), (2, 10_000), (16, 3000), (64, 3000)] {
        let capacitor = Capacitor::new(cloud(dim, charges / 2, "p")?, cloud(dim, charges / 2, "q")?, 6.0)?;
        let starts = Augmented::lift(&cloud(dim, count, "x")?, 0.1);
        for law in [Law::Coulomb, Law::Mirror] {
            let field = Clocked { field: ExactField::new(capacitor.clone(), law), spent: Mutex::default() };
            let start = Instant::now();
            Tracer { margin: 0.1, ..Tracer::default() }.trace(&field, &starts)?;
            let all = start.elapsed();
            let (calls, points, inside) = field.spent.into_inner().expect("no panic while locked");
            let rest = all - inside;
            println!(
                "| {dim} | {charges} | {law:?} | {count} | {calls} | {:.0} | {:.3} | {:.3} | {:.3} |",
                points as f64 / calls as f64,
                inside.as_secs_f64(),
                rest.as_secs_f64(),
                rest.as_secs_f64() / inside.as_secs_f64()
            );
        }
    }
    Ok(())
}
