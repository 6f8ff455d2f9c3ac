//! The maps that carry p to q exactly, against plates in closed form and for every gap.

#[path = "common/oracle.rs"]
mod oracle;

use efm_core::{Augmented, Capacitor, Points, Side};
use efm_field::oracle::PoissonPlates;
use efm_field::{ExactField, Field, FieldError, FieldValues, Law};
use efm_integrate::maps::{Accept, FluxRule, Forward, Lift, Map, spacing};
use efm_integrate::{Lines, StepControl, Stop, Tracer};
use oracle::{MirrorPlates, arrivals, below, distance, draws, plates, score, stream};

const GAPS: [f64; 4] = [0.5, 2.0, 6.0, 30.0];

/// Good to 1e-3 in place, far below the noise of some thousand lines; lines are straight on the first 1e-5 of the gap.
fn tracer() -> Tracer {
    Tracer { edge: 1e-5, step: StepControl::tolerances(1e-4, 1e-4), ..Tracer::default() }
}

/// Asserts that lines that arrived at `side` follow its law, by Kolmogorov and Smirnov: of every marginal at 2.23/√n, which
/// one in 10 000 exceeds by chance, and root mean square over directions at 1.63/√n, one in a hundred for a single one.
fn assert_law(what: &str, lines: &Lines, side: Side, law: &PoissonPlates) {
    let arrived = arrivals(lines);
    let (found, root) = (score(law, side, &arrived), (arrived.len() as f64).sqrt());
    let (marginal, sliced) = (found.marginal * root, found.sliced * root);
    assert!(marginal < 2.23 && sliced < 1.63, "{what}: {marginal} and {sliced} over √{}", arrived.len());
}

#[test]
fn the_flux_rule_carries_p_to_q_for_every_gap() {
    for dim in [1, 2, 8] {
        for gap in GAPS {
            let field = plates(dim, gap);
            let starts = draws(&field, Side::Source, "starts", 3000);
            let lines = FluxRule { tracer: tracer(), ..FluxRule::default() };
            let lines = lines.transport(&field, &starts, &stream("flux")).unwrap();
            assert_eq!(lines.lost(), 0, "{:?}", lines.tally());
            assert_law(&format!("D = {dim}, L = {gap}"), &lines, Side::Target, &field);
        }
    }
}

#[test]
fn half_of_the_lines_of_the_gap_are_draws_of_q() {
    for dim in [1, 2, 8] {
        for gap in GAPS {
            let field = plates(dim, gap);
            let count = 4000;
            let starts = draws(&field, Side::Source, "starts", count);
            // The cloud to draw from is so large that its own noise does not show.
            let cloud = draws(&field, Side::Target, "cloud", 100_000);
            let map = Accept::new(tracer(), 0.0, Capacitor::new(starts.clone(), cloud, gap).unwrap());
            let lines = map.transport(&field, &starts, &stream("accept")).unwrap();
            let kept = lines.arrived().count();
            assert_eq!((lines.lost(), lines.landed_share()), (0, 1.0), "{:?}", lines.tally());
            assert_eq!(lines.count(Stop::Rejected), count - kept);
            // Four standard deviations of a fair coin.
            assert!((kept as f64 / count as f64 - 0.5).abs() < 4.0 * 0.5 / (count as f64).sqrt(), "{kept} of {count}");
            assert_law(&format!("D = {dim}, L = {gap}"), &lines, Side::Target, &field);
        }
    }
}

#[test]
fn forward_is_exact_in_the_mirror_field() {
    for (dim, gap) in [(1, 0.5), (1, 6.0), (2, 2.0), (2, 30.0), (8, 6.0)] {
        let law = plates(dim, gap);
        let field = MirrorPlates::new(&law);
        let starts = draws(&law, Side::Source, "starts", 1500);
        let lines = Forward { tracer: tracer(), ..Forward::default() };
        let lines = lines.transport(&field, &starts, &stream("mirror")).unwrap();
        // Half a percent of the starts in D = 8 lie so far out that the images left out are stronger than the density.
        assert!(lines.landed_share() > 0.99, "{:?}", lines.tally());
        assert_law(&format!("D = {dim}, L = {gap}"), &lines, Side::Target, &law);
    }
}

