//! Operators on images: the same as burn's own, forward and backward, and as finite differences.

use burn::tensor::{Device, Tensor, TensorData};
use efm_backend::device;
use efm_backend::operators::{Norm, Window, conv, normalise, plain};
use efm_core::Seed;
use rand::RngExt;

fn cpu() -> Device {
    device::parse("cpu").expect("the default build has the CPU")
}

fn random<const D: usize>(name: u64, shape: [usize; D], device: &Device) -> Tensor<D> {
    let mut random = Seed(9).stream("operators").at(name);
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| random.random_range(-1.0..1.0)).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec_as::<f32>().expect("numbers")
}

/// Largest difference over the largest value.
fn apart<const D: usize>(a: Tensor<D>, b: Tensor<D>) -> f32 {
    assert_eq!(a.dims(), b.dims());
    let (a, b) = (numbers(a), numbers(b));
    let size = b.iter().fold(1e-6_f32, |size, value| size.max(value.abs()));
    assert!(a.iter().all(|value| value.is_finite()));
    a.iter().zip(&b).fold(0.0_f32, |most, (a, b)| most.max((a - b).abs())) / size
}

type Conv = fn(Tensor<4>, Tensor<4>, Tensor<2>, Window) -> Tensor<4>;
type Normalise = fn(Tensor<4>, Tensor<1>, Tensor<1>, Norm) -> Tensor<4>;

const WINDOWS: [Window; 4] = [Window::SAME, Window::HALF, Window::POINT, Window { kernel: 5, stride: 1, before: 2 }];

/// Batch, height, width, channels in and out: usual ones, and every kind of remainder.
const SIZES: [[usize; 5]; 8] = [
    [2, 8, 8, 16, 16],
    [1, 1, 1, 1, 1],
    [3, 5, 7, 3, 5],
    [9, 4, 4, 6, 33],
    [2, 16, 16, 40, 24],
    [1, 2, 33, 7, 3],
    [17, 3, 1, 13, 17],
    [1, 28, 28, 1, 32],
];

fn all_of_conv(
    conv: Conv,
    size: [usize; 5],
    window: Window,
    shared: bool,
) -> (Tensor<4>, Tensor<4>, Tensor<4>, Tensor<2>) {
    let device = cpu().autodiff();
    let [count, height, width, from, to] = size;
    let x = random(1, [count, height, width, from], &device).require_grad();
    let weights = random(2, [window.kernel, window.kernel, from, to], &device).require_grad();
    let bias = random(3, [if shared { 1 } else { count }, to], &device).require_grad();
    let out = conv(x.clone(), weights.clone(), bias.clone(), window);
    let factors = random(4, out.dims(), &device);
    let gradients = (out.clone() * factors).sum().backward();
    let inner = |gradient: Option<Tensor<4>>| gradient.expect("asked for");
    (out.inner(), inner(x.grad(&gradients)), inner(weights.grad(&gradients)), bias.grad(&gradients).expect("asked for"))
}

#[test]
fn a_convolution_is_that_of_burn_and_so_are_its_gradients() {
    for size in SIZES {
        for window in WINDOWS {
            for shared in [true, false] {
                let ours = all_of_conv(conv, size, window, shared);
                let burns = all_of_conv(plain::conv, size, window, shared);
                // Sums of up to 1000 products in another order: some 10 roundings of f32 of the largest value.
                let label = format!("{size:?} {window:?} {shared}");
                assert!(apart(ours.0, burns.0) < 2e-6, "forward {label}");
                assert!(apart(ours.1, burns.1) < 2e-6, "input {label}");
                assert!(apart(ours.2, burns.2) < 4e-6, "weights {label}");
                assert!(apart(ours.3, burns.3) < 2e-6, "bias {label}");
            }
        }
    }
}

fn all_of_norm(normalise: Normalise, size: [usize; 4], norm: Norm) -> (Tensor<4>, Tensor<4>, Tensor<1>, Tensor<1>) {
    let device = cpu().autodiff();
    let channels = size[3];
    // Values far from zero: a variance by the difference of squares would be lost.
    let x = (random(1, size, &device).add_scalar(30.0)).require_grad();
    let scale = random(2, [channels], &device).require_grad();
    let shift = random(3, [channels], &device).require_grad();
    let out = normalise(x.clone(), scale.clone(), shift.clone(), norm);
    let gradients = (out.clone() * random(4, size, &device)).sum().backward();
    let get = |gradient: Option<Tensor<1>>| gradient.expect("asked for");
    let of_x = x.grad(&gradients).expect("asked for");
    (out.inner(), of_x, get(scale.grad(&gradients)), get(shift.grad(&gradients)))
}

