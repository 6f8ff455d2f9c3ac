//! Densities in closed form against what the samplers draw, and files for them.

use std::path::Path;

use efm_core::Seed;
use efm_data::{DataError, DataSpec, Sampler, read_points, write_column};

fn open(text: &str) -> Box<dyn Sampler> {
    toml::from_str::<DataSpec>(text).unwrap().open(Path::new("")).unwrap()
}

/// Distributions in the plane with a closed form; the board only without noise.
const PLANAR: [&str; 4] = [
    "kind = 'gaussian'\nmean = [0.5, -1.0]\nstd = 0.7",
    "kind = 'mixture'\ncentres = [[2.0, 0.0], [-1.0, 1.0]]\nstd = 0.6\nweights = [1.0, 3.0]",
    "kind = 'eight-gaussians'\nradius = 3.0",
    "kind = 'checkerboard'\nfields = 4\nhalf_width = 2.0",
];

#[test]
fn they_integrate_to_one() {
    // A sum over a grid of cells of 0.05 on [−8, 8]². For normals of width 0.5 and more the sum is exact to 1e-9 and more;
    // the fields of the board hold whole cells.
    for text in PLANAR {
        let sampler = open(text);
        let cell = 0.05;
        let place = |index: i32| (f64::from(index) + 0.5) * cell;
        let points = (-160..160).flat_map(|i| (-160..160).map(move |j| [place(i), place(j)]));
        let total: f64 = points.map(|point| sampler.ln_density(&point).unwrap().exp() * cell * cell).sum();
        assert!((total - 1.0).abs() < 1e-8, "{text}: {total}");
    }
}

#[test]
fn mean_densities_are_those_of_drawn_points() {
    // E[exp(−|X − a|²/2)] over draws, against the same by noise of variance 1: (2π)·density of X + N(0, I) at a. The mean
    // of 40 000 values between 0 and 1 is known to 4·0.5/200 = 0.01 at the worst.
    let at = [0.4_f64, 0.3];
    for text in &PLANAR[..3] {
        let sampler = open(text);
        let drawn = sampler.draw(&Seed(2).stream("density"), 0, 40_000).unwrap();
        let kernel = |x: &[f32]| (-0.5 * (0..2).map(|j| (f64::from(x[j]) - at[j]).powi(2)).sum::<f64>()).exp();
        let mean = drawn.iter().map(kernel).sum::<f64>() / 40_000.0;
        let known = std::f64::consts::TAU * sampler.ln_density_smeared(&at, &[1.0, 1.0]).unwrap().exp();
        assert!((mean - known).abs() < 0.01, "{text}: {mean}, known {known}");
    }
}

#[test]
fn further_coordinates_multiply() {
    let flat = open(PLANAR[2]);
    let deep = open("kind = 'eight-gaussians'\nradius = 3.0\ndim = 4\npadding_std = 0.5");
    let one = |x: f64| -0.5 * ((x / 0.5).powi(2) + (std::f64::consts::TAU * 0.25).ln());
    let expected = flat.ln_density(&[1.0, 2.0]).unwrap() + one(0.3) + one(-0.1);
    assert!((deep.ln_density(&[1.0, 2.0, 0.3, -0.1]).unwrap() - expected).abs() < 1e-12);
}

#[test]
fn no_width_and_no_closed_form_have_none() {
    for text in ["kind = 'gaussian'\nstd = 0.0", "kind = 'swiss-roll'", "kind = 'moons'", "kind = 'spiral'"] {
        assert_eq!(open(text).ln_density(&[0.0, 0.0]), None, "{text}");
    }
    assert_eq!(open(PLANAR[3]).ln_density_smeared(&[0.0, 0.0], &[0.1, 0.1]), None);
    assert_eq!(open(PLANAR[3]).ln_density(&[-1.5, -0.5]), Some(f64::NEG_INFINITY));
    // Noise gives a point a width; far away the density is small, not zero.
    let point = open("kind = 'gaussian'\nstd = 0.0");
    assert!(point.ln_density_smeared(&[1e3, 0.0], &[1.0, 1.0]).unwrap().is_finite());
}

#[test]
fn a_column_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for name in ["column.npy", "column.csv", "column.tsv"] {
        write_column(&path(name), "ln_density", &[-1.5, 0.25, -1e30]).unwrap();
        let points = read_points(&path(name), None).unwrap();
        assert_eq!((points.dim(), points.as_slice()), (1, &[-1.5, 0.25, -1e30_f32][..]), "{name}");
    }
    write_column(&path("nan.csv"), "ln_density", &[f64::NAN, f64::NEG_INFINITY, 1.0]).unwrap();
    assert_eq!(std::fs::read_to_string(path("nan.csv")).unwrap(), "ln_density\nnan\n-inf\n1.0\n");
    for name in ["column.npz", "column.dat"] {
        let error = write_column(&path(name), "ln_density", &[1.0]).unwrap_err();
        assert!(matches!(error, DataError::BadParameter { .. } | DataError::UnknownFormat { .. }), "{error}");
        assert!(!path(name).exists());
    }
}
