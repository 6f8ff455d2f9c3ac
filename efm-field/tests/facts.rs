//! Facts of electrostatics that need no tolerance but rounding: symmetries, closed forms, extremes.

mod common;

use common::{capacitor, cloud, distance, queries};
use efm_core::{Augmented, Capacitor, Points, Side};
use efm_field::{ExactField, Field, FieldError, Law, Precision, reference};
use std::f64::consts::PI;

const LAWS: [Law; 3] = [Law::Mirror, Law::Coulomb, Law::Published];

fn map(points: &Points, change: impl Fn(&[f32]) -> Vec<f32>) -> Points {
    Points::from_values(points.dim(), points.iter().flat_map(change).collect()).expect("finite")
}

/// E itself.
fn vectors(field: &ExactField, at: &Augmented) -> Vec<Vec<f64>> {
    let values = field.evaluate(at).expect("valid");
    (0..at.len())
        .map(|index| values.directions.point(index).iter().map(|e| e * values.ln_strengths[index].exp()).collect())
        .collect()
}

#[test]
fn mirror_in_one_dimension_is_the_periodic_closed_form() {
    let gap = 1.7;
    let capacitor = capacitor(1, 40, gap, 3);
    let field = ExactField::new(capacitor.clone(), Law::Mirror).with_precision(Precision::F64);
    let at = queries(1, 50, gap, 4);
    let values = field.evaluate(&at).expect("valid");
    for index in 0..at.len() {
        // E_x − i E_z of a row of charges with period 2L is the cotangent series; 2/S_1 = 1/π is the unit of flux.
        let (mut along, mut up) = (0.0, 0.0);
        for side in Side::BOTH {
            for charge in capacitor.plate(side).iter() {
                let x = PI / gap * (at.x(index)[0] - f64::from(charge[0]));
                let z = PI / gap * (at.z(index) - side.height(gap));
                let weight = capacitor.charge(side) / (2.0 * gap) / (x.cosh() - z.cos());
                along += weight * x.sinh();
                up += weight * z.sin();
            }
        }
        let norm = along.hypot(up);
        let error = distance(values.directions.point(index), &[along / norm, up / norm]);
        assert!(error < 1e-10, "direction off by {error:e} at point {index}");
        assert!((values.ln_strengths[index] - norm.ln()).abs() < 1e-10);
    }
}

#[test]
fn mirror_in_two_dimensions_is_the_bessel_series() {
    // D = 2, a charge and a countercharge above it. Poisson summation leaves the odd modes, κ = nπ/L:
    // φ = (2/πL) Σ_n cos(κz) K_0(κρ), and E = −∇φ.
    let gap = 1.0;
    let origin = Points::from_values(2, vec![0.0, 0.0]).expect("finite");
    let capacitor = Capacitor::new(origin.clone(), origin, gap).expect("valid");
    // At 10 L both plates' fields are alike to 2e-14: nothing of the difference is left but a finite unit direction.
    for (rho, z) in [(10.0, 0.3), (10.0, 0.9), (1e4, 0.5)] {
        let value = reference::field(&capacitor, Law::Mirror, &[rho, 0.0, z]).expect("finite");
        assert!((value.direction.iter().map(|e| e * e).sum::<f64>() - 1.0).abs() < 1e-12);
    }
    // At 3 L two modes are exact to 1e-12, and the sums still resolve them.
    let (rho, z) = (3.0, 0.3);
    let (k0, k1) = modified_bessel(PI * rho);
    let (k0_third, k1_third) = modified_bessel(3.0 * PI * rho);
    let truth = [
        2.0 * ((PI * z).cos() * k1 + 3.0 * (3.0 * PI * z).cos() * k1_third),
        0.0,
        2.0 * ((PI * z).sin() * k0 + 3.0 * (3.0 * PI * z).sin() * k0_third),
    ];
    let norm = truth[0].hypot(truth[2]);
    let value = reference::field(&capacitor, Law::Mirror, &[rho, 0.0, z]).expect("finite");
    let error = distance(&value.direction, &truth.map(|e| e / norm));
    assert!(error < 1e-8, "direction off by {error:e}");
    assert!((value.ln_strength - norm.ln()).abs() < 1e-8, "{} against {}", value.ln_strength, norm.ln());
}

