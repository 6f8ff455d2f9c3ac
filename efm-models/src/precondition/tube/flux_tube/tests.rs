use efm_core::{Capacitor, Points, Seed};
use efm_field::points::Tube;
use efm_field::{ExactField, Field, Law, PointSampler};
use rand_distr::{Distribution, StandardNormal};

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

#[test]
fn what_is_left_of_the_slopes_of_charges_is_of_order_one() {
    // Charges of normal clouds. Next to a plate of these a line sees one charge, and what is left of its slope is that charge's
    // distance from the mean of those it might be, whose root mean square β is. Further out it sees many, and less is left.
    let (dim, gap) = (64, 34.0);
    let stream = Seed(3).stream("charges");
    let cloud = |side: u64| {
        let mut random = stream.at(side);
        let values = (0..400 * dim).map(|_| StandardNormal.sample(&mut random)).collect::<Vec<f32>>();
        Points::from_values(dim, values).unwrap()
    };
    let capacitor = Capacitor::new(cloud(0), cloud(1), gap).unwrap();
    let geometry = Geometry { dim, gap, source_spread: 1.0, target_spread: 1.0, stretched: false, head: Head::Slope };
    let tube = FluxTube::new(&geometry, 0, &host());
    let lines = Tube { margins: [0.001; 2], edge: 1.0, focus: 0.0, angles: [0.3, 0.7] };
    let points = lines.draw(&capacitor, Law::Mirror, &Seed(3).stream("points"), 0, 1_500).unwrap().points;
    let field = ExactField::new(capacitor, Law::Mirror).evaluate(&points).unwrap();
    let rows: Vec<f32> = (0..points.len()).flat_map(|i| points.x(i).iter().map(|&x| x as f32)).collect();
    let x = Tensor::<2>::from_data(TensorData::new(rows, [points.len(), dim]), &host());
    let z: Vec<_> = (0..points.len()).map(|i| points.z(i)).collect();
    let parts = tube.parts(&x, &column(&z));
    let numbers = |tensor: Tensor<2>| tensor.into_data().try_into_vec::<f32>().unwrap();
    let (linear, rest, radial) = (numbers(parts.linear), numbers(parts.rest), numbers(parts.radial));
    // Mean squares across and along x, of points next to a plate and of the others.
    let mut sums = [[0.0; 3]; 2];
    for i in 0..points.len() {
        let n = field.directions.point(i);
        let left: Vec<f64> =
            points.x(i).iter().zip(n).map(|(x, slope)| slope / n[dim] - f64::from(linear[i]) * x).collect();
        let square = points.x(i).iter().map(|x| x * x).sum::<f64>();
        let along = points.x(i).iter().zip(&left).map(|(x, left)| x * left).sum::<f64>().powi(2) / square;
        let across = left.iter().map(|left| left * left).sum::<f64>() - along;
        let sum = &mut sums[usize::from(z[i].min(gap - z[i]) > 0.3)];
        sum[0] += across / (dim as f64 - 1.0) / f64::from(rest[i]).powi(2);
        sum[1] += along / f64::from(radial[i]).powi(2);
        sum[2] += 1.0;
    }
    let [near, far] = sums.map(|[across, along, count]| [(across / count).sqrt(), (along / count).sqrt()]);
    // β takes the noise of the middle of the tube where |x| does not tell it, which is right to a third; γ is an estimate.
    assert!((near[0].ln()).abs() < 1.33_f64.ln() && far[0] < 1.0, "{near:?} {far:?}");
    assert!(near[1].max(far[1]) < 2.0 && near[1].min(far[1]) > 0.5, "{near:?} {far:?}");
}
