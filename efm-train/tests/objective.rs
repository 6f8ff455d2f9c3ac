//! What the objectives ask for, on fields known exactly.

use efm_core::{Augmented, Capacitor, Points, Seed};
use efm_data::DataSpec;
use efm_field::{ExactField, Field, FieldValues, Law};
use efm_models::{Geometry, Head};
use efm_train::objectives::{Direction, Field as FieldObjective, Target};
use rand::RngExt;

const GAP: f64 = 3.0;
const DRAWS: usize = 20;

/// Points of a distribution in the plane.
fn sample(toml: &str, count: usize) -> Points {
    let spec: DataSpec = toml::from_str(toml).unwrap();
    spec.open(std::path::Path::new("")).unwrap().draw(&Seed(5).stream(toml), 0, count).unwrap()
}

fn field(source: Points, target: Points) -> ExactField {
    ExactField::new(Capacitor::new(source, target, GAP).unwrap(), Law::Mirror)
}

fn places() -> Augmented {
    let mut places = Augmented::new(2);
    for z in [0.8, 1.5, 2.2] {
        for (x, y) in [(0.0, 0.0), (0.7, -0.3), (-1.0, 0.6), (0.2, 1.2)] {
            places.push(&[x, y], z);
        }
    }
    places
}

/// E of point `index`.
fn vector(values: &FieldValues, index: usize) -> Vec<f64> {
    let strength = values.ln_strengths[index].exp();
    values.directions.point(index).iter().map(|n| strength * n).collect()
}

fn unit(vector: &[f64]) -> Vec<f64> {
    let norm = vector.iter().map(|v| v * v).sum::<f64>().sqrt();
    vector.iter().map(|v| v / norm).collect()
}

fn angle(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}

/// What an objective makes of a field's direction and flux at a place.
type TargetOf = fn(&[f64], f64, &[f64], f64, &Geometry) -> Target;

/// Directions that the regression converges to when the charges are drawn afresh from a set of 20·50 on each plate:
/// at a place, ⟨E_z·weight·target⟩/⟨E_z·weight⟩, for places come with density E_z. Beside them those of the whole set.
fn optima(of: TargetOf, density: impl Fn(&[f64]) -> f64) -> Vec<(Vec<f64>, Vec<f64>)> {
    let (source, target) = (sample("kind = 'gaussian'", 50 * DRAWS), sample("kind = 'moons'", 50 * DRAWS));
    let places = places();
    let geometry =
        Geometry { dim: 2, gap: GAP, source_spread: 1.0, target_spread: 1.0, stretched: true, head: Head::Forward };
    let whole = field(source.clone(), target.clone()).evaluate(&places).unwrap();
    let mut sums = vec![vec![0.0; 3]; places.len()];
    for draw in 0..DRAWS {
        let rows: Vec<_> = (50 * draw..50 * (draw + 1)).collect();
        let values = field(source.select(&rows), target.select(&rows)).evaluate(&places).unwrap();
        for (index, sum) in sums.iter_mut().enumerate() {
            let asked = of(
                values.directions.point(index),
                values.directions.z(index),
                places.x(index),
                places.z(index),
                &geometry,
            );
            let share = density(&vector(&values, index)) * asked.weight * asked.scale;
            // What is regressed is (n_x, n_z/unit); a learned field takes the last part times the unit again, and the
            // unit is the same in every draw.
            for (sum, n) in sum.iter_mut().zip(values.directions.point(index)) {
                *sum += share * n;
            }
        }
    }
    (0..places.len()).map(|index| (unit(&sums[index]), unit(&vector(&whole, index)))).collect()
}

#[test]
fn the_field_objective_has_no_bias_however_few_the_charges() {
    // E is linear in the charges, so the mean over disjoint draws is the field of all of them, whose direction the
    // optimum must have. f32 kernels: 1e-6 of every draw's field.
    for (optimum, truth) in optima(FieldObjective::target, |e| e[2]) {
        assert!(angle(&optimum, &truth) < 1e-5, "{optimum:?} for {truth:?}");
    }
}

#[test]
fn the_direction_objective_has_one() {
    // The same mean of unit vectors points elsewhere: the reason for the field objective.
    let worst = optima(Direction::target, |_| 1.0).iter().map(|(a, b)| angle(a, b)).fold(0.0, f64::max);
    assert!(worst > 5e-3, "{worst}: hundreds of times what rounding does to the field objective");
}

