//! Two data sets of your own: arrays in, arrays out. Trains a field between them, sends held-out points along its lines, and
//! measures where they come beside what two draws of the target differ by.

#![allow(clippy::print_stdout)]

use efm::config::{Method, RunConfig};
use efm::core::{Points, Seed};
use efm::eval::{floor_of_halves, w2};
use efm::models::device;
use efm::{Alone, fit, prepare_data};

/// Rows of a ring of this radius; any rows of numbers will do.
fn ring(radius: f64, rows: usize, phase: f64) -> Vec<f32> {
    let golden = 0.5 * (5.0_f64.sqrt() - 1.0);
    let row = |i: usize| {
        let (angle, width) = (i as f64 * std::f64::consts::TAU * golden + phase, (i as f64 * 0.754_877).fract() - 0.5);
        let r = radius + 0.4 * width;
        [(r * angle.cos()) as f32, (r * angle.sin()) as f32]
    };
    (0..rows).flat_map(row).collect()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let source = Points::from_values(2, ring(0.5, 3_000, 0.0))?;
    let target = Points::from_values(2, ring(3.0, 3_000, 1.0))?;

    let mut config = RunConfig::of(Method::Mirror);
    config.train.steps = 1_500;
    config.train.warmup = 200;
    let prepared = prepare_data(config, source, target, &Alone)?;

    let device = device::parse("cpu")?;
    let model = fit(&prepared, &device, &Alone)?;

    let starts = prepared.source.points(Seed(1), "starts", 0, 600)?;
    let (ends, lines) = model.transport(&starts, Seed(1), &device, &Alone)?;
    let real = prepared.target.points(Seed(1), "real", 0, ends.len())?;

    let stream = Seed(1).stream("measures");
    let floor =
        floor_of_halves(&Points::from_values(2, ring(3.0, 3_000, 2.0))?, 600, 3, &stream, |a, b| w2(a, b, &stream))?;
    println!("landed {:.3}", lines.landed_share());
    println!("W2 {:.3} floor {:.3}", w2(&ends, &real, &stream)?, floor.mean);
    Ok(())
}
