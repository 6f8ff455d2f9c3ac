//! Times energy distance, MMD and sliced W2 of two normal clouds:
//! `cargo run --release -p efm-eval --example time_pairs -- 100000 2`.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]
use std::time::Instant;

use efm_core::{Points, Seed};
use efm_eval::{DEFAULT_DIRECTIONS, EvalError, RbfMixture, energy_distance, mmd, sliced_w2};
use rand_distr::{Distribution, StandardNormal};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let numbers: Vec<usize> = std::env::args().skip(1).map(|word| word.parse()).collect::<Result<_, _>>()?;
    let [n, dim] = numbers[..] else { return Err("give the number of points and D".into()) };
    let mut generator = Seed(1).stream("clouds").at(0);
    let mut cloud = || Points::from_values(dim, (0..n * dim).map(|_| StandardNormal.sample(&mut generator)).collect());
    let (a, b) = (cloud()?, cloud()?);
    let timed = |name: &str, measure: &dyn Fn() -> Result<f64, EvalError>| -> Result<(), EvalError> {
        let start = Instant::now();
        let value = measure()?;
        println!("{name}: {value:.6e}, {:.2} s", start.elapsed().as_secs_f64());
        Ok(())
    };
    timed("energy distance", &|| energy_distance(&a, &b))?;
    timed("MMD", &|| mmd(&a, &b, &RbfMixture::from_target(&b)))?;
    timed("sliced W2", &|| sliced_w2(&a, &b, DEFAULT_DIRECTIONS, &Seed(1).stream("t")))?;
    Ok(())
}
