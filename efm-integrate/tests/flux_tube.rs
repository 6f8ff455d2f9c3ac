//! In many dimensions a line is told by the share of its charge's flux inside of it, and keeps it from plate to plate.

use efm_core::{Augmented, Capacitor, Points};
use efm_field::{ExactField, Law, exit_probability};
use efm_integrate::{Form, Stop, Tracer};

#[test]
fn a_line_keeps_the_flux_inside_of_it() {
    // One charge on either plate at the origin: by flux conservation E_z, integrated over the disc that a line bounds, is the
    // same at every height. That disc is |√τ n|² < r², so for many dimensions τ < r²/D, but for the fluctuations of |n|²,
    // ±√(2/D) = 3 %, whose mean effect on the share is of second order.
    let (dim, gap) = (2_000, 10.0);
    let origin = || Points::from_values(dim, vec![0.0; dim]).expect("finite");
    let field = ExactField::new(Capacitor::new(origin(), origin(), gap).expect("valid"), Law::Mirror);
    for share in [0.2, 0.5, 0.8] {
        // Close to the plate τ = (z/N)² with |N| < N for a share of 1 − share of all normal numbers.
        let z = 0.01 * gap;
        let (mut low, mut high) = (0.0, 1e3 * z * z);
        for _ in 0..80 {
            let middle = 0.5 * (low + high);
            if exit_probability(z, gap, middle) < share { low = middle } else { high = middle }
        }
        let mut start = Augmented::new(dim);
        let mut point = vec![low.sqrt(); dim];
        point.push(z);
        start.push_point(&point);
        for height in [0.1, 0.3, 0.5, 0.7, 0.95] {
            let tracer = Tracer { form: Form::LogitZ, margin: gap * (1.0 - height), ..Tracer::default() };
            let lines = tracer.trace(&field, &start).expect("an exact field");
            assert_eq!(lines.stops[0], Stop::Landed);
            let time = lines.ends.x(0).iter().map(|x| x * x).sum::<f64>() / dim as f64;
            let inside = exit_probability(height * gap, gap, time);
            assert!((inside - share).abs() < 0.01, "{share} became {inside} at {height} L");
        }
    }
}
