//! Inter-plate points follow the densities they claim: Kolmogorov–Smirnov against closed forms.
//!
//! D_n·√n > 1.95 has probability 1e-3 when the law is right; seeds are fixed, so these tests do not flicker.

mod common;

use common::{capacitor, cloud};
use efm_core::{Augmented, Capacitor, Points, Seed, Side};
use efm_field::points::{Chord, Flux, Mesh, Mixing, Radial, Tube};
use efm_field::{InterPlate, Law, PointSampler, brownian_exit, exit_probability, on_flux, symmetric_exit_time};
use std::f64::consts::PI;

const DRAWS: u64 = 20_000;
const CRITICAL: f64 = 1.95;

/// √n times the KS distance of `sample` from `cdf`.
fn ks(mut sample: Vec<f64>, cdf: impl Fn(f64) -> f64) -> f64 {
    sample.sort_by(f64::total_cmp);
    let n = sample.len() as f64;
    let gap = |(index, &x): (usize, &f64)| {
        let truth = cdf(x);
        (truth - index as f64 / n).abs().max((truth - (index as f64 + 1.0) / n).abs())
    };
    sample.iter().enumerate().map(gap).fold(0.0, f64::max) * n.sqrt()
}

#[test]
fn the_symmetric_exit_time_has_its_law() {
    let stream = Seed(1).stream("exit");
    let sample: Vec<f64> = (0..DRAWS).map(|index| symmetric_exit_time(&mut stream.at(index))).collect();
    let mean = sample.iter().sum::<f64>() / DRAWS as f64;
    // Standard error √(2/3)/√n = 0.0058.
    assert!((mean - 1.0).abs() < 0.02, "{mean}");
    // P(T > t) = (4/π) Σ (−1)^n/(2n+1) e^{−(2n+1)²π²t/8}
    let cdf = |t: f64| {
        let term = |n: usize| {
            let odd = 2.0 * n as f64 + 1.0;
            let sign = if n.is_multiple_of(2) { 1.0 } else { -1.0 };
            sign / odd * (-odd * odd * PI * PI * t / 8.0).exp()
        };
        1.0 - 4.0 / PI * (0..200).map(term).sum::<f64>()
    };
    let statistic = ks(sample, cdf);
    assert!(statistic < CRITICAL, "{statistic}");
}

#[test]
fn brownian_motion_leaves_the_gap_as_it_should() {
    let stream = Seed(2).stream("exit");
    let gap = 3.0;
    for z in [0.003, 0.4, 1.5, 2.2, 2.99] {
        let draws: Vec<_> = (0..DRAWS).map(|index| brownian_exit(z, gap, &mut stream.at(index))).collect();
        let n = DRAWS as f64;
        let share = draws.iter().filter(|(side, _)| *side == Side::Target).count() as f64 / n;
        let expected: f64 = z / gap;
        // Five standard deviations.
        assert!((share - expected).abs() < 5.0 * (expected * (1.0 - expected) / n).sqrt() + 1e-12, "{z}: {share}");
        let mean = draws.iter().map(|(_, time)| time).sum::<f64>() / n;
        // Var τ = z(L−z)(z² + (L−z)²)/3.
        let variance = z * (gap - z) * (z * z + (gap - z).powi(2)) / 3.0;
        assert!((mean - z * (gap - z)).abs() < 5.0 * (variance / n).sqrt(), "{z}: {mean}");
    }
    assert_eq!(brownian_exit(0.0, gap, &mut stream.at(0)), (Side::Source, 0.0));
    assert_eq!(brownian_exit(9.0, gap, &mut stream.at(0)), (Side::Target, 0.0));
}

#[test]
fn exit_times_have_the_probability_they_claim() {
    let stream = Seed(2).stream("exit");
    let gap = 3.0;
    for z in [0.003, 0.4, 1.5, 2.2, 2.99] {
        // The probability of having left by τ is uniform.
        let shares = (0..DRAWS).map(|index| exit_probability(z, gap, brownian_exit(z, gap, &mut stream.at(index)).1));
        let statistic = ks(shares.collect(), |share| share);
        assert!(statistic < CRITICAL, "{z}: {statistic}");
        // Both series say the same where one takes over from the other.
        let [before, after] = [-1e-9, 1e-9].map(|step| exit_probability(z, gap, gap * gap * (0.2 + step)));
        assert!((after - before).abs() < 1e-8, "{z}: {before} {after}");
    }
    assert_eq!([exit_probability(0.0, gap, 1.0), exit_probability(1.0, gap, 0.0)], [1.0, 0.0]);
}

