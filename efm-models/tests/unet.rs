//! U-Nets: shapes, signs, sizes, gradients, conditions.

mod common;

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use common::{GAP, cpu};
use efm_core::{Augmented, Seed};
use efm_field::Field;
use efm_models::{
    Condition, FieldNet, FluxTube, Geometry, Head, LearnedField, ModelError, Network, NetworkConfig, UNetConfig,
};
use rand::RngExt;

fn geometry(dim: usize) -> Geometry {
    Geometry { dim, gap: GAP, source_spread: 1.0, target_spread: 2.0, stretched: true, head: Head::Forward }
}

fn tiny(image: [usize; 3]) -> UNetConfig {
    UNetConfig {
        channels: 4,
        multipliers: vec![1, 2],
        attention: vec![image[1]],
        image: Some(image),
        ..UNetConfig::default()
    }
}

fn build(config: UNetConfig, seed: u64, device: &Device) -> Result<Network, ModelError> {
    let dim = config.image.map_or(12, |image| image.iter().product());
    NetworkConfig::UNet(config).init(geometry(dim), &Seed(seed).stream("weights"), device)
}

/// Weights off their start, as after some training.
fn trained(network: Network) -> Network {
    struct Shake(u64);
    impl burn::module::ModuleMapper for Shake {
        fn map_float<const D: usize>(
            &mut self,
            param: burn::module::Param<Tensor<D>>,
        ) -> burn::module::Param<Tensor<D>> {
            self.0 += 1;
            let index = self.0;
            param.map(|values| {
                let shaken = values.clone() + random(index, values.dims(), &values.device()).mul_scalar(0.2);
                if values.is_require_grad() { shaken.detach().require_grad() } else { shaken }
            })
        }
    }
    network.map(&mut Shake(100))
}

fn random<const D: usize>(name: u64, shape: [usize; D], device: &Device) -> Tensor<D> {
    let mut random = Seed(5).stream("unet").at(name);
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| random.random_range(-1.0..1.0)).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn heights(values: &[f32]) -> Tensor<2> {
    Tensor::from_data(TensorData::new(values.to_vec(), [values.len(), 1]), &cpu())
}

fn numbers(tensor: Tensor<2>) -> Vec<f32> {
    tensor.try_into_vec_as::<f32>().expect("a CPU reads back")
}

#[test]
fn values_have_a_component_more_than_x_and_the_last_is_positive() {
    let sizes: [(UNetConfig, usize); 7] = [
        (tiny([1, 2, 2]), 3),
        (tiny([3, 8, 4]), 2),
        (tiny([2, 6, 10]), 1),
        (UNetConfig { patch: 2, ..tiny([3, 8, 12]) }, 2),
        (UNetConfig { channels: 5, multipliers: vec![3], blocks: 2, attention: vec![], ..tiny([1, 7, 5]) }, 2),
        (UNetConfig { channels: 1, multipliers: vec![1, 1, 2, 3], ..tiny([1, 8, 8]) }, 2),
        (UNetConfig { channels: 8, groups: 3, multipliers: vec![1, 2, 2], ..tiny([1, 28, 28]) }, 1),
    ];
    for (config, count) in sizes {
        let dim = config.image.expect("given").iter().product();
        let network = trained(build(config.clone(), 1, &cpu()).unwrap());
        let values = network.forward(random(1, [count, dim], &cpu()).mul_scalar(4.0), heights(&vec![1.0; count]));
        assert_eq!(values.dims(), [count, dim + 1], "{config:?}");
        for value in numbers(values).chunks_exact(dim + 1) {
            assert!(value.iter().all(|v| v.is_finite()) && value[dim] > 0.0, "{config:?}: {value:?}");
        }
    }
}

#[test]
fn slopes_are_those_of_lines_between_their_expected_ends() {
    let (image, count, device) = ([2, 4, 4], 5, cpu());
    let geometry = Geometry { head: Head::Ends, stretched: false, ..geometry(32) };
    let config = NetworkConfig::UNet(tiny(image));
    let network = trained(config.init(geometry, &Seed(1).stream("weights"), &device).unwrap());
    let (x, z) = (random(1, [count, 32], &device).mul_scalar(2.0), heights(&[0.3, 1.0, 1.5, 2.0, 2.7]));
    let [from, to] = network.ends(&x, z.clone(), None).expect("a head of ends");
    assert_eq!([from.dims(), to.dims()], [[count, 32]; 2]);
    let [source, target] = FluxTube::new(&geometry, 0, &device).parts(&x, &z).ends;
    // Away from the one and towards the other, each by its share of the flux.
    let expected =
        numbers((x.clone() - from) * (source.share * source.slope) + (to - x.clone()) * (target.share * target.slope));
    let found = numbers(network.forward(x, z));
    let size = expected.iter().map(|v| v.abs()).fold(0.0, f32::max);
    // Sums of f32 in another order.
    assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-4 * size), "{found:?} {expected:?}");
    assert!(
        build(tiny(image), 1, &device).unwrap().ends(&random(1, [1, 32], &device), heights(&[1.0]), None).is_none()
    );
}

