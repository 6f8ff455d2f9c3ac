//! Pictures are whole, well-formed files, whatever the data.
#![allow(missing_docs)]

mod common;

use common::{normal, roll};
use efm_core::{Augmented, Points};
use efm_eval::{EvalError, ImageShape};
use efm_report::picture::{image as picture_of, *};

fn odd_clouds(dim: usize) -> Vec<Points> {
    let of = |values: Vec<f32>| Points::from_values(dim, values).unwrap();
    vec![
        of(vec![]),
        of(vec![1.0; dim]),
        of(vec![0.0; 5 * dim]),
        of(vec![3e38; 7 * dim]),
        of((0..6 * dim).map(|k| if k % 2 == 0 { f32::MAX } else { f32::MIN }).collect()),
        of((0..9 * dim).map(|k| if k % dim == 0 { 1.0 } else { k as f32 * 1e-42 }).collect()),
        normal(40, dim, 1),
    ]
}

/// One root element, tags that match, no number that is none.
fn assert_svg(path: &std::path::Path) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.starts_with("<svg ") && text.trim_end().ends_with("</svg>"));
    assert!(!text.contains("NaN") && !text.contains("\"inf"), "{}", path.display());
    assert_eq!(text.matches("<text").count(), text.matches("</text>").count());
    assert!(text.contains("viewBox") && text.len() < 3_000_000);
}

#[test]
fn clouds_of_any_kind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clouds.svg");
    for dim in [1, 2, 3, 40] {
        let odd = odd_clouds(dim);
        for (a, b) in odd.iter().zip(odd.iter().cycle().skip(3)) {
            let options = CloudOptions { title: Some("a < b & \u{0} \"c\"".into()), w2: Some(f64::NAN) };
            clouds(&path, a, b, &odd[6], &CloudOptions { w2: None, ..options.clone() }).unwrap();
            assert_svg(&path);
            clouds(&path, a, a, b, &CloudOptions { w2: Some(1e-9), ..options }).unwrap();
            assert_svg(&path);
        }
    }
    assert!(matches!(
        clouds(&path, &normal(3, 2, 1), &normal(3, 3, 1), &normal(3, 3, 1), &CloudOptions::default()),
        Err(EvalError::DimensionMismatch { .. })
    ));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file is left");
}

#[test]
fn large_clouds_are_thinned_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("clouds.svg");
    let cloud = roll(9_000, 1);
    clouds(&path, &cloud, &cloud, &cloud, &CloudOptions::default()).unwrap();
    let dots = std::fs::read_to_string(&path).unwrap().matches("<circle").count();
    assert!((7_900..=8_000).contains(&dots), "{dots} dots: three panels and the grey target");
}

#[test]
fn lines_of_any_kind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lines.svg");
    for dim in [1, 2, 5] {
        let mut odd = vec![Augmented::new(dim), Augmented::zeros(dim, 1), Augmented::zeros(dim, 30)];
        let mut wild = Augmented::new(dim);
        for value in [0.0, f64::NAN, 1e308, -1e308, f64::INFINITY, 0.5] {
            wild.push(&vec![value; dim], value);
        }
        odd.push(wild);
        for cloud in odd_clouds(dim) {
            for gap in [1e-30, 6.0, 1e30, f64::NAN] {
                field_lines(&path, &odd, &cloud, &normal(20, dim, 2), gap).unwrap();
                assert_svg(&path);
                field_lines(&path, &[], &normal(20, dim, 2), &cloud, gap).unwrap();
                assert_svg(&path);
            }
        }
    }
    let wrong = Augmented::zeros(3, 2);
    assert!(field_lines(&path, &[wrong], &normal(2, 2, 1), &normal(2, 2, 1), 1.0).is_err());
}

#[test]
fn losses_of_any_kind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("loss.svg");
    let odd = [1.0, 0.0, -1.0, f64::NAN, f64::INFINITY, 1e300, 1e-300];
    let point =
        |step, value| LossPoint { step, loss: value, validation: Some(value), grad_norm: Some(value), lr: value };
    let all: Vec<_> = odd.iter().enumerate().map(|(k, &value)| point(k as u64, value)).collect();
    let same_step: Vec<_> = odd.iter().map(|&value| point(7, value)).collect();
    let far: Vec<_> = odd.iter().enumerate().map(|(k, &value)| point(u64::MAX - k as u64, value)).collect();
    let nothing = [point(0, f64::NAN)];
    for log in [&[], &all[..], &same_step, &far, &nothing, &all[..1]] {
        loss(&path, log).unwrap();
        assert_svg(&path);
    }
    let long: Vec<_> = (0..100_000).map(|step| point(step, 1.0 + (step % 7) as f64)).collect();
    loss(&path, &long).unwrap();
    assert_svg(&path);
}

