//! Times of a U-Net on this machine's cores: a training step, inference, and the operators beside burn's own.
//!
//! `target/release/examples/bench_unet [--json] [--rounds N] [--operators] [--weights FILE]`, after `cargo build --release
//! --workspace --bin efm --examples`; `--weights` writes the network, a batch and its output as safetensors and measures
//! nothing; `benches/unet.py` reads them.

#![allow(clippy::disallowed_methods, clippy::print_stdout)]

use std::time::Instant;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor, TensorData};
use efm_backend::operators::{Norm, Window, conv, normalise, plain};
use efm_core::Seed;
use efm_models::{FieldNet, Geometry, Head, Network, NetworkConfig, UNetConfig, device};
use rand::RngExt;
use rayon::prelude::*;
use safetensors::{Dtype, tensor::TensorView};

const BATCH: usize = 32;
const IMAGE: [usize; 3] = [3, 32, 32];
const DIM: usize = 3 * 32 * 32;

fn main() {
    let arguments: Vec<_> = std::env::args().collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let value = |name: &str| arguments.iter().skip_while(|argument| *argument != name).nth(1).cloned();
    let rounds = value("--rounds").and_then(|rounds| rounds.parse().ok()).unwrap_or(5);
    let device = device::parse("cpu").expect("the default build has the CPU");
    let x = random(1, [BATCH, DIM], &device);
    let z = random(2, [BATCH, 1], &device).add_scalar(1.5).mul_scalar(3.0);
    let geometry =
        Geometry { dim: DIM, gap: 10.0, source_spread: 1.0, target_spread: 1.0, stretched: true, head: Head::Forward };
    let config = NetworkConfig::UNet(UNetConfig { image: Some(IMAGE), ..UNetConfig::default() });
    let network = config.init(geometry, &Seed(1).stream("weights"), &device.clone().autodiff()).expect("a network");
    if let Some(path) = value("--weights") {
        std::fs::write(path, exported(&network, x, z)).expect("the file can be written");
        return;
    }
    let mut rows = vec![
        ("inference", timed(rounds, || drop(inference(&network.valid(), &x, &z)))),
        ("step", {
            let mut network = network.clone();
            let mut optimizer = AdamConfig::new().with_epsilon(1e-8).init();
            timed(rounds, || {
                let gradients = gradients(&network, &x, &z);
                network = optimizer.step(1e-4, network.clone(), gradients);
            })
        }),
    ];
    if has("--operators") {
        rows.extend(operators(rounds, &device));
    }
    if has("--json") {
        for (name, time) in rows {
            println!(
                "{}",
                format_args!(r#"{{"name":"{name}","wall_ms":{:.2},"cores_ms":{:.2}}}"#, time.wall, time.cores)
            );
        }
        return;
    }
    println!(
        "{} parameters, batch {BATCH} of {IMAGE:?}, {} threads",
        network.num_params(),
        rayon::current_num_threads()
    );
    for (name, time) in rows {
        println!("{name:<40} {:8.2} ms, {:8.2} ms of all cores", time.wall, time.cores);
    }
}

/// Milliseconds: the best by the clock, and the mean that all cores together worked (0 where Linux does not tell).
struct Time {
    wall: f64,
    cores: f64,
}

fn timed(rounds: usize, mut work: impl FnMut()) -> Time {
    work();
    let before = worked();
    let wall = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64() * 1e3
        })
        .fold(f64::INFINITY, f64::min);
    Time { wall, cores: (worked() - before) / rounds as f64 }
}

/// Milliseconds that all threads of this process have run, in steps of 10.
fn worked() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) * 10.0
}

fn random<const D: usize>(name: u64, shape: [usize; D], device: &Device) -> Tensor<D> {
    let mut random = Seed(9).stream("bench").at(name);
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| random.random_range(-1.0..1.0)).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

/// In shards side by side, as a learned field does it.
fn inference(network: &Network, x: &Tensor<2>, z: &Tensor<2>) -> Vec<Tensor<2>> {
    shards(network).into_par_iter().map(|rows| network.forward(cut(x, &rows), cut(z, &rows))).collect()
}

/// In shards side by side, as the trainer does it.
fn gradients(network: &Network, x: &Tensor<2>, z: &Tensor<2>) -> GradientsParams {
    let weights = network.valid();
    let parts: Vec<_> = shards(network)
        .into_par_iter()
        .map(|rows| {
            let network = weights.clone().train();
            let lift = |tensor: &Tensor<2>| Tensor::<2>::from_inner(cut(tensor, &rows));
            let loss = network.forward(lift(x), lift(z)).powi_scalar(2).sum();
            GradientsParams::from_grads(loss.backward(), &network)
        })
        .collect();
    let mut parts = parts.into_iter();
    let mut total = parts.next().expect("a batch has rows");
    for mut other in parts {
        network.visit(&mut Add { total: &mut total, other: &mut other });
    }
    total
}

