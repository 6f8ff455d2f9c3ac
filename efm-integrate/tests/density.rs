//! Volumes along lines: closed forms, the identity with E_z, and estimates by probes.

mod common;

use std::ops::ControlFlow;

use common::tight;
use efm_core::{Augmented, Capacitor, Points, Seed};
use efm_field::oracle::{Blob, Dipole, PoissonPlates};
use efm_field::{ExactField, Field, Law, Precision};
use efm_integrate::density::{Carried, Divergence, Volume};
use efm_integrate::maps::{Forward, Lift, Noise};
use efm_integrate::problems::{Contraction, Rotation};
use efm_integrate::{Form, Heading, TraceError, Tracer};

fn points(dim: usize, count: usize, size: f64) -> Points {
    let values = common::cloud(dim, count, 0.0, size)
        .iter()
        .flat_map(|point| point[..dim].iter().map(|&x| x as f32).collect::<Vec<_>>())
        .collect();
    Points::from_values(dim, values).unwrap()
}

fn carry(volume: &Volume, field: &dyn Field, starts: &Points) -> Carried {
    volume.carry(field, starts, Noise::from(Seed(4).stream("probes")), &mut |_| ControlFlow::Continue(())).unwrap()
}

/// A volume of which only the quadrature and the differences make errors.
fn exact(form: Form, start_height: f64, stop_height: f64, lift: Lift) -> Volume {
    let map = Forward { tracer: tight(form), start_height, stop_height, lift };
    Volume { map, nodes: 48, step: 1e-4, ..Volume::default() }
}

fn plates(dim: usize) -> PoissonPlates {
    let blob = |weight: f64, scale: f64, shift: f64| Blob {
        weight,
        scale,
        middle: (0..dim).map(|axis| shift * (1.0 - 0.3 * axis as f64)).collect(),
    };
    PoissonPlates::new(dim, vec![blob(1.0, 0.8, 0.2)], vec![blob(0.7, 0.6, -0.8), blob(0.3, 1.1, 0.9)], 2.5).unwrap()
}

#[test]
fn volumes_are_those_of_the_map_as_it_is_computed() {
    // Every piece of the map of dx/dz = −r·x is linear, lifts (of slopes below one) and straight edges included, so the
    // volume of the whole is D·ln(end/start) whatever the heights. Left over: the quadrature of a constant in 48 nodes (1e-9) and differences
    // of numbers of order 1 over 1e-4 (1e-12).
    for dim in [1, 2, 8] {
        let field = Contraction { dim, gap: 2.0, rate: 0.3 };
        let starts = points(dim, 5, 1.0);
        for (form, lift, heading) in [
            (Form::LogitZ, Lift::Straight, Heading::Forward),
            (Form::LogitZ, Lift::Along, Heading::Reverse),
            (Form::LogitZ, Lift::Along, Heading::Forward),
            (Form::Z, Lift::Along, Heading::Reverse),
        ] {
            let mut volume = exact(form, 0.3, if form == Form::Z { 0.1 } else { 0.0 }, lift);
            volume.map.tracer.heading = heading;
            let carried = carry(&volume, &field, &starts);
            for (row, start) in starts.iter().enumerate() {
                let stretch = carried.ends.x(row)[0] / f64::from(start[0]);
                let error = carried.ln_volumes[row] - dim as f64 * stretch.ln();
                assert!(error.abs() < 1e-8 * dim as f64, "D = {dim}, {form:?}, {lift:?}, {heading:?}: {error}");
            }
        }
    }
    // Lines that screw keep their volume.
    let carried =
        carry(&exact(Form::Z, 0.1, 0.1, Lift::Straight), &Rotation { gap: 2.0, turn: 1.0 }, &points(2, 5, 1.0));
    assert!(carried.ln_volumes.iter().all(|value| value.abs() < 1e-9));
}

