//! What is known of the slopes in the middle of a flux tube before anything is learned.

use std::sync::Arc;

use burn::tensor::{Int, Tensor, TensorData};
use efm_field::exit_probability;

use crate::Geometry;
use crate::network::SMALLEST_SPREAD;

/// Slopes E_x/E_z of the mirror capacitor along the lines that have about half of the flux of their charge inside them, for
/// plates that are normal clouds N(0, σ² I).
///
/// In many dimensions a point x = x₊ + √τ n or x = x₋ + √τ n, n ~ N(0, I), tells τ by its length: |x|²/D = σ² + τ. With the
/// densities f of the times τ at which a Brownian motion from z leaves (0, L) at either plate, and the kernels G whose slopes
/// in z they are, f = −∂G/∂z,
///
///   E_x/E_z = ((G₊ − G₋) x − G₊ E[x₊ | x] + G₋ E[x₋ | x]) / (τ (f₊ + f₋)).
///
/// A network learns α x + β F + γ g x/|x|: α is the linear part for normal clouds, E[x± | x] = σ² x/(σ² + τ), and β the root mean
/// square of what is left, so that F is of order one everywhere in the tube. Along x much more is left where both plates are seen: the
/// ratio of their densities smeared by √τ n differs by about ±√(D/τ) σ from place to place, lines go from one plate's
/// slope to the other's by as much, and γ is what that makes. It moves a line to another angle and does not change what it ends as. This is what Karras et al. (2022, arXiv 2206.00364, §5)
/// do for the denoisers of diffusion models. Where data are wider than the noise, |x| does not tell τ, and that of the middle of the tube is taken.
#[derive(Debug, Clone)]
pub struct FluxTube {
    dim: f64,
    /// Whether lines keep their angles.
    kept: bool,
    gap: f64,
    source: f64,
    target: f64,
    /// For each knot the variance of the data that x came from, and the logarithms of τ at the inside, in the middle and at the
    /// outside of the tube.
    knots: Arc<[[f32; 4]]>,
}

/// Variance of a coordinate, α, β and γ at one point, see [`FluxTube`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TubeScales {
    /// Variance of a coordinate of x in the middle of the tube.
    pub variance: f64,
    /// α, the slope per x that a normal cloud has.
    pub linear: f64,
    /// β, the root mean square slope that is left.
    pub rest: f64,
    /// γ, the same for its part along x.
    pub radial: f64,
}

/// Heights are resolved up to this ln(z/(L − z)).
const REACH: f64 = 9.2;

/// Knots of the table over ln(z/(L − z)); in between, values are interpolated.
const KNOTS: usize = 513;

/// Shares of the flux inside of the lines between which τ is read from |x|, and of those in the middle.
const SHARES: [f64; 3] = [0.05, 0.5, 0.95];

/// Images of the plates on either side that count.
const IMAGES: i32 = 3;

impl FluxTube {
    /// For clouds of these sizes.
    pub fn new(geometry: &Geometry) -> Self {
        let gap = geometry.gap;
        let [source, target] = [geometry.source_spread, geometry.target_spread].map(|s| s.max(SMALLEST_SPREAD).powi(2));
        let knot = |index: usize| {
            let logit = REACH * (2.0 * index as f64 / (KNOTS - 1) as f64 - 1.0);
            let z = gap / (1.0 + (-logit).exp());
            let times = SHARES.map(|share| exit_time(z, gap, share));
            let [(_, from_source), (_, from_target)] = [z, gap - z].map(|distance| images(distance, gap, times[1]));
            let share = from_source / (from_source + from_target);
            let data = share * source + (1.0 - share) * target;
            [data as f32, times[0].ln() as f32, times[1].ln() as f32, times[2].ln() as f32]
        };
        Self { dim: geometry.dim as f64, kept: false, gap, source, target, knots: (0..KNOTS).map(knot).collect() }
    }

    /// The tube whose lines keep their angles: γ becomes β, so that what is learned along x hardly moves them inwards or outwards
    /// in the middle of the gap. Near the plates, where γ is β, nothing changes.
    #[must_use]
    pub fn keeping_angles(self) -> Self {
        Self { kept: true, ..self }
    }