#[test]
fn a_tube_holds_its_part_of_the_flux() {
    // Of lone charges in many dimensions |x|²/D tells τ to √(2/D), 1.4 %, and so the share of flux inside to 0.02.
    let (dim, gap, angles) = (10_000, 2.0, [0.3, 0.45]);
    let origin = || Points::from_values(dim, vec![0.0; dim]).expect("finite");
    let capacitor = Capacitor::new(origin(), origin(), gap).expect("valid");
    let tube = Tube { margins: [0.1, 0.01], edge: 0.5, focus: 0.0, angles };
    for law in [Law::Mirror, Law::Coulomb] {
        let drawn = tube.draw(&capacitor, law, &Seed(8).stream("draws"), 0, 300).expect("valid").points;
        for index in 0..drawn.len() {
            let z = drawn.z(index);
            assert!((0.1 * gap..=0.99 * gap).contains(&z));
            if law == Law::Mirror {
                let time = drawn.x(index).iter().map(|x| x * x).sum::<f64>() / dim as f64;
                let inside = exit_probability(z, gap, time);
                assert!((angles[0] - 0.03..angles[1] + 0.03).contains(&inside), "{z}: {inside}");
            }
        }
    }
}

#[test]
fn flux_points_follow_the_mirror_field_in_one_dimension() {
    let gap = 1.3;
    let capacitor = Capacitor::new(cloud(1, 5, 0.0, 1), cloud(1, 4, 2.0, 2), gap).expect("valid");
    for share in [0.05, 0.3, 0.8] {
        let z = share * gap;
        let stream = Seed(3).stream("flux");
        let mut x = [0.0];
        let sample = (0..DRAWS).map(|index| {
            on_flux(&capacitor, Law::Mirror, z, &mut stream.at(index), &mut x);
            x[0]
        });
        // E_z of a row is (1/2L) sin Z/(cosh X − cos Z), whose integral over x is (1/π) atan(tanh(X/2)/tan(Z/2)): 1 − z/L in
        // all for the source, z/L for the target.
        let each = |side: Side, x: f64| {
            let plate = capacitor.plate(side);
            let height = (z - side.height(gap)).abs() * PI / gap;
            let slope = 1.0 / (height / 2.0).tan();
            let row = |charge: &[f32]| {
                let x = (x - f64::from(charge[0])) * PI / gap;
                ((x / 2.0).tanh() * slope).atan() + slope.atan()
            };
            plate.iter().map(row).sum::<f64>() / plate.len() as f64 / PI
        };
        let statistic = ks(sample.collect(), |x| each(Side::Source, x) + each(Side::Target, x));
        assert!(statistic < CRITICAL, "z = {share} L: {statistic}");
    }
}

#[test]
fn flux_points_follow_the_coulomb_field_in_one_dimension() {
    let gap = 2.0;
    let capacitor = Capacitor::new(cloud(1, 5, 0.0, 1), cloud(1, 4, 2.0, 2), gap).expect("valid");
    let stream = Seed(4).stream("flux");
    let z = 0.7;
    let mut x = [0.0];
    let sample = (0..DRAWS).map(|index| {
        on_flux(&capacitor, Law::Coulomb, z, &mut stream.at(index), &mut x);
        x[0]
    });
    let cdf = |x: f64| {
        Side::BOTH
            .iter()
            .map(|&side| {
                let plate = capacitor.plate(side);
                let scale = (z - side.height(gap)).abs();
                let each = |charge: &[f32]| 0.5 + ((x - f64::from(charge[0])) / scale).atan() / PI;
                0.5 * plate.iter().map(each).sum::<f64>() / plate.len() as f64
            })
            .sum()
    };
    let statistic = ks(sample.collect(), cdf);
    assert!(statistic < CRITICAL, "{statistic}");
}

