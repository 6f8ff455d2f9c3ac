//! Speed and error of the field summed on a device, as `efm bench field` measures the kernels of the host.
//!
//! `cargo run --release -p efm-backend --no-default-features --features cuda --example bench_device -- [--json] [--dim D]
//! [--points N] [--charges N]`, or with `wgpu`. Needs a device; a build without one says so.

#![allow(clippy::disallowed_methods, clippy::print_stdout, clippy::print_stderr)]

#[cfg(any(feature = "cuda", feature = "wgpu"))]
mod bench {
    use std::time::Instant;

    use burn::tensor::{Device, Tensor, TensorData};
    use efm_backend::DeviceField;
    use efm_core::{Augmented, Capacitor, Points, Seed};
    use efm_field::{Field, Law, reference};
    use rand_distr::{Distribution, StandardNormal};

    /// D, points, charges of both plates together: some of those of `efm bench field`, larger where a GPU has more to give.
    pub const SHAPES: [(usize, usize, usize); 7] = [
        (2, 4096, 10_000),
        (8, 4096, 10_000),
        (32, 4096, 10_000),
        (64, 4096, 10_000),
        (784, 2048, 8192),
        (3072, 256, 8192),
        (3072, 1024, 8192),
    ];
    /// Distance of the plates; the clouds have unit variance.
    const GAP: f64 = 3.0;
    /// Points at which the error is measured.
    const CHECKED: usize = 8;
    /// Side of the matrices whose product is timed.
    const SIDE: usize = 2048;

    fn cloud(dim: usize, len: usize, shift: f32, name: &str) -> Points {
        let mut generator = Seed(7).stream(name).at(0);
        let mut normal = || -> f32 { StandardNormal.sample(&mut generator) };
        Points::from_values(dim, (0..dim * len).map(|_| normal() + shift).collect()).expect("finite values")
    }

    /// Least seconds of a call in half a second.
    fn best(mut work: impl FnMut()) -> f64 {
        work();
        let (mut best, begin) = (f64::INFINITY, Instant::now());
        while begin.elapsed().as_secs_f64() < 0.5 {
            let start = Instant::now();
            work();
            best = best.min(start.elapsed().as_secs_f64());
        }
        best
    }

    pub fn measure((dim, points, charges): (usize, usize, usize), law: Law, device: &Device, json: bool) {
        let plates = [cloud(dim, charges / 2, 0.0, "p"), cloud(dim, charges / 2, 0.3, "q")];
        let [source, target] = plates;
        let capacitor = Capacitor::new(source, target, GAP).expect("a capacitor");
        let mut at = Augmented::lift(&cloud(dim, points, 0.15, "x"), 0.0);
        (0..points).for_each(|index| at.set_z(index, GAP * (index as f64 + 0.5) / points as f64));
        let Some(field) = DeviceField::new(capacitor, law, device) else {
            return eprintln!("no kernel for this field on this device");
        };
        let values = field.evaluate(&at).expect("valid points");
        let error = (0..points).step_by(points.div_ceil(CHECKED)).map(|index| {
            let truth = reference::field(field.host().capacitor(), law, at.point(index)).expect("finite").direction;
            let pairs = truth.iter().zip(values.directions.point(index));
            pairs.map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
        });
        let error = error.fold(0.0, f64::max);
        // Tensors on the device, and one number read back for each call, so that the work is done when it returns.
        let x: Vec<f32> = at.iter().flat_map(|point| point[..dim].iter().map(|&x| x as f32)).collect();
        let z: Vec<f32> = (0..points).map(|index| at.z(index) as f32).collect();
        let x = Tensor::<2>::from_data(TensorData::new(x, [points, dim]), device);
        let z = Tensor::<2>::from_data(TensorData::new(z, [points, 1]), device);
        let done = |tensor: Tensor<2>| tensor.slice([0..1, 0..1]).into_data();
        let seconds = best(|| drop(done(field.evaluate_tensors(x.clone(), z.clone()).directions)));
        let square = |value: f32| Tensor::<2>::full([SIDE, SIDE], value, device);
        let (a, b) = (square(0.5), square(0.25));
        let product = best(|| drop(done(a.clone().matmul(b.clone()))));
        let rate = (points * charges) as f64 / seconds;
        // 4(D+1) operations per pair, as `efm bench field` counts.
        let gflops = rate * 4.0 * (dim as f64 + 1.0) / 1e9;
        let matmul = 2.0 * (SIDE as f64).powi(3) / product / 1e9;
        let kernel = if law == Law::Mirror { "device-mirror" } else { "device" };
        if json {
            println!(
                "{{\"dim\":{dim},\"points\":{points},\"charges\":{charges},\"kernel\":\"{kernel}\",\"pairs_per_s\":{rate:.4e},\
                 \"gflops\":{gflops:.2},\"error_max\":{error:.2e},\"matmul_gflops\":{matmul:.2}}}"
            );
        } else {
            let mpairs = rate / 1e6;
            println!("{dim:4} {points:6} {charges:7} {kernel:14} {mpairs:9.1} {gflops:9.1} {error:8.1e} {matmul:9.1}");
        }
    }
}

#[cfg(any(feature = "cuda", feature = "wgpu"))]
fn main() {
    use efm_field::Law;
    let arguments: Vec<_> = std::env::args().collect();
    let json = arguments.iter().any(|argument| argument == "--json");
    let value = |name: &str| arguments.iter().skip_while(|argument| *argument != name).nth(1)?.parse::<usize>().ok();
    let Some(device) = ["cuda", "wgpu"].into_iter().find_map(|name| efm_backend::device::parse(name).ok()) else {
        return eprintln!("no device can be used; compiled in: {:?}", efm_backend::device::available());
    };
    if !json {
        println!("   D points charges kernel          Mpairs/s   GFLOP/s    error   product");
    }
    let dim = value("--dim");
    let mut shapes: Vec<_> = bench::SHAPES.into_iter().filter(|shape| dim.is_none_or(|dim| shape.0 == dim)).collect();
    if let (Some(dim), true) = (dim, shapes.is_empty()) {
        shapes.push((dim, 1024, 4096));
    }
    for (dim, points, charges) in shapes {
        for law in [Law::Coulomb, Law::Mirror] {
            let shape = (dim, value("--points").unwrap_or(points), value("--charges").unwrap_or(charges));
            bench::measure(shape, law, &device, json);
        }
    }
}

#[cfg(not(any(feature = "cuda", feature = "wgpu")))]
fn main() {
    eprintln!("this build has no device but the host; build with --features cuda or --features wgpu");
}
