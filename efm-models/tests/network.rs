//! Networks: shapes, signs, seeds and the sizes that make none.

mod common;

use burn::module::Module;
use burn::tensor::{Tensor, TensorData};
use common::{between_plates, config, cpu, forward, geometry, network};
use efm_core::Seed;
use efm_models::{Activation, FieldNet, Geometry, Head, MlpConfig, ModelError, NetworkConfig, TrainableNet};

const ACTIVATIONS: [Activation; 5] =
    [Activation::Silu, Activation::Relu, Activation::Gelu, Activation::Squareplus, Activation::Tanh];

#[test]
fn values_have_a_component_more_than_x_and_the_last_is_positive() {
    for activation in ACTIVATIONS {
        for dim in [1, 2, 5, 64] {
            let network = config(activation).init(geometry(dim), &Seed(1).stream("weights"), &cpu()).unwrap();
            let values = forward(&network, &between_plates(dim, 17, 4.0));
            assert_eq!(values.len(), 17 * (dim + 1));
            for value in values.chunks_exact(dim + 1) {
                assert!(value.iter().all(|v| v.is_finite()), "{activation:?}, D = {dim}: {value:?}");
                assert!(value[dim] > 0.0, "{activation:?}, D = {dim}: {value:?}");
            }
        }
    }
}

#[test]
fn the_last_component_is_positive_whatever_the_weights() {
    // Every weight and bias ten times a large negative draw: the worst that training could do to the last component.
    let network = network(2, 1);
    let bad = network.map(&mut Scale);
    for value in forward(&bad, &between_plates(2, 50, 4.0)).chunks_exact(3) {
        assert!(value[2] > 0.0, "{value:?}");
    }
}

struct Scale;

impl burn::module::ModuleMapper for Scale {
    fn map_float<const D: usize>(&mut self, param: burn::module::Param<Tensor<D>>) -> burn::module::Param<Tensor<D>> {
        param.map(|values| values.abs().add_scalar(0.1).mul_scalar(-10.0))
    }
}

#[test]
fn one_seed_one_network() {
    let bytes = |seed| network(3, seed).into_record().into_bytes().unwrap().to_vec();
    assert_eq!(bytes(1), bytes(1), "parameters, their numbers and their order hang on the seed alone");
    let at = between_plates(3, 8, 2.0);
    assert_ne!(bytes(1), bytes(2));
    assert_eq!(forward(&network(3, 1), &at), forward(&network(3, 1), &at));
}

#[test]
fn gradients_agree_with_finite_differences() {
    // d/dx of the summed values, by the graph and by central differences.
    let device = cpu().autodiff();
    let network = config(Activation::Silu).init(geometry(2), &Seed(4).stream("weights"), &device).unwrap();
    let sum = |x: [f32; 2]| {
        let x = Tensor::<2>::from_data(TensorData::new(x.to_vec(), [1, 2]), &device);
        let z = Tensor::<2>::from_data(TensorData::new(vec![1.0_f32], [1, 1]), &device);
        let x = x.require_grad();
        let sum = network.forward(x.clone(), z).sum();
        let gradient = x.grad(&sum.backward()).expect("x asks for it").try_into_vec_as::<f32>().unwrap();
        (sum.try_into_vec_as::<f32>().unwrap()[0], gradient)
    };
    let (_, gradient) = sum([0.5, -0.7]);
    // f32 values of order one carry 1e-7; over a step of 0.02 that is 1e-5, and the curvature term is of order h² = 1e-4.
    let h = 0.01;
    for coordinate in 0..2 {
        let mut at = [0.5, -0.7];
        at[coordinate] += h;
        let up = sum(at).0;
        at[coordinate] -= 2.0 * h;
        let difference = (up - sum(at).0) / (2.0 * h);
        assert!(
            (gradient[coordinate] - difference).abs() < 1e-3,
            "{gradient:?}, coordinate {coordinate}: {difference}"
        );
    }
}

#[test]
fn ends_of_lines_are_refused() {
    let ends = Geometry { head: Head::Ends, ..geometry(4) };
    let error = config(Activation::Silu).init(ends, &Seed(1).stream("weights"), &cpu()).unwrap_err();
    assert!(matches!(error, ModelError::NoEnds), "{error}");
}

#[test]
fn middles_of_other_classes_are_refused() {
    let slopes = Geometry { head: Head::Slope, ..geometry(2) };
    let config = NetworkConfig::Mlp(MlpConfig { classes: 3, ..MlpConfig::default() });
    let network = config.init(slopes, &Seed(1).stream("weights"), &cpu()).unwrap();
    let error = network.centred(&[0.0; 4], &cpu()).unwrap_err();
    assert_eq!(error, ModelError::Middles { given: 4, classes: 3, dim: 2 });
}

#[test]
fn sizes_that_make_no_network_are_refused_by_name() {
    let usual = MlpConfig::default();
    let cases = [
        ("width", MlpConfig { width: 0, ..usual }),
        ("width", MlpConfig { width: 65_537, ..usual }),
        ("depth", MlpConfig { depth: 0, ..usual }),
        ("depth", MlpConfig { depth: 257, ..usual }),
        ("fourier", MlpConfig { fourier: 65, ..usual }),
    ];
    for (wrong, config) in cases {
        let error = NetworkConfig::Mlp(config).init(geometry(2), &Seed(1).stream("weights"), &cpu()).unwrap_err();
        assert!(matches!(error, ModelError::BadConfig { key, .. } if key == wrong), "{error}");
        assert!(error.to_string().contains(&format!("model.{wrong}")), "{error}");
    }
}