#[test]
fn images_of_any_kind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("images.png");
    for (channels, height, width) in [(1, 8, 8), (3, 4, 6), (2, 1, 1), (1, 1, 300)] {
        let shape = ImageShape { height, width, channels };
        for cloud in odd_clouds(height * width * channels) {
            for range in [(-1.0, 1.0), (0.0, 0.0), (f32::NAN, 1.0), (f32::MIN, f32::MAX), (1.0, 0.0)] {
                image_grid(&path, &cloud, shape, 4, range).unwrap();
                image_pairs(&path, &cloud, &cloud, shape, usize::MAX, range).unwrap();
                assert!(image::open(&path).unwrap().width() > 0);
            }
        }
    }
    let shape = ImageShape { height: 8, width: 8, channels: 1 };
    let digits = normal(30, 64, 1);
    assert!(matches!(image_grid(&path, &normal(3, 63, 1), shape, 4, (0.0, 1.0)), Err(EvalError::NotAnImage { .. })));
    assert!(matches!(image_grid(&path, &digits, shape, 0, (0.0, 1.0)), Err(EvalError::TooSmall { .. })));
    assert!(image_pairs(&path, &digits, &normal(29, 64, 1), shape, 4, (0.0, 1.0)).is_err());
    let huge = ImageShape { height: usize::MAX, width: 2, channels: 1 };
    assert!(image_grid(&path, &digits, huge, 4, (0.0, 1.0)).is_err());
    assert!(matches!(image_grid("/no/such/folder/x.png", &digits, shape, 4, (0.0, 1.0)), Err(EvalError::Io { .. })));
}

#[test]
fn a_pixel_is_where_it_should_be() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("one.png");
    // Channel after channel: red bright at (0, 0), green at (0, 1), blue at (1, 0).
    let values = vec![1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0];
    let point = Points::from_values(12, values).unwrap();
    image_grid(&path, &point, ImageShape { height: 2, width: 2, channels: 3 }, 1, (0.0, 1.0)).unwrap();
    let picture = image::open(&path).unwrap().to_rgb8();
    let (a, b) = (picture.width() / 4, 3 * picture.width() / 4);
    assert_eq!(picture.get_pixel(a, a).0, [255, 0, 0]);
    assert_eq!(picture.get_pixel(b, a).0, [0, 255, 0]);
    assert_eq!(picture.get_pixel(a, b).0, [0, 0, 255]);
    assert_eq!(picture.get_pixel(0, 0).0, [24; 3]);
}

#[test]
fn quality_of_any_kind() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("quality.svg");
    let curve = |points: Vec<(f64, f64)>, floor| QualityCurve {
        measure: "W2 < &".into(),
        solvers: vec![("heun".into(), points.clone()), ("own".into(), points.into_iter().take(1).collect())],
        floor,
    };
    let odd = [f64::NAN, 0.0, -1.0, f64::INFINITY, 1e300, 1e-300];
    let mut cases = vec![vec![], vec![curve(vec![], None)], vec![curve(vec![(5.0, 1.0), (10.0, 0.5)], Some(0.4))]];
    cases.extend(odd.map(|value| vec![curve(vec![(5.0, value), (value, 2.0)], Some(value)), curve(vec![], None)]));
    for curves in &cases {
        quality(&path, curves).unwrap();
        assert_svg(&path);
    }
}

#[test]
fn an_image_has_its_own_size_and_values() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.png");
    let shape = ImageShape { height: 2, width: 3, channels: 3 };
    let point: Vec<f32> = (0..18).map(|k| k as f32 / 17.0).collect();
    picture_of(&path, &point, shape, (0.0, 1.0)).unwrap();
    let read = ::image::open(&path).unwrap().to_rgb8();
    assert_eq!(read.dimensions(), (3, 2));
    // Channel after channel, row after row.
    assert_eq!(read.get_pixel(1, 1).0, [4, 10, 16].map(|k| (k as f32 * 15.0).round() as u8));
    let grey = ImageShape { height: 3, width: 2, channels: 1 };
    picture_of(&path, &[0.0, 1.0, 2.0, -1.0, f32::NAN, 0.5], grey, (0.0, 1.0)).unwrap();
    assert_eq!(::image::open(&path).unwrap().to_luma8().into_raw(), [0, 255, 255, 0, 0, 128]);
    assert!(matches!(picture_of(&path, &[0.0; 5], grey, (0.0, 1.0)), Err(EvalError::NotAnImage { .. })));
}
