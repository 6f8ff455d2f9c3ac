//! Lines with closed forms: landings, dense output, the agreement of forms, round trips.

mod common;

use std::sync::Arc;

use common::{cloud, start, tight};
use efm_core::Augmented;
use efm_integrate::problems::{Contraction, Logistic, MirrorPair, Pair, Rotation, Slopes, Uniform};
use efm_integrate::{Crossing, Form, Heading, Save, Solver, StepControl, Stop, Tracer};

/// Traces the lines through `starts` and compares the ends with the closed form.
fn compare(field: &dyn Slopes, starts: &Augmented, tracer: &Tracer, tolerance: f64) {
    let lines = tracer.trace(field, starts).unwrap();
    let gap = field.gap();
    let finish = if tracer.heading == Heading::Forward { gap - tracer.margin } else { tracer.margin };
    for index in 0..starts.len() {
        assert_eq!(lines.stops[index], Stop::Landed);
        assert_eq!(lines.ends.z(index), finish, "to the last bit");
        let exact = field.line(starts.x(index), starts.z(index), finish);
        for (found, exact) in lines.ends.x(index).iter().zip(&exact) {
            assert!((found - exact).abs() < tolerance, "{}: {found} {exact}", tracer.form);
        }
    }
}

#[test]
fn landings_agree_with_closed_forms() {
    for form in Form::ALL {
        // Errors of single steps (1e-12) add up over a few hundred steps. The straight pieces of the logit form leave
        // ½ (edge·L)² x″ at each plate: 1e-12 for edge = 1e-6 and x″ of a few units.
        let tracer = Tracer { edge: 1e-7, ..tight(form) };
        compare(&Uniform { tilt: vec![0.3, -2.0, 0.0], gap: 1.7 }, &cloud(3, 20, 0.0, 2.0), &tracer, 1e-10);
        compare(&Contraction { dim: 2, gap: 1.5, rate: 1.3 }, &cloud(2, 20, 0.0, 2.0), &tracer, 1e-10);
        compare(&Rotation { gap: 3.0, turn: 2.0 }, &cloud(2, 20, 0.0, 2.0), &tracer, 1e-10);
        compare(&Logistic { gap: 2.0 }, &start(&[0.1, 0.5, 0.9], 0.0), &tracer, 1e-10);
    }
}

#[test]
fn lines_may_start_anywhere_in_the_gap_and_end_before_the_plate() {
    let field = Rotation { gap: 3.0, turn: 1.0 };
    for form in Form::ALL {
        for heading in [Heading::Forward, Heading::Reverse] {
            let tracer = Tracer { heading, margin: 0.25, edge: 1e-7, ..tight(form) };
            for z in [0.5, 1.0, 2.75] {
                let starts = cloud(2, 5, z, 1.0);
                if heading == Heading::Reverse || z < 2.75 {
                    compare(&field, &starts, &tracer, 1e-10);
                }
            }
        }
    }
}

#[test]
fn a_line_that_starts_at_its_end_has_landed() {
    let field = Rotation { gap: 3.0, turn: 1.0 };
    for form in [Form::Z, Form::LogitZ] {
        let starts = cloud(2, 3, 3.0, 1.0);
        let lines = tight(form).trace(&field, &starts).unwrap();
        assert_eq!(lines.ends, starts);
        assert_eq!((lines.count(Stop::Landed), lines.evaluations_mean()), (3, 0.0));
    }
    // Between the edge and the plate the logit form is straight.
    let field = Uniform { tilt: vec![1.0], gap: 1.0 };
    let tracer = Tracer { edge: 0.1, ..tight(Form::LogitZ) };
    compare(&field, &cloud(1, 3, 0.95, 1.0), &tracer, 1e-14);
    // Start and end next to the same plate.
    compare(&field, &cloud(1, 3, 0.02, 1.0), &Tracer { margin: 0.95, ..tracer }, 1e-14);
}