#[test]
fn a_normalisation_is_that_of_the_formula_and_so_are_its_gradients() {
    for (size, groups) in
        [([2, 8, 8, 16], 4), ([1, 3, 5, 6], 3), ([3, 1, 2, 9], 1), ([2, 4, 4, 40], 8), ([2, 2, 2, 3], 3)]
    {
        for silu in [false, true] {
            let norm = Norm { groups, epsilon: 1e-6, silu };
            let ours = all_of_norm(normalise, size, norm);
            let formula = all_of_norm(plain::normalise, size, norm);
            // The mean, 30, carries a rounding of 2e-6, which is 4e-6 of a width of 0.5; gradients divide by it again.
            let label = format!("{size:?} {groups} {silu}");
            assert!(apart(ours.0, formula.0) < 2e-5, "forward {label}");
            assert!(apart(ours.1, formula.1) < 1e-4, "input {label}");
            assert!(apart(ours.2, formula.2) < 1e-4, "scale {label}");
            assert!(apart(ours.3, formula.3) < 1e-4, "shift {label}");
        }
    }
}

#[test]
fn silu_holds_over_the_whole_range_of_f32() {
    let values: Vec<f32> =
        vec![0.0, -0.0, 1e-40, 1.0, -1.0, 5.5, -5.5, 20.0, -20.0, 86.0, -86.0, 90.0, -90.0, 1e4, -1e4, 1e30, -1e30];
    // Without variance to speak of, γ x̂ + β is β: one channel per value.
    let count = values.len();
    let shift = Tensor::<1>::from_data(TensorData::new(values.clone(), [count]), &cpu());
    let x = Tensor::<4>::zeros([1, 1, 2, count], &cpu());
    let scale = Tensor::<1>::ones([count], &cpu());
    let out = normalise(x, scale, shift, Norm { groups: count, epsilon: 1e-6, silu: true });
    for (value, out) in values.iter().zip(numbers(out)) {
        let exact = f64::from(*value) / (1.0 + (-f64::from(*value)).exp());
        // Beyond −87 the exact value is below 1e-35 relative to x; the kernel stops there.
        let allowed = 4.0 * f64::from(f32::EPSILON) * exact.abs() + 2e-38 * f64::from(value.abs()).max(1.0);
        assert!((f64::from(out) - exact).abs() <= allowed, "silu({value}) = {out}, exactly {exact}");
    }
}

#[test]
fn gradients_are_those_of_finite_differences() {
    let device = cpu().autodiff();
    let base = random(1, [2, 3, 4, 4], &cpu());
    let sum = |x: Tensor<4>| {
        let weights = random(2, [3, 3, 4, 8], &device);
        let y = conv(x, weights, random(3, [1, 8], &device), Window::HALF);
        let norm = Norm { groups: 2, epsilon: 1e-5, silu: true };
        let y = normalise(y, random(5, [8], &device), random(6, [8], &device), norm);
        let factors = random(4, y.dims(), &device);
        (y * factors).sum()
    };
    let lifted = |x: Tensor<4>| Tensor::<4>::from_data(x.into_data(), &device).require_grad();
    let x = lifted(base.clone());
    let gradient = x.grad(&sum(x.clone()).backward()).expect("asked for");
    // Along a random direction; values of order 1 carry 1e-6, over a step of 2e-2 that is 5e-5, and the curvature adds
    // terms of order h² = 1e-4.
    let along = random(7, base.dims(), &cpu());
    let slope = numbers((gradient * along.clone()).sum())[0];
    let h = 1e-2;
    let at = |h: f32| numbers(sum(lifted(base.clone() + along.clone().mul_scalar(h))))[0];
    let difference = (at(h) - at(-h)) / (2.0 * h);
    assert!((slope - difference).abs() < 5e-3 * slope.abs().max(1.0), "{slope} {difference}");
}

#[test]
fn an_image_does_not_depend_on_its_batch() {
    let x = random(1, [7, 6, 5, 19], &cpu());
    let weights = random(2, [3, 3, 19, 21], &cpu());
    let bias = random(3, [1, 21], &cpu());
    for window in WINDOWS.into_iter().filter(|window| window.kernel == 3) {
        let together = conv(x.clone(), weights.clone(), bias.clone(), window);
        for image in 0..7 {
            let part = |tensor: &Tensor<4>| tensor.clone().narrow(0, image, 1);
            let alone = conv(part(&x), weights.clone(), bias.clone(), window);
            // Bit for bit: a pixel's sum has its own order, whatever tile it stands in.
            assert_eq!(numbers(alone), numbers(part(&together)));
        }
    }
}
