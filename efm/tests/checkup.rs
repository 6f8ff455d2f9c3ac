//! What the checkup says of clouds and fields that are known.

#[path = "../../efm-train/tests/common/mod.rs"]
mod common;

use efm::checkup::{Checkup, CloudCheck, LinesCheck};
use efm::config::{Charges, ConfigSource, RunConfig, load};
use efm::{GapRule, automatic_gap};
use efm_core::{Points, Seed};
use efm_data::{DataSpec, Scaler};
use efm_field::Law;
use efm_models::{Geometry, Head};
use efm_train::{PlateData, Setup};

fn gaussian(dim: usize, count: usize, name: &str) -> Points {
    let spec: DataSpec = toml::from_str(&format!("kind = 'gaussian'\ndim = {dim}")).unwrap();
    spec.open(std::path::Path::new("")).unwrap().draw(&Seed(1).stream(name), 0, count).unwrap()
}

fn check(points: &Points) -> CloudCheck {
    CloudCheck::of(Some(points.len()), points, points, Seed(1))
}

fn setup(source: &Points, target: &Points, gap: f64, law: Law) -> Setup {
    let dim = source.dim();
    let geometry = Geometry { dim, gap, source_spread: 1.0, target_spread: 1.0, stretched: true, head: Head::Forward };
    let plate = |points: &Points| PlateData::Finite(Scaler::identity(dim).apply(points).unwrap());
    Setup::new(plate(source), plate(target), law, geometry).unwrap()
}

fn lines(setup: &Setup, near: f64) -> LinesCheck {
    LinesCheck::of(setup, Charges::All, near, 0.1, Seed(1)).unwrap()
}

#[test]
fn dimensions_that_count() {
    // The ratio over 1 000 points is known to some per cent: tr C² is a mean over half a million pairs whose squares scatter
    // by more than themselves.
    let cloud = gaussian(8, 2000, "cloud");
    let found = check(&cloud);
    assert!((found.effective_dimensions / 8.0 - 1.0).abs() < 0.05, "{found:?}");
    assert!((found.spread - 1.0).abs() < 0.03, "{found:?}");
    // Two points of N(0, I) differ by N(0, 2 I): mean distance 2·Γ(4.5)/Γ(4) = 3.878, spread 0.7 each, 20 000 pairs.
    assert!((found.mean_distance - 3.878).abs() < 0.05, "{found:?}");
    // The first coordinate again in all others: one direction.
    let line: Vec<f32> = cloud.iter().flat_map(|point| [point[0]; 5]).collect();
    assert!((check(&Points::from_values(5, line).unwrap()).effective_dimensions - 1.0).abs() < 0.05);
}

#[test]
fn neighbours_repeats_and_constant_columns() {
    // A lattice of spacing 0.5 in the first column, 7 in the second; every fifth row twice.
    let rows = (0..100).flat_map(|i| [[0.5 * i as f32, 7.0]].into_iter().cycle().take(if i % 5 == 0 { 2 } else { 1 }));
    let points = Points::from_values(2, rows.flatten().collect()).unwrap();
    let found = check(&points);
    assert_eq!((found.rows, found.examined), (Some(120), 120));
    assert_eq!(found.neighbour_distance, 0.5);
    assert_eq!(found.constant_columns, [1]);
    assert_eq!(found.repeated, 20.0 / 120.0);
    assert_eq!(found.crowded, 40.0 / 120.0);
    assert_eq!(found.anisotropy, 1.0);
    // One point many times, and two points: finite numbers.
    for values in [vec![3.0; 10], vec![0.0, 0.0, 1.0, 0.0]] {
        let found = check(&Points::from_values(2, values).unwrap());
        let numbers = [found.spread, found.mean_distance, found.effective_dimensions, found.neighbour_distance];
        assert!(numbers.iter().all(|number| number.is_finite()), "{found:?}");
    }
}