    /// At the height z where |x|²/D is `square`; beyond 0.0001 L from a plate as there.
    pub fn at(&self, z: f64, square: f64) -> TubeScales {
        let edge = 1.0 / (1.0 + REACH.exp());
        let share = (z / self.gap).clamp(edge, 1.0 - edge);
        let place = ((share / (1.0 - share)).ln() / REACH + 1.0) * 0.5 * (KNOTS - 1) as f64;
        let index = (place.max(0.0) as usize).min(KNOTS - 2);
        let part = place - index as f64;
        let [data, inside, middle, outside] = std::array::from_fn(|column| {
            f64::from(self.knots[index][column]) * (1.0 - part) + f64::from(self.knots[index + 1][column]) * part
        });
        let seen = (square - data).max(inside.exp()).min(outside.exp()).ln();
        let time = (middle + (seen - middle) / (1.0 + (data / middle.exp()).powi(2))).exp();
        let z = share * self.gap;
        let [(source, from_source), (target, from_target)] =
            [z, self.gap - z].map(|distance| images(distance, self.gap, time));
        let flux = from_source + from_target;
        let (from, to) = (self.source + time, self.target + time);
        let square = |kernel: f64, data: f64| kernel * kernel * data / (data + time);
        let rest = ((square(source, self.source) + square(target, self.target)) / time).sqrt() / flux;
        let seen = 0.5 * (self.source / from + self.target / to);
        let both = (source * from_target + target * from_source) / (flux * flux);
        TubeScales {
            variance: data + middle.exp(),
            linear: (source / from - target / to) / flux,
            rest,
            radial: if self.kept { rest } else { rest + (self.dim * seen / time).sqrt() * both },
        }
    }

    /// The same for heights `z` and |x|²/D `square`, `[B, 1]`: variance, α, β and γ, each `[B, 1]`.
    pub(crate) fn columns(&self, z: &Tensor<2>, square: Tensor<2>) -> [Tensor<2>; 4] {
        let ([count, _], device) = (z.dims(), z.device());
        let table = self.knots.iter().flatten().copied().collect();
        let table = Tensor::<2>::from_data(TensorData::new(table, [KNOTS, 4]), &device);
        let edge = 1.0 / (1.0 + REACH.exp());
        let share = z.clone().div_scalar(self.gap).clamp(edge, 1.0 - edge);
        let logit = share.clone().log() - share.clone().neg().add_scalar(1.0).log();
        let place = logit.div_scalar(REACH).add_scalar(1.0).mul_scalar(0.5 * (KNOTS - 1) as f64);
        let index = place.clone().floor().clamp(0.0, (KNOTS - 2) as f64);
        let part = place - index.clone();
        let index: Tensor<1, Int> = index.reshape([count]).int();
        let (below, above) = (table.clone().select(0, index.clone()), table.select(0, index.add_scalar(1)));
        let values = below.clone() + (above - below) * part;
        let [data, inside, middle, outside] = std::array::from_fn(|at| values.clone().slice([0..count, at..at + 1]));
        let seen = (square - data.clone()).max_pair(inside.exp()).min_pair(outside.exp()).log();
        let trust = (data.clone() / middle.clone().exp()).powi_scalar(2).add_scalar(1.0).recip();
        let time = (middle.clone() + (seen - middle.clone()) * trust).exp();
        // In units of the gap, so that squares stay in the range of f32.
        let width = time.clone().div_scalar(self.gap * self.gap);
        let rest = share.clone().neg().add_scalar(1.0);
        let nearest = share.clone().min_pair(rest.clone()).powi_scalar(2);
        let images = |distance: Tensor<2>| {
            let terms = (-IMAGES..=IMAGES).map(|k| {
                let distance = distance.clone().add_scalar(2.0 * f64::from(k));
                let kernel =
                    ((nearest.clone() - distance.clone().powi_scalar(2)) / width.clone().mul_scalar(2.0)).exp();
                (kernel.clone(), kernel * distance)
            });
            terms.reduce(|a, b| (a.0 + b.0, a.1 + b.1)).expect("there are images")
        };
        let ((source, from_source), (target, from_target)) = (images(share), images(rest));
        // f has another factor 1/τ and one of the gap.
        let [from_source, from_target] =
            [from_source, from_target].map(|flux| flux.mul_scalar(self.gap) / time.clone());
        let flux = from_source.clone() + from_target.clone();
        let seen = [self.source, self.target].map(|data| time.clone().add_scalar(data).recip().mul_scalar(data));
        let [near_source, near_target] = &seen;
        let linear = (source.clone() / time.clone().add_scalar(self.source)
            - target.clone() / time.clone().add_scalar(self.target))
            / flux.clone();
        let left =
            source.clone().powi_scalar(2) * near_source.clone() + target.clone().powi_scalar(2) * near_target.clone();
        let rest = (left / time.clone()).sqrt() / flux.clone();
        let both = (source * from_target + target * from_source) / flux.powi_scalar(2);
        let spread = ((near_source.clone() + near_target.clone()).mul_scalar(0.5 * self.dim) / time).sqrt();
        let radial = if self.kept { rest.clone() } else { rest.clone() + spread * both };
        [data + middle.exp(), linear, rest, radial]
    }
}