#[test]
fn sizes_that_make_no_network_are_refused_by_name() {
    let usual = || tiny([1, 4, 4]);
    let cases = [
        ("channels", UNetConfig { channels: 0, ..usual() }),
        ("channels", UNetConfig { channels: 4_097, ..usual() }),
        ("blocks", UNetConfig { blocks: 0, ..usual() }),
        ("patch", UNetConfig { patch: 0, ..usual() }),
        ("groups", UNetConfig { groups: 0, ..usual() }),
        ("multipliers", UNetConfig { multipliers: vec![], ..usual() }),
        ("multipliers", UNetConfig { multipliers: vec![1, 0], ..usual() }),
        ("multipliers", UNetConfig { multipliers: vec![1; 13], ..usual() }),
        ("classes", UNetConfig { classes: 1_000_001, ..usual() }),
        ("conditions", UNetConfig { conditions: 65_537, ..usual() }),
    ];
    for (wrong, config) in cases {
        let error = build(config, 1, &cpu()).unwrap_err();
        assert!(matches!(error, ModelError::BadConfig { key, .. } if key == wrong), "{wrong}: {error}");
    }
}

#[test]
fn images_that_do_not_fit_are_refused_with_a_way_out() {
    let unknown = build(UNetConfig { image: None, ..tiny([1, 4, 4]) }, 1, &cpu()).unwrap_err().to_string();
    assert!(unknown.contains("model.image"), "{unknown}");
    let odd = build(UNetConfig { multipliers: vec![1, 1, 1], ..tiny([1, 6, 8]) }, 1, &cpu()).unwrap_err().to_string();
    assert!(odd.contains("divisible by 4"), "{odd}");
    for image in [[1, 4, 4], [0, 4, 4], [usize::MAX, 2, 2], [3, 0, 0]] {
        let config = NetworkConfig::UNet(tiny(image));
        let error = config.init(geometry(12), &Seed(1).stream("weights"), &cpu()).unwrap_err();
        assert!(matches!(error, ModelError::BadImage { .. }), "{image:?}: {error}");
    }
}

#[test]
fn the_size_of_the_data_fills_what_was_left_open() {
    let config = NetworkConfig::UNet(UNetConfig::default()).for_images(3 * 16 * 8, [16, 8]);
    let NetworkConfig::UNet(config) = config else { panic!("another network") };
    assert_eq!(config.image, Some([3, 16, 8]));
    assert_eq!(config.clone().for_images(64, [8, 8]).image, Some([3, 16, 8]), "what is given stays");
    assert_eq!(UNetConfig::default().for_images(5, [0, 0]).image, Some([0, 0, 0]), "refused later, not here");
}

#[test]
fn one_seed_one_network() {
    let bytes = |seed| build(tiny([1, 4, 4]), seed, &cpu()).unwrap().into_record().into_bytes().unwrap().to_vec();
    assert_eq!(bytes(1), bytes(1));
    assert_ne!(bytes(1), bytes(2));
}

#[test]
fn before_training_every_line_is_straight() {
    let network = build(tiny([1, 4, 4]), 1, &cpu()).unwrap();
    for value in numbers(network.forward(random(1, [5, 16], &cpu()), heights(&[0.0, 0.1, 1.5, 2.9, GAP as f32])))
        .chunks_exact(17)
    {
        assert!(value[..16].iter().all(|&v| v == 0.0), "{value:?}");
        // squareplus(0) and the floor.
        assert!((value[16] - 0.5001).abs() < 1e-6, "{value:?}");
    }
}

#[test]
fn heights_near_both_plates_are_told_apart() {
    let network = trained(build(UNetConfig { channels: 16, ..tiny([1, 4, 4]) }, 1, &cpu()).unwrap());
    let gap = GAP as f32;
    let shares = [0.0, 0.001, 0.003, 0.01, 0.5, 0.51, 0.99, 0.997, 0.999, 1.0];
    let values =
        network.forward(random(1, [1, 16], &cpu()).expand([10, 16]), heights(&shares.map(|share| share * gap)));
    let values = numbers(values);
    for (index, pair) in values.chunks_exact(17).collect::<Vec<_>>().windows(2).enumerate() {
        let apart = pair[0].iter().zip(pair[1]).fold(0.0_f32, |most, (a, b)| most.max((a - b).abs()));
        // Thousands of roundings of f32: what differs by that little could not be learned.
        assert!(apart > 1e-3, "{} and {}: {apart}", shares[index], shares[index + 1]);
    }
}

