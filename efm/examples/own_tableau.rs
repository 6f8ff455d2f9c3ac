//! A Runge–Kutta method of your own: Ralston's (1962), whose error falls with the square of the step.

#![allow(clippy::print_stdout)]

use efm::core::Augmented;
use efm::integrate::{StepControl, Tableau, TraceError, Tracer, problems::Contraction};

fn main() -> Result<(), TraceError> {
    let ralston = Tableau {
        citation: "A. Ralston, Math. Comp. 16 (1962) 431-437".to_owned(),
        order: 2,
        nodes: vec![0.0, 2.0 / 3.0],
        rows: vec![vec![], vec![2.0 / 3.0]],
        weights: vec![0.25, 0.75],
        ..Tableau::default()
    };
    // dx/dz = −x: the end is known in closed form.
    let (field, mut starts) = (Contraction { dim: 1, gap: 2.0, rate: 1.0 }, Augmented::new(1));
    starts.push(&[3.0], 0.0);
    let exact = 3.0 * (-2.0_f64).exp();
    let error = |steps: usize| -> Result<f64, TraceError> {
        let step = StepControl::Fixed { steps };
        let tracer = Tracer { tableau: ralston.clone().into(), step, ..Tracer::default() };
        Ok((tracer.trace(&field, &starts)?.ends.x(0)[0] - exact).abs())
    };
    let (coarse, fine) = (error(40)?, error(80)?);
    println!("error {coarse:.2e} at 40 steps, {fine:.2e} at 80");
    println!("order {:.2}", (coarse / fine).log2());
    Ok(())
}