fn shards(network: &Network) -> Vec<std::ops::Range<usize>> {
    let rows = network.rows_per_core();
    (0..BATCH).step_by(rows).map(|first| first..BATCH.min(first + rows)).collect()
}

fn cut(tensor: &Tensor<2>, rows: &std::ops::Range<usize>) -> Tensor<2> {
    tensor.clone().slice([rows.clone()])
}

struct Add<'a> {
    total: &'a mut GradientsParams,
    other: &'a mut GradientsParams,
}

impl ModuleVisitor for Add<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let (Some(sum), Some(more)) = (self.total.remove::<D>(param.id), self.other.remove::<D>(param.id)) {
            self.total.register(param.id, sum + more);
        }
    }
}

/// Convolution and normalisation of a batch with 64 channels: forward, and with each of the gradients.
fn operators(rounds: usize, device: &Device) -> Vec<(&'static str, Time)> {
    let channels = 64;
    let x = random(1, [BATCH, 32, 32, channels], device);
    let weights = random(2, [3, 3, channels, channels], device);
    let vector = random(3, [channels], device);
    let track = |tensor: &Tensor<4>, tracked: bool| {
        let tensor = Tensor::<4>::from_inner(tensor.clone());
        if tracked { tensor.require_grad() } else { tensor }
    };
    type Conv = fn(Tensor<4>, Tensor<4>, Tensor<2>, Window) -> Tensor<4>;
    type Normalise = fn(Tensor<4>, Tensor<1>, Tensor<1>, Norm) -> Tensor<4>;
    let of_conv = |conv: Conv, of_x: bool, of_weights: bool| {
        timed(rounds, || {
            let bias = Tensor::<1>::from_inner(vector.clone()).unsqueeze();
            let out = conv(track(&x, of_x), track(&weights, of_weights), bias, Window::SAME);
            if of_x || of_weights {
                drop(out.sum().backward());
            }
        })
    };
    let of_norm = |normalise: Normalise, of_x: bool| {
        timed(rounds, || {
            let vector = Tensor::<1>::from_inner(vector.clone());
            let norm = Norm { groups: 16, epsilon: 1e-6, silu: true };
            let out = normalise(track(&x, of_x), vector.clone(), vector, norm);
            if of_x {
                drop(out.sum().backward());
            }
        })
    };
    vec![
        ("convolution", of_conv(conv, false, false)),
        ("convolution, burn", of_conv(plain::conv, false, false)),
        ("convolution and input gradient", of_conv(conv, true, false)),
        ("convolution and input gradient, burn", of_conv(plain::conv, true, false)),
        ("convolution and weight gradient", of_conv(conv, false, true)),
        ("convolution and weight gradient, burn", of_conv(plain::conv, false, true)),
        ("group norm and SiLU", of_norm(normalise, false)),
        ("group norm and SiLU, burn", of_norm(plain::normalise, false)),
        ("group norm, SiLU and gradients", of_norm(normalise, true)),
        ("group norm, SiLU and gradients, burn", of_norm(plain::normalise, true)),
    ]
}

/// The network with weights off their start, a batch and its output.
fn exported(network: &Network, x: Tensor<2>, z: Tensor<2>) -> Vec<u8> {
    struct Shake(u64);
    impl ModuleMapper for Shake {
        fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
            self.0 += 1;
            let noise = random(self.0, param.dims(), &param.device()).mul_scalar(0.05);
            param.map(|values| values + noise)
        }
    }
    struct Arrays {
        path: Vec<String>,
        found: Vec<(String, TensorData)>,
    }
    impl ModuleVisitor for Arrays {
        fn enter_module(&mut self, name: &str, _: &str) {
            self.path.push(name.to_owned());
        }
        fn exit_module(&mut self, _: &str, _: &str) {
            self.path.pop();
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            // The first name is that of the kind of network.
            self.found.push((self.path[1..].join("."), param.val().into_data()));
        }
    }
    let network = network.valid().map(&mut Shake(100));
    let mut arrays = Arrays { path: Vec::new(), found: Vec::new() };
    network.visit(&mut arrays);
    let out = network.forward(x.clone(), z.clone());
    let io = [("io.x", x), ("io.z", z), ("io.out", out)];
    arrays.found.extend(io.map(|(name, tensor)| (name.to_owned(), tensor.into_data())));
    let views = arrays.found.iter().map(|(name, data)| {
        let view = TensorView::new(Dtype::F32, data.shape().to_vec(), data.as_bytes()).expect("numbers of f32");
        (name, view)
    });
    safetensors::serialize(views, None).expect("names differ")
}
