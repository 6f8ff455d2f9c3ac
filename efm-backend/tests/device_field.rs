//! The field summed on a device against the readable reference in f64. Without an adapter these tests say so and pass:
//! `cargo test --release -p efm-backend --no-default-features --features wgpu --test device_field -- --nocapture`.
#![cfg(any(feature = "cuda", feature = "wgpu"))]
#![allow(clippy::print_stderr)] // a skipped test must not look like a passed one

use burn::tensor::{Device, Tensor, TensorData};
use efm_backend::{DeviceField, device};
use efm_core::{Augmented, Capacitor, Points, Seed, Side};
use efm_field::{ExactField, Field, FieldValues, Law, Precision, reference};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

const LAWS: [Law; 2] = [Law::Coulomb, Law::Mirror];

/// The first device of this build that works.
fn adapter() -> Option<Device> {
    let found = ["cuda", "wgpu"].into_iter().find_map(|name| device::parse(name).ok());
    if found.is_none() {
        eprintln!("SKIPPED: no device; wgpu runs on Mesa's software Vulkan (Debian: mesa-vulkan-drivers)");
    }
    found
}

fn cloud(dim: usize, len: usize, offset: f32, seed: u64) -> Points {
    let mut random = Seed(seed).stream("cloud").at(0);
    let mut normal = || -> f32 { StandardNormal.sample(&mut random) };
    Points::from_values(dim, (0..dim * len).map(|_| offset + normal()).collect()).expect("finite values")
}

fn capacitor(dim: usize, counts: [usize; 2], gap: f64) -> Capacitor {
    let shift = 0.5 / (dim as f32).sqrt();
    Capacitor::new(cloud(dim, counts[0], 0.0, 1), cloud(dim, counts[1], shift, 2), gap).expect("a capacitor")
}

