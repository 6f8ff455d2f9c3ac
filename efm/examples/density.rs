//! Densities of points without training: ln q, carried along the lines of the exact field from the density of the source.

#![allow(clippy::print_stdout)]

use std::ops::ControlFlow;

use efm::core::{Capacitor, Seed};
use efm::data::{DataSpec, Sampler, Scaler};
use efm::field::{ExactField, Law};
use efm::integrate::density::{Divergence, Volume};
use efm::integrate::maps::{Forward, Lift};
use efm::integrate::{Form, StepControl, Tracer};
use efm::{Likelihood, Scalers};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // N(0, I) and N(0, 0.7² I) in the plane; both densities are known, so that what comes out can be checked.
    let gaussian =
        |std: f64| DataSpec::Gaussian(efm::data::toy::Gaussian { std, ..Default::default() }).open("".as_ref());
    let (source, target): (Box<dyn Sampler>, Box<dyn Sampler>) = (gaussian(1.0)?, gaussian(0.7)?);
    let charges = |sampler: &dyn Sampler, name: &str| sampler.draw(&Seed(1).stream(name), 0, 4_000);
    let plates = Capacitor::new(charges(&*source, "p")?, charges(&*target, "q")?, 6.0)?;
    let field = ExactField::new(plates, Law::Mirror);

    // The field of samples is rough within their distance of a plate: lines begin and end above that.
    let tracer = Tracer { form: Form::LogitZ, step: StepControl::tolerances(1e-6, 1e-6), ..Tracer::default() };
    let map = Forward { tracer, start_height: 0.15, stop_height: 0.15, lift: Lift::Along };
    let scalers = Scalers::new(Scaler::identity(2), Scaler::identity(2))?;
    let likelihood = Likelihood {
        field: &field,
        scalers: &scalers,
        source: &*source,
        volume: Volume { map, divergence: Divergence::Full, nodes: 32, step: 2e-3 },
        seed: Seed(1),
    };

    let points = target.draw(&Seed(2).stream("points"), 0, 300)?;
    let found = likelihood.ln_densities(&points, &mut |_| ControlFlow::Continue(()))?;
    let known: Vec<f64> =
        (0..points.len()).filter(|&row| found.values[row].is_finite()).map(|row| found.values[row]).collect();
    let mean = known.iter().sum::<f64>() / known.len() as f64;
    let truth = |row: usize| {
        let x: Vec<f64> = points.point(row).iter().map(|&x| f64::from(x)).collect();
        target.ln_density(&x).unwrap_or(f64::NAN)
    };
    let expected = (0..points.len()).map(truth).sum::<f64>() / points.len() as f64;
    println!("points {} lost {}", known.len(), found.lost());
    println!("ln q {mean:.3} truth {expected:.3}");
    Ok(())
}
