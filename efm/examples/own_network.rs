//! A network of your own in our loop: same preconditioning, clipping, moving average, maps and measures as our networks have.

#![allow(clippy::print_stdout)]

use std::ops::ControlFlow;

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::Tensor;
use efm::config::RunConfig;
use efm::core::Seed;
use efm::learning::{Checkpoints, Trainer};
use efm::models::{Backbone, LearnedField, Outputs, Plain, Seen, device};
use efm::{Alone, measure, prepare, transport};

/// Residual layers. What they see is of order one, and what they give becomes E_x and E_z: both by the wrapper around them.
/// A network that does all of that itself implements `FieldNet` instead.
#[derive(Module, Debug)]
struct Residual {
    opening: Linear,
    layers: Vec<Linear>,
    closing: Linear,
}

impl Backbone for Residual {
    fn outputs(&self, seen: &Seen<'_>) -> Outputs {
        let mut inputs = vec![seen.place.clone(), seen.radius.clone().log1p()];
        for octave in 0..4 {
            let angle = seen.place.clone().mul_scalar(f64::from(1 << octave));
            inputs.extend([angle.clone().sin(), angle.cos()]);
        }
        inputs.extend(seen.height_features());
        let mut values = self.opening.forward(Tensor::cat(inputs, 1));
        for layer in &self.layers {
            values = values.clone() + layer.forward(values).tanh();
        }
        let values = self.closing.forward(values);
        let [rows, width] = values.dims();
        let part = |range| values.clone().slice([0..rows, range]);
        Outputs::image(part(0..width - 1)).with_scalar(part(width - 1..width))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let config: RunConfig = "source.kind = 'gaussian'\ntarget.kind = 'moons'\n\
        train = { steps = 1500, warmup = 200 }\neval = { samples = 600, repeats = 1, floor_repeats = 4 }"
        .parse()?;
    let prepared = prepare(config, &Alone)?;
    let device = device::parse("cpu")?;

    let linear = |from, to| LinearConfig::new(from, to).init(&device);
    let (geometry, width) = (prepared.setup.geometry(), 64);
    // x, its radius, four octaves of x, three features of the height.
    let network = Residual {
        opening: linear(geometry.dim * 9 + 1 + 3, width),
        layers: (0..3).map(|_| linear(width, width)).collect(),
        closing: linear(width, geometry.dim + 1),
    };
    let builder = Trainer::builder(&prepared.config.train, prepared.setup.clone());
    let mut trainer = builder.build(Plain::new(network, geometry)?, Seed(1), &device)?;
    trainer.run(&Checkpoints::none(), &mut |_| ControlFlow::Continue(()))?;

    let field = LearnedField::new(trainer.network(), geometry, &device);
    let transported = transport(&prepared, &field, &Alone)?;
    let metrics = measure(&prepared, &transported, "cpu", None)?;
    println!("landed {:.3}", transported.landed);
    println!("W2 {:.3} floor {:.3}", metrics.w2.unwrap_or(f64::NAN), metrics.w2_floor.unwrap_or(f64::NAN));
    Ok(())
}
