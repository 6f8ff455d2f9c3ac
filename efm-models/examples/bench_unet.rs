//! Times of a U-Net on this machine's cores: a training step, inference, and its operators.
//!
//! `--json` prints them as one object; `--weights FILE` writes the network, a batch and its output as safetensors-like
//! arrays for `benches/unet.py`.

use std::time::Instant;

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor, TensorData};
use efm_core::Seed;
use efm_models::{FieldNet, Geometry, Network, NetworkConfig, UNetConfig, device};
use rand::RngExt;

fn best(repeats: usize, mut work: impl FnMut()) -> f64 {
    work();
    let before = cpu_seconds();
    let best = (0..repeats)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64() * 1e3
        })
        .fold(f64::INFINITY, f64::min);
    println!("cpu/2 {:.1} ms", (cpu_seconds() - before) / repeats as f64 * 500.0);
    best
}

fn random<const D: usize>(name: u64, shape: [usize; D], device: &Device) -> Tensor<D> {
    let mut random = Seed(9).stream("bench").at(name);
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| random.random_range(-1.0..1.0)).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}

fn main() {
    let batch: usize = 32;
    let shard: usize = std::env::args().nth(1).map_or(8, |a| a.parse().unwrap());
    let repeats = std::env::args().nth(2).map_or(5, |a| a.parse().unwrap());
    let channels = std::env::args().nth(3).map_or(32, |a| a.parse().unwrap());
    let cpu = device::parse("cpu").unwrap();
    let ad = cpu.clone().autodiff();
    let dim = 3 * 32 * 32;
    let geometry = Geometry { dim, gap: 10.0, source_spread: 1.0, target_spread: 1.0, stretched: true };
    let config = UNetConfig { channels, image: Some([3, 32, 32]), ..UNetConfig::default() };
    let mut network = NetworkConfig::UNet(config).init(geometry, &Seed(1).stream("weights"), &ad).unwrap();
    println!("{} parameters", network.num_params());
    let x = random(1, [batch, dim], &cpu);
    let z = random(2, [batch, 1], &cpu).add_scalar(1.5).mul_scalar(3.0);
    let valid = network.valid();
    let inference = best(repeats, || { valid.forward(x.clone(), z.clone()); });
    if let Some(path) = std::env::args().nth(4) {
        let warm = valid.clone().map(&mut Noise(0));
        let mut arrays = Arrays { path: Vec::new(), found: Vec::new() };
        warm.visit(&mut arrays);
        let out = warm.forward(x.clone(), z.clone());
        for (name, tensor) in [("io.x", x.clone()), ("io.z", z.clone()), ("io.out", out)] {
            arrays.found.push((name.to_owned(), tensor.dims().to_vec(), tensor.into_data().try_into_vec_as::<f32>().unwrap()));
        }
        let bytes: Vec<_> = arrays.found.iter().map(|(name, shape, values)| (name, shape, values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>())).collect();
        let views = bytes.iter().map(|(name, shape, bytes)| (name.as_str(), safetensors::tensor::TensorView::new(safetensors::Dtype::F32, (*shape).clone(), bytes).unwrap()));
        std::fs::write(path, safetensors::serialize(views, None).unwrap()).unwrap();
    }
    println!("inference {inference:.1} ms");
    let mut optimizer = AdamConfig::new().with_epsilon(1e-8).init();
    let step = best(repeats, || {
        use rayon::prelude::*;
        let weights = network.valid();
        let mut shards: Vec<_> = (0..batch / shard).into_par_iter().map(|i| {
            let network = weights.clone().train();
            let cut = |t: &Tensor<2>| Tensor::<2>::from_inner(t.clone().slice([i * shard..(i + 1) * shard]));
            let y = network.forward(cut(&x), cut(&z));
            let loss = y.powi_scalar(2).sum();
            GradientsParams::from_grads(loss.backward(), &network)
        }).collect();
        let mut total = shards.remove(0);
        for mut g in shards {
            network.visit(&mut Add { total: &mut total, other: &mut g });
        }
        network = optimizer.step(1e-4, network.clone(), total);
    });
    println!("step {step:.1} ms");
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

struct Noise(u64);

impl burn::module::ModuleMapper for Noise {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        self.0 += 1;
        param.map(|values| {
            let noise = random(100 + self.0, values.dims(), &values.device());
            values + noise.mul_scalar(0.05)
        })
    }
}

struct Arrays {
    path: Vec<String>,
    found: Vec<(String, Vec<usize>, Vec<f32>)>,
}

impl ModuleVisitor for Arrays {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }
    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let values = param.val();
        self.found.push((self.path.join("."), values.dims().to_vec(), values.into_data().try_into_vec_as::<f32>().unwrap()));
    }
}
