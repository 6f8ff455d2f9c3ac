//! Densities of a map in data units, on a flow in closed form.

use std::ops::ControlFlow;
use std::path::Path;

use efm::{Error, Likelihood, LnDensities, Scalers};
use efm_core::{Points, Seed};
use efm_data::{DataSpec, Sampler};
use efm_integrate::density::{Divergence, Volume};
use efm_integrate::maps::{Forward, Lift};
use efm_integrate::problems::Contraction;
use efm_integrate::{StepControl, Tracer};

fn open(text: &str) -> Box<dyn Sampler> {
    toml::from_str::<DataSpec>(text).unwrap().open(Path::new("")).unwrap()
}

/// Source coordinates are 2 and 0.5 data units long, those of the target 3 and 4, and none is centred.
fn scalers() -> Scalers {
    let one = |shift: [f64; 2], stretch: [f64; 2]| {
        format!("{{\"scaling\":\"per-coordinate\",\"shift\":{shift:?},\"stretch\":{stretch:?}}}")
    };
    let (source, target) = (one([1.0, -1.0], [2.0, 0.5]), one([5.0, 0.0], [3.0, 4.0]));
    serde_json::from_str(&format!("{{\"source\":{source},\"target\":{target}}}")).unwrap()
}

const FIELD: Contraction = Contraction { dim: 2, gap: 2.0, rate: 0.25 };

fn ln_densities(source: &str, lift: Lift, divergence: Divergence, points: &Points) -> Result<LnDensities, Error> {
    let tracer = Tracer { step: StepControl::tolerances(1e-8, 1e-8), ..Tracer::default() };
    let likelihood = Likelihood {
        field: &FIELD,
        scalers: &scalers(),
        source: &*open(source),
        volume: Volume {
            map: Forward { tracer, start_height: 0.1, lift, ..Forward::default() },
            divergence,
            ..Volume::default()
        },
        seed: Seed(3),
    };
    likelihood.ln_densities(points, &mut |_| ControlFlow::Continue(()))
}

/// A grid over the target in data units, and the area of its cells.
fn grid() -> (Points, f64) {
    let (count, cell) = (60_i32, [0.6, 0.8]);
    let place = |index: i32, axis: usize| ((f64::from(index) + 0.5) * cell[axis]) as f32;
    let points = (-count / 2..count / 2)
        .flat_map(|i| (-count / 2..count / 2).flat_map(move |j| [5.0 + place(i, 0), place(j, 1)]))
        .collect();
    (Points::from_values(2, points).unwrap(), cell[0] * cell[1])
}

#[test]
fn a_linear_flow_of_a_gaussian_is_a_gaussian() {
    // In scaled units x is multiplied by e^{−rL} up to second order in the heights, r²h²/2 = 3e-4 per coordinate. A source
    // N((1, −1), 1) in data units is N(0, diag(1/4, 4)) in scaled ones.
    let shrink = (-0.5_f64).exp();
    let points = Points::from_values(2, vec![5.0, 0.0, 6.0, 1.0, 3.5, -9.0]).unwrap();
    let found = ln_densities("kind = 'gaussian'\nmean = [1.0, -1.0]", Lift::Along, Divergence::Full, &points).unwrap();
    for (point, value) in points.iter().zip(&found.values) {
        let widths = [0.5 * shrink * 3.0, 2.0 * shrink * 4.0];
        let known: f64 = [f64::from(point[0]) - 5.0, f64::from(point[1])]
            .iter()
            .zip(widths)
            .map(|(y, width)| -0.5 * (y / width).powi(2) - (width * std::f64::consts::TAU.sqrt()).ln())
            .sum();
        // The density at the outermost point is 3 widths out, where 3e-4 in x is 3e-3 in ln q.
        assert!((value - known).abs() < 4e-3, "{value}, known {known}");
    }
    assert_eq!(found.lost(), 0);
}

#[test]
fn densities_integrate_to_one_whatever_the_lift() {
    // The map that is computed moves mass and makes none. The grid reaches twelve widths; cells below
    // a width sum a Gaussian to 1e-8. Noise of random lifts is averaged over the same draws for all points, so that the sum is
    // one however few there are; their tails beyond the grid hold less than 1e-3 (Brownian, gap 2 against 18 units).
    let (points, cell) = grid();
    let source = "kind = 'mixture'\ncentres = [[1.0, -1.0], [3.0, 0.0]]\nstd = 0.9";
    for (lift, tolerance) in [(Lift::Straight, 1e-4), (Lift::Along, 1e-4), (Lift::Brownian, 2e-3)] {
        let found = ln_densities(source, lift, Divergence::Full, &points).unwrap();
        let total: f64 = found.values.iter().map(|value| value.exp() * cell).sum();
        assert!((total - 1.0).abs() < tolerance, "{lift:?}: {total}");
    }
}

#[test]
fn probes_of_an_isotropic_flow_have_no_error() {
    // εᵀ(r I)ε = r D for every ε of signs: the estimate is the value, to the rounding of differences.
    let points = Points::from_values(2, vec![5.0, 0.0, 6.0, 1.0]).unwrap();
    let of = |divergence| ln_densities("kind = 'gaussian'", Lift::Straight, divergence, &points).unwrap();
    let (full, probes) = (of(Divergence::Full), of(Divergence::Probes(3)));
    for row in 0..2 {
        // Straight edges to second order against the determinant: (r·e·L)³ = 1e-10.
        assert!((full.values[row] - probes.values[row]).abs() < 1e-8);
        assert!(probes.standard_errors[row] < 1e-8 && full.standard_errors[row] == 0.0);
    }
}

#[test]
fn sources_without_a_density_are_refused() {
    let points = Points::from_values(2, vec![5.0, 0.0]).unwrap();
    for (source, lift) in [
        ("kind = 'swiss-roll'", Lift::Along),
        ("kind = 'gaussian'\nstd = 0.0", Lift::Straight),
        ("kind = 'checkerboard'", Lift::Brownian),
    ] {
        let error = ln_densities(source, lift, Divergence::Full, &points).unwrap_err();
        assert!(matches!(error, Error::NoDensity), "{error}");
    }
    // The board has one without noise: half of a square of side 8, so 1/32 in data units.
    let found = ln_densities("kind = 'checkerboard'", Lift::Straight, Divergence::Full, &points).unwrap();
    assert!(found.values[0].is_finite() || found.values[0] == f64::NEG_INFINITY);
    let plane = Points::from_values(3, vec![0.0; 3]).unwrap();
    let error = ln_densities("kind = 'gaussian'", Lift::Along, Divergence::Full, &plane).unwrap_err();
    assert!(matches!(error, Error::Data(_)), "{error}");
}
