//! What is known of the slopes in the middle of a flux tube before anything is learned.

use std::sync::Arc;

use burn::module::{Module, Param, ParamId};
use burn::tensor::{Device, Int, Tensor, TensorData};
use efm_field::exit_probability;

use crate::condition::class_indices;
use crate::geometry::SMALLEST_SPREAD;
use crate::layers::Setting;
use crate::precondition::PLATE_LAYER;
use crate::{Condition, Geometry, ModelError};

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
/// square of what is left, so that F is of order one everywhere in the tube, as Karras et al. (2022, arXiv 2206.00364, §5) scale the
/// denoisers of diffusion models. Along x much more is left where both plates are seen: the ratio of their densities smeared
/// by √τ n differs by about ±√(D/τ) σ from place to place, lines go from one plate's slope to the other's by as much, and γ is
/// what that makes. It moves a line to another angle and does not change what it ends as.
///
/// Where the plates are close together every point is told to be of one of them: the ratio of their smeared densities is next to 0 or
/// next to infinite, and a line that keeps its angle never changes over. [`crate::Head::Ends`] therefore learns E[x₊ | x] and
/// E[x₋ | x] apart ([`EndParts`]) and puts them into the formula above, which takes the ratio for one.
///
/// (Σ + τ)⁻¹ x with the 64 widest directions of the charges in the place of α x, Wiener's filter, was tried: what is left is
/// smaller, and what is learned worse.
#[derive(Module, Debug)]
pub struct FluxTube {
    /// Middles of the classes of the target, and last the origin, that of all, `[C + 1, D]`. A fact about the data, no weight.
    centres: Option<Param<Tensor<2>>>,
    #[module(skip)]
    frame: Setting<Frame>,
    /// For each knot the share of the source in the flux, and the logarithms of τ at the inside, in the middle and at the outside
    /// of the tube.
    #[module(skip)]
    knots: Setting<Arc<[[f32; 4]]>>,
}

/// Plain numbers of a tube.
#[derive(Debug, Clone, Copy)]
struct Frame {
    dim: f64,
    gap: f64,
    /// Mean squares of a coordinate of source and target.
    squares: [f64; 2],
    /// Whether lines keep their angles.
    kept: bool,
}

/// What is known of the slopes at points, see [`FluxTube`].
#[derive(Debug)]
pub struct TubeParts {
    /// α, the slope per x between normal clouds, `[B, 1]`.
    pub linear: Tensor<2>,
    /// β, the root mean square slope that is left, `[B, 1]`.
    pub rest: Tensor<2>,
    /// γ, the same for its part along x, `[B, 1]`.
    pub radial: Tensor<2>,
    /// What is known of the ends of lines on source and target.
    pub ends: [EndParts; 2],
    /// Variance of a coordinate, of data and noise, `[B, 1]`.
    pub variance: Tensor<2>,
    /// ln(τ/L²)/2, how noisy x is, `[B, 1]`.
    pub level: Tensor<2>,
}

/// What is known of the end of a line on one plate: E[y | x] = skip x + width F, F of order one.
#[derive(Debug)]
pub struct EndParts {
    /// The plate's share of the flux, if both were equally dense at x, `[B, 1]`.
    pub share: Tensor<2>,
    /// The slope in the field of this plate alone per distance from there, away from the source and towards the target, `[B, 1]`.
    pub slope: Tensor<2>,
    /// E[y | x] per x for a normal cloud, `[B, 1]`.
    pub skip: Tensor<2>,
    /// Root mean square of a coordinate of what is left, `[B, 1]`.
    pub width: Tensor<2>,
}

impl TubeParts {
    /// The level as a feature of order one.
    pub(super) fn told(&self) -> Tensor<2> {
        self.level.clone().mul_scalar(-2.0 / PLATE_LAYER.ln()).add_scalar(1.0)
    }
}

/// Heights are resolved up to this ln(z/(L − z)).
const REACH: f64 = 9.2;

/// Knots of the table over ln(z/(L − z)); in between, values are interpolated.
const KNOTS: usize = 513;

/// Shares of the flux inside of the lines between which τ is read from |x|, and of those in the middle.
const SHARES: [f64; 3] = [0.05, 0.5, 0.95];

/// Kernels below this share of the nearer plate's are lost in f32.
const UNSEEN: f64 = 1e-30;

/// Images of the plates on either side that count.
const IMAGES: i32 = 3;

/// The number of the parameter that holds the centres; those of a network are numbered from 1.
const CENTRES: u64 = 1 << 32;

