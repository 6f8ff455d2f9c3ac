//! Charge–point pairs per second of the exact field.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use efm_core::{Augmented, Capacitor, Points, Seed};
use efm_field::{ExactField, Field, FieldValues, InterPlate, Law, Precision};
use rand_distr::{Distribution, StandardNormal};

fn cloud(dim: usize, len: usize, name: &str) -> Points {
    let mut generator = Seed(7).stream(name).at(0);
    let values = (0..dim * len).map(|_| StandardNormal.sample(&mut generator)).collect();
    Points::from_values(dim, values).expect("normal numbers are finite")
}

fn field(c: &mut Criterion) {
    let mut group = c.benchmark_group("field");
    group.sample_size(10);
    for (dim, charges, queries) in
        [(1, 5000, 2048), (2, 5000, 2048), (8, 5000, 2048), (64, 5000, 256), (3072, 5000, 64)]
    {
        let capacitor = Capacitor::new(cloud(dim, charges, "p"), cloud(dim, charges, "q"), 3.0).expect("valid");
        let mut at = Augmented::lift(&cloud(dim, queries, "x"), 0.0);
        for index in 0..queries {
            at.set_z(index, 3.0 * (index as f64 + 0.5) / queries as f64);
        }
        group.throughput(Throughput::Elements((2 * charges * queries) as u64));
        for law in [Law::Coulomb, Law::Mirror] {
            for precision in [Precision::F32, Precision::F64] {
                let field = ExactField::new(capacitor.clone(), law).with_precision(precision);
                let mut out = FieldValues::default();
                group.bench_function(BenchmarkId::new(format!("{law:?}/{precision:?}"), dim), |b| {
                    b.iter(|| field.evaluate_into(black_box(&at), &mut out));
                });
            }
        }
    }
    group.finish();
}

/// A training step's worth: charges laid out, points drawn where the lines run, field summed there.
fn step(c: &mut Criterion) {
    let mut group = c.benchmark_group("step");
    group.sample_size(10);
    for (dim, charges, points) in [(2, 5000, 2048), (3072, 512, 64)] {
        let capacitor = Capacitor::new(cloud(dim, charges, "p"), cloud(dim, charges, "q"), 3.0).expect("valid");
        let stream = Seed(1).stream("points");
        for law in [Law::Coulomb, Law::Mirror] {
            group.throughput(Throughput::Elements(points as u64));
            group.bench_function(BenchmarkId::new(format!("draw/{law:?}"), dim), |b| {
                b.iter(|| InterPlate::default().draw(&capacitor, law, &stream, 0, points));
            });
            group.bench_function(BenchmarkId::new(format!("whole/{law:?}"), dim), |b| {
                b.iter(|| {
                    let at = InterPlate::default().draw(&capacitor, law, &stream, 0, points);
                    ExactField::new(capacitor.clone(), law).evaluate(black_box(&at))
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, field, step);
criterion_main!(benches);