#[test]
fn forward_alone_is_biased_as_theory_says() {
    // D = 1: lines keep their order, and the flow carries ρ₀ = ½(p + q*C_L) to ρ_L = ½(q + p*C_L). So a line that starts at
    // x ends at y with F_L(y) = F₀(x), and lines of p end with the distribution function F_p(F₀⁻¹(F_L(y))).
    for gap in GAPS {
        let field = plates(1, gap);
        let starts = draws(&field, Side::Source, "starts", 3000);
        let lines = Forward { tracer: tracer(), ..Forward::default() };
        let lines = lines.transport(&field, &starts, &stream("forward")).unwrap();
        let of = |side: Side, x: f64| {
            0.5 * (below(&field, side, 0.0, &[1.0], x) + below(&field, side.other(), gap, &[1.0], x))
        };
        let from = |y: f64| {
            let (share, mut low, mut high) = (of(Side::Target, y), -1e9, 1e9);
            for _ in 0..100 {
                let middle = 0.5 * (low + high);
                if of(Side::Source, middle) < share { low = middle } else { high = middle }
            }
            low
        };
        let ends: Vec<f64> = arrivals(&lines).iter().map(|x| x[0]).collect();
        let root = (ends.len() as f64).sqrt();
        let predicted = distance(ends.clone(), |y| below(&field, Side::Source, 0.0, &[1.0], from(y)));
        assert!(predicted * root < 2.23, "L = {gap}: {predicted}");
        let bias = distance(ends, |y| below(&field, Side::Target, 0.0, &[1.0], y));
        // The bias itself, up to three times the noise: 0.13 at L = 0.5, and less with every wider gap.
        assert!(gap > 6.0 || bias * root > 3.0, "L = {gap}: {bias}");
    }
}

#[test]
fn every_exact_map_runs_back() {
    let field = plates(2, 2.0);
    let starts = draws(&field, Side::Target, "starts", 4000);
    let cloud = draws(&field, Side::Source, "cloud", 100_000);
    let clouds = Capacitor::new(cloud, starts.clone(), 2.0).unwrap();
    let maps: [Box<dyn Map>; 2] =
        [Box::new(FluxRule { tracer: tracer(), ..FluxRule::default() }), Box::new(Accept::new(tracer(), 0.0, clouds))];
    for map in maps {
        let lines = map.transport_back(&field, &starts, &stream("back")).unwrap();
        assert_eq!(lines.lost(), 0, "{:?}", lines.tally());
        assert!(lines.ends.iter().all(|end| end[2].abs() < 1e-8), "ends on the source plate");
        assert_law("back", &lines, Side::Source, &field);
    }
}

/// A field that keeps its strengths to itself.
struct Directions<F>(F);

impl<F: Field> Field for Directions<F> {
    fn dim(&self) -> usize {
        self.0.dim()
    }
    fn gap(&self) -> f64 {
        self.0.gap()
    }
    fn evaluate_into(&self, at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError> {
        self.0.evaluate_into(at, out)?;
        out.ln_strengths.clear();
        Ok(())
    }
}

#[test]
fn directions_alone_decide_as_strengths_do() {
    // E_x is the same on both sides of a plate in closed form, so the two ratios agree but for rounding at coins as near
    // as that: none of 500.
    let field = plates(2, 2.0);
    let starts = draws(&field, Side::Source, "starts", 500);
    let cloud = draws(&field, Side::Target, "cloud", 1000);
    let maps: [Box<dyn Map>; 2] = [
        Box::new(FluxRule { tracer: tracer(), ..FluxRule::default() }),
        Box::new(Accept::new(tracer(), 0.0, Capacitor::new(starts.clone(), cloud, 2.0).unwrap())),
    ];
    for map in maps {
        let known = map.transport(&field, &starts, &stream("map")).unwrap();
        let blind = map.transport(&Directions(&field), &starts, &stream("map")).unwrap();
        assert_eq!((&known.stops, &known.ends), (&blind.stops, &blind.ends));
    }
}

#[test]
fn plates_of_samples_carry_charges_and_fresh_points() {
    // Charges are 3 000 draws, their spacing is the height. Arrivals carry the noise of their own number, of the target's
    // charges and, if lines begin at fresh draws, of the source's: √2 or √3 times 1.63/√n, one in a hundred. Forward-only
    // transport is off by 0.1 = 5.5/√n.
    let law = plates(2, 2.0);
    let side = |side, name| draws(&law, side, name, 3000);
    let charges = Capacitor::new(side(Side::Source, "p"), side(Side::Target, "q"), law.gap()).unwrap();
    let field = ExactField::new(charges.clone(), Law::Coulomb);
    let height = spacing(charges.plate(Side::Target));
    assert!((0.02..0.1).contains(&height), "{height}");
    let flux = FluxRule { tracer: tracer(), height, ..FluxRule::default() };
    let forward = Forward { tracer: tracer(), start_height: height, stop_height: height, lift: Lift::Cauchy };
    let fresh = draws(&law, Side::Source, "starts", 3000);
    let starts = charges.plate(Side::Source);
    let check = |map: &dyn Map, starts: &Points, sources: f64, exact: bool| {
        let lines = map.transport(&field, starts, &stream("map")).unwrap();
        assert_eq!(lines.lost(), 0, "{:?}", lines.tally());
        let found = score(&law, Side::Target, &arrivals(&lines));
        let within = 1.63 * (sources / 3000.0_f64).sqrt();
        assert_eq!(found.marginal < within && found.sliced < within, exact, "{found:?}");
    };
    check(&flux, starts, 2.0, true);
    check(&flux, &fresh, 3.0, true);
    check(&forward, starts, 2.0, false);
}
