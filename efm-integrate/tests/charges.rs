//! Lines between point charges: every charge of the target gets its share of them.

use efm_core::{Capacitor, Points, Seed, Side};
use efm_field::{ExactField, Law, Precision};
use efm_integrate::maps::{Map, Noise, PointCharges};
use efm_integrate::{Lines, Save, Stop, Tracer};
use rand_distr::{Distribution, StandardNormal};

/// Charges of a normal law about (`shift`, 0, …) in R^`dim`.
fn cloud(dim: usize, count: usize, name: &str, shift: f32) -> Points {
    let stream = Seed(2).stream(name);
    let values = (0..count as u64).flat_map(|index| {
        let mut random = stream.at(index);
        (0..dim)
            .map(|axis| -> f32 {
                let value: f32 = StandardNormal.sample(&mut random);
                if axis == 0 { value + shift } else { value }
            })
            .collect::<Vec<_>>()
    });
    Points::from_values(dim, values.collect()).unwrap()
}

/// `each` starts on every charge of a plate.
fn starts(plate: &Points, each: usize) -> Points {
    plate.select(&(0..each * plate.len()).map(|index| index % plate.len()).collect::<Vec<_>>())
}

/// How many lines ended on each charge of `plate`, bit for bit.
fn counts(lines: &Lines, plate: &Points) -> Vec<usize> {
    let mut counts = vec![0; plate.len()];
    for line in lines.arrived() {
        let end: Vec<f32> = lines.ends.x(line).iter().map(|&x| x as f32).collect();
        counts[plate.iter().position(|charge| charge == end).expect("ends on a charge")] += 1;
    }
    counts
}

/// Pearson's chi-square of equal shares in standard deviations from its mean: normal for many charges.
fn excess(counts: &[usize]) -> f64 {
    let mean = counts.iter().sum::<usize>() as f64 / counts.len() as f64;
    let freedom = counts.len() as f64 - 1.0;
    let square: f64 = counts.iter().map(|&count| (count as f64 - mean).powi(2) / mean).sum();
    // Wilson and Hilferty: the cube root of chi-square is normal to the third digit already at ten charges.
    let root = (square / freedom).cbrt();
    (root - (1.0 - 2.0 / (9.0 * freedom))) / (2.0 / (9.0 * freedom)).sqrt()
}

#[test]
fn every_charge_gets_its_share_of_the_lines() {
    // 1 % of fair counts are above 2.33 standard deviations.
    for (dim, sizes, each, gap) in
        [(2, (12, 12), 400, 2.0), (2, (200, 300), 30, 1.0), (1, (12, 17), 400, 1.0), (3, (40, 30), 100, 6.0)]
    {
        let plates = Capacitor::new(cloud(dim, sizes.0, "p", 0.0), cloud(dim, sizes.1, "q", 2.0), gap).unwrap();
        let field = ExactField::new(plates.clone(), Law::Coulomb);
        let starts = starts(plates.plate(Side::Source), each);
        let lines =
            PointCharges::new(Tracer::default(), &plates).transport(&field, &starts, &Seed(1).stream("map")).unwrap();
        assert_eq!(lines.lost(), 0, "{:?}", lines.tally());
        let counts = counts(&lines, plates.plate(Side::Target));
        println!(
            "{dim} {sizes:?}: {} evaluations {} steps {} rejected, excess {}",
            lines.evaluations_mean(),
            lines.steps.iter().sum::<u32>() as usize / lines.len(),
            lines.rejections.iter().sum::<u32>() as f64 / lines.len() as f64,
            excess(&counts)
        );
        assert!(excess(&counts) < 2.33, "D = {dim}: {} {counts:?}", excess(&counts));
    }
}

#[test]
#[ignore]
fn speed() {
    for (method, rtol) in [
        (efm_integrate::Method::Bosh3, 1e-3),
        (efm_integrate::Method::Bosh3, 1e-4),
        (efm_integrate::Method::Dopri5, 1e-4),
    ] {
        let plates = Capacitor::new(cloud(2, 10000, "p", 0.0), cloud(2, 10000, "q", 4.0), 6.0).unwrap();
        let field = ExactField::new(plates.clone(), Law::Coulomb);
        let starts = plates.plate(Side::Source).select(&(0..2000).collect::<Vec<_>>());
        let tracer = Tracer { method, step: efm_integrate::StepControl::tolerances(rtol, 1e-5), ..Tracer::default() };
        let now = std::time::Instant::now();
        let map = PointCharges::new(tracer, &plates);
        let built = now.elapsed();
        let lines = map.transport(&field, &starts, &Seed(1).stream("map")).unwrap();
        println!(
            "{method} {rtol}: built {built:?} {:?}: {} evaluations, {} steps, {} rejected, lost {}",
            now.elapsed(),
            lines.evaluations_mean(),
            lines.steps.iter().sum::<u32>() as usize / lines.len(),
            lines.rejections.iter().sum::<u32>() as f64 / lines.len() as f64,
            lines.lost()
        );
    }
}
