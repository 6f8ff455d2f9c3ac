//! The gap chosen from the data.

use efm::automatic_gap;
use efm_core::{Points, Seed};
use efm_data::DataSpec;

fn gaussian(dim: usize, shift: f32, std: f32) -> Points {
    let spec: DataSpec = toml::from_str(&format!("kind = 'gaussian'\ndim = {dim}")).unwrap();
    let points = spec.open(std::path::Path::new("")).unwrap().draw(&Seed(1).stream("cloud"), 0, 4000).unwrap();
    Points::from_values(dim, points.as_slice().iter().map(|x| shift + std * x).collect()).unwrap()
}

/// The same cloud in other units.
fn scaled(points: &Points, factor: f32) -> Points {
    Points::from_values(points.dim(), points.as_slice().iter().map(|x| factor * x).collect()).unwrap()
}

#[test]
fn it_is_a_length() {
    // In units of another size all lengths are others by one factor; powers of two are exact in f32.
    let (source, target) = (gaussian(3, 0.0, 1.0), gaussian(3, 0.5, 2.0));
    let gap = automatic_gap(&source, &target);
    for factor in [0.25_f32, 8.0] {
        let found = automatic_gap(&scaled(&source, factor), &scaled(&target, factor));
        assert!((found / (f64::from(factor) * gap) - 1.0).abs() < 1e-12, "{factor}: {found} for {gap}");
    }
}

#[test]
fn plates_change_places() {
    let (a, b) = (gaussian(2, 0.0, 1.0), gaussian(2, 1.0, 2.0));
    assert_eq!(automatic_gap(&a, &b), automatic_gap(&b, &a));
}

#[test]
fn it_grows_as_lines_spread_with_the_square_root_of_d() {
    // Lines spread by about z√D. The spread of 4 000 points is known to 1/√8000 = 1 % and better.
    let gap = |dim: usize| automatic_gap(&gaussian(dim, 0.0, 1.0), &gaussian(dim, 0.0, 1.0));
    for (less, more) in [(2, 8), (2, 32), (1, 4)] {
        let expected = (more as f64 / less as f64).sqrt();
        assert!((gap(more) / gap(less) / expected - 1.0).abs() < 0.04, "D = {less} and {more}");
    }
    // In the plane six spreads: at three, lines of the tails run along the plates.
    assert!((gap(2) / 6.0 - 1.0).abs() < 0.04);
}

#[test]
fn clouds_far_apart_get_plates_far_apart() {
    // The distance of the clouds, ten spreads, takes the place of the spread.
    let gap = automatic_gap(&gaussian(2, 0.0, 1.0), &gaussian(2, 10.0, 1.0));
    assert!((gap / 60.0 - 1.0).abs() < 0.04, "{gap}");
}

#[test]
fn clouds_without_any_width_get_a_gap() {
    let point = Points::from_values(3, vec![5.0; 30]).unwrap();
    assert_eq!(automatic_gap(&point, &point), 1.0);
}
