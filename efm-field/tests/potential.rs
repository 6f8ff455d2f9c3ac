//! The potential is the one of the charges, whose closed form is known.

use std::f64::consts::PI;

use efm_core::{Augmented, Capacitor, Points};
use efm_field::{ExactField, Field, Law, Precision, coulomb_potential, potential};

/// One charge on each plate, at the same x.
fn dipole(dim: usize, gap: f64, law: Law) -> ExactField {
    let charge = || Points::from_values(dim, vec![0.25; dim]).unwrap();
    ExactField::new(Capacitor::new(charge(), charge(), gap).unwrap(), law).with_precision(Precision::F64)
}

fn points(dim: usize) -> Augmented {
    let mut at = Augmented::new(dim);
    for k in 0..12 {
        let x: Vec<f64> = (0..dim).map(|axis| (f64::from(k) * 0.9 + axis as f64).sin()).collect();
        at.push(&x, 0.2 + 0.14 * f64::from(k));
    }
    at
}

#[test]
fn it_is_coulombs() {
    let gap = 2.0;
    for dim in [1, 2, 3] {
        let field = dipole(dim, gap, Law::Coulomb);
        let mut origin = vec![0.7; dim + 1];
        origin[dim] = 0.5 * gap;
        let at = points(dim);
        let found = potential(&field, &at, &origin).unwrap().unwrap();
        // φ = ±1/((D − 1) S_D r^{D−1}), and −ln r/(2π) for D = 1.
        let of = |point: &[f64]| {
            let charge = |height: f64| {
                let lateral: f64 = point[..dim].iter().map(|x| (x - 0.25).powi(2)).sum();
                let r = (lateral + (point[dim] - height).powi(2)).sqrt();
                match dim {
                    1 => -r.ln() / (2.0 * PI),
                    2 => 1.0 / (4.0 * PI * r),
                    _ => 1.0 / (2.0 * 2.0 * PI * PI * r * r),
                }
            };
            charge(0.0) - charge(gap)
        };
        let summed = coulomb_potential(field.capacitor(), &at, &origin).unwrap();
        for ((found, summed), point) in found.iter().zip(summed).zip(at.iter()) {
            let expected = of(point) - of(&origin);
            assert!((summed - expected).abs() < 1e-12 * (1.0 + expected.abs()), "D = {dim}: {summed} {expected}");
            // Points are 0.2 and more away from a charge; 48 nodes on a leg of length 1 resolve 1/r² there to 1e-6.
            assert!((found - expected).abs() < 1e-6 * (1.0 + expected.abs()), "D = {dim}: {found} {expected}");
        }
    }
}

#[test]
fn it_falls_from_the_source_to_the_target_and_is_odd_in_between() {
    let field = dipole(2, 2.0, Law::Mirror);
    let mut at = Augmented::new(2);
    (1..20).for_each(|k| at.push(&[0.9, -0.4], 0.1 * f64::from(k)));
    let found = potential(&field, &at, &[0.0, 0.0, 1.0]).unwrap().unwrap();
    assert!(found.windows(2).all(|pair| pair[0] > pair[1]), "{found:?}");
    // The plates are alike: turning the capacitor around turns the sign.
    found.iter().zip(found.iter().rev()).for_each(|(one, other)| assert!((one + other).abs() < 1e-7, "{found:?}"));
}

#[test]
fn a_field_without_strength_has_none() {
    let at = points(2);
    assert_eq!(potential(&dipole(2, 2.0, Law::Published), &at, &[0.0, 0.0, 1.0]).unwrap(), None);
    assert!(potential(&dipole(2, 2.0, Law::Coulomb), &points(3), &[0.0, 0.0, 1.0]).is_err());
}

#[test]
fn its_slope_is_the_field_behind_the_plates_too() {
    let cloud = |shift: f32| Points::from_values(2, (0..24).map(|k| shift + (k as f32 * 0.7).sin()).collect()).unwrap();
    let capacitor = Capacitor::new(cloud(0.0), cloud(0.4), 1.5).unwrap();
    let field = ExactField::new(capacitor.clone(), Law::Coulomb).with_precision(Precision::F64);
    // Central differences: h² times a third derivative of order one, and rounding 1e-16/h.
    const STEP: f64 = 1e-4;
    for z in [-0.8, 0.7, 2.2] {
        let place = [0.31, -0.54, z];
        let mut at = Augmented::new(2);
        for axis in 0..3 {
            for step in [STEP, -STEP] {
                let mut moved = place;
                moved[axis] += step;
                at.push_point(&moved);
            }
        }
        let phi = coulomb_potential(&capacitor, &at, &[0.0, 0.0, 0.75]).unwrap();
        let mut here = Augmented::new(2);
        here.push_point(&place);
        let values = field.evaluate(&here).unwrap();
        for axis in 0..3 {
            let slope = (phi[2 * axis] - phi[2 * axis + 1]) / (2.0 * STEP);
            let expected = -values.directions.point(0)[axis] * values.ln_strengths[0].exp();
            assert!((slope - expected).abs() < 1e-6, "z = {z}, axis {axis}: {slope} {expected}");
        }
    }
}