#[test]
fn the_share_that_goes_forward() {
    // ½ + q*C_L/(2p), both smeared over the height of 0.2: one half where the target is far; with p = q and L = 0.4 it is
    // below one in the middle, where a kernel of 0.6 levels the density more than one of 0.2, and one in the tails.
    let (p, q) = (gaussian(2, 2000, "p"), gaussian(2, 2000, "q"));
    let far = lines(&setup(&p, &q, 100.0, Law::Mirror), 0.2).forward_share;
    // At L = 100 the target's share is (2π L²)⁻¹/p: 2 % at the edge of p.
    assert!((0.5..0.52).contains(&far), "{far}");
    let near = lines(&setup(&p, &q, 0.4, Law::Mirror), 0.2).forward_share;
    assert!((0.8..1.0).contains(&near), "{near}");
}

#[test]
fn how_many_charges_count() {
    // From far away all charges of both plates count alike; right above one of them in 64 dimensions only that one does.
    let (p, q) = (gaussian(2, 150, "p"), gaussian(2, 250, "q"));
    let found = lines(&setup(&p, &q, 400.0, Law::Coulomb), 0.2);
    assert_eq!(found.charges, [150, 250]);
    // Midway both plates are as far and weigh 1 each, in 150 and 250 equal parts: (1 + 1)²/(1/150 + 1/250). Distances of
    // 200 and more differ by 1 %, which enters squared; points far from the axis are that much nearer to one plate.
    let midway = found.effective.iter().find(|effective| effective.height == 200.0).unwrap();
    assert!((midway.median / (4.0 / (1.0 / 150.0 + 1.0 / 250.0)) - 1.0).abs() < 0.05, "{midway:?}");
    let (p, q) = (gaussian(64, 150, "p"), gaussian(64, 250, "q"));
    let found = lines(&setup(&p, &q, 30.0, Law::Coulomb), 0.2);
    let start = found.effective.iter().find(|effective| effective.height == 0.1).unwrap();
    // Half of the points at z = 0.1 come from the target over a gap of 30; those of the source are next to their charge.
    assert!(start.low < 1.001, "{start:?}");
    assert!((found.bias_length - std::f64::consts::SQRT_2 * 64.0_f64.powf(-0.25)).abs() < 1e-12);
}

fn config(text: &str) -> RunConfig {
    let text = format!("source.kind = 'gaussian'\ntarget.kind = 'moons'\n{text}");
    load(&ConfigSource { text, ..ConfigSource::default() }).unwrap()
}

#[test]
fn advice_follows_from_what_was_found() {
    let (p, q) = (gaussian(2, 400, "p"), gaussian(2, 400, "q"));
    let rule = GapRule::of(&p, &q);
    assert_eq!(rule.gap, automatic_gap(&p, &q));
    let at = |config: &RunConfig, source: &Points, gap: f64| {
        let found = lines(&setup(source, &q, gap, config.plates.law), 0.05);
        Checkup::new(config, [check(source), check(&q)], rule, gap, found)
    };
    let fine = at(&config(""), &p, rule.gap);
    assert!(fine.advice.is_empty(), "{:?}", fine.advice);
    assert!(fine.to_string().contains("nothing to worry about"));

    let findings = |checkup: &Checkup| checkup.advice.iter().map(|a| a.finding.clone()).collect::<Vec<_>>().join("\n");
    let short = findings(&at(&config("plates.law = 'coulomb'"), &p, 0.2 * rule.gap));
    assert!(short.contains("0.20 of the automatic") && short.contains("biased"), "{short}");
    let long = findings(&at(&config(""), &p, 5.0 * rule.gap));
    assert!(long.contains("5.0 times the automatic") && !long.contains("biased"), "{long}");
    let few = findings(&at(&config(""), &gaussian(2, 50, "few"), rule.gap));
    assert!(few.contains("50 rows"), "{few}");
    let json = serde_json::to_value(&fine).unwrap();
    assert_eq!(json["gap"]["gap"], rule.gap);
}