#[test]
fn the_way_back_undoes_the_way_there() {
    let field = Pair { gap: 2.0, source: vec![0.0; 3], target: vec![0.5; 3], depths: [0.4, 0.7] };
    for form in Form::ALL {
        // The straight pieces at the edges are no exact inverses of each other: ½ (1e-7·2)² x″, x″ = O(1/depth).
        let tracer = Tracer { edge: 1e-7, ..tight(form) };
        let starts = cloud(3, 30, 0.0, 1.0);
        let there = tracer.trace(&field, &starts).unwrap();
        let back = Tracer { heading: Heading::Reverse, ..tracer }.trace(&field, &there.ends).unwrap();
        assert_eq!(back.landed_share(), 1.0);
        for (back, start) in back.ends.as_slice().iter().zip(starts.as_slice()) {
            // Twice the sum of step errors, spread by the expansion of the lines (below 10 here).
            assert!((back - start).abs() < 1e-9, "{form}: {back} {start}");
        }
    }
}

#[test]
fn forms_agree_in_the_gap() {
    let field = Pair { gap: 3.0, source: vec![0.0; 2], target: vec![1.0, -1.0], depths: [0.3, 0.5] };
    let starts = cloud(2, 40, 0.0, 1.5);
    let ends = Form::ALL.map(|form| Tracer { edge: 1e-7, ..tight(form) }.trace(&field, &starts).unwrap().ends);
    for other in &ends[1..] {
        for (a, b) in ends[0].as_slice().iter().zip(other.as_slice()) {
            assert!((a - b).abs() < 1e-9, "{a} {b}");
        }
    }
}

#[test]
fn lines_of_a_dipole_keep_its_invariant() {
    for dim in [1, 2] {
        let field = Pair::dipole(dim, 2.0);
        let starts = cloud(dim, 40, 0.2, 0.3);
        for form in Form::ALL {
            // All lines of a dipole end on its charge: stop where they are still apart.
            let tracer = Tracer { margin: 0.2, edge: 1e-4, ..tight(form) };
            let lines = tracer.trace(&field, &starts).unwrap();
            assert_eq!(lines.landed_share(), 1.0);
            for (end, start) in lines.ends.iter().zip(starts.iter()) {
                let difference = field.invariant(end).unwrap() - field.invariant(start).unwrap();
                assert!(difference.abs() < 1e-9, "D = {dim}, {form}: {difference}");
                // The dipole is symmetric about z = L/2, and so is the line.
                for (end, start) in end[..dim].iter().zip(start) {
                    assert!((end - start).abs() < 1e-9);
                }
            }
        }
    }
}

#[test]
fn unit_speed_follows_loops_behind_the_plates() {
    // Lines of the plane dipole are circles through both charges, (0, 0) and (0, 2). The one through (0.3, −0.3) has its
    // centre at (1.3, 1): it goes round behind the source, through z = 0 and up to (2.6, 2), the first arrival. Let
    // go again from there, it comes down on the target's charge from behind.
    let field = Pair::dipole(1, 2.0);
    let tracer = Tracer { save: Save::Steps, events: vec![Arc::new(Crossing { z: 0.0 })], ..tight(Form::Unit) };
    let lines = tracer.trace(&field, &start(&[0.3], -0.3)).unwrap();
    assert_eq!((lines.stops[0], lines.ends.z(0), lines.crossings[0][0]), (Stop::Landed, 2.0, 1));
    assert!((lines.ends.x(0)[0] - 2.6).abs() < 1e-10, "{:?}", lines.ends);
    let path = lines.path.unwrap();
    for point in path.line(0) {
        let radius = (point[0] - 1.3).hypot(point[1] - 1.0);
        assert!((radius - 1.3_f64.hypot(1.0)).abs() < 1e-10, "{point:?} is on the circle");
    }

    let lines = tracer.trace(&field, &lines.ends).unwrap();
    assert_eq!((lines.stops[0], lines.ends.z(0)), (Stop::Landed, 2.0));
    // The direction turns by π at the charge; the step that passes it is as short as the tolerance.
    assert!(lines.ends.x(0)[0].abs() < 1e-8, "{:?}", lines.ends);
    assert!(lines.path.unwrap().line(0).any(|point| point[1] > 2.5), "it went behind the target");
}

