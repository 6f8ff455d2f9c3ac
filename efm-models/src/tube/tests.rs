use super::*;
use crate::{Head, device};

fn host() -> Device {
    device::parse("cpu").expect("the default build has the CPU")
}

fn column(values: &[f64]) -> Tensor<2> {
    let values: Vec<_> = values.iter().map(|&value| value as f32).collect();
    let count = values.len();
    Tensor::<2>::from_data(TensorData::new(values, [count, 1]), &host())
}

#[test]
fn noise_follows_its_own_slope() {
    // Of two single charges the slope is x d ln √τ/dz, since lines have the same flux inside at every height.
    let gap = 40.0;
    let lone = Geometry { dim: 1, gap, source_spread: 0.0, target_spread: 0.0, stretched: false, head: Head::Slope };
    let tube = FluxTube::new(&lone, 0, &host());
    for (z, share) in [(0.02, 0.5), (3.0, 0.3), (11.0, 0.5), (20.0, 0.6), (31.0, 0.4), (39.9, 0.7)] {
        let step = 1e-4 * f64::min(z, gap - z);
        let ln = |z: f64| 0.5 * exit_time(z, gap, share).ln();
        let slope = (ln(z + step) - ln(z - step)) / (2.0 * step);
        // In one dimension x = √τ has the length that tells τ.
        let x = exit_time(z, gap, share).sqrt();
        let found = f64::from(tube.parts(&column(&[x]), &column(&[z])).linear.into_scalar::<f32>());
        // f32 resolves heights near a plate, and so slopes there, to a few times 1e-4.
        assert!((found - slope).abs() < 1e-3 / f64::min(z, gap - z), "{z}: {found} {slope}");
    }
}