/// Parameters by the layers' sizes.
fn counted(config: &UNetConfig, colours: usize, height: usize) -> usize {
    let conv = |from: usize, to: usize, kernel: usize| from * to * kernel * kernel + to;
    let told = 4 * config.channels;
    let residual = |from: usize, to: usize| {
        let straight = if from == to { 0 } else { conv(from, to, 1) };
        2 * from + conv(from, to, 3) + conv(told, to, 1) + 2 * to + conv(to, to, 3) + straight
    };
    let attention = |channels: usize| 2 * channels + 4 * conv(channels, channels, 1);
    let width = config.channels;
    let mut sum = conv(width, told, 1) + conv(told, told, 1) + conv(1, told, 1) + conv(colours, width, 3);
    let (mut skips, mut present) = (vec![width], width);
    let last = config.multipliers.len() - 1;
    let attended = |level: usize| config.attention.contains(&(height >> level));
    for (level, multiplier) in config.multipliers.iter().enumerate() {
        let channels = width * multiplier;
        for _ in 0..config.blocks {
            sum += residual(present, channels) + if attended(level) { attention(channels) } else { 0 };
            present = channels;
            skips.push(channels);
        }
        if level < last {
            sum += conv(channels, channels, 3);
            skips.push(channels);
        }
    }
    sum += 2 * residual(present, present) + attention(present);
    for (level, multiplier) in config.multipliers.iter().enumerate().rev() {
        let channels = width * multiplier;
        for _ in 0..=config.blocks {
            sum += residual(present + skips.pop().expect("as many"), channels);
            present = channels;
        }
        sum += if attended(level) { attention(channels) } else { 0 }
            + if level > 0 { conv(channels, channels, 3) } else { 0 };
    }
    sum + 2 * present + conv(present, colours, 3) + conv(present, 2, 1)
}

#[test]
fn sizes_are_those_of_the_literature_and_the_documentation() {
    let images = |channels, multipliers: &[usize], blocks| UNetConfig {
        channels,
        multipliers: multipliers.to_vec(),
        blocks,
        image: Some([3, 32, 32]),
        ..UNetConfig::default()
    };
    // What those networks have not: the distance from the axis, and the head.
    let ours = 2 * 512 + 2 * 128 + 2;
    // Ho et al. 2020 for CIFAR-10, 35.7 million (Appendix B), with two more attentions on the way up, of 256 channels.
    let ho = images(128, &[1, 2, 2, 2], 2);
    let attention = 4 * (256 * 256 + 256) + 2 * 256;
    assert_eq!(counted(&ho, 3, 32) - ours + 2 * attention, 35_746_307);
    // Four blocks: the 57.6 million of the published image experiments.
    assert_eq!(counted(&images(128, &[1, 2, 2, 2], 4), 3, 32) - ours, 57_633_027);
    for config in [images(32, &[1, 2, 2], 1), images(64, &[1, 2, 2], 2), images(20, &[1, 2, 2], 1)] {
        assert_eq!(build(config.clone(), 1, &cpu()).unwrap().num_params(), counted(&config, 3, 32));
    }
    assert_eq!(counted(&images(32, &[1, 2, 2], 1), 3, 32), 1_097_509);
}

#[test]
fn gradients_agree_with_finite_differences() {
    let device = cpu().autodiff();
    let config = UNetConfig { conditions: 2, classes: 3, ..tiny([2, 4, 4]) };
    let network = trained(build(config, 4, &device).unwrap());
    let lift = |tensor: Tensor<2>| Tensor::<2>::from_inner(tensor);
    let (base, along) = (random(1, [2, 32], &cpu()), random(2, [2, 32], &cpu()));
    let sum = |x: Tensor<2>| {
        let condition = Condition {
            classes: Some(Tensor::<1, Int>::from_data([0, 2], &device)),
            numbers: Some(lift(random(3, [2, 2], &cpu()))),
            dropout: None,
        };
        let values = network.conditional(x, lift(heights(&[0.7, 2.0])), Some(&condition));
        (values * lift(random(4, [2, 33], &cpu()))).sum()
    };
    let x = lift(base.clone()).require_grad();
    let gradient = x.grad(&sum(x.clone()).backward()).expect("asked for");
    let slope = numbers((gradient * along.clone()).sum().reshape([1, 1]))[0];
    let h = 0.01;
    let at = |h: f32| numbers(sum(lift(base.clone() + along.clone().mul_scalar(h))).inner().reshape([1, 1]))[0];
    let difference = (at(h) - at(-h)) / (2.0 * h);
    // Values of order 10 carry 1e-6, over 2h that is 1e-4; the curvature adds terms of order h² = 1e-4.
    assert!((slope - difference).abs() < 5e-3 * slope.abs().max(1.0), "{slope} {difference}");
}

