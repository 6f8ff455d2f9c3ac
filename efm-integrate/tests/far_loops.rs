//! Loops that run far away still end on the plate they belong to.

use efm_core::{Seed, Side};
use efm_field::oracle::{Blob, PoissonPlates};
use efm_integrate::maps::{FluxRule, Map};
use efm_integrate::{StepControl, Stop, Tracer};

#[test]
fn loops_of_small_plates_come_back_to_them() {
    // Plates a thousandth of the gap wide: half of the lines leave backward, in loops as wide as the gap and wider, yet all
    // ends follow C_σ: P(|x| > 100 σ) = 0.01, 40 of 4 000 with a standard deviation of 6.3.
    let blob = || vec![Blob { weight: 1.0, scale: 0.006, middle: vec![0.0, 0.0] }];
    let plates = PoissonPlates::new(2, blob(), blob(), 6.0).unwrap();
    let starts = plates.points(Side::Source, &Seed(3).stream("starts"), 4000).unwrap();
    let map = FluxRule {
        tracer: Tracer { step: StepControl::tolerances(1e-3, 1e-3), ..Tracer::default() },
        ..FluxRule::default()
    };
    let lines = map.transport(&plates, &starts, &Seed(4).stream("noise")).unwrap();
    assert_eq!(lines.count(Stop::Landed), lines.len(), "{:?}", lines.tally());
    let radii: Vec<f64> =
        (0..lines.len()).map(|line| lines.ends.x(line).iter().fold(0.0_f64, |r, x| r.hypot(*x))).collect();
    let far = radii.iter().filter(|&&r| r > 0.6).count();
    assert!((15..=65).contains(&far), "{far}");
}
