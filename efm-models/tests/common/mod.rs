//! Small networks and query points shared by the tests.
#![allow(dead_code)] // every test program uses a part

use burn::tensor::{Device, Tensor, TensorData};
use efm_core::{Augmented, Seed};
use efm_models::{Activation, FieldNet, Geometry, Head, LearnedField, MlpConfig, Network, NetworkConfig, device};
use rand::RngExt;

pub const GAP: f64 = 3.0;

pub fn cpu() -> Device {
    device::parse("cpu").expect("the default build has the CPU")
}

pub fn geometry(dim: usize) -> Geometry {
    Geometry { dim, gap: GAP, source_spread: 1.0, target_spread: 2.0, stretched: true, head: Head::Forward }
}

pub fn config(activation: Activation) -> NetworkConfig {
    NetworkConfig::Mlp(MlpConfig { width: 24, depth: 2, fourier: 3, activation, ..MlpConfig::default() })
}

pub fn network(dim: usize, seed: u64) -> Network {
    let config = config(Activation::Silu);
    config.init(geometry(dim), &Seed(seed).stream("weights"), &cpu()).expect("a small network")
}

pub fn field(dim: usize, seed: u64) -> LearnedField {
    LearnedField::new(&network(dim, seed), geometry(dim), &cpu())
}

/// `count` points between the plates, x within ±`reach`.
pub fn between_plates(dim: usize, count: usize, reach: f64) -> Augmented {
    let mut random = Seed(3).stream("queries").at(0);
    let mut points = Augmented::new(dim);
    for _ in 0..count {
        let x: Vec<_> = (0..dim).map(|_| random.random_range(-reach..reach)).collect();
        points.push(&x, random.random_range(0.0..GAP));
    }
    points
}

/// Values of `network` at `points`, D + 1 per point.
pub fn forward(network: &Network, points: &Augmented) -> Vec<f32> {
    let (dim, count) = (points.dim(), points.len());
    let x = points.iter().flat_map(|point| point[..dim].iter().map(|&x| x as f32)).collect::<Vec<_>>();
    let z = points.iter().map(|point| point[dim] as f32).collect::<Vec<_>>();
    let x = Tensor::<2>::from_data(TensorData::new(x, [count, dim]), &cpu());
    let z = Tensor::<2>::from_data(TensorData::new(z, [count, 1]), &cpu());
    let values = network.forward(x, z);
    assert_eq!(values.dims(), [count, dim + 1]);
    values.try_into_vec_as::<f32>().expect("a CPU reads back")
}