/// K_0 and K_1 from their integral ∫ e^{−x cosh t} cosh(νt) dt: the trapezium rule converges exponentially.
fn modified_bessel(x: f64) -> (f64, f64) {
    let step = 0.01;
    let term = |index: usize, nu: f64| {
        let t = index as f64 * step;
        let half = if index == 0 { 0.5 } else { 1.0 };
        half * step * (-x * t.cosh()).exp() * (nu * t).cosh()
    };
    ((0..1000).map(|index| term(index, 0.0)).sum(), (0..1000).map(|index| term(index, 1.0)).sum())
}

#[test]
fn mirror_is_the_sum_over_many_images() {
    // One charge per plate; images added one by one, far more of them than it takes: ±20 000 leave
    // about (ρ/40 000)^D. ρ/L from 0.1 to 100 crosses into the far form in every D.
    for dim in [3, 8, 9, 64, 784, 3072] {
        for rho in [0.1, 1.0, 4.0, 20.0, 100.0, 300.0] {
            let gap = 1.0;
            let q: Vec<f32> = (0..dim).map(|axis| if axis == 1 { 0.3 * rho as f32 } else { 0.0 }).collect();
            let p = Points::from_values(dim, vec![0.0; dim]).expect("finite");
            let capacitor = Capacitor::new(p, Points::from_values(dim, q).expect("finite"), gap).expect("valid");
            let mut point = vec![0.0; dim + 1];
            point[0] = rho;
            point[dim] = 0.3;
            let mut sum = vec![0.0; dim + 1];
            for side in Side::BOTH {
                let charge = capacitor.plate(side).point(0);
                let offset: Vec<f64> = point.iter().zip(charge).map(|(x, &c)| x - f64::from(c)).collect();
                let rho2: f64 = offset.iter().map(|x| x * x).sum();
                for k in -20_000..=20_000 {
                    let dz = point[dim] - side.height(gap) - 2.0 * gap * f64::from(k);
                    let ratio = (rho * rho + 0.09) / (rho2 + dz * dz);
                    let weight = side.charge() * (0.5 * (dim as f64 + 1.0) * ratio.ln()).exp();
                    sum.iter_mut().zip(&offset).for_each(|(sum, x)| *sum += weight * x);
                    sum[dim] += weight * dz;
                }
            }
            let norm = sum.iter().map(|e| e * e).sum::<f64>().sqrt();
            let value = reference::field(&capacitor, Law::Mirror, &point).expect("finite");
            let truth: Vec<f64> = sum.iter().map(|e| e / norm).collect();
            let error = distance(&value.direction, &truth);
            let ln_norm = norm.ln() - 0.5 * (dim as f64 + 1.0) * (rho * rho + 0.09).ln();
            let ln_truth = ln_norm - efm_field::ln_sphere_area(dim) + 2.0_f64.ln();
            // Rounding of 40 000 terms, times (D+1)/2 in the exponent, and the rest of the sum.
            let tolerance = 1e-10 + 1e-12 * dim as f64 + (rho / 4e4).powi(dim as i32);
            assert!(error < tolerance, "D {dim}, ρ/L {rho}: direction off by {error:e}");
            assert!((value.ln_strength - ln_truth).abs() < tolerance, "D {dim}, ρ/L {rho}: ln |E|");
        }
    }
}

#[test]
fn mirror_lines_run_forward() {
    for dim in [1, 2, 3, 8, 64] {
        let gap = 1.0;
        let at = queries(dim, 200, gap, 8);
        let values = ExactField::new(capacitor(dim, 60, gap, 7), Law::Mirror).evaluate(&at).expect("valid");
        assert!(values.directions.iter().all(|e| e[dim] > 0.0), "D = {dim}");
    }
}

