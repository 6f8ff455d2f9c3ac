//! The flow of the gap carries ρ_z, the density of the flux, from height to height exactly.

mod common;

use efm_core::{Augmented, Capacitor, Points, Seed};
use efm_eval::ks;
use efm_field::{ExactField, Law, on_flux};
use efm_integrate::{Save, StepControl, Tracer};

const LINES: usize = 4000;

/// Uneven plates in R^D: 60 charges beside 90 others that are as wide. (Clouds with a common dipole drive mirror lines so
/// far out that E_z is lost against E_x.)
fn capacitor(dim: usize, gap: f64) -> Capacitor {
    let cloud = |count: usize, skip: usize| {
        let points = common::cloud(dim, skip + count, 0.0, 1.0);
        let values =
            points.iter().skip(skip).flat_map(|point| point[..dim].iter().map(|&x| x as f32).collect::<Vec<_>>());
        Points::from_values(dim, values.collect()).unwrap()
    };
    Capacitor::new(cloud(60, 0), cloud(90, 60), gap).unwrap()
}

/// `LINES` draws of ρ_z.
fn draws(capacitor: &Capacitor, law: Law, z: f64, name: &str) -> Augmented {
    let stream = Seed(11).stream(name);
    let mut x = vec![0.0; capacitor.dim()];
    let mut drawn = Augmented::new(capacitor.dim());
    for index in 0..LINES {
        on_flux(capacitor, law, z, &mut stream.at(index as u64), &mut x);
        drawn.push(&x, z);
    }
    drawn
}

#[test]
fn samples_of_one_height_become_samples_of_every_other() {
    // Two-sample Kolmogorov-Smirnov on every coordinate and on the distance from the axis. With 4 000 lines against 4 000
    // draws 1.95·√(2/4000) = 0.044 is passed by chance once in a thousand; there are 2·(2 + 3)·5 = 50 comparisons.
    let gap = 2.0;
    let heights = [0.2, 0.35, 0.5, 0.65, 0.8].map(|share| share * gap);
    for law in [Law::Mirror, Law::Coulomb] {
        for dim in [1, 2] {
            let capacitor = capacitor(dim, gap);
            let starts = draws(&capacitor, law, 0.1 * gap, "starts");
            let field = ExactField::new(capacitor.clone(), law);
            let tracer = Tracer {
                step: StepControl::tolerances(1e-6, 1e-6),
                margin: 0.2 * gap,
                save: Save::Heights(heights[..4].to_vec()),
                ..Tracer::default()
            };
            let lines = tracer.trace(&field, &starts).unwrap();
            // Two in a thousand mirror lines get so far out that E_z is below 1e-6 of E_x, and are given up.
            assert!(lines.landed_share() > 0.995, "{law:?}, D = {dim}: {:?}", lines.tally());
            let path = lines.path.as_ref().unwrap();
            for (mark, &z) in heights.iter().enumerate() {
                let carried: Vec<Vec<f64>> = if mark < 4 {
                    path.at(mark as u32).map(|(_, point)| point[..dim].to_vec()).collect()
                } else {
                    lines.arrived().map(|line| lines.ends.x(line).to_vec()).collect()
                };
                let fresh = draws(&capacitor, law, z, "fresh");
                let measures: [fn(&[f64]) -> f64; 3] =
                    [|x| x[0], |x| x[x.len() - 1], |x| x.iter().map(|x| x * x).sum::<f64>().sqrt()];
                for measure in measures {
                    let one: Vec<_> = carried.iter().map(|x| measure(x)).collect();
                    let other: Vec<_> = (0..LINES).map(|index| measure(fresh.x(index))).collect();
                    let distance = ks(&one, &other).unwrap().statistic;
                    assert!(distance < 0.044, "{law:?}, D = {dim}, z = {z}: {distance}");
                }
            }
        }
    }
}

#[test]
fn in_one_dimension_lines_keep_their_order() {
    // Lines never cross; in D = 1 that makes the map of the gap monotone.
    let capacitor = capacitor(1, 1.0);
    for law in [Law::Mirror, Law::Coulomb] {
        let field = ExactField::new(capacitor.clone(), law);
        let mut starts = Augmented::new(1);
        (0..200).for_each(|index| starts.push(&[-2.0 + 0.02 * f64::from(index)], 0.05));
        let tracer = Tracer { step: StepControl::tolerances(1e-9, 1e-9), margin: 0.05, ..Tracer::default() };
        let lines = tracer.trace(&field, &starts).unwrap();
        let ends: Vec<_> = (0..lines.len()).map(|line| lines.ends.x(line)[0]).collect();
        assert!(ends.windows(2).all(|pair| pair[0] < pair[1]), "{law:?}: {ends:?}");
    }
}

#[test]
fn strength_changes_along_a_line_as_the_density_does() {
    // dρ/dz along a line is −ρ div(E_x/E_z): E_z at its ends tells how much a bundle of lines spreads. A thin triangle of
    // lines in D = 2 carries the same flux through both heights; its width of 1e-4 makes an error of that order.
    let gap = 2.0;
    let capacitor = capacitor(2, gap);
    let width = 1e-4;
    for law in [Law::Mirror, Law::Coulomb] {
        let field = ExactField::new(capacitor.clone(), law).with_precision(efm_field::Precision::F64);
        for (x, y) in [(0.1, 0.2), (-0.7, 0.5), (1.5, -1.0)] {
            let mut starts = Augmented::new(2);
            [(0.0, 0.0), (width, 0.0), (0.0, width)].iter().for_each(|(a, b)| starts.push(&[x + a, y + b], 0.5));
            let tracer = Tracer { margin: 0.5, ..common::tight(efm_integrate::Form::Z) };
            let lines = tracer.trace(&field, &starts).unwrap();
            let side = |line: usize| [0, 1].map(|axis| lines.ends.x(line)[axis] - lines.ends.x(0)[axis]);
            let (one, other) = (side(1), side(2));
            let area = (one[0] * other[1] - one[1] * other[0]).abs() / (width * width);
            let axial = |points: &Augmented| {
                let values = field_values(&field, points);
                values.0 + values.1
            };
            let change = axial(&starts) - axial(&lines.ends);
            assert!((area.ln() - change).abs() < 2e-3, "{law:?} at ({x}, {y}): {} for {change}", area.ln());
        }
    }
}

/// ln |E| and ln n_z at the first point.
fn field_values(field: &ExactField, points: &Augmented) -> (f64, f64) {
    use efm_field::Field;
    let values = field.evaluate(points).unwrap();
    (values.ln_strengths[0], values.directions.z(0).ln())
}