#[test]
fn divergence_strength_and_closed_form_densities_agree() {
    // The gap flow carries ρ_z = ½ p*C_z + ½ q*C_{L−z} exactly. 48 nodes resolve kernels no narrower than a quarter of L
    // to 1e-7, differences add step²/6·D of third derivatives of order ten.
    for dim in [1, 2, 8] {
        let field = plates(dim);
        let starts = points(dim, 12, 1.5);
        let (low, high) = (0.05, 2.45);
        let ln_density = |x: &[f64], z: f64| {
            let from = |side, height: f64| 0.5 * field.density(side, (z - height).abs(), x);
            (from(efm_core::Side::Source, 0.0) + from(efm_core::Side::Target, 2.5)).ln()
        };
        for heading in [Heading::Forward, Heading::Reverse] {
            let mut volume = exact(Form::LogitZ, 0.05, 0.05, Lift::Straight);
            volume.map.tracer.heading = heading;
            let full = carry(&volume, &field, &starts);
            volume.divergence = Divergence::Strength;
            let strength = carry(&volume, &field, &starts);
            let (from, to) = if heading == Heading::Forward { (low, high) } else { (high, low) };
            for (row, start) in starts.iter().enumerate() {
                let start: Vec<_> = start.iter().map(|&x| f64::from(x)).collect();
                let known = ln_density(&start, from) - ln_density(full.ends.x(row), to);
                for measured in [full.ln_volumes[row], strength.ln_volumes[row]] {
                    assert!((measured - known).abs() < 2e-6, "D = {dim}, {heading:?}: {measured}, known {known}");
                }
            }
        }
    }
}

#[test]
fn the_lines_of_a_dipole() {
    // Lines leave the neighbourhood of one charge and crowd at the other one: ln E_z along them spans several units, and
    // the two ways of computing must agree as they do for smooth plates.
    for dim in [1, 2, 8] {
        let field = Dipole::new(vec![0.0; dim], vec![0.4; dim], 1.5).unwrap();
        let starts = points(dim, 12, 0.5);
        let full = carry(&exact(Form::LogitZ, 0.4, 0.3, Lift::Straight), &field, &starts);
        let strength = Volume { divergence: Divergence::Strength, ..exact(Form::LogitZ, 0.4, 0.3, Lift::Straight) };
        let strength = carry(&strength, &field, &starts);
        for (one, other) in full.ln_volumes.iter().zip(&strength.ln_volumes) {
            assert!((one - other).abs() < 2e-6, "D = {dim}: {one} and {other}");
        }
    }
}

#[test]
fn probes_are_unbiased_and_know_their_error() {
    // 32 probes for each of 200 lines in D = 20. The mean of all deviations is a sum of 200 independent terms: four of
    // its standard deviations are passed once in 16 000. Squared deviations in units of an error estimated from 32 probes
    // have the mean 31/29 for normal estimates, with an error of √(2/200) = 0.1; those of squares are skew, which adds
    // some tenths.
    let dim = 20;
    let field = plates(dim);
    let starts = points(dim, 200, 1.0);
    // Five nodes: both sides have the same quadrature. A low lift: probes leave out third orders of its height.
    for lift in [Lift::Straight, Lift::Along] {
        let full = Volume { nodes: 5, step: 1e-3, ..exact(Form::LogitZ, 0.004, 0.0, lift) };
        let probes = Volume { divergence: Divergence::Probes(32), ..full.clone() };
        let (full, probes) = (carry(&full, &field, &starts), carry(&probes, &field, &starts));
        let deviations: Vec<f64> = probes.ln_volumes.iter().zip(&full.ln_volumes).map(|(a, b)| a - b).collect();
        let errors = &probes.standard_errors;
        let spread = errors.iter().map(|error| error * error).sum::<f64>().sqrt();
        let sum: f64 = deviations.iter().sum();
        assert!(sum.abs() < 4.0 * spread, "{lift:?}: {sum}, expected within {spread}");
        let mean = deviations.iter().zip(errors).map(|(d, e)| (d / e).powi(2)).sum::<f64>() / 200.0;
        assert!((0.7..1.6).contains(&mean), "{lift:?}: {mean}");
    }
}

