//! scratch
#![allow(clippy::print_stdout)]
use std::time::Instant;

use efm_core::{Capacitor, Points, Seed};
use efm_field::{ExactField, Field, InterPlate, Law, Summation};
use rand_distr::{Distribution, StandardNormal};

fn cloud(dim: usize, len: usize, shift: f32, name: &str) -> Points {
    let mut generator = Seed(7).stream(name).at(0);
    let mut normal = || -> f32 { StandardNormal.sample(&mut generator) };
    let values = (0..dim * len).map(|_| normal() + shift).collect();
    Points::from_values(dim, values).expect("normal numbers are finite")
}

fn main() {
    let a: Vec<String> = std::env::args().skip(1).collect();
    let dim: usize = a[0].parse().unwrap();
    let n: usize = a[1].parse::<f64>().unwrap() as usize;
    let error: f64 = a[2].parse().unwrap();
    let gap = 3.0;
    let capacitor = Capacitor::new(cloud(dim, n / 2, 0.0, "p"), cloud(dim, n / 2, 0.3, "q"), gap).unwrap();
    let at = InterPlate::default().draw(&capacitor, Law::Coulomb, &Seed(3).stream("x"), 0, n);
    let field = ExactField::new(capacitor.clone(), Law::Coulomb).with_summation(Summation::Direct).unwrap();
    let start = Instant::now();
    let tree = field.clone().with_summation(Summation::Tree { error }).unwrap();
    let build = start.elapsed().as_secs_f64();
    let start = Instant::now();
    let values = tree.evaluate(&at).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    // Every k-th.
    let step = (n / 500).max(1);
    let mut some = efm_core::Augmented::new(dim);
    for i in (0..n).step_by(step) { some.push_point(at.point(i)); }
    let exact = field.clone().with_precision(efm_field::Precision::F64);
    let start = Instant::now();
    let truth = exact.evaluate(&some).unwrap();
    let direct = start.elapsed().as_secs_f64();
    let mut errors: Vec<f64> = (0..some.len()).map(|k| {
        let i = k * step;
        let f = (values.ln_strengths[i] - truth.ln_strengths[k]).exp();
        values.directions.point(i).iter().zip(truth.directions.point(k)).map(|(a, b)| (f * a - b).powi(2)).sum::<f64>().sqrt()
    }).collect();
    errors.sort_by(f64::total_cmp);
    let e = |q: f64| errors[((errors.len() - 1) as f64 * q) as usize];
    println!("D {dim} N {n} error {error:.0e}: build {build:.2} s, evaluate {seconds:.3} s ({:.2} us/query); median {:.1e} 90% {:.1e} max {:.1e}; f64 direct would be {:.1} s",
      seconds / n as f64 * 1e6, e(0.5), e(0.9), e(1.0), direct * step as f64);
}
