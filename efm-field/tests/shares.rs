//! What the two plates contribute, and draws whose means are the field: no sum needed.

mod common;

use common::{capacitor, distance, queries};
use efm_core::{Augmented, Capacitor, Points, Seed, Side};
use efm_field::points::{Around, Chord, Flux};
use efm_field::{ExactField, Field, Law, PointSampler, isotropic_steps};

const DRAWS: usize = 400_000;

/// Points in the gap, behind both plates, and far away.
fn everywhere(dim: usize, gap: f64) -> Augmented {
    let mut at = queries(dim, 40, gap, 3);
    for (index, z) in [-0.2, -3.0, gap + 0.1, gap + 5.0, -2e3].into_iter().enumerate() {
        at.set_z(index, z);
    }
    at
}

#[test]
fn the_plates_add_up_to_the_field() {
    for (dim, law) in [
        (1, Law::Coulomb),
        (2, Law::Coulomb),
        (2, Law::Mirror),
        (12, Law::Coulomb),
        (12, Law::Mirror),
        (100, Law::Mirror),
    ] {
        let gap = 1.5;
        let field = ExactField::new(capacitor(dim, 50, gap, 7), law);
        let mut at = everywhere(dim, gap);
        if law == Law::Mirror {
            at = queries(dim, 40, gap, 3);
        }
        let whole = field.evaluate(&at).unwrap();
        let plates = field.per_plate(&at).unwrap();
        for index in 0..at.len() {
            let top = plates[0].ln_strengths[index].max(plates[1].ln_strengths[index]);
            let mut sum = vec![0.0; dim + 1];
            for plate in &plates {
                let weight = (plate.ln_strengths[index] - top).exp();
                sum.iter_mut().zip(plate.directions.point(index)).for_each(|(sum, n)| *sum += weight * n);
            }
            let norm = sum.iter().map(|part| part * part).sum::<f64>().sqrt();
            sum.iter_mut().for_each(|part| *part /= norm);
            // Kernels in f32, 1e-6; where the plates cancel to 1/norm of each that is amplified, in the sum here more
            // than in the kernel, which goes to f64 there.
            let error = distance(&sum, whole.directions.point(index));
            assert!(error < 1e-6 + 3e-6 / norm, "{law:?}, D = {dim}, point {index}: {error:e}");
            let ln = top + norm.ln();
            assert!((ln - whole.ln_strengths[index]).abs() < 1e-5 + 3e-6 / norm, "{ln} {}", whole.ln_strengths[index]);
        }
    }
}

#[test]
fn a_point_comes_from_a_plate_by_its_share_of_the_flux() {
    // The posterior of the coin (§2.6): over draws, 1{source} minus the exact share has mean 0 whatever it is
    // weighted with that depends on the place alone.
    for law in [Law::Coulomb, Law::Mirror] {
        let capacitor = capacitor(2, 20, 2.0, 11);
        let points: Box<dyn PointSampler> = match law {
            Law::Coulomb => Box::new(Around { margin: 0.01, edge: 0.5, behind: 0.4, reach: 5.0 }),
            // Thinning depends on the place alone: the shares stay.
            _ => Box::new(Flux { margin: 0.01, edge: 0.5, thinning: 0.7 }),
        };
        let draw = |count| points.draw(&capacitor, law, &Seed(1).stream("origins"), 0, count).unwrap();
        let drawn = draw(DRAWS / 10);
        let (at, origins) = (drawn.points, drawn.origins.unwrap());
        let plates = ExactField::new(capacitor.clone(), law).per_plate(&at).unwrap();
        let tests: [fn(&[f64], f64) -> f64; 4] =
            [|_, _| 1.0, |_, z| f64::from(z < 0.0), |x, _| x[0].tanh(), |x, z| (x[1] - z).cos()];
        for (number, weight) in tests.into_iter().enumerate() {
            let (mut sum, mut square) = (0.0, 0.0);
            for (index, origin) in origins.iter().enumerate() {
                let ln = |side: usize| {
                    plates[side].ln_strengths[index] + plates[side].directions.z(index).abs().max(1e-300).ln()
                };
                let share = 1.0 / (1.0 + (ln(1) - ln(0)).exp());
                let found = f64::from(origin.side == Side::Source) - share;
                let term = weight(at.x(index), at.z(index)) * found;
                sum += term;
                square += term * term;
            }
            // 3.9 standard errors: passed by chance once in ten thousand.
            assert!(sum.abs() <= 3.9 * square.sqrt(), "{law:?}, weight {number}: {sum} ± {}", square.sqrt());
        }
        let again = draw(100).points;
        assert_eq!(again.point(99), at.point(99), "the same points with and without their origins");
    }
}