/// Points between the plates, and some behind them.
fn queries(dim: usize, len: usize, gap: f64) -> Augmented {
    let mut random = Seed(3).stream("queries").at(0);
    let mut points = Augmented::new(dim);
    for index in 0..len {
        let x: Vec<f64> = (0..dim)
            .map(|_| {
                let x: f64 = StandardNormal.sample(&mut random);
                0.8 * x
            })
            .collect();
        let z = if index % 4 == 3 { random.random_range(-1.0..2.0) } else { random.random_range(0.02..0.98) };
        points.push(&x, z * gap);
    }
    points
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

/// Worst errors of direction and of ln |E| against the reference.
fn worst(capacitor: &Capacitor, law: Law, at: &Augmented, values: &FieldValues) -> [f64; 2] {
    (0..at.len()).fold([0.0, 0.0], |[direction, strength]: [f64; 2], index| {
        let truth = reference::field(capacitor, law, at.point(index)).expect("finite");
        assert!(values.directions.point(index).iter().all(|part| part.is_finite()), "point {index}");
        [
            direction.max(distance(values.directions.point(index), &truth.direction)),
            strength.max((values.ln_strengths[index] - truth.ln_strength).abs()),
        ]
    })
}

/// x and z as tensors.
fn tensors(at: &Augmented, device: &Device) -> [Tensor<2>; 2] {
    let x: Vec<f32> = at.iter().flat_map(|point| point[..at.dim()].iter().map(|&x| x as f32)).collect();
    let z: Vec<f32> = (0..at.len()).map(|index| at.z(index) as f32).collect();
    [
        Tensor::from_data(TensorData::new(x, [at.len(), at.dim()]), device),
        Tensor::from_data(TensorData::new(z, [at.len(), 1]), device),
    ]
}

#[test]
fn agrees_with_the_reference() {
    let Some(device) = adapter() else { return };
    for (dim, counts) in [
        (1, [300, 217]),
        (2, [300, 217]),
        (3, [130, 90]),
        (7, [130, 90]),
        (8, [130, 90]),
        (9, [130, 90]),
        (64, [100, 65]),
        (784, [64, 30]),
        (3072, [20, 9]),
    ] {
        for law in LAWS {
            for gap in [0.5, 3.0, 30.0] {
                let capacitor = capacitor(dim, counts, gap);
                let at = queries(dim, 37, gap);
                let field = DeviceField::new(capacitor.clone(), law, &device).expect("a kernel");
                let values = field.evaluate(&at).expect("valid points");
                let [direction, strength] = worst(&capacitor, law, &at, &values);
                eprintln!("D {dim} {law:?} L {gap}: direction {direction:.1e}, ln |E| {strength:.1e}");
                // The rounding of a difference next to a charge, and that of D squares in r², which grows as √D, times
                // (D+1)/2; charges share much of the latter, and it leaves their direction alone.
                let most = [1e-5, 1e-5_f64.max(4e-7 * (dim as f64).sqrt())];
                assert!(
                    direction < most[0] && strength < most[1],
                    "D {dim} {law:?} L {gap}: {direction:e} {strength:e}"
                );
            }
        }
    }
}

#[test]
fn tensors_give_what_points_give() {
    let Some(device) = adapter() else { return };
    for law in LAWS {
        let capacitor = capacitor(5, [70, 50], 2.0);
        let mut at = queries(5, 33, 2.0);
        // What f32 holds exactly.
        at.as_mut_slice().iter_mut().for_each(|value| *value = f64::from(*value as f32));
        let field = DeviceField::new(capacitor.clone(), law, &device).expect("a kernel");
        let [x, z] = tensors(&at, &device);
        let there = field.evaluate_tensors(x, z);
        let directions = there.directions.try_into_vec_as::<f32>().expect("read back");
        let strengths = there.ln_strengths.try_into_vec_as::<f32>().expect("read back");
        let mut values = FieldValues::default();
        values.prepare(5, at.len(), true);
        values.directions.as_mut_slice().iter_mut().zip(&directions).for_each(|(to, &from)| *to = f64::from(from));
        values.ln_strengths.iter_mut().zip(&strengths).for_each(|(to, &from)| *to = f64::from(from));
        let [direction, strength] = worst(&capacitor, law, &at, &values);
        assert!(direction < 1e-5, "{law:?}: {direction:e}");
        // A logarithm of some 10 in f32.
        assert!(strength < 2e-5, "{law:?}: {strength:e}");
    }
}

#[test]
fn a_point_does_not_depend_on_its_batch() {
    let Some(device) = adapter() else { return };
    for (dim, counts) in [(2, [1500, 700]), (40, [90, 1100])] {
        for law in LAWS {
            let field = DeviceField::new(capacitor(dim, counts, 2.0), law, &device).expect("a kernel");
            let at = queries(dim, 71, 2.0);
            let whole = field.evaluate(&at).expect("valid points");
            for range in [0..1, 5..37, 38..71] {
                let mut part = Augmented::new(dim);
                range.clone().for_each(|index| part.push_point(at.point(index)));
                let values = field.evaluate(&part).expect("valid points");
                for (row, index) in range.enumerate() {
                    assert_eq!(values.directions.point(row), whole.directions.point(index), "D {dim} {law:?}");
                    assert_eq!(values.ln_strengths[row], whole.ln_strengths[index]);
                }
            }
        }
    }
}

#[test]
fn many_charges_in_several_splits() {
    let Some(device) = adapter() else { return };
    for law in LAWS {
        let capacitor = capacitor(2, [5_000, 3_001], 3.0);
        let at = queries(2, 40, 3.0);
        let field = DeviceField::new(capacitor.clone(), law, &device).expect("a kernel");
        let values = field.evaluate(&at).expect("valid points");
        let truth = ExactField::new(capacitor, law).with_precision(Precision::F64).evaluate(&at).expect("valid points");
        for index in 0..at.len() {
            let error = distance(values.directions.point(index), truth.directions.point(index));
            assert!(error < 1e-5, "{law:?}: {error:e}");
        }
    }
}

#[test]
fn on_a_charge_next_to_one_and_far_away() {
    let Some(device) = adapter() else { return };
    for dim in [1, 2, 9, 64] {
        for law in LAWS {
            let capacitor = capacitor(dim, [70, 33], 2.0);
            let mut at = Augmented::new(dim);
            for side in Side::BOTH {
                let charge: Vec<f64> = capacitor.plate(side).point(7).iter().map(|&x| f64::from(x)).collect();
                let height = side.height(2.0);
                at.push(&charge, height);
                for near in [1e-1, 1e-4] {
                    at.push(&charge, height + near);
                    let beside: Vec<_> = charge.iter().map(|x| x + near).collect();
                    at.push(&beside, height - near);
                }
            }
            for far in [30.0, 1e4, 1e9, 1e30, 1e200] {
                at.push(&vec![far; dim], 0.7);
                at.push(&vec![0.1; dim], far);
                at.push(&vec![-far; dim], -far);
            }
            let field = DeviceField::new(capacitor.clone(), law, &device).expect("a kernel");
            let values = field.evaluate(&at).expect("valid points");
            for index in 0..at.len() {
                let truth = reference::field(&capacitor, law, at.point(index)).expect("finite");
                let error = distance(values.directions.point(index), &truth.direction);
                // Far away the reference rounds by 1e-16·distance/L itself; next to a charge f32 rounds the place, 1e-7
                // over a distance of 1e-4; points out there are those of the host.
                let size = at.point(index).iter().fold(0.0_f64, |most, value| most.max(value.abs()));
                assert!(error < 2e-3 || size > 1e5, "D {dim} {law:?} point {index}: {error:e}");
                let norm = values.directions.point(index).iter().map(|part| part * part).sum::<f64>().sqrt();
                assert!((norm - 1.0).abs() < 1e-6, "D {dim} {law:?} point {index}: norm {norm}");
            }
        }
    }
}

#[test]
fn one_point_one_charge_and_nothing() {
    let Some(device) = adapter() else { return };
    for dim in [1, 3, 33] {
        for law in LAWS {
            let capacitor = capacitor(dim, [1, 1], 1.0);
            let field = DeviceField::new(capacitor.clone(), law, &device).expect("a kernel");
            let at = queries(dim, 1, 1.0);
            let values = field.evaluate(&at).expect("a valid point");
            let [direction, strength] = worst(&capacitor, law, &at, &values);
            assert!(direction < 1e-5 && strength < 1e-5, "D {dim} {law:?}: {direction:e} {strength:e}");
            assert_eq!(field.evaluate(&Augmented::new(dim)).expect("no points").directions.len(), 0);
            assert!(field.evaluate(&Augmented::new(dim + 1)).is_err());
            let mut wrong = at.clone();
            wrong.as_mut_slice()[0] = f64::NAN;
            assert!(field.evaluate(&wrong).is_err());
        }
    }
}

#[test]
fn data_far_from_the_origin_and_in_other_units_lose_nothing() {
    let Some(device) = adapter() else { return };
    for law in LAWS {
        for unit in [1e-12_f32, 1e12] {
            let moved = |points: Points| {
                let values = points.as_slice().iter().map(|x| unit * (x + 100.0)).collect();
                Points::from_values(4, values).expect("finite values")
            };
            let gap = 2.0 * f64::from(unit);
            let capacitor =
                Capacitor::new(moved(cloud(4, 50, 0.0, 1)), moved(cloud(4, 60, 0.3, 2)), gap).expect("a capacitor");
            let mut at = Augmented::new(4);
            for point in queries(4, 20, 2.0).iter() {
                let x: Vec<_> = point[..4].iter().map(|x| f64::from(unit) * (x + 100.0)).collect();
                at.push(&x, f64::from(unit) * point[4]);
            }
            let field = DeviceField::new(capacitor.clone(), law, &device).expect("a kernel");
            let values = field.evaluate(&at).expect("valid points");
            let [direction, strength] = worst(&capacitor, law, &at, &values);
            assert!(direction < 1e-5 && strength < 1e-5, "{law:?} {unit:e}: {direction:e} {strength:e}");
        }
    }
}

#[test]
fn what_has_no_kernel_is_refused() {
    let Some(device) = adapter() else { return };
    assert!(DeviceField::new(capacitor(2, [3, 3], 1.0), Law::Published, &device).is_none());
    assert!(DeviceField::new(capacitor(2, [3, 3], 1e-9), Law::Mirror, &device).is_none());
}
