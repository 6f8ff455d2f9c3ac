//! Weights of PyTorch and networks that begin at them (`python3 benches/features.py --golden`).

mod common;

use std::path::{Path, PathBuf};

use burn::tensor::{Tensor, TensorData};
use common::cpu;
use efm_core::Seed;
use efm_models::{FieldNet, Geometry, Head, ModelError, Network, NetworkConfig, TrainableNet, UNetConfig, Weights};
use serde::Deserialize;

/// Relative to the largest value: f32 sums of up to 4 000 products in another order, through 50 and 94 layers.
const ROUNDING: f64 = 1e-4;

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

#[test]
fn tensors_of_a_checkpoint_are_read_by_their_names() {
    for name in ["tiny.pth", "tiny-legacy.pth"] {
        let weights = Weights::open(&golden(name)).unwrap();
        let shapes: Vec<_> = weights.shapes().collect();
        assert_eq!(shapes, [("inner.b", &[1][..]), ("list.0", &[1]), ("w", &[2, 2])], "{name}");
        assert_eq!(weights.read("w", &[2, 2]).unwrap(), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(weights.read("inner.b", &[1]).unwrap(), [0.5], "half precision");
        for (tensor, shape) in [("w", &[4][..]), ("v", &[2, 2])] {
            assert!(matches!(weights.read(tensor, shape), Err(ModelError::BadWeights { .. })), "{tensor} {shape:?}");
        }
    }
}

fn unet(channels: usize) -> Network {
    let image = Some([3, 8, 8]);
    let config = UNetConfig { channels, multipliers: vec![1, 2], attention: vec![4], image, ..UNetConfig::default() };
    let geometry =
        Geometry { dim: 192, gap: 3.0, source_spread: 1.0, target_spread: 2.0, stretched: true, head: Head::Forward };
    NetworkConfig::UNet(config).init(geometry, &Seed(1).stream("weights"), &cpu()).unwrap()
}

#[test]
fn a_network_begins_at_published_weights() {
    #[derive(Deserialize)]
    struct Published {
        first: Vec<Vec<f64>>,
        norm: Vec<f64>,
    }
    let expected: Published = serde_json::from_slice(&std::fs::read(golden("published.json")).unwrap()).unwrap();
    for (name, averaged) in [("published.pth", false), ("published-average.pth", true)] {
        let weights = Weights::open(&golden(name)).unwrap();
        let (network, taken) = unet(4).starting_from(&weights, &cpu()).unwrap();
        assert_eq!(taken.averaged, averaged, "{name}");
        // What is told the height, and the head of what this network has besides.
        let afresh = |name: &str| name.starts_with("UNet.embedding.") || name.starts_with("UNet.head.");
        assert!(taken.left.iter().all(|(name, _)| afresh(name)), "{name}: {:?}", taken.left);
        assert!(!taken.taken.iter().any(|name| afresh(name)));
        // At the source plate nothing is divided out, and weights that are told the height are zero in these files.
        let x = Tensor::<2>::from_data(TensorData::new(numbers(900, 2 * 192), [2, 192]), &cpu());
        let z = Tensor::<2>::zeros([2, 1], &cpu());
        let out = network.forward(x, z).try_into_vec_as::<f32>().unwrap();
        for ((out, first), norm) in out.chunks_exact(193).zip(&expected.first).zip(&expected.norm) {
            let size = out[..192].iter().map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt();
            assert!((size / norm - 1.0).abs() < ROUNDING, "{name}: {size}, not {norm}");
            for (place, (&out, first)) in out.iter().zip(first).enumerate() {
                assert!((f64::from(out) - first).abs() < ROUNDING, "{name}, {place}: {out}, not {first}");
            }
        }
    }
}

#[test]
fn tensors_of_another_shape_stay_as_they_are() {
    let weights = Weights::open(&golden("published.pth")).unwrap();
    // The number of channels differs everywhere but at the ends of the first and the last convolution.
    let (_, taken) = unet(8).starting_from(&weights, &cpu()).unwrap();
    assert_eq!(taken.taken, ["UNet.closing.bias"]);
    assert!(taken.left.iter().any(|(name, why)| name == "UNet.opening.weight" && why.contains("[4, 3, 3, 3]")));
    let nothing = unet(8).starting_from(&Weights::open(&golden("tiny.pth")).unwrap(), &cpu());
    assert!(matches!(nothing, Err(ModelError::BadWeights { .. })));
}
