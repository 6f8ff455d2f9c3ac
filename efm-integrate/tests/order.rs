//! Observed orders of convergence against closed forms, of steps and of dense output.

use efm_core::Augmented;
use efm_integrate::problems::{Logistic, Pair, Slopes};
use efm_integrate::{Form, Save, Solver, StepControl, Tracer};

const START: f64 = 0.1;

fn fixed(method: Solver, form: Form, steps: usize) -> Tracer {
    Tracer { tableau: method, form, step: StepControl::Fixed { steps }, ..Tracer::default() }
}

/// Error at the plate after `steps` equal steps.
fn error(method: Solver, form: Form, steps: usize) -> f64 {
    let field = Logistic { gap: 2.0 };
    let mut starts = Augmented::new(1);
    starts.push(&[START], 0.0);
    let lines = fixed(method, form, steps).trace(&field, &starts).unwrap();
    assert_eq!(lines.ends.z(0), 2.0);
    let exact = field.line(&[START], 0.0, 2.0)[0];
    (lines.ends.x(0)[0] - exact).abs()
}

/// log₂ of the ratio of two errors a halving of the step apart.
fn order(coarse: f64, fine: f64) -> f64 {
    (coarse / fine).log2()
}

#[test]
fn every_method_has_its_order_in_z() {
    for method in Solver::ALL {
        // Steps small enough for the leading term, errors far above rounding (1e-15).
        let steps = if method == Solver::Euler { 200 } else { 40 };
        let observed = order(error(method.clone(), Form::Z, steps), error(method.clone(), Form::Z, 2 * steps));
        let expected = f64::from(method.tableau().order);
        assert!((observed - expected).abs() < 0.25, "{method}: observed {observed}, expected {expected}");
    }
}

#[test]
fn every_method_has_its_order_at_unit_speed() {
    // The landing is found on the dense output; Hermite has local error h⁴ there, which shows for no method of order
    // up to 4, and Dormand-Prince has its own.
    for method in Solver::ALL {
        let steps = if method == Solver::Euler { 200 } else { 40 };
        let observed = order(error(method.clone(), Form::Unit, steps), error(method.clone(), Form::Unit, 2 * steps));
        let expected = f64::from(method.tableau().order);
        // The share of the last step that is used changes with the step, so single ratios scatter.
        assert!(observed > expected - 0.7, "{method}: observed {observed}, expected {expected}");
    }
}

#[test]
fn dense_output_is_of_fourth_order_locally_or_better() {
    let field = Logistic { gap: 2.0 };
    // Heights that are no multiples of a step.
    let heights: Vec<f64> = (1..50).map(|k| 2.0 * (f64::from(k) + 0.37) / 51.0).collect();
    let worst = |method: Solver, steps: usize| {
        let tracer = Tracer { save: Save::Heights(heights.clone()), ..fixed(method.clone(), Form::Z, steps) };
        let mut starts = Augmented::new(1);
        starts.push(&[START], 0.0);
        let path = tracer.trace(&field, &starts).unwrap().path.unwrap();
        assert_eq!(path.line(0).len(), heights.len());
        path.line(0)
            .zip(&heights)
            .map(|(point, &height)| {
                assert_eq!(point[1], height);
                (point[0] - field.line(&[START], 0.0, height)[0]).abs()
            })
            .fold(0.0, f64::max)
    };
    // Hermite: local h⁴; the quartic of Dormand-Prince: local h⁵. Both bounded by the method's global order.
    for (method, expected) in
        [(Solver::Euler, 1.0), (Solver::Heun, 2.0), (Solver::Bosh3, 3.0), (Solver::Rk4, 4.0), (Solver::Dopri5, 5.0)]
    {
        let steps = if method == Solver::Euler { 200 } else { 30 };
        let observed = order(worst(method.clone(), steps), worst(method.clone(), 2 * steps));
        assert!((observed - expected).abs() < 0.5, "{method}: observed {observed}, expected {expected}");
    }
}

