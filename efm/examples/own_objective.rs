//! An objective of your own beside ours: Huber's loss on unit directions, with the same pools, network and loop.

#![allow(clippy::print_stdout)]

use std::ops::ControlFlow;

use burn::tensor::Tensor;
use efm::config::RunConfig;
use efm::core::Seed;
use efm::field::PointSampler;
use efm::learning::objectives::{PoolDraw, gap_directions};
use efm::learning::{BatchTensors, Checkpoints, Objective, Pool, TrainError, Trainer};
use efm::models::{FieldNet, Head, LearnedField, device};
use efm::{Alone, measure, prepare, transport};

/// √(D+1) E/|E|, regressed by Huber's loss: large errors count by their size and not by its square.
#[derive(Debug)]
struct HuberDirection {
    /// Errors below this count by their square.
    delta: f64,
}

impl Objective for HuberDirection {
    fn name(&self) -> &str {
        "huber-direction"
    }

    fn head(&self, _: &dyn PointSampler) -> Head {
        Head::Forward
    }

    fn pool(&self, draw: &PoolDraw<'_>) -> Result<Pool, TrainError> {
        let (charges, points) = draw.charges_and_points()?;
        let (directions, _) = gap_directions(&draw.field(charges), &points)?;
        let scale = ((points.dim() + 1) as f64).sqrt();
        let target = directions.as_slice().iter().map(|part| (scale * part) as f32).collect();
        Pool::new(&points, target, vec![1.0; points.len()])
    }

    fn loss(&self, network: &dyn FieldNet, batch: &BatchTensors) -> Result<Tensor<1>, TrainError> {
        let size = (batch.values(network) - batch.target.clone()).abs();
        let square = size.clone().clamp_max(self.delta);
        Ok((square.clone().powi_scalar(2).mul_scalar(0.5) + (size - square).mul_scalar(self.delta)).sum())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config: RunConfig = "source.kind = 'gaussian'\ntarget.kind = 'moons'\n\
        train = { steps = 1500, warmup = 200, charges = 'all' }\neval = { samples = 600, repeats = 1, floor_repeats = 4 }"
        .parse()?;
    let prepared = prepare(config, &Alone)?;
    let device = device::parse("cpu")?;

    let objective = HuberDirection { delta: 0.5 };
    let setup = prepared.setup_for(&objective, &prepared.config.train.points)?;
    let geometry = setup.geometry();
    let builder = Trainer::builder(&prepared.config.train, setup).objective(objective);
    let mut trainer = builder.build_network(&prepared.config.model, Seed(1), &device)?;
    trainer.run(&Checkpoints::none(), &mut |_| ControlFlow::Continue(()))?;

    let field = LearnedField::new(trainer.network(), geometry, &device);
    let transported = transport(&prepared, &field, &Alone)?;
    let metrics = measure(&prepared, &transported, "cpu", None)?;
    println!("landed {:.3}", transported.landed);
    println!("W2 {:.3} floor {:.3}", metrics.w2.unwrap_or(f64::NAN), metrics.w2_floor.unwrap_or(f64::NAN));
    Ok(())
}