impl FluxTube {
    /// For clouds of the sizes of `geometry`, with room for the middles of so many classes.
    pub fn new(geometry: &Geometry, classes: usize, device: &Device) -> Self {
        let Geometry { dim, gap, source_spread, target_spread, .. } = *geometry;
        let knot = |index: usize| {
            let logit = REACH * (2.0 * index as f64 / (KNOTS - 1) as f64 - 1.0);
            let z = gap / (1.0 + (-logit).exp());
            let times = SHARES.map(|share| exit_time(z, gap, share));
            let [from_source, from_target] = [z, gap - z].map(|distance| exit_density(distance, gap, times[1]));
            let share = from_source / (from_source + from_target);
            [share as f32, times[0].ln() as f32, times[1].ln() as f32, times[2].ln() as f32]
        };
        Self {
            centres: (classes > 0).then(|| centres(vec![0.0; (classes + 1) * dim], dim, device)),
            frame: Setting(Frame {
                dim: dim as f64,
                gap,
                squares: [source_spread, target_spread].map(|spread| spread.max(SMALLEST_SPREAD).powi(2)),
                kept: false,
            }),
            knots: Setting((0..KNOTS).map(knot).collect()),
        }
    }

    /// With these middles of the classes, `[C, D]`.
    ///
    /// # Errors
    /// [`ModelError::Middles`] when there are more or fewer numbers than the classes have coordinates.
    pub fn centred(self, middles: &[f32], device: &Device) -> Result<Self, ModelError> {
        let Some(present) = &self.centres else { return Ok(self) };
        let [rows, dim] = present.lazy_shape().dims();
        let classes = rows - 1;
        if middles.len() != classes * dim {
            return Err(ModelError::Middles { given: middles.len(), classes, dim });
        }
        let values = middles.iter().copied().chain(std::iter::repeat_n(0.0, dim)).collect();
        Ok(Self { centres: Some(centres(values, dim, device)), ..self })
    }

    /// Where the classes of `count` points have their middles, `[B, D]`: what lines are followed about. None without classes.
    pub(crate) fn middles(&self, count: usize, condition: Option<&Condition>) -> Option<Tensor<2>> {
        let table = self.centres.as_ref()?.val().detach();
        let last = table.dims()[0] - 1;
        let rows = class_indices(last, count, condition, &table.device());
        Some(table.select(0, rows))
    }

    /// See [`crate::FieldNet::middle`].
    pub(crate) fn middle(&self, condition: &Condition) -> Result<Option<Vec<f32>>, ModelError> {
        let read = |middles: Tensor<2>| {
            let values = middles.try_into_vec_as::<f32>();
            values.map_err(|error| ModelError::Unread { what: "a network", message: error.to_string() })
        };
        self.middles(1, Some(condition)).map(read).transpose()
    }

    /// The tube whose lines keep their angles: γ becomes β, so that what is learned along x hardly moves them inwards or outwards
    /// in the middle of the gap. Near the plates, where γ is β, nothing changes.
    #[must_use]
    pub fn keeping_angles(self) -> Self {
        Self { frame: Setting(Frame { kept: true, ..self.frame.0 }), ..self }
    }

