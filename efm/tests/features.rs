//! Features of images, against PyTorch's own values (`python3 benches/features.py --golden`).

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use efm::Features;
use efm_core::Points;
use efm_models::{ModelError, Weights};
use serde::Deserialize;

/// Relative to the largest value: f32 sums of up to 4 000 products in another order, through 50 and 94 layers.
const ROUNDING: f64 = 1e-4;

fn cpu() -> Device {
    Device::flex()
}

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// Uniform numbers in [−1, 1) from index and key: the formula of benches/features.py.
fn numbers(key: u32, count: usize) -> Vec<f32> {
    let hashed = |index: usize| {
        let mut x = (index as u32).wrapping_mul(0x9E37_79B1).wrapping_add(key.wrapping_mul(0x85EB_CA77));
        for (shift, factor) in [(15, 0x2C1B_3C6D), (12, 0x297A_2D39)] {
            x = (x ^ (x >> shift)).wrapping_mul(factor);
        }
        (f64::from(x ^ (x >> 15)) / 2_f64.powi(31) - 1.0) as f32
    };
    (0..count).map(hashed).collect()
}

#[derive(Deserialize)]
struct Golden {
    /// Name of the convolution's weight, of the normalisation, shape.
    layers: Vec<(String, String, [usize; 4])>,
    images: Vec<Image>,
}

#[derive(Deserialize)]
struct Image {
    shape: [usize; 4],
    first: Vec<Vec<f64>>,
    norm: Vec<f64>,
}

impl Golden {
    fn read(name: &str) -> Self {
        serde_json::from_slice(&std::fs::read(golden(name)).unwrap()).unwrap()
    }

    /// The weights by the formula.
    fn weights(&self) -> Weights {
        let mut tensors = Vec::new();
        for (layer, (conv, norm, shape)) in self.layers.iter().enumerate() {
            let key = |part: u32| 5 * layer as u32 + part;
            let bound = (6.0 / shape[1..].iter().product::<usize>() as f64).sqrt() as f32;
            let values = numbers(key(0), shape.iter().product());
            tensors.push((conv.clone(), shape.to_vec(), values.into_iter().map(|value| bound * value).collect()));
            let mut part = |name: &str, index: u32, value: fn(f32) -> f32| {
                let values = numbers(key(index), shape[0]).into_iter().map(value).collect();
                tensors.push((format!("{norm}.{name}"), vec![shape[0]], values));
            };
            part("weight", 1, |u| 1.0 + 0.2 * u);
            part("bias", 2, |u| 0.01 * u);
            part("running_mean", 3, |u| 0.01 * u);
            part("running_var", 4, |u| 1.0 + (0.5 * u).abs());
        }
        Weights::of(Path::new("a formula"), tensors)
    }

    /// Features of all images are those of PyTorch.
    fn check(&self, features: &Features) {
        for (index, image) in self.images.iter().enumerate() {
            let [count, channels, height, width] = image.shape;
            let dim = channels * height * width;
            let points = Points::from_values(dim, numbers(100_000 + index as u32, count * dim)).unwrap();
            let found = features.of(&points, [channels, height, width], &cpu(), &mut |_| true).unwrap();
            assert_eq!((found.dim(), found.len()), (features.count(), count));
            for ((found, first), norm) in found.iter().zip(&image.first).zip(&image.norm) {
                let size = found.iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt();
                assert!((size / norm - 1.0).abs() < ROUNDING, "{:?}: length {size}, not {norm}", image.shape);
                let largest = found.iter().fold(0.0_f64, |most, &value| most.max(f64::from(value).abs()));
                for (place, (&found, first)) in found.iter().zip(first).enumerate() {
                    let error = (f64::from(found) - first).abs() / largest;
                    assert!(error < ROUNDING, "{:?}, feature {place}: {found}, not {first}", image.shape);
                }
            }
        }
    }
}

#[test]
fn efficientnet_lite0_is_that_of_its_package() {
    let golden = Golden::read("efficientnet-lite0.json");
    golden.check(&Features::efficientnet_lite0(&golden.weights(), &cpu()).unwrap());
}

#[test]
fn inception_is_that_of_the_frechet_inception_distance() {
    let golden = Golden::read("inception.json");
    golden.check(&Features::inception(&golden.weights(), &cpu()).unwrap());
}

#[test]
fn images_that_a_network_cannot_take_are_refused() {
    let golden = Golden::read("efficientnet-lite0.json");
    let features = Features::efficientnet_lite0(&golden.weights(), &cpu()).unwrap();
    let points = Points::from_values(12, numbers(1, 24)).unwrap();
    for shape in [[3, 2, 3], [2, 2, 3], [0, 2, 3], [3, usize::MAX, 2]] {
        let refused = features.of(&points, shape, &cpu(), &mut |_| true);
        assert!(matches!(refused, Err(ModelError::NoImages { .. })), "{shape:?}: {refused:?}");
    }
    let other = Features::inception(&golden.weights(), &cpu());
    assert!(matches!(other, Err(ModelError::BadWeights { .. })), "weights of another network");
}
