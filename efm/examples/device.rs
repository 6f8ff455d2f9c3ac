//! The same program on any device: `cargo run --release --example device -- cuda`. Nothing but the name changes, and the features
//! of the crate decide which names there are.

#![allow(clippy::disallowed_methods, clippy::print_stdout)]

use efm::config::RunConfig;
use efm::core::Seed;
use efm::models::device;
use efm::{Alone, fit, prepare};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let name = std::env::args().nth(1).unwrap_or_else(|| "cpu".to_owned());
    for backend in device::available() {
        println!("compiled in: {} ({})", backend.name, backend.description);
    }
    let device = device::parse(&name)?;

    let config: RunConfig =
        "source.kind = 'gaussian'\ntarget.kind = 'moons'\ntrain = { steps = 400, warmup = 50, charges = 500 }"
            .parse()?;
    let prepared = prepare(config, &Alone)?;
    let model = fit(&prepared, &device, &Alone)?;
    let starts = prepared.source.points(Seed(1), "starts", 0, 500)?;
    let (_, lines) = model.transport(&starts, Seed(1), &device, &Alone)?;
    println!("device {name} landed {:.3}", lines.landed_share());
    Ok(())
}