#[test]
fn moving_turning_and_swapping_everything_moves_the_field() {
    let gap = 2.0;
    let (p, q) = (cloud(2, 50, 0.0, 1), cloud(2, 60, 1.0, 2));
    let at = queries(2, 30, gap, 3);
    for law in LAWS {
        let field = |p: Points, q: Points| {
            ExactField::new(Capacitor::new(p, q, gap).expect("valid"), law).with_precision(Precision::F64)
        };
        let base = field(p.clone(), q.clone()).evaluate(&at).expect("valid");
        // A shift by 2^k and a quarter turn are exact in f32 up to the last bits of the sum.
        let shift = |point: &[f32]| vec![point[0] + 64.0, point[1] - 32.0];
        let turn = |point: &[f32]| vec![-point[1], point[0]];
        let mut shifted = at.clone();
        let mut turned = at.clone();
        let mut reflected = at.clone();
        for index in 0..at.len() {
            let (x, y) = (at.x(index)[0], at.x(index)[1]);
            shifted.x_mut(index).copy_from_slice(&[x + 64.0, y - 32.0]);
            turned.x_mut(index).copy_from_slice(&[-y, x]);
            reflected.set_z(index, gap - at.z(index));
        }
        let moved = field(map(&p, shift), map(&q, shift)).evaluate(&shifted).expect("valid");
        let spun = field(map(&p, turn), map(&q, turn)).evaluate(&turned).expect("valid");
        // Charge reversal: plates swapped and z reflected reverses E_x and keeps E_z.
        let swapped = field(q.clone(), p.clone()).evaluate(&reflected).expect("valid");
        for index in 0..at.len() {
            let e = base.directions.point(index);
            // f32 rounding of the moved charges, 64·6e-8, next to distances of 0.05 and more.
            assert!(distance(moved.directions.point(index), e) < 1e-3, "{law:?} shift");
            assert!(distance(spun.directions.point(index), &[-e[1], e[0], e[2]]) < 1e-10, "{law:?} turn");
            assert!(distance(swapped.directions.point(index), &[-e[0], -e[1], e[2]]) < 1e-10, "{law:?} reversal");
        }
    }
}

#[test]
fn equal_plates_make_a_symmetric_field() {
    // p = q: E_x is odd and E_z even about the middle of the gap.
    let gap = 1.5;
    let p = cloud(3, 40, 0.0, 4);
    let at = queries(3, 20, gap, 5);
    let mut across = at.clone();
    (0..at.len()).for_each(|index| across.set_z(index, gap - at.z(index)));
    for law in LAWS {
        let field = ExactField::new(Capacitor::new(p.clone(), p.clone(), gap).expect("valid"), law);
        let (here, there) = (field.evaluate(&at).expect("valid"), field.evaluate(&across).expect("valid"));
        for index in 0..at.len() {
            let e = here.directions.point(index);
            assert!(distance(there.directions.point(index), &[-e[0], -e[1], -e[2], e[3]]) < 1e-5, "{law:?}");
        }
    }
}

#[test]
fn fields_superpose() {
    let gap = 1.0;
    let (a, b, q) = (cloud(3, 30, 0.0, 1), cloud(3, 30, 2.0, 2), cloud(3, 20, 1.0, 3));
    let both = Points::from_values(3, [a.as_slice(), b.as_slice()].concat()).expect("finite");
    let at = queries(3, 25, gap, 4);
    for law in [Law::Mirror, Law::Coulomb] {
        let field = |p: &Points| {
            let capacitor = Capacitor::new(p.clone(), q.clone(), gap).expect("valid");
            vectors(&ExactField::new(capacitor, law).with_precision(Precision::F64), &at)
        };
        let (whole, first, second) = (field(&both), field(&a), field(&b));
        for ((whole, first), second) in whole.iter().zip(&first).zip(&second) {
            let mean: Vec<f64> = first.iter().zip(second).map(|(a, b)| 0.5 * (a + b)).collect();
            assert!(distance(whole, &mean) < 1e-9 * mean.iter().map(|e| e * e).sum::<f64>().sqrt(), "{law:?}");
        }
    }
}

#[test]
fn a_value_does_not_depend_on_its_batch_or_the_threads() {
    for dim in [1, 2, 5, 8, 9, 300] {
        let gap = 1.0;
        let capacitor = capacitor(dim, 130, gap, 1);
        let at = queries(dim, 67, gap, 2);
        for law in LAWS {
            for precision in [Precision::F32, Precision::F64] {
                let field = ExactField::new(capacitor.clone(), law).with_precision(precision);
                let together = field.evaluate(&at).expect("valid");
                let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().expect("threads");
                assert_eq!(together, pool.install(|| field.evaluate(&at)).expect("valid"));
                for index in 0..at.len() {
                    let mut alone = Augmented::new(dim);
                    alone.push_point(at.point(index));
                    let alone = field.evaluate(&alone).expect("valid");
                    assert_eq!(alone.directions.point(0), together.directions.point(index), "D {dim} {law:?}");
                    assert_eq!(alone.ln_strengths.first(), together.ln_strengths.get(index));
                }
            }
        }
    }
}