    /// At the points `x`, `[B, D]`, and heights `z`, `[B, 1]`; within 0.0001 L of a plate as there.
    pub fn parts(&self, x: &Tensor<2>, z: &Tensor<2>) -> TubeParts {
        let Frame { dim, gap, squares: [of_source, of_target], kept } = self.frame.0;
        let edge = 1.0 / (1.0 + REACH.exp());
        let share = z.clone().div_scalar(gap).clamp(edge, 1.0 - edge);
        let [near_source, inside, middle, outside] = self.knots(&share);
        let (inside, outside) = (inside.exp(), outside.exp());
        let data = near_source.mul_scalar(of_source - of_target).add_scalar(of_target);
        let square = x.clone().powi_scalar(2).mean_dim(1);
        let told = (square.clone() - data.clone()).max_pair(inside.clone()).min_pair(outside.clone()).log();
        // Where data are wider than the noise |x| does not tell τ, and that of the middle of the tube is taken.
        let trust = (data.clone() / middle.clone().exp()).powi_scalar(2).add_scalar(1.0).recip();
        let guess = (middle.clone() + (told - middle) * trust).exp();
        // E[|x − y|²/D | x] of a charge y of N(0, σ² I), from x − E[y | x] = τ x/(σ² + τ) and the variance σ²τ/(σ² + τ) of y about that.
        let noise = guess.clone() / (guess + data.clone());
        let time = square * noise.clone().powi_scalar(2) + noise * data.clone();
        let time = time.max_pair(inside).min_pair(outside);

        let heights = [share.clone(), share.neg().add_scalar(1.0)];
        let nearest = heights[0].clone().min_pair(heights[1].clone()).powi_scalar(2);
        let [(source, from_source), (target, from_target)] =
            heights.clone().map(|distance| images(distance, &nearest, &time, gap));
        let flux = from_source.clone() + from_target.clone();
        let open = [of_source, of_target].map(|square| time.clone().add_scalar(square).recip());
        let seen = [open[0].clone().mul_scalar(of_source), open[1].clone().mul_scalar(of_target)];
        let left = source.clone().powi_scalar(2) * seen[0].clone() + target.clone().powi_scalar(2) * seen[1].clone();
        let rest = (left / time.clone()).sqrt() / flux.clone();
        let radial = if kept {
            rest.clone()
        } else {
            let both = (source.clone() * from_target.clone() + target.clone() * from_source.clone())
                / flux.clone().powi_scalar(2);
            let [by_source, by_target] = seen.clone();
            rest.clone() + ((by_source + by_target).mul_scalar(0.5 * dim) / time.clone()).sqrt() * both
        };
        let plates = [(&source, &from_source, &seen[0], &heights[0]), (&target, &from_target, &seen[1], &heights[1])];
        let ends = plates.map(|(kernel, of_plate, seen, height)| EndParts {
            share: of_plate.clone() / flux.clone(),
            // One over the distance where nothing of the plate is seen.
            slope: kernel.clone().add_scalar(UNSEEN)
                / (of_plate.clone() * time.clone() + height.clone().mul_scalar(UNSEEN * gap)),
            skip: seen.clone(),
            width: (seen.clone() * time.clone()).sqrt(),
        });
        let [by_source, by_target] = open;
        TubeParts {
            linear: (source * by_source - target * by_target) / flux,
            rest,
            radial,
            ends,
            level: time.clone().log().mul_scalar(0.5).sub_scalar(gap.ln()),
            variance: data + time,
        }
    }

    /// The table at the shares z/L.
    fn knots(&self, share: &Tensor<2>) -> [Tensor<2>; 4] {
        let ([count, _], device) = (share.dims(), share.device());
        let table = self.knots.0.iter().flatten().copied().collect();
        let table = Tensor::<2>::from_data(TensorData::new(table, [KNOTS, 4]), &device);
        let logit = share.clone().log() - share.clone().neg().add_scalar(1.0).log();
        let place = logit.div_scalar(REACH).add_scalar(1.0).mul_scalar(0.5 * (KNOTS - 1) as f64);
        let index = place.clone().floor().clamp(0.0, (KNOTS - 2) as f64);
        let part = place - index.clone();
        let index: Tensor<1, Int> = index.reshape([count]).int();
        let (below, above) = (table.clone().select(0, index.clone()), table.select(0, index.add_scalar(1)));
        let values = below.clone() + (above - below) * part;
        std::array::from_fn(|at| values.clone().slice([0..count, at..at + 1]))
    }
}

fn centres(values: Vec<f32>, dim: usize, device: &Device) -> Param<Tensor<2>> {
    let rows = values.len() / dim;
    let mut centres = Param::from_data(TensorData::new(values, [rows, dim]), device);
    centres.id = ParamId::from(CENTRES);
    centres
}

/// G and f = −∂G/∂z at the distances z/L, `[B, 1]`, from a plate, by its images at 2kL: in units of the kernel at √`nearest` L, without
/// which they would vanish close to the other plate.
fn images(distance: Tensor<2>, nearest: &Tensor<2>, time: &Tensor<2>, gap: f64) -> (Tensor<2>, Tensor<2>) {
    // In units of the gap, so that squares stay in the range of f32.
    let width = time.clone().div_scalar(0.5 * gap * gap);
    let terms = (-IMAGES..=IMAGES).map(|k| {
        let distance = distance.clone().add_scalar(2.0 * f64::from(k));
        let kernel = ((nearest.clone() - distance.clone().powi_scalar(2)) / width.clone()).exp();
        (kernel.clone(), kernel * distance)
    });
    let (kernel, flux) = terms.reduce(|a, b| (a.0 + b.0, a.1 + b.1)).expect("there are images");
    (kernel, flux.mul_scalar(gap) / time.clone())
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

/// f at the distance z from a plate, the other at the distance L, from the heat kernel of the images at 2kL. In units of the kernel at the
/// nearer plate, without which it would vanish close to it.
fn exit_density(z: f64, gap: f64, time: f64) -> f64 {
    let nearest = z.min(gap - z).powi(2);
    let image = |k: i32| {
        let distance = z + 2.0 * f64::from(k) * gap;
        distance / time * ((nearest - distance * distance) / (2.0 * time)).exp()
    };
    (-IMAGES..=IMAGES).map(image).sum()
}

#[cfg(test)]
mod tests;
