//! The moving average of the weights: its closed form, and that training never sees it.

mod common;

use burn::module::{Module, Param, ParamId};
use burn::tensor::Tensor;
use common::{config, cpu, train};
use efm_train::MovingAverage;
use efm_train::config::TrainConfig;

#[derive(Module, Debug)]
struct One {
    value: Param<Tensor<1>>,
}

fn one(value: f32) -> One {
    One { value: Param::initialized(ParamId::from(1), Tensor::from_floats([value], &cpu())) }
}

fn read(average: &MovingAverage<One>) -> f32 {
    average.module().value.val().try_into_vec_as::<f32>().unwrap()[0]
}

#[test]
fn a_constant_decay_gives_a_geometric_sum() {
    // a_n = d^n a_0 + (1 − d) Σ_k d^{n−k} v_k; with d = 1/2 and small integers every term is exact in f32.
    let values = [8.0_f32, -4.0, 16.0, 2.0, -32.0];
    let mut average = MovingAverage::new(&one(64.0), 0.5);
    for (index, &value) in values.iter().enumerate() {
        // From step 100 on the warm-up's (1 + t)/(10 + t) is above one half.
        average.update(&one(value), 100 + index);
    }
    let n = values.len() as i32;
    let sum: f32 = values.iter().zip(1..).map(|(&v, k)| 0.5 * 0.5_f32.powi(n - k) * v).sum();
    assert_eq!(read(&average), 0.5_f32.powi(n) * 64.0 + sum);
}

#[test]
fn early_steps_forget_the_initial_weights() {
    // Weights that stand still at v from step 0 on leave Π (1 + t)/(10 + t) = 9!·n!/(n + 9)! of the distance to v.
    let mut average = MovingAverage::new(&one(1.0), 0.9999);
    for step in 0..20 {
        average.update(&one(0.0), step);
    }
    let left: f64 = (0..20).map(|t| (1.0 + f64::from(t)) / (10.0 + f64::from(t))).product();
    // Twenty roundings of f32.
    assert!((f64::from(read(&average)) / left - 1.0).abs() < 20.0 * f64::from(f32::EPSILON));
}

#[test]
fn no_decay_no_average() {
    let mut average = MovingAverage::new(&one(64.0), 0.0);
    average.update(&one(3.0), 1_000);
    assert_eq!(read(&average), 3.0);
}

#[test]
fn training_never_sees_the_average() {
    let folder = tempfile::tempdir().unwrap();
    let with = |ema| {
        let config = TrainConfig { ema, validate_every: 5, ..config() };
        train(&config, &folder.path().join(format!("ema-{ema}"))).1
    };
    let (averaged, plain) = (with(0.999), with(0.0));
    assert!(averaged.weights == plain.weights, "the average changed the weights");
    assert!(averaged.optimizer == plain.optimizer, "the average changed the optimiser");
    assert!(plain.average == plain.weights, "without decay the average is the weights");
    assert!(averaged.average != averaged.weights);
}