#[test]
fn probes_belong_to_the_point_and_not_to_the_shard() {
    let field = plates(3);
    let starts = points(3, 10, 1.0);
    let volume = Volume { divergence: Divergence::Probes(2), nodes: 6, ..exact(Form::LogitZ, 0.1, 0.0, Lift::Along) };
    let whole = carry(&volume, &field, &starts);
    let noise = Noise { stream: Seed(4).stream("probes"), first: 6 };
    let part = volume.carry(&field, &starts.select(&[6, 7]), noise, &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(whole.ln_volumes[6..8], part.ln_volumes[..]);
    assert_eq!(whole.ends.point(7), part.ends.point(1));
}

#[test]
fn the_mirror_map_gives_the_density_of_the_target() {
    // D = 1, 2 000 charges at the quantiles of p uniform on [−1, 1] and of q with density (1 + ½ y)/2 there, whose
    // cumulative function inverts to y = −2 + √(1 + 8u + ...) in closed form. The mirror map carries p to q exactly; heights
    // of ten times the distance of charges (0.01) keep their graininess out and cost first order: 0.02 in ln q.
    let count = 2000;
    let share = |index: usize| (index as f64 + 0.5) / f64::from(count);
    let cloud = |quantile: &dyn Fn(f64) -> f64| {
        Points::from_values(1, (0..count as usize).map(|index| quantile(share(index)) as f32).collect()).unwrap()
    };
    // u = ½(y + 1) + (y² − 1)/8, so y² + 4y + 3 − 8u = 0.
    let (p, q) = (cloud(&|u| 2.0 * u - 1.0), cloud(&|u| -2.0 + (1.0 + 8.0 * u).sqrt()));
    let field = ExactField::new(Capacitor::new(p, q, 2.0).unwrap(), Law::Mirror).with_precision(Precision::F64);
    let mut volume = exact(Form::LogitZ, 0.01, 0.01, Lift::Straight);
    volume.map.tracer.heading = Heading::Reverse;
    let targets: Vec<f32> = (0..15).map(|index| -0.7 + 0.1 * index as f32).collect();
    let carried = carry(&volume, &field, &Points::from_values(1, targets.clone()).unwrap());
    for (row, y) in targets.iter().enumerate() {
        assert!(carried.ends.x(row)[0].abs() < 1.0);
        let ln_q = 0.5_f64.ln() + carried.ln_volumes[row];
        let known = (0.5 + 0.25 * f64::from(*y)).ln();
        assert!((ln_q - known).abs() < 0.02, "ln q({y}) = {ln_q}, known {known}");
    }
}

#[test]
fn lines_that_do_not_land_have_no_volume() {
    let field = plates(2);
    let mut volume = exact(Form::LogitZ, 0.1, 0.0, Lift::Along);
    volume.map.tracer.max_evaluations = 20;
    let carried = carry(&volume, &field, &points(2, 4, 1.0));
    assert!(carried.ln_volumes.iter().chain(&carried.standard_errors).all(|value| value.is_nan()));
    assert_eq!(carried.stops.len(), 4);
    let mut empty = Augmented::new(2);
    empty.clear();
    assert!(carry(&volume, &field, &empty.to_points().unwrap()).stops.is_empty());
}

#[test]
fn misuse_is_refused() {
    let field = Rotation { gap: 2.0, turn: 1.0 };
    let starts = points(2, 2, 1.0);
    let noise = Noise::from(Seed(0).stream("probes"));
    let run = |volume: Volume| volume.carry(&field, &starts, noise, &mut |_| ControlFlow::Continue(())).unwrap_err();
    let good = || exact(Form::LogitZ, 0.1, 0.0, Lift::Straight);
    assert_eq!(run(Volume { divergence: Divergence::Strength, ..good() }), TraceError::NoStrength);
    for bad in [
        Volume { nodes: 0, ..good() },
        Volume { step: 0.0, ..good() },
        Volume { step: f64::NAN, ..good() },
        Volume { divergence: Divergence::Probes(0), ..good() },
        Volume { map: Forward { tracer: Tracer::default(), start_height: 1.9999, ..Forward::default() }, ..good() },
    ] {
        let error = run(bad);
        assert!(matches!(error, TraceError::BadSetting { .. }), "{error}");
    }
}