#[test]
fn points_around_lie_where_they_should() {
    let capacitor = capacitor(2, 20, 2.0, 11);
    let points = Around { margin: 0.01, edge: 0.5, behind: 0.4, reach: 5.0 };
    points.check().unwrap();
    let at = points.draw(&capacitor, Law::Coulomb, &Seed(2).stream("around"), 0, 40_000).unwrap().points;
    let share =
        |inside: fn(f64) -> bool| (0..at.len()).filter(|&index| inside(at.z(index))).count() as f64 / at.len() as f64;
    // Standard error 0.0024.
    assert!((share(|z| z < 0.0) - 0.2).abs() < 0.008);
    assert!((share(|z| z > 2.0) - 0.2).abs() < 0.008);
    // Log-uniform from 0.01 L to 5 L: half are nearer than √(0.01 · 5) L.
    assert!((share(|z| (-2.0 * 0.05_f64.sqrt()..0.0).contains(&z)) - 0.1).abs() < 0.008);
    assert!((0..at.len()).all(|index| (-10.0..=12.0).contains(&at.z(index))));
    assert!(Around { margin: 0.1, edge: 0.0, behind: 1.0, reach: 5.0 }.check().is_err());
    assert!(Around { margin: 0.1, edge: 0.0, behind: 0.1, reach: 0.05 }.check().is_err());
    let chord = Chord { noise: 0.0 }.draw(&capacitor, Law::Coulomb, &Seed(2).stream("around"), 0, 1);
    assert_eq!(chord.unwrap().origins, None);
}

#[test]
fn isotropic_steps_pull_along_the_field_on_average() {
    // ∫ φ E dV over a box, by pulls: E[pull · 1{box}] ∝ ∫_box E (§2.6). The same constant for every box, so the ratios of
    // components between boxes are tested, not only directions.
    let gap = 1.5;
    let source = Points::from_values(2, vec![0.0, 0.0, 1.0, 0.4]).unwrap();
    let target = Points::from_values(2, vec![-0.5, 0.2, 0.3, -0.8, 0.6, 0.6]).unwrap();
    let capacitor = Capacitor::new(source, target, gap).unwrap();
    for law in [Law::Coulomb, Law::Mirror] {
        // The images out to 40 L make the mirror's field to 1e-3 or so in these boxes: they alternate.
        let range = [0.01, if law == Law::Mirror { 40.0 * gap } else { 12.0 }];
        let mut boxes: Vec<([f64; 3], f64)> =
            vec![([0.4, 0.0, 0.7], 0.3), ([-0.6, 0.5, 0.4], 0.3), ([0.5, -0.5, 1.1], 0.3)];
        if law == Law::Coulomb {
            boxes.extend([([0.3, 0.4, -0.8], 0.4), ([0.0, 0.0, 2.4], 0.4)]);
        }
        let mut sums = vec![[[0.0; 2]; 3]; boxes.len()];
        let stream = Seed(3).stream("steps");
        let draws = DRAWS * if law == Law::Mirror { 5 } else { 2 };
        let steps = isotropic_steps(&capacitor, law, range, &stream, 0, draws).unwrap();
        for (point, pull) in steps.points.iter().zip(steps.pulls.iter()) {
            assert!(law == Law::Coulomb || (0.0..=gap).contains(&point[2]), "{point:?}");
            assert!(pull.iter().map(|p| p * p).sum::<f64>() <= 4.0 + 1e-9);
            for ((centre, half), sum) in boxes.iter().zip(&mut sums) {
                if point.iter().zip(centre).all(|(p, c)| (p - c).abs() < *half) {
                    for (sum, pull) in sum.iter_mut().zip(pull) {
                        sum[0] += pull;
                        sum[1] += pull * pull;
                    }
                }
            }
        }
        // A charge c_i = ±1/N_side is drawn with probability |c_i|/2, and its points have the density r(ρ)/(S_2 ρ²): times
        // the pull ±u/(r(ρ)·most) that is E_i/(2·most). Folding the gap's images onto it counts a plate's own twice, as the
        // mirror's strengths do.
        let constant = 1.0 / (2.0 * range[1]);
        let field = ExactField::new(capacitor.clone(), law);
        for ((centre, half), sum) in boxes.iter().zip(&sums) {
            let integral = integral(&field, centre, *half);
            for axis in 0..3 {
                let expected = constant * integral[axis] * draws as f64;
                let error = sum[axis][1].sqrt();
                assert!(
                    (sum[axis][0] - expected).abs() < 4.0 * error + 2e-3 * expected.abs(),
                    "{law:?} at {centre:?}, axis {axis}: {} for {expected} ± {error}",
                    sum[axis][0]
                );
            }
        }
    }
}

/// ∫ E over a box, by 24³ midpoints.
fn integral(field: &ExactField, centre: &[f64; 3], half: f64) -> [f64; 3] {
    const CELLS: usize = 24;
    let mut at = Augmented::new(2);
    let place = |axis: usize, cell: usize| centre[axis] + half * (2.0 * (cell as f64 + 0.5) / CELLS as f64 - 1.0);
    for i in 0..CELLS {
        for j in 0..CELLS {
            for k in 0..CELLS {
                at.push(&[place(0, i), place(1, j)], place(2, k));
            }
        }
    }
    let values = field.evaluate(&at).unwrap();
    let cell = (2.0 * half / CELLS as f64).powi(3);
    let mut sum = [0.0; 3];
    for index in 0..at.len() {
        let strength = values.ln_strengths[index].exp() * cell;
        sum.iter_mut().zip(values.directions.point(index)).for_each(|(sum, n)| *sum += strength * n);
    }
    sum
}
