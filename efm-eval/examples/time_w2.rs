//! Times the exact W2 between a normal cloud and a Swiss roll: `cargo run --release -p efm-eval --example time_w2 -- 2000`.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]
use efm_core::{Points, Seed};
use efm_eval::{DEFAULT_MEMORY_LIMIT, assignment, assignment_memory};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for size in std::env::args().skip(1) {
        let n: usize = size.parse()?;
        let mut generator = Seed(1).stream("clouds").at(0);
        let mut noise = || -> f32 { StandardNormal.sample(&mut generator) };
        let normal = Points::from_values(2, (0..2 * n).map(|_| noise()).collect())?;
        let mut angles = Seed(1).stream("angles").at(0);
        let point = |_| {
            let t = 1.5 * std::f32::consts::PI * (1.0 + 2.0 * angles.random::<f32>());
            [(t * t.cos() + 0.8 * noise()) / 5.0, (t * t.sin() + 0.8 * noise()) / 5.0]
        };
        let roll = Points::from_values(2, (0..n).flat_map(point).collect())?;
        let start = std::time::Instant::now();
        let w2 = assignment(&normal, &roll, &Seed(1).stream("w2"), DEFAULT_MEMORY_LIMIT)?.w2();
        let mib = assignment_memory(n) >> 20;
        println!("n = {n}: W2 = {w2:.4}, {:.2} s, {mib} MiB", start.elapsed().as_secs_f64());
    }
    Ok(())
}