#[test]
fn tableaus_are_consistent() {
    for method in Solver::ALL {
        let tableau = method.tableau();
        // Literals are rounded to 1e-16 each; the largest are about 10.
        assert!((tableau.weights.iter().sum::<f64>() - 1.0).abs() < 1e-14, "{method}: Σ b = 1");
        for (node, row) in tableau.nodes.iter().zip(&tableau.rows) {
            assert!((row.iter().sum::<f64>() - node).abs() < 1e-14, "{method}: Σ_j a_ij = c_i");
        }
        assert!(tableau.error.iter().sum::<f64>().abs() < 1e-14, "{method}: b and b̂ sum to the same");
        assert_eq!(tableau.fsal(), matches!(method, Solver::Bosh3 | Solver::Dopri5), "{method}");
        // Σ b c^k = 1/(k+1) up to the order.
        for power in 1..tableau.order {
            let moment: f64 = tableau.weights.iter().zip(&tableau.nodes).map(|(b, c)| b * c.powi(power as i32)).sum();
            assert!((moment - 1.0 / f64::from(power + 1)).abs() < 1e-14, "{method}: Σ b c^{power}");
        }
        assert!(!tableau.citation.is_empty());
    }
}

#[test]
fn graded_heights_crowd_at_both_plates_and_keep_the_order() {
    let steps = 16;
    let field = Logistic { gap: 2.0 };
    let mut starts = Augmented::new(1);
    starts.push(&[START], 0.0);
    let tracer = Tracer { save: Save::Steps, edge: 1e-4, ..fixed(Solver::Heun, Form::Graded, steps) };
    let lines = tracer.trace(&field, &starts).unwrap();
    let heights: Vec<f64> = lines.path.unwrap().line(0).map(|point| point[1]).collect();
    // The plate, the edge, sixteen steps, the plate.
    assert_eq!(heights.len(), steps + 3, "{heights:?}");
    let grade = |z: f64| (z / 2.0).powf(1.0 / 7.0) - (1.0 - z / 2.0).powf(1.0 / 7.0);
    let inner: Vec<f64> = heights[1..=steps + 1].iter().map(|&z| grade(z)).collect();
    let step = (inner[steps] - inner[0]) / steps as f64;
    for pair in inner.windows(2) {
        // Rounding of z near the upper plate, 1e-16 of 2, over its distance from it, 1e-4.
        assert!((pair[1] - pair[0] - step).abs() < 1e-10, "{inner:?}");
    }
    // An edge so narrow that its straight pieces err less than the steps do.
    let error = |steps: usize| {
        let tracer = Tracer { edge: 1e-9, ..fixed(Solver::Heun, Form::Graded, steps) };
        let lines = tracer.trace(&field, &starts).unwrap();
        (lines.ends.x(0)[0] - field.line(&[START], 0.0, 2.0)[0]).abs()
    };
    let observed = order(error(100), error(200));
    assert!((observed - 2.0).abs() < 0.25, "{observed}");
}

#[test]
fn few_graded_steps_resolve_what_equal_ones_do_not() {
    // A thin target: all that its lines feel of it happens close to the plate.
    let field = Pair { gap: 2.0, source: vec![0.0], target: vec![0.5], depths: [0.4, 0.01] };
    let mut starts = Augmented::new(1);
    [-0.6, -0.2, 0.1, 0.7].into_iter().for_each(|x| starts.push(&[x], 0.0));
    let exact = Tracer { step: StepControl::tolerances(1e-10, 1e-10), form: Form::Z, ..Tracer::default() };
    let exact = exact.trace(&field, &starts).unwrap().ends;
    let error = |form: Form| {
        let ends = fixed(Solver::Heun, form, 12).trace(&field, &starts).unwrap().ends;
        (0..4).map(|line| (ends.x(line)[0] - exact.x(line)[0]).abs()).fold(0.0, f64::max)
    };
    let (graded, equal) = (error(Form::Graded), error(Form::Z));
    assert!(graded < 0.2 * equal, "{graded} {equal}");
}
