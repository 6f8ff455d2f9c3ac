//! The classifier: shapes, what it refuses, and a gradient against differences.

use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use efm::Classifier;
use efm_core::Seed;

fn images(count: usize, dim: usize, device: &Device) -> Tensor<2> {
    let values: Vec<f32> = (0..count * dim).map(|i| ((i * 7919 % 113) as f32 / 56.0) - 1.0).collect();
    Tensor::from_data(TensorData::new(values, [count, dim]), device)
}

#[test]
fn features_and_logits_have_their_shapes_at_odd_sizes() {
    let device = Device::flex();
    for image in [[1, 8, 8], [3, 7, 5], [3, 16, 16]] {
        let classifier = Classifier::new(image, 10, &Seed(1).stream("c"), &device).unwrap();
        let features = classifier.features(images(3, image.iter().product(), &device));
        assert_eq!(features.dims(), [3, Classifier::FEATURES]);
        assert_eq!(classifier.logits(features).dims(), [3, 10]);
    }
    assert!(Classifier::new([3, 3, 16], 10, &Seed(1).stream("c"), &device).is_err());
    assert!(Classifier::new([1, 8, 8], 0, &Seed(1).stream("c"), &device).is_err());
}

#[test]
fn gradient_of_an_input_is_the_slope() {
    let device = Device::flex().autodiff();
    let classifier = Classifier::new([1, 8, 8], 2, &Seed(1).stream("c"), &device).unwrap();
    assert!(classifier.num_params() > 0);
    let x = images(1, 64, &device).require_grad();
    let value = |x: Tensor<2>| classifier.logits(classifier.features(x)).slice([0..1, 0..1]).sum();
    let gradient = x.grad(&value(x.clone()).backward()).unwrap().into_data().try_to_vec::<f32>().unwrap();
    let at = |step: f32, index: usize| {
        let mut values = x.clone().into_data().try_to_vec::<f32>().unwrap();
        values[index] += step;
        let moved = Tensor::<2>::from_data(TensorData::new(values, [1, 64]), &device);
        value(moved).into_data().try_to_vec::<f32>().unwrap()[0]
    };
    let largest = gradient.iter().fold(0.0_f32, |most, slope| most.max(slope.abs()));
    assert!(largest > 0.0);
    for index in [0, 9, 27, 63] {
        // f32 rounding of values of order 0.1 over the step is 1e-5; the third order of the step is smaller.
        let slope = (at(5e-3, index) - at(-5e-3, index)) / 1e-2;
        assert!((slope - gradient[index]).abs() < 0.02 * largest + 1e-4, "{slope} {}", gradient[index]);
    }
}