#[test]
fn targets_are_of_order_one_in_any_dimension() {
    // Of random directions every component has a mean square of 1/(D + 1). What a network regresses has one near 1, so that its
    // last layer need not be scaled, and weights times |E_z| stay what makes the mean unbiased: weight·E_z·target = n.
    for dim in [2_usize, 16, 256, 3_072] {
        let geometry =
            Geometry { dim, gap: GAP, source_spread: 1.0, target_spread: 1.0, stretched: false, head: Head::Forward };
        let (x, stream) = (vec![0.0; dim], Seed(4).stream("directions"));
        let mut sums = [0.0; 2];
        let draws = 200;
        for draw in 0..draws {
            let mut random = stream.at(draw);
            let mut n: Vec<f64> = (0..=dim).map(|_| random.random_range(-1.0..1.0)).collect();
            n[dim] = 0.05 + 0.95 * n[dim].abs();
            let n = unit(&n);
            for (sum, target) in sums.iter_mut().zip([FieldObjective::target, Direction::target] as [TargetOf; 2]) {
                let asked = target(&n, n[dim], &x, 1.0, &geometry);
                *sum += n.iter().map(|n| (asked.scale * n).powi(2)).sum::<f64>() / (dim + 1) as f64 / draws as f64;
            }
            let asked = FieldObjective::target(&n, n[dim], &x, 1.0, &geometry);
            for part in &n {
                assert!(
                    (asked.weight * n[dim] * asked.scale * part - part).abs() < 1e-12,
                    "no direction that counts less"
                );
            }
        }
        // Exactly 1 for the direction; for the field within what S² = E_z² + |E_x|²/D lets it vary, a third to one.
        assert!((sums[1] - 1.0).abs() < 1e-12, "D = {dim}: {sums:?}");
        assert!((0.25..=1.0).contains(&sums[0]), "D = {dim}: {sums:?}");
    }
}

#[test]
fn a_line_along_the_plate_does_not_carry_a_step() {
    // As E_z vanishes, the weight that makes the mean unbiased grows without bound; it is cut.
    let geometry =
        Geometry { dim: 2, gap: GAP, source_spread: 1.0, target_spread: 1.0, stretched: false, head: Head::Forward };
    let weight = |axial: f64| {
        let n = unit(&[1.0, 0.0, axial]);
        FieldObjective::target(&n, n[2], &[0.0, 0.0], 1.0, &geometry).weight
    };
    assert!(weight(0.5) < weight(0.1) && weight(0.1) < weight(0.04));
    assert_eq!([weight(1e-3), weight(1e-9), weight(0.0)], [weight(1e-2); 3]);
}

#[test]
fn far_outside_the_stretched_field_is_of_order_one_on_both_axes() {
    // Two unlike clouds in the mirror capacitor, L = 6: where one line in a thousand runs, E_z/E_x is below a quarter,
    // in units of the axial part it is between a third and three.
    let capacitor =
        Capacitor::new(sample("kind = 'gaussian'", 4_000), sample("kind = 'swiss-roll'", 4_000), 6.0).unwrap();
    let geometry =
        Geometry { dim: 2, gap: 6.0, source_spread: 1.0, target_spread: 1.0, stretched: true, head: Head::Forward };
    let mut places = Augmented::new(2);
    places.push(&[4.0, 0.0], 0.1);
    places.push(&[0.0, -5.0], 0.3);
    let values = ExactField::new(capacitor, Law::Mirror).evaluate(&places).unwrap();
    for index in 0..places.len() {
        let (x, z) = (places.x(index), places.z(index));
        let n = values.directions.point(index);
        let lateral = n[0].hypot(n[1]) / 2.0_f64.sqrt();
        assert!(n[2] / lateral < 0.25, "{n:?}");
        let stretched = n[2] / geometry.axial_unit(x, z) / lateral;
        assert!((1.0 / 3.0..3.0).contains(&stretched), "{stretched} at {x:?}, {z}");
    }
    assert_eq!(Geometry { stretched: false, ..geometry }.axial_unit(&[9.0, 9.0], 0.1), 1.0);
    assert!(geometry.axial_unit(&[0.5, -0.5], 0.1) > 0.99, "plain where the data are");
}