#[test]
fn mirror_points_follow_the_field_in_two_dimensions() {
    // One charge per plate, both at the origin: the radius has density 2πr E_z(r, z); its CDF by the flux of E_z
    // summed numerically from the field itself, whose accuracy other tests establish.
    let gap = 1.0;
    let z = 0.35;
    let origin = Points::from_values(2, vec![0.0, 0.0]).expect("finite");
    let capacitor = Capacitor::new(origin.clone(), origin, gap).expect("valid");
    let stream = Seed(5).stream("flux");
    let mut x = [0.0; 2];
    let sample: Vec<f64> = (0..DRAWS)
        .map(|index| {
            on_flux(&capacitor, Law::Mirror, z, &mut stream.at(index), &mut x);
            x[0].hypot(x[1])
        })
        .collect();
    let step = 2e-3;
    let mut table = vec![0.0];
    for index in 0..4000 {
        let r = (index as f64 + 0.5) * step;
        let value = efm_field::reference::field(&capacitor, Law::Mirror, &[r, 0.0, z]).expect("finite").vector();
        table.push(table[index] + 2.0 * PI * r * value[2] * step);
    }
    assert!((table[4000] - 1.0).abs() < 1e-4, "slice flux {}", table[4000]);
    let cdf = |r: f64| {
        let place = (r / step).min(3999.0);
        let index = place as usize;
        table[index] + (place - index as f64) * (table[index + 1] - table[index])
    };
    let statistic = ks(sample, cdf);
    assert!(statistic < CRITICAL, "{statistic}");
}

#[test]
fn thinning_changes_how_often_places_come_and_nothing_else() {
    // One charge per plate at x = 0, D = 1, Coulomb: x/w with w² = d²/0.455, d = z(L−z)/L, is q; kept with probability
    // k(q) = min(1, max(1 − thinning, q/5)). Weights 1/k undo that: means of any bounded function of the place agree.
    let origin = || Points::from_values(1, vec![0.0; 2]).expect("finite");
    let gap = 2.0;
    let capacitor = Capacitor::new(origin(), origin(), gap).expect("valid");
    let stream = Seed(9).stream("draws");
    let thinning = 0.8;
    let draw = |thinning| {
        let points = Flux { margin: 0.01, edge: 0.3, thinning };
        points.draw(&capacitor, Law::Coulomb, &stream, 0, DRAWS as usize).expect("valid").points
    };
    let widths = |at: &Augmented, index: usize| {
        let distance = at.z(index) * (gap - at.z(index)) / gap;
        at.x(index)[0].abs() * 0.455_f64.sqrt() / distance
    };
    let mean = |at: &Augmented, weight: &dyn Fn(f64) -> f64, value: &dyn Fn(f64) -> f64| {
        let all = (0..at.len()).map(|index| widths(at, index));
        let (sum, total) = all.fold((0.0, 0.0), |(sum, total), q| (sum + weight(q) * value(q), total + weight(q)));
        sum / total
    };
    let (plain, thin) = (draw(0.0), draw(thinning));
    let undone = |q: f64| 1.0 / (q / 5.0).clamp(1.0 - thinning, 1.0);
    for at in [0.5, 1.0, 3.0, 8.0] {
        let below = move |q: f64| f64::from(q < at);
        let difference = mean(&plain, &|_| 1.0, &below) - mean(&thin, &undone, &below);
        // Standard error below √(0.25·(1 + 5)/20 000) = 0.009 even if all weights were the largest.
        assert!(difference.abs() < 0.03, "{at}: {difference}");
    }
    let tail = |at: &Augmented| mean(at, &|_| 1.0, &|q| f64::from(q > 5.0));
    assert!(tail(&thin) > 1.5 * tail(&plain), "{} {}", tail(&thin), tail(&plain));
}

#[test]
fn the_focus_is_where_noise_is_as_wide_as_the_target() {
    let gap = 100.0;
    let cloud = |size: f32| Points::from_values(1, vec![-size, size]).expect("finite");
    let capacitor = Capacitor::new(cloud(9.0), cloud(0.7), gap).expect("valid");
    let tube = Tube { margins: [0.01, 0.0001], edge: 1.0, focus: 1.0, angles: [0.0, 1.0] };
    let count = 4_000;
    let drawn = tube.draw(&capacitor, Law::Mirror, &Seed(8).stream("draws"), 0, count).expect("valid").points;
    let logs: Vec<f64> = (0..count).map(|index| ((gap - drawn.z(index)) / 0.7).ln()).collect();
    let mean = logs.iter().sum::<f64>() / count as f64;
    let width = (logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / count as f64).sqrt();
    // N(0.5, 1.2²) but for the one draw in 2 000 beyond the margins; five standard errors.
    assert!((mean - 0.5).abs() < 5.0 * 1.2 / (count as f64).sqrt(), "{mean}");
    assert!((width - 1.2).abs() < 5.0 * 1.2 / (2.0 * count as f64).sqrt(), "{width}");
}

