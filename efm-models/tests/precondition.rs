//! Preconditioners around any network: names of weights, what is refused, a backbone of one's own.

mod common;

use burn::module::{Module, ModuleVisitor, Param};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Tensor, TensorData};
use common::{GAP, between_plates, cpu, geometry};
use efm_core::Seed;
use efm_field::Field;
use efm_models::{
    Backbone, FieldNet, FluxTube, Geometry, Head, LearnedField, MlpConfig, ModelError, NetworkConfig, Outputs, Plain,
    Seen, TrainableNet, Tube, TwoPlates, UNetConfig,
};

/// Gives as many images as it is asked for: half of what it sees, and that again.
#[derive(Module, Debug)]
struct Half {
    scale: Linear,
    images: usize,
}

impl Half {
    fn new(images: usize) -> Self {
        Self { scale: LinearConfig::new(2, 2).with_bias(false).init(&cpu()), images }
    }
}

impl Backbone for Half {
    fn outputs(&self, seen: &Seen<'_>) -> Outputs {
        let image = self.scale.forward(seen.place.clone());
        Outputs::images(vec![image; self.images]).with_scalar(seen.radius.clone())
    }

    fn images(&self) -> usize {
        self.images
    }

    fn dim(&self) -> Option<usize> {
        Some(2)
    }
}

fn of(head: Head) -> Geometry {
    Geometry { head, ..geometry(2) }
}

fn names(module: &impl Module) -> Vec<String> {
    struct Names(Vec<String>, Vec<String>);
    impl ModuleVisitor for Names {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.0.push(name.to_owned());
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.0.pop();
        }
        fn visit_float<const D: usize>(&mut self, _: &Param<Tensor<D>>) {
            self.1.push(self.0.join("."));
        }
    }
    let mut names = Names(Vec::new(), Vec::new());
    module.visit(&mut names);
    names.1
}

#[test]
fn weights_are_called_as_in_files_without_wrappers() {
    // Files of models, checkpoints and `--init` go by these names.
    let mlp = NetworkConfig::Mlp(MlpConfig { depth: 1, gated: Some(true), classes: 2, ..MlpConfig::default() });
    let expected = ["hidden.0.weight", "hidden.0.bias", "output.weight", "output.bias", "gate.inwards.weight"];
    for (head, tube) in [(Head::Forward, false), (Head::Slope, true)] {
        let network = mlp.init(of(head), &Seed(1).stream("weights"), &cpu()).unwrap();
        let names = names(&network);
        assert_eq!(names[..5], expected.map(|name| format!("Mlp.{name}")));
        assert_eq!(names.iter().any(|name| name == "Mlp.tube.centres"), tube, "{names:?}");
    }
    let unet =
        UNetConfig { image: Some([1, 2, 1]), channels: 4, multipliers: vec![1], classes: 1, ..UNetConfig::default() };
    let network = NetworkConfig::UNet(unet).init(of(Head::Ends), &Seed(1).stream("weights"), &cpu()).unwrap();
    let names = names(&network);
    assert_eq!(names[0], "UNet.embedding.first.weight");
    assert_eq!(names.last().map(String::as_str), Some("UNet.tube.centres"));
}

#[test]
fn weights_of_one_wrapper_fit_another() {
    let config = NetworkConfig::Mlp(MlpConfig { gated: Some(false), ..MlpConfig::default() });
    let network = |head, seed| config.init(of(head), &Seed(seed).stream("weights"), &cpu()).unwrap();
    let (velocity, slope) = (network(Head::Velocity, 1), network(Head::Slope, 2));
    let slope = slope.try_load_record(velocity.clone().into_record()).expect("the same weights");
    let bytes = |network: efm_models::Network| network.into_record().into_bytes().unwrap().to_vec();
    assert_eq!(bytes(slope), bytes(velocity));
}

