//! Gauss's law, slices, and the closed forms.

mod common;

use common::{capacitor, distance, queries};
use efm_core::{Augmented, Capacitor, Points, Seed, Side};
use efm_field::flux::{FluxError, Surface};
use efm_field::oracle::{Blob, Dipole, PoissonPlates};
use efm_field::{ExactField, Field, FieldValues, Law, Precision, reference};
use proptest::prelude::*;

/// A few charges on each plate of R^dim, coordinates in [−1, 1].
fn arbitrary_capacitor(dim: usize) -> impl Strategy<Value = Capacitor> {
    let plate = move || prop::collection::vec(-1.0_f32..1.0, dim * 3);
    (plate(), plate(), 0.5_f64..2.0).prop_map(move |(p, q, gap)| {
        let points = |values| Points::from_values(dim, values).expect("finite");
        Capacitor::new(points(p), points(q), gap).expect("valid")
    })
}

/// Charge inside the sphere, or None if a charge is so near the surface that the rule is not exact there.
fn enclosed(capacitor: &Capacitor, centre: &[f64], radius: f64, clearance: f64) -> Option<f64> {
    let mut total = 0.0;
    for side in Side::BOTH {
        for charge in capacitor.plate(side).iter() {
            let mut place: Vec<f64> = charge.iter().map(|&x| f64::from(x)).collect();
            place.push(side.height(capacitor.gap()));
            let r = distance(&place, centre);
            if (r / radius).ln().abs() < clearance {
                return None;
            }
            if r < radius {
                total += capacitor.charge(side);
            }
        }
    }
    Some(total)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]
    #[test]
    fn flux_through_a_sphere_is_the_enclosed_charge(
        (dim, capacitor) in (1_usize..=5).prop_flat_map(|dim| (Just(dim), arbitrary_capacitor(dim))),
        centre in prop::collection::vec(-1.0_f64..1.0, 6),
        radius in 0.2_f64..4.0,
    ) {
        let centre = &centre[..=dim];
        // The rule converges like (r/R)^{2·nodes}: with ln(r/R) ≥ 0.5 and these nodes, to 1e-3 and far better.
        let nodes = [0, 200, 60, 24, 14, 10][dim];
        let clearance = [0.0, 0.1, 0.15, 0.25, 0.4, 0.5][dim];
        if let Some(charge) = enclosed(&capacitor, centre, radius, clearance) {
            let sphere = Surface::sphere(centre, radius, nodes).expect("D ≥ 1");
            let flux = sphere.flux(&ExactField::new(capacitor, Law::Coulomb)).expect("valid");
            prop_assert!((flux - charge).abs() < 2e-3, "D {dim}: flux {flux}, charge {charge}");
        }
    }
}

#[test]
fn every_slice_carries_flux_one() {
    for (dim, nodes) in [(1, 400), (2, 120)] {
        let gap = 2.0;
        let capacitor = capacitor(dim, 12, gap, 2);
        for law in [Law::Coulomb, Law::Mirror] {
            let field = ExactField::new(capacitor.clone(), law).with_precision(Precision::F64);
            for share in [0.3, 0.5, 0.8] {
                let slice = Surface::slice(&vec![0.2; dim], share * gap, 1.0, nodes).expect("D ≤ 2");
                let flux = slice.flux(&field).expect("valid");
                assert!((flux - 1.0).abs() < 2e-4, "D {dim} {law:?} z = {share} L: {flux}");
            }
        }
        // Behind the plates the charges cancel.
        let behind = Surface::slice(&vec![0.2; dim], -0.7, 1.0, nodes).expect("D ≤ 2");
        let flux =
            behind.flux(&ExactField::new(capacitor, Law::Coulomb).with_precision(Precision::F64)).expect("valid");
        assert!(flux.abs() < 2e-4, "D {dim}: {flux}");
    }
}

#[test]
fn sphere_rules_know_their_area() {
    for dim in 1..=5 {
        let area = Surface::sphere(&vec![0.5; dim + 1], 2.0, 12).expect("D ≥ 1").area();
        let truth = efm_field::ln_sphere_area(dim).exp() * 2.0_f64.powi(dim as i32);
        assert!((area / truth - 1.0).abs() < 1e-9, "D {dim}: {area} {truth}");
    }
}

#[test]
fn flux_refuses_what_has_none() {
    let published = ExactField::new(capacitor(2, 5, 1.0, 1), Law::Published);
    let sphere = Surface::sphere(&[0.0; 3], 1.0, 4).expect("D ≥ 1");
    assert_eq!(sphere.flux(&published), Err(FluxError::NoStrength));
    assert_eq!(Surface::slice(&[0.0; 3], 0.5, 1.0, 4), Err(FluxError::NoRule { dim: 3 }));
    let mut ragged = sphere;
    ragged.areas.pop();
    assert!(matches!(ragged.flux(&published), Err(FluxError::Ragged { .. })));
}

fn plates(dim: usize, gap: f64) -> PoissonPlates {
    let blob = |weight, scale, at: f64| Blob { weight, scale, middle: vec![at; dim] };
    PoissonPlates::new(dim, vec![blob(1.0, 0.5, -1.0), blob(2.0, 0.8, 0.5)], vec![blob(1.0, 0.6, 1.0)], gap)
        .expect("valid")
}

