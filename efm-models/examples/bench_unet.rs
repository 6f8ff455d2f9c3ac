use std::time::Instant;

use burn::tensor::{Device, Tensor};
use efm_models::operators::{Norm, Window, conv, normalise, plain};
use efm_models::device;

fn best(mut work: impl FnMut()) -> f64 {
    work();
    (0..9).map(|_| { let t = Instant::now(); work(); t.elapsed().as_secs_f64() * 1e3 }).fold(f64::INFINITY, f64::min)
}

fn random<const D: usize>(shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::random(shape, burn::tensor::Distribution::Uniform(-1.0, 1.0), device)
}

fn main() {
    let cpu = device::parse("cpu").unwrap();
    let ad = cpu.clone().autodiff();
    for (b, s, ci, co) in [(32, 32, 64, 64), (32, 16, 128, 128), (32, 8, 128, 128), (32, 32, 3, 32), (32, 32, 32, 32)] {
        let x = random([b, s, s, ci], &cpu);
        let w = random([3, 3, ci, co], &cpu);
        let bias = random([1, co], &cpu);
        let flops = 2.0 * (b * s * s * 9 * ci * co) as f64;
        for (name, f) in [("own", conv as fn(_, _, _, _) -> _), ("plain", plain::conv)] {
            let fw = best(|| { f(x.clone(), w.clone(), bias.clone(), Window::SAME); });
            let g = |wx: bool, ww: bool| best(|| {
                let lift = |t: &Tensor<4>, on: bool| { let t = Tensor::<4>::from_inner(t.clone()); if on { t.require_grad() } else { t } };
                let y = f(lift(&x, wx), lift(&w, ww), Tensor::from_inner(bias.clone()), Window::SAME);
                y.sum().backward();
            });
            let (gx, gw) = (g(true, false) - fw, g(false, true) - fw);
            println!("{b}x{s}x{s} {ci}->{co} {name}: forward {fw:.2} ms ({:.0} GF/s), input {gx:.2} ({:.0}), weights {gw:.2} ({:.0})",
                flops / fw / 1e6, flops / gx / 1e6, flops / gw / 1e6);
        }
        if ci > 8 {
        let scale = random([ci], &cpu);
        for (name, f) in [("own", normalise as fn(_, _, _, _) -> _), ("plain", plain::normalise)] {
            let norm = Norm { groups: 8, epsilon: 1e-6, silu: true };
            let fw = best(|| { f(x.clone(), scale.clone(), scale.clone(), norm); });
            let gx = best(|| {
                let y = f(Tensor::<4>::from_inner(x.clone()).require_grad(), Tensor::from_inner(scale.clone()), Tensor::from_inner(scale.clone()), norm);
                y.sum().backward();
            });
            println!("   norm {name}: forward {fw:.2} ms, both {gx:.2}");
        }}
    }
    let _ = ad;
}