/// The share `share` of Brownian motions from z have left (0, L) by then.
fn exit_time(z: f64, gap: f64, share: f64) -> f64 {
    let nearer = z.min(gap - z);
    // From one plate alone half have left after 2.2 squared distances, a twentieth after 0.26 and nineteen of them after 254.
    let (mut low, mut high) = (0.1 * nearer * nearer, 300.0 * nearer * nearer);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if exit_probability(z, gap, middle) < share { low = middle } else { high = middle }
    }
    0.5 * (low + high)
}

/// G and f = −∂G/∂z at the distance z from a plate, the other at the distance L: the heat kernel of the images at 2kL. In units of the kernel
/// at the nearer plate, without which these would vanish close to it.
fn images(z: f64, gap: f64, time: f64) -> (f64, f64) {
    let nearest = z.min(gap - z).powi(2);
    let mut sums = (0.0, 0.0);
    for k in -IMAGES..=IMAGES {
        let distance = z + 2.0 * f64::from(k) * gap;
        let kernel = ((nearest - distance * distance) / (2.0 * time)).exp();
        sums.0 += kernel;
        sums.1 += distance / time * kernel;
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Head, device};

    fn geometry(source_spread: f64, target_spread: f64) -> Geometry {
        Geometry { dim: 300, gap: 40.0, source_spread, target_spread, stretched: false, head: Head::Slope }
    }

    #[test]
    fn noise_follows_its_own_slope() {
        // Of two single charges the slope is x d ln √τ/dz, since lines have the same flux inside at every height.
        let lone = FluxTube::new(&geometry(0.0, 0.0));
        for (z, share) in [(0.02, 0.5), (3.0, 0.3), (11.0, 0.5), (20.0, 0.6), (31.0, 0.4), (39.9, 0.7)] {
            let step = 1e-4 * f64::min(z, 40.0 - z);
            let ln = |z: f64| 0.5 * exit_time(z, 40.0, share).ln();
            let slope = (ln(z + step) - ln(z - step)) / (2.0 * step);
            // Differences over 1e-4 of the distance are good to its square, against slopes of 1/z.
            let found = lone.at(z, exit_time(z, 40.0, share)).linear;
            assert!((found - slope).abs() < 1e-5 / f64::min(z, 40.0 - z), "{z}: {found} {slope}");
        }
    }

    #[test]
    fn tensors_and_numbers_agree() {
        let free = FluxTube::new(&geometry(1.0, 0.6));
        agree(&free);
        agree(&free.keeping_angles());
    }

    fn agree(tube: &FluxTube) {
        let points =
            [(0.0, 1.0), (0.003, 2.0), (0.5, 1.0), (7.0, 90.0), (20.0, 250.0), (33.0, 1e9), (39.99, 0.2), (40.0, 0.36)];
        let device = device::parse("cpu").expect("the default build has the CPU");
        let column = |values: Vec<f32>| Tensor::<2>::from_data(TensorData::new(values, [8, 1]), &device);
        let z = column(points.iter().map(|point| point.0 as f32).collect());
        let square = column(points.iter().map(|point| point.1 as f32).collect());
        let columns = tube.columns(&z, square).map(|column| column.try_into_vec_as::<f32>().unwrap());
        for (index, &(z, square)) in points.iter().enumerate() {
            let TubeScales { variance, linear, rest, radial } = tube.at(z, square);
            assert!(variance.is_finite() && linear.is_finite() && rest > 0.0 && radial >= rest);
            for (column, value) in [variance, linear, rest, radial].into_iter().enumerate() {
                let found = f64::from(columns[column][index]);
                // f32 resolves heights near a plate, and so slopes there, to a few times 1e-4.
                assert!((found - value).abs() < 2e-3 * value.abs().max(0.01), "{z} {column}: {found} {value}");
            }
        }
    }
}