#[test]
fn poisson_plates_are_the_limit_of_sums_over_their_samples() {
    let gap = 2.0;
    for dim in [1, 2, 5] {
        let oracle = plates(dim, gap);
        let count = 40_000;
        let stream = Seed(1);
        let p = oracle.points(Side::Source, &stream.stream("p"), count).expect("finite");
        let q = oracle.points(Side::Target, &stream.stream("q"), count).expect("finite");
        let field = ExactField::new(Capacitor::new(p, q, gap).expect("valid"), Law::Coulomb);
        let mut at = Augmented::new(dim);
        for (x, z) in [(0.0, 1.0), (0.7, 0.6), (-1.0, 1.5), (0.3, -0.8), (0.5, 2.9)] {
            at.push(&vec![x; dim], z);
        }
        let (sum, exact) = (field.evaluate(&at).expect("valid"), oracle.evaluate(&at).expect("valid"));
        for index in 0..at.len() {
            let scale = (sum.ln_strengths[index] - exact.ln_strengths[index]).exp();
            let e: Vec<f64> = sum.directions.point(index).iter().map(|e| e * scale).collect();
            let error = distance(&e, exact.directions.point(index));
            // Monte Carlo noise of the sum over both plates, relative to what is left of it behind them.
            assert!(error < 0.05, "D {dim}, point {index}: {error}");
        }
    }
}

#[test]
fn poisson_plates_know_their_slices_and_jumps() {
    let gap = 2.0;
    let oracle = plates(2, gap);
    for z in [0.0, 0.4, 1.0, 2.0] {
        let flux = Surface::slice(&[0.0, 0.0], z, 1.5, 80).expect("D = 2").flux(&oracle).expect("valid");
        assert!((flux - 1.0).abs() < 1e-6, "z = {z}: {flux}");
    }
    // E_z(0+) = ½ q*C_L + ½ p, E_z(0−) = ½ q*C_L − ½ p; E_z(z) = ½ p*C_z + ½ q*C_{L−z}.
    let x = [0.3, -0.4];
    let mut at = Augmented::new(2);
    at.push(&x, 0.0);
    at.push(&x, -1e-12);
    at.push(&x, 0.7);
    let values = oracle.evaluate(&at).expect("valid");
    let up = |index: usize| values.directions.point(index)[2] * values.ln_strengths[index].exp();
    let (p, q) = (oracle.density(Side::Source, 0.0, &x), oracle.density(Side::Target, gap, &x));
    assert!((up(0) - 0.5 * (q + p)).abs() < 1e-10);
    assert!((up(1) - 0.5 * (q - p)).abs() < 1e-10);
    let slice = 0.5 * (oracle.density(Side::Source, 0.7, &x) + oracle.density(Side::Target, gap - 0.7, &x));
    assert!((up(2) - slice).abs() < 1e-10);
}

#[test]
fn a_dipole_is_a_capacitor_of_two_charges_and_conserves_its_share() {
    for dim in [1, 2, 3, 6] {
        let gap = 1.5;
        let (a, b) = (vec![0.25; dim], vec![-0.5; dim]);
        let single = |x: &[f64]| Points::from_values(dim, x.iter().map(|&x| x as f32).collect()).expect("finite");
        let capacitor = Capacitor::new(single(&a), single(&b), gap).expect("valid");
        let dipole = Dipole::new(a.clone(), b, gap).expect("valid");
        let at = queries(dim, 20, gap, 3);
        let values = dipole.evaluate(&at).expect("valid");
        for index in 0..at.len() {
            let truth = reference::field(&capacitor, Law::Coulomb, at.point(index)).expect("finite");
            assert!(distance(values.directions.point(index), &truth.direction) < 1e-12);
            assert!((values.ln_strengths[index] - truth.ln_strength).abs() < 1e-11);
        }
        // Follow a line with small Runge–Kutta steps: the share stays.
        let mut place: Vec<f64> = a.iter().map(|x| x + 0.2).collect();
        place.push(0.1);
        let start = dipole.share(&place).unwrap();
        let mut values = FieldValues::default();
        let mut slope = |place: &[f64]| {
            let mut at = Augmented::new(dim);
            at.push_point(place);
            dipole.evaluate_into(&at, &mut values).expect("finite");
            values.directions.point(0).to_vec()
        };
        let step = 0.002;
        for _ in 0..400 {
            let first = slope(&place);
            let middle: Vec<f64> = place.iter().zip(&first).map(|(x, e)| x + 0.5 * step * e).collect();
            let second = slope(&middle);
            place.iter_mut().zip(&second).for_each(|(x, e)| *x += step * e);
        }
        assert!((dipole.share(&place).unwrap() - start).abs() < 1e-4, "D {dim}: {start}");
    }
}

#[test]
fn a_sphere_around_one_of_two_charges_counts_it() {
    for dim in 1..=5 {
        let mut p = vec![0.0_f32; 2 * dim];
        p[dim] = 3.0;
        let source = Points::from_values(dim, p).expect("finite");
        let target = Points::from_values(dim, vec![0.5; dim]).expect("finite");
        let capacitor = Capacitor::new(source, target, 4.0).expect("valid");
        // Off the charge's centre, so that the flux is no matter of symmetry.
        let mut centre = vec![0.1; dim + 1];
        centre[0] = 0.3;
        let sphere = Surface::sphere(&centre, 1.2, [0, 80, 40, 24, 16, 12][dim]).expect("D ≥ 1");
        let flux = sphere.flux(&ExactField::new(capacitor, Law::Coulomb)).expect("valid");
        assert!((flux - 0.5).abs() < 1e-4, "D {dim}: {flux}");
    }
}