fn kinds() -> Vec<InterPlate> {
    vec![
        InterPlate::default(),
        InterPlate::Tube(Tube { margins: [0.1, 0.01], edge: 0.5, focus: 0.0, angles: [0.2, 0.3] }),
        InterPlate::Chord(Chord { noise: 0.0 }),
        InterPlate::Chord(Chord { noise: 0.3 }),
        InterPlate::Mesh(Mesh { points: 5, half_width: 2.0 }),
        InterPlate::Radial(Radial { sigma: 0.1, steps: 191.0, tau: 0.03 }),
        InterPlate::Mixing(Mixing { sigma: 0.1, steps: 191.0, tau: 0.03 }),
    ]
}

#[test]
fn draws_stay_between_the_plates_and_do_not_depend_on_the_batch() {
    let gap = 2.0;
    let capacitor = capacitor(3, 20, gap, 1);
    let stream = Seed(6).stream("draws");
    for kind in kinds() {
        kind.check().expect("valid");
        let whole = kind.draw_checked(&capacitor, Law::Mirror, &stream, 0, 300).expect("valid").points;
        let tail = kind.draw(&capacitor, Law::Mirror, &stream, 200, 100).expect("valid").points;
        for index in 0..100 {
            assert_eq!(tail.point(index), whole.point(200 + index), "{kind:?}");
        }
        let inside = |index: usize| (0.0..=gap).contains(&whole.z(index));
        assert!((0..300).all(inside), "{kind:?}");
        assert!(whole.as_slice().iter().all(|value| value.is_finite()));
    }
}

#[test]
fn chords_are_chords() {
    let gap = 2.0;
    let single = |value: f32| Points::from_values(2, vec![value; 2]).expect("finite");
    let capacitor = Capacitor::new(single(1.0), single(5.0), gap).expect("valid");
    let stream = Seed(7).stream("draws");
    let on_chord = |at: &Augmented| {
        (0..at.len()).all(|index| {
            let truth = 1.0 + 4.0 * at.z(index) / gap;
            at.x(index).iter().all(|x| (x - truth).abs() < 1e-12)
        })
    };
    let mixing = Mixing { sigma: 0.1, steps: 100.0, tau: 0.03 };
    let draw =
        |points: &dyn PointSampler| points.draw(&capacitor, Law::Coulomb, &stream, 0, 200).expect("valid").points;
    assert!(on_chord(&draw(&Chord { noise: 0.0 })));
    assert!(on_chord(&draw(&mixing)));
    // The paper's noise: with σ ≪ L the radius is L/2.
    let noisy = draw(&Chord { noise: 1e-9 });
    for index in 0..noisy.len() {
        let truth = 1.0 + 4.0 * noisy.z(index) / gap;
        let radius = noisy.x(index).iter().map(|x| (x - truth).powi(2)).sum::<f64>().sqrt();
        assert!((radius - 0.5 * gap).abs() < 1e-6);
    }
}

#[test]
fn configurations_read_and_refuse() {
    let read = |text: &str| serde_json::from_str::<InterPlate>(text);
    assert_eq!(read(r#"{"kind":"flux"}"#).expect("defaults"), InterPlate::default());
    assert_eq!(read(r#"{"kind":"chord"}"#).expect("defaults"), InterPlate::Chord(Chord { noise: 0.0 }));
    assert!(read(r#"{"kind":"flux","marign":0.1}"#).is_err());
    assert!(read(r#"{"kind":"mesh","points":5}"#).is_err());
    for kind in kinds() {
        let text = serde_json::to_string(&kind).expect("plain data");
        assert_eq!(read(&text).expect("round trip"), kind);
    }
    assert!(Flux { margin: 0.6, edge: 0.0, thinning: 0.0 }.check().is_err());
    assert!(Flux { margin: 0.1, edge: 0.0, thinning: 1.0 }.check().is_err());
    for (margins, angles) in
        [([0.0, 0.1], [0.2, 0.8]), ([0.1, 0.5], [0.2, 0.8]), ([0.1, 0.1], [0.8, 0.2]), ([0.1; 2], [0.2, 1.1])]
    {
        assert!(Tube { margins, edge: 0.5, focus: 0.0, angles }.check().is_err(), "{margins:?} {angles:?}");
    }
    assert!(Tube { margins: [0.1; 2], edge: 0.5, focus: 1.5, angles: [0.2, 0.8] }.check().is_err());
    assert!(Mesh { points: 0, half_width: 1.0 }.check().is_err());
    assert!(Radial { sigma: f64::NAN, steps: 1.0, tau: 0.1 }.check().is_err());
}