#[test]
fn every_parameter_has_a_gradient() {
    struct Missing<'a>(&'a burn::optim::GradientsParams, Vec<String>, Vec<String>);
    impl burn::module::ModuleVisitor for Missing<'_> {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.1.push(name.to_owned());
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.1.pop();
        }
        fn visit_float<const D: usize>(&mut self, param: &burn::module::Param<Tensor<D>>) {
            let largest = self.0.get::<D>(param.id).map(|g| g.abs().max().into_scalar::<f32>());
            if largest.is_none_or(|largest| largest == 0.0) {
                self.2.push(self.1.join("."));
            }
        }
    }
    let device = cpu().autodiff();
    let network = trained(build(UNetConfig { conditions: 2, classes: 3, ..tiny([1, 4, 4]) }, 4, &device).unwrap());
    let condition =
        Condition { numbers: Some(Tensor::<2>::from_data([[1.0, -1.0], [0.5, 2.0]], &device)), ..Condition::default() };
    let lift = |tensor: Tensor<2>| Tensor::<2>::from_inner(tensor);
    let values = network.conditional(lift(random(1, [2, 16], &cpu())), lift(heights(&[0.7, 2.0])), Some(&condition));
    let loss = (values * lift(random(4, [2, 17], &cpu()))).sum();
    let gradients = burn::optim::GradientsParams::from_grads(loss.backward(), &network);
    let mut missing = Missing(&gradients, Vec::new(), Vec::new());
    network.visit(&mut missing);
    // A constant added to every key changes no attention (Ramachandran et al. 2019); its gradient is zero up to rounding.
    missing.2.retain(|name| !name.ends_with("key.bias"));
    assert!(missing.2.is_empty(), "{:?}", missing.2);
}

#[test]
fn a_condition_changes_the_field_and_none_is_a_class_of_its_own() {
    let network = trained(build(UNetConfig { conditions: 2, classes: 3, ..tiny([1, 4, 4]) }, 4, &cpu()).unwrap());
    let values = |condition: Option<Condition>| {
        numbers(network.conditional(random(1, [1, 16], &cpu()), heights(&[1.0]), condition.as_ref()))
    };
    let class =
        |class: i64| Condition { classes: Some(Tensor::<1, Int>::from_data([class], &cpu())), ..Condition::default() };
    let told = Condition { numbers: Some(Tensor::<2>::from_data([[1.0, -1.0]], &cpu())), ..Condition::default() };
    let all = [values(None), values(Some(class(0))), values(Some(class(1))), values(Some(told))];
    for (index, one) in all.iter().enumerate() {
        for other in &all[index + 1..] {
            assert_ne!(one, other);
        }
    }
    assert_eq!(values(Some(class(3))), all[0], "the class after the last is none");
    assert_eq!(values(Some(Condition::default())), all[0]);
}

#[test]
fn a_conditional_field_is_that_of_its_condition() {
    let network = trained(build(UNetConfig { classes: 2, ..tiny([1, 4, 4]) }, 4, &cpu()).unwrap());
    let mut at = Augmented::new(16);
    at.push(&[0.3; 16], 1.0);
    at.push(&[-0.3; 16], 2.0);
    let field = |class: i64| {
        let condition =
            Condition { classes: Some(Tensor::<1, Int>::from_data([class], &cpu())), ..Condition::default() };
        LearnedField::new(&network, geometry(16), &cpu())
            .under(condition)
            .expect("a class")
            .evaluate(&at)
            .unwrap()
            .directions
    };
    let alone = LearnedField::new(&network, geometry(16), &cpu()).evaluate(&at).unwrap().directions;
    assert_ne!(field(0), field(1));
    assert_eq!(field(2), alone);
}

#[test]
fn a_point_does_not_depend_on_its_batch() {
    let network = trained(build(tiny([1, 4, 4]), 4, &cpu()).unwrap());
    let field = LearnedField::new(&network, geometry(16), &cpu());
    let mut all = Augmented::new(16);
    let mut random = Seed(3).stream("queries").at(0);
    for _ in 0..1_300 {
        let x: Vec<f64> = (0..16).map(|_| random.random_range(-2.0..2.0)).collect();
        all.push(&x, random.random_range(0.0..GAP));
    }
    let together = field.evaluate(&all).unwrap().directions;
    for (first, count) in [(0, 1), (3, 7), (511, 2), (1_000, 300)] {
        let mut part = Augmented::new(16);
        (first..first + count).for_each(|index| part.push_point(all.point(index)));
        let alone = field.evaluate(&part).unwrap().directions;
        // Bit for bit, as every sum of a point has its own order.
        assert_eq!(alone.as_slice(), &together.as_slice()[17 * first..17 * (first + count)], "{count} from {first}");
    }
}