#[test]
fn a_wrapper_refuses_heads_and_backbones_of_others() {
    let wrong = |error: ModelError, head: Head| {
        assert!(matches!(error, ModelError::WrongHead { head: found, .. } if found == head), "{error}");
    };
    wrong(Plain::new(Half::new(1), of(Head::Slope)).unwrap_err(), Head::Slope);
    wrong(TwoPlates::new(Half::new(1), of(Head::Free)).unwrap_err(), Head::Free);
    wrong(Tube::new(Half::new(1), of(Head::Plates), 0, &cpu()).unwrap_err(), Head::Plates);
    // One image is no pair of ends, and points of three coordinates are none of two.
    let error = Tube::new(Half::new(1), of(Head::Ends), 0, &cpu()).unwrap_err();
    assert_eq!(error, ModelError::Unfitting { found: [1, 2], expected: [2, 2] });
    let error = Plain::new(Half::new(1), geometry(3)).unwrap_err();
    assert_eq!(error, ModelError::Unfitting { found: [1, 2], expected: [1, 3] });
    let unet = UNetConfig { image: Some([1, 2, 1]), channels: 4, multipliers: vec![1], ..UNetConfig::default() };
    for head in [Head::Free, Head::Plates] {
        let error = unet.init(of(head), &Seed(1).stream("weights"), &cpu()).unwrap_err();
        assert_eq!(error, ModelError::GapOnly);
    }
}

#[test]
fn a_backbone_of_ones_own_makes_a_field_in_every_wrapper() {
    let at = between_plates(2, 20, 2.0);
    let unit = |field: &dyn Field| {
        for n in field.evaluate(&at).unwrap().directions.iter() {
            let norm = n.iter().map(|v| v * v).sum::<f64>().sqrt();
            assert!((norm - 1.0).abs() < 1e-12, "{n:?}");
        }
    };
    for head in [Head::Forward, Head::Free, Head::Velocity] {
        unit(&LearnedField::new(&Plain::new(Half::new(1), of(head)).unwrap(), of(head), &cpu()));
    }
    let plates = TwoPlates::new(Half::new(1), of(Head::Plates)).unwrap();
    unit(&LearnedField::new(&plates, of(Head::Plates), &cpu()));
    for (head, images) in [(Head::Slope, 1), (Head::Ends, 2)] {
        let tube = Tube::new(Half::new(images), of(head), 1, &cpu()).unwrap();
        let tube = tube.centred(&[0.5, -0.5], &cpu()).unwrap().keeping_angles();
        unit(&LearnedField::new(&tube, of(head), &cpu()));
    }
}

#[test]
fn a_tube_adds_outputs_of_order_one_to_what_is_known() {
    // E_x/E_z = α x + β F: with F = 0 that of normal clouds, with F the difference in units of β.
    let geometry = of(Head::Slope);
    let [x, z] = [vec![0.5, -1.0, 2.0, 0.3], vec![0.3 * GAP as f32, 0.9 * GAP as f32]];
    let x = Tensor::<2>::from_data(TensorData::new(x, [2, 2]), &cpu());
    let z = Tensor::<2>::from_data(TensorData::new(z, [2, 1]), &cpu());
    let known = FluxTube::new(&geometry, 0, &cpu()).parts(&x, &z);
    let tube = Tube::new(Half::new(1), geometry, 0, &cpu()).unwrap();
    let numbers = |tensor: Tensor<2>| tensor.try_into_vec_as::<f32>().unwrap();
    let added = (tube.forward(x.clone(), z) - x.clone() * known.linear) / known.rest;
    let squash = {
        let scaled = x / known.variance.sqrt();
        let radius = scaled.clone().powi_scalar(2).mean_dim(1);
        scaled / radius.div_scalar(36.0).add_scalar(1.0).sqrt()
    };
    let expected = numbers(tube.backbone().scale.forward(squash));
    // Rounding of f32 in a difference of slopes of order one.
    assert!(numbers(added).iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-4));
}
