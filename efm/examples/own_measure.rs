//! A measure of your own in the table of ours, with floor and interval like them.

#![allow(clippy::print_stdout)]

use std::sync::Arc;

use efm::core::{Points, Seed, Stream};
use efm::data::Sampler;
use efm::data::toy::{Gaussian, Moons};
use efm::eval::{Comparison, EvalError, Measure, MeasureKind, MeasureSettings, compare, space_table};

/// The distance of the two covariance matrices, in the Frobenius norm.
#[derive(Debug)]
struct Covariance;

impl Measure for Covariance {
    fn name(&self) -> &str {
        "covariance_distance"
    }

    fn value(&self, a: &Points, b: &Points, _: &Stream) -> Result<f64, EvalError> {
        let of = |points: &Points| -> Vec<f64> {
            let (dim, count) = (points.dim(), points.len() as f64);
            let mean = |i: usize| points.iter().map(|x| f64::from(x[i])).sum::<f64>() / count;
            let middle: Vec<f64> = (0..dim).map(mean).collect();
            let pair = |i: usize, j: usize| {
                let products = points.iter().map(|x| (f64::from(x[i]) - middle[i]) * (f64::from(x[j]) - middle[j]));
                products.sum::<f64>() / count
            };
            (0..dim).flat_map(|i| (0..dim).map(move |j| (i, j))).map(|(i, j)| pair(i, j)).collect()
        };
        Ok(of(a).iter().zip(of(b)).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt())
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // N(0, 4 I) has the covariance 4 I: from that of N(0, I) it is 3 √2 = 4.243 away.
    let normal =
        |std: f64, name: &str| Gaussian { std, ..Gaussian::default() }.sampler()?.draw(&Seed(1).stream(name), 0, 4_000);
    let (wide, narrow) = (normal(2.0, "wide")?, normal(1.0, "narrow")?);
    let mut measures = MeasureSettings::default().of(&MeasureKind::OF_POINTS);
    measures.push(Arc::new(Covariance));
    let options = Comparison { measures, most: Some(1_000), ..Comparison::default() };
    let (figures, skipped) = compare(&wide, &narrow, &options, &mut |_, _| ())?;
    println!("{}", space_table("points", &figures, &skipped));
    let own = figures.iter().find(|figure| figure.measure.name() == "covariance_distance").ok_or("not measured")?;
    println!(
        "covariance distance {:.3} floor {:.3}",
        own.value,
        own.floor.as_ref().map_or(f64::NAN, |floor| floor.mean)
    );
    let moons = Moons::default().sampler()?.draw(&Seed(1).stream("moons"), 0, 500)?;
    println!("of moons from themselves {:.3}", Covariance.value(&moons, &moons, &Seed(1).stream("none"))?);
    Ok(())
}
