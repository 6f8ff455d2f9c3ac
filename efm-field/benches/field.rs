//! Charge–point pairs per second of the exact field.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use efm_core::{Augmented, Capacitor, Points, Seed};
use efm_field::points::Flux;
use efm_field::{ExactField, Field, FieldValues, Law, PointSampler, Precision};
use rand_distr::{Distribution, StandardNormal};

fn cloud(dim: usize, len: usize, name: &str) -> Points {
    let mut generator = Seed(7).stream(name).at(0);
    let values = (0..dim * len).map(|_| StandardNormal.sample(&mut generator)).collect();
    Points::from_values(dim, values).expect("normal numbers are finite")
}

/// Pairs per second, a group for each kernel, law and precision; sizes are D, points and charges of both plates.
fn field(c: &mut Criterion) {
    for (dim, queries, charges) in [
        (1, 512, 10_000),
        (2, 512, 10_000),
        (8, 512, 3000),
        (9, 512, 3000),
        (16, 512, 3000),
        (32, 512, 3000),
        (33, 512, 3000),
        (64, 256, 3000),
        (3072, 64, 1024),
    ] {
        let plates = ["p", "q"].map(|name| cloud(dim, charges / 2, name));
        let [source, target] = plates;
        let capacitor = Capacitor::new(source, target, 3.0).expect("valid");
        let mut at = Augmented::lift(&cloud(dim, queries, "x"), 0.0);
        for index in 0..queries {
            at.set_z(index, 3.0 * (index as f64 + 0.5) / queries as f64);
        }
        for law in [Law::Coulomb, Law::Mirror, Law::Published] {
            for precision in [Precision::F32, Precision::F64] {
                let field = ExactField::new(capacitor.clone(), law).with_precision(precision);
                let name = format!("field/{}/{law:?}/{precision:?}", field.kernel_name());
                let mut group = c.benchmark_group(name);
                group.sample_size(10).throughput(Throughput::Elements((charges * queries) as u64));
                let mut out = FieldValues::default();
                group.bench_function(BenchmarkId::from_parameter(format!("{dim}x{queries}x{charges}")), |b| {
                    b.iter(|| field.evaluate_into(black_box(&at), &mut out));
                });
                group.finish();
            }
        }
    }
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
                b.iter(|| Flux::default().draw(&capacitor, law, &stream, 0, points));
            });
            group.bench_function(BenchmarkId::new(format!("whole/{law:?}"), dim), |b| {
                b.iter(|| {
                    let at = Flux::default().draw(&capacitor, law, &stream, 0, points).expect("valid").points;
                    ExactField::new(capacitor.clone(), law).evaluate(black_box(&at))
                });
            });
        }
    }
    group.finish();
}

criterion_group!(benches, field, step);
criterion_main!(benches);