#[test]
fn lines_of_the_mirror_capacitor_keep_their_stream() {
    let field = MirrorPair { gap: 2.0, source: -0.5, target: 0.7 };
    let starts = cloud(1, 40, 0.3, 1.0);
    for form in Form::ALL {
        let tracer = Tracer { margin: 0.1, ..tight(form) };
        let lines = tracer.trace(&field, &starts).unwrap();
        assert_eq!(lines.landed_share(), 1.0, "no line leaves the gap: {:?}", lines.tally());
        for (end, start) in lines.ends.iter().zip(starts.iter()) {
            let (end, start) = (field.stream(end[0], end[1]), field.stream(start[0], start[1]));
            assert!((0.0..=1.0).contains(&start) && (end - start).abs() < 1e-9, "{form}: {end} {start}");
        }
    }
}

#[test]
fn the_gap_flow_carries_the_marginal_of_poisson_plates() {
    // Charges at (a, −s) and (b, L + t) are plates C_s(· − a) and C_t(· − b) in D = 1; then ρ_z is a mixture of two
    // Cauchy laws, and the monotone gap map must match quantiles: F_L(x(L)) = F_0(x(0)).
    let (gap, [s, t], [a, b]) = (1.5, [0.6, 0.4], [-1.0, 2.0]);
    let field = Pair { gap, source: vec![a], target: vec![b], depths: [s, t] };
    let below = |x: f64, centre: f64, scale: f64| 0.5 + ((x - centre) / scale).atan() / std::f64::consts::PI;
    let law = |x: f64, z: f64| 0.5 * below(x, a, s + z) + 0.5 * below(x, b, t + gap - z);
    let heights = vec![0.0, 0.1, 0.75, 1.4, 1.5];
    for form in Form::ALL {
        let tracer = Tracer { edge: 1e-7, save: Save::Heights(heights.clone()), ..tight(form) };
        let starts = cloud(1, 50, 0.0, 4.0);
        let lines = tracer.trace(&field, &starts).unwrap();
        let path = lines.path.unwrap();
        for (mark, &height) in heights.iter().enumerate() {
            let mut count = 0;
            for (line, point) in path.at(mark as u32) {
                assert_eq!(point[1], height);
                let start = starts.x(line)[0];
                assert!((law(point[0], height) - law(start, 0.0)).abs() < 1e-8, "{form} at {height}");
                count += 1;
            }
            assert_eq!(count, 50, "{form}: every line passes {height} once");
        }
    }
}

#[test]
fn the_error_falls_with_the_tolerance() {
    let field = Rotation { gap: 4.0, turn: 2.0 };
    let starts = cloud(2, 10, 0.0, 1.0);
    for method in [Solver::Heun, Solver::Bosh3, Solver::Dopri5] {
        let mut ratios = Vec::new();
        for exponent in 3..=8 {
            let rtol = 10.0_f64.powi(-exponent);
            let step = StepControl::tolerances(rtol, rtol);
            let tracer =
                Tracer { tableau: method.clone(), step, form: Form::Z, max_evaluations: u32::MAX, ..Tracer::default() };
            let lines = tracer.trace(&field, &starts).unwrap();
            let mut worst = 0.0_f64;
            for index in 0..starts.len() {
                let exact = field.line(starts.x(index), 0.0, 4.0);
                worst = lines.ends.x(index).iter().zip(exact).map(|(x, exact)| (x - exact).abs()).fold(worst, f64::max);
            }
            ratios.push(worst / rtol);
        }
        let (least, most) =
            ratios.iter().fold((f64::INFINITY, 0.0_f64), |(low, high), &ratio| (low.min(ratio), high.max(ratio)));
        // There are O(tol^(−1/p)) steps, each with an error of O(tol^(1 + 1/p)): the estimate is that of the solution
        // one order lower than the one carried on. The two powers cancel, so the ratio is of order 1.
        assert!(most / least < 10.0 && most < 100.0, "{method}: error/rtol from {least} to {most}: {ratios:?}");
    }
}
