//! Points between the plates of your own, where the network is trained: those of the flux and, for a quarter of them, a wide
//! normal cloud, so that lines of the tails have been seen too.

#![allow(clippy::print_stdout)]

use std::ops::ControlFlow;

use efm::config::RunConfig;
use efm::core::{Capacitor, Seed, Stream};
use efm::field::points::{Drawn, Flux};
use efm::field::{FieldError, Law, PointSampler};
use efm::learning::{Checkpoints, Trainer};
use efm::models::{LearnedField, device};
use efm::rand::RngExt;
use efm::rand_distr::{Distribution, StandardNormal};
use efm::{Alone, measure, prepare, transport};

/// Draws of the flux, of which a share is replaced by draws of N(0, width² I) at the same height.
#[derive(Debug)]
struct Wide {
    flux: Flux,
    share: f64,
    width: f64,
}

impl PointSampler for Wide {
    fn draw(
        &self,
        capacitor: &Capacitor,
        law: Law,
        stream: &Stream,
        first: u64,
        count: usize,
    ) -> Result<Drawn, FieldError> {
        let mut points = self.flux.draw(capacitor, law, stream, first, count)?.points;
        for row in 0..count {
            // Draw i has randomness of its own, whatever the batch: far beyond what the flux takes of it.
            let mut random = stream.at(!(first + row as u64));
            if random.random::<f64>() < self.share {
                let normal = |_: usize| {
                    let value: f64 = StandardNormal.sample(&mut random);
                    self.width * value
                };
                let wide: Vec<f64> = (0..points.dim()).map(normal).collect();
                points.x_mut(row).copy_from_slice(&wide);
            }
        }
        Ok(Drawn::new(points))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config: RunConfig = "source.kind = 'gaussian'\ntarget.kind = 'moons'\n\
        train = { steps = 1500, warmup = 200, objective = 'direction', charges = 'all' }\n\
        eval = { samples = 600, repeats = 1, floor_repeats = 4 }"
        .parse()?;
    let prepared = prepare(config, &Alone)?;
    let device = device::parse("cpu")?;

    let points = Wide { flux: Flux { margin: 0.003, edge: 0.5, thinning: 0.0 }, share: 0.25, width: 3.0 };
    let builder = Trainer::builder(&prepared.config.train, prepared.setup.clone()).points(points);
    let mut trainer = builder.build_network(&prepared.config.model, Seed(1), &device)?;
    trainer.run(&Checkpoints::none(), &mut |_| ControlFlow::Continue(()))?;

    let field = LearnedField::new(trainer.network(), prepared.setup.geometry(), &device);
    let transported = transport(&prepared, &field, &Alone)?;
    let metrics = measure(&prepared, &transported, "cpu", None)?;
    println!("landed {:.3}", transported.landed);
    println!("W2 {:.3} floor {:.3}", metrics.w2.unwrap_or(f64::NAN), metrics.w2_floor.unwrap_or(f64::NAN));
    Ok(())
}
