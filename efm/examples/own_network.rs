//! A network of your own in our loop: same checkpoints, clipping, moving average, maps and measures as our networks have.

use std::ops::ControlFlow;

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::Tensor;
use efm::config::RunConfig;
use efm::core::Seed;
use efm::learning::{Checkpoints, Trainer};
use efm::models::{Condition, FieldNet, LearnedField, TrainableNet, device};
use efm::{Alone, measure, prepare, transport};

/// Residual layers on (x, z/L); the values are E_x and E_z up to a common factor, and E_z is positive in the gap.
#[derive(Module, Debug)]
struct Residual {
    opening: Linear,
    layers: Vec<Linear>,
    closing: Linear,
    gap: f64,
}

impl FieldNet for Residual {
    fn conditional(&self, x: Tensor<2>, z: Tensor<2>, _: Option<&Condition>) -> Tensor<2> {
        let [rows, dim] = x.dims();
        let height = z.div_scalar(self.gap);
        let ends = (height.clone() * height.clone().neg().add_scalar(1.0)).add_scalar(0.003).log();
        let mut values = self.opening.forward(Tensor::cat(vec![x, height, ends], 1));
        for layer in &self.layers {
            values = values.clone() + layer.forward(values).tanh();
        }
        let values = self.closing.forward(values);
        let axial = values.clone().slice([0..rows, dim..dim + 1]);
        Tensor::cat(vec![values.slice([0..rows, 0..dim]), (axial.powi_scalar(2) + 1e-4).sqrt()], 1)
    }
}

impl TrainableNet for Residual {}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config: RunConfig = "source.kind = 'gaussian'\ntarget.kind = 'moons'\n\
        train = { steps = 1500, warmup = 200 }\neval = { samples = 600, repeats = 1, floor_repeats = 4 }"
        .parse()?;
    let prepared = prepare(config, &Alone)?;
    let device = device::parse("cpu")?;

    let linear = |from, to| LinearConfig::new(from, to).init(&device);
    let (geometry, width) = (prepared.setup.geometry(), 64);
    let network = Residual {
        opening: linear(geometry.dim + 2, width),
        layers: (0..3).map(|_| linear(width, width)).collect(),
        closing: linear(width, geometry.dim + 1),
        gap: geometry.gap,
    };
    let builder = Trainer::builder(&prepared.config.train, prepared.setup.clone());
    let mut trainer = builder.build(network, Seed(1), &device)?;
    trainer.run(&Checkpoints::none(), &mut |_| ControlFlow::Continue(()))?;

    let field = LearnedField::new(trainer.network(), geometry, &device);
    let transported = transport(&prepared, &field, &Alone)?;
    let metrics = measure(&prepared, &transported, "cpu", None)?;
    println!("landed {:.3}", transported.landed);
    println!("W2 {:.3} floor {:.3}", metrics.w2.unwrap_or(f64::NAN), metrics.w2_floor.unwrap_or(f64::NAN));
    Ok(())
}