#[test]
fn extremes_give_finite_unit_directions() {
    type Make = fn(usize) -> Points;
    let clouds: Vec<(&str, Make)> = vec![
        ("one", |dim| Points::from_values(dim, vec![0.25; dim]).expect("finite")),
        ("same", |dim| Points::from_values(dim, vec![-3.0; 5 * dim]).expect("finite")),
        ("huge", |dim| map(&cloud(dim, 4, 0.0, 1), |x| x.iter().map(|x| x * 1e30).collect())),
        ("tiny", |dim| map(&cloud(dim, 4, 0.0, 1), |x| x.iter().map(|x| x * 1e-30).collect())),
    ];
    for dim in [1, 2, 8, 9, 700] {
        for (name, make) in &clouds {
            for gap in [1e-30, 1.0, 1e30] {
                let points = make(dim);
                let capacitor = Capacitor::new(points.clone(), points.clone(), gap).expect("valid");
                let mut at = Augmented::lift(&points, 0.0);
                for (scale, z) in
                    [(0.0, 0.5 * gap), (1.0, gap), (1e-30, 1e-30), (1e30, 0.1), (-1e300, 1e300), (f64::MAX, -f64::MAX)]
                {
                    at.push(&vec![scale; dim], z);
                    at.push(&points.point(0).iter().map(|&x| f64::from(x)).collect::<Vec<_>>(), z);
                }
                for law in LAWS {
                    for precision in [Precision::F32, Precision::F64] {
                        let field = ExactField::new(capacitor.clone(), law).with_precision(precision);
                        let values = field.evaluate(&at).expect("finite queries");
                        for (index, e) in values.directions.iter().enumerate() {
                            let norm = e.iter().map(|e| e * e).sum::<f64>().sqrt();
                            let at = &at.point(index)[..2];
                            assert!(
                                (norm - 1.0).abs() < 1e-9,
                                "D {dim} {name} L {gap} {law:?} {precision:?} {at:?}: {norm}"
                            );
                        }
                        assert!(values.ln_strengths.iter().all(|value| !value.is_nan()));
                    }
                }
            }
        }
    }
}

#[test]
fn a_charge_at_the_query_contributes_nothing() {
    for dim in [1, 2, 9] {
        let p = Points::from_values(dim, vec![0.3; dim]).expect("finite");
        let q = Points::from_values(dim, vec![1.1; dim]).expect("finite");
        let capacitor = Capacitor::new(p.clone(), q, 1.0).expect("valid");
        let at = Augmented::lift(&p, 0.0);
        for precision in [Precision::F32, Precision::F64] {
            let field = ExactField::new(capacitor.clone(), Law::Coulomb).with_precision(precision);
            let values = field.evaluate(&at).expect("valid");
            // Only the target charge is left: straight at it.
            let offset = f64::from(1.1_f32) - f64::from(0.3_f32);
            let norm = (dim as f64 * offset * offset + 1.0).sqrt();
            let mut truth = vec![offset / norm; dim];
            truth.push(1.0 / norm);
            assert!(distance(values.directions.point(0), &truth) < 1e-6, "D {dim} {precision:?}");
        }
    }
}

#[test]
fn misuse_is_an_error() {
    let field = ExactField::new(capacitor(2, 5, 1.0, 1), Law::Mirror);
    let wrong = Augmented::zeros(3, 1);
    assert_eq!(field.evaluate(&wrong), Err(FieldError::DimensionMismatch { query_dim: 3, field_dim: 2 }));
    let mut bad = Augmented::zeros(2, 4);
    bad.set_z(2, f64::NAN);
    assert_eq!(field.evaluate(&bad), Err(FieldError::NonFiniteQuery { point: 2 }));
    assert_eq!(field.effective_charges(&bad), Err(FieldError::NonFiniteQuery { point: 2 }));
    assert_eq!(field.evaluate(&Augmented::new(2)).expect("empty").directions.len(), 0);
}

#[test]
fn effective_charges_count() {
    // Far away all charges count equally; next to one it decides alone.
    let capacitor = capacitor(3, 20, 1.0, 1);
    let charge: Vec<f64> = capacitor.plate(Side::Source).point(0).iter().map(|&x| f64::from(x)).collect();
    let mut at = Augmented::new(3);
    at.push(&[1e5, 0.0, 0.0], 0.5);
    at.push(&charge, 1e-6);
    let counts = ExactField::new(capacitor, Law::Coulomb).effective_charges(&at).expect("valid");
    // Σw = 2 and Σw² = 1/20 + 1/23 up to 1/distance.
    assert!((counts[0] - 4.0 / (1.0 / 20.0 + 1.0 / 23.0)).abs() < 1e-2, "{}", counts[0]);
    assert!((counts[1] - 1.0).abs() < 1e-3, "{}", counts[1]);
}
