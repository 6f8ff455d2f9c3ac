//! The gap chosen from the data.

use efm::automatic_gap;
use efm_core::{Points, Seed};
use efm_data::DataSpec;

fn gaussian(dim: usize, shift: f32, std: f32) -> Points {
    let spec: DataSpec = toml::from_str(&format!("kind = 'gaussian'\ndim = {dim}")).unwrap();
    let points = spec.open(std::path::Path::new("")).unwrap().draw(&Seed(1).stream("cloud"), 0, 4000).unwrap();
    Points::from_values(dim, points.as_slice().iter().map(|x| shift + std * x).collect()).unwrap()
}

#[test]
fn it_grows_with_the_spread_and_with_the_square_root_of_d() {
    // Six spreads in the plane; lines spread by z√D. The spread of 4 000 points is known to 1/√8000 = 1 %, the W2 of the
    // quantiles of equal clouds is 0.
    for (dim, std) in [(1, 1.0), (2, 1.0), (2, 3.0), (32, 1.0)] {
        let cloud = gaussian(dim, 0.0, std);
        let expected = 6.0 * f64::from(std) * (dim as f64 / 2.0).sqrt();
        assert!((automatic_gap(&cloud, &cloud) / expected - 1.0).abs() < 0.04, "D = {dim}, spread {std}");
    }
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
