//! Group normalisation (Wu & He 2018) of images with channels last, and its SiLU, in one go.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::shape::{Images, Norm};
use super::simd::{at, put, sigmoid};

/// γ x̂ + β, or its SiLU.
pub(super) fn forward(x: &[f32], size: Images, norm: Norm, scale: &[f32], shift: &[f32]) -> Vec<f32> {
    let arch = Arch::new();
    let mut out = vec![0.0; x.len()];
    let image = size.height * size.width * size.channels;
    out.par_chunks_mut(image).zip(x.par_chunks(image)).for_each(|(out, x)| {
        arch.dispatch(Forward { x, norm, scale, shift, out });
    });
    out
}

/// Gradients of x, of γ and of β.
pub(super) fn backward(
    x: &[f32],
    size: Images,
    norm: Norm,
    scale: &[f32],
    shift: &[f32],
    gradient: &[f32],
) -> [Vec<f32>; 3] {
    let arch = Arch::new();
    let image = size.height * size.width * size.channels;
    let mut out = vec![0.0; x.len()];
    let parts: Vec<_> = out
        .par_chunks_mut(image)
        .zip(x.par_chunks(image).zip(gradient.par_chunks(image)))
        .map(|(out, (x, gradient))| arch.dispatch(Backward { x, norm, scale, shift, gradient, out }))
        .collect();
    let sum = |which: usize| {
        let mut total = vec![0.0; size.channels];
        for part in &parts {
            total.iter_mut().zip(&part[which]).for_each(|(total, value)| *total += value);
        }
        total
    };
    [out, sum(0), sum(1)]
}

/// Mean and 1/√(variance + ε) of every channel's group, over the pixels of one image.
#[inline(always)]
fn statistics<S: Simd>(simd: S, x: &[f32], channels: usize, norm: Norm) -> [Vec<f32>; 2] {
    let count = (x.len() / norm.groups) as f64;
    let mut sums = vec![0.0; channels];
    for pixel in x.chunks_exact(channels) {
        for start in (0..channels).step_by(S::F32_LANES) {
            let sum = simd.add_f32s(at(simd, &sums, start), at(simd, pixel, start));
            put(simd, &mut sums, start, sum);
        }
    }
    let mean = per_group(&sums, norm.groups, |sum| sum / count);
    // A second pass: the difference of two large sums would lose what a small variance needs.
    let mut squares = vec![0.0; channels];
    for pixel in x.chunks_exact(channels) {
        for start in (0..channels).step_by(S::F32_LANES) {
            let centred = simd.sub_f32s(at(simd, pixel, start), at(simd, &mean, start));
            let sum = simd.mul_add_e_f32s(centred, centred, at(simd, &squares, start));
            put(simd, &mut squares, start, sum);
        }
    }
    let inverse = per_group(&squares, norm.groups, |square| (square / count + norm.epsilon).sqrt().recip());
    [mean, inverse]
}

/// `value` of the sum over a group's channels, for every channel.
fn per_group(channels: &[f32], groups: usize, value: impl Fn(f64) -> f64) -> Vec<f32> {
    let len = channels.len() / groups;
    let sum = |group: &[f32]| group.iter().map(|&value| f64::from(value)).sum::<f64>();
    channels.chunks_exact(len).flat_map(|group| std::iter::repeat_n(value(sum(group)) as f32, len)).collect()
}

struct Forward<'a, 'b> {
    x: &'a [f32],
    norm: Norm,
    scale: &'a [f32],
    shift: &'a [f32],
    out: &'b mut [f32],
}

impl WithSimd for Forward<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { x, norm, scale, shift, out } = self;
        let channels = scale.len();
        let [mean, inverse] = statistics(simd, x, channels, norm);
        let factor: Vec<_> = scale.iter().zip(&inverse).map(|(scale, inverse)| scale * inverse).collect();
        let offset: Vec<_> = (0..channels).map(|c| shift[c] - mean[c] * factor[c]).collect();
        for (x, out) in x.chunks_exact(channels).zip(out.chunks_exact_mut(channels)) {
            for start in (0..channels).step_by(S::F32_LANES) {
                let y = simd.mul_add_e_f32s(at(simd, x, start), at(simd, &factor, start), at(simd, &offset, start));
                put(simd, out, start, if norm.silu { simd.mul_f32s(y, sigmoid(simd, y)) } else { y });
            }
        }
    }
}

struct Backward<'a, 'b> {
    x: &'a [f32],
    norm: Norm,
    scale: &'a [f32],
    shift: &'a [f32],
    gradient: &'a [f32],
    out: &'b mut [f32],
}

impl WithSimd for Backward<'_, '_> {
    /// This image's share of the gradients of γ and β.
    type Output = [Vec<f32>; 2];

    /// With y = γ x̂ + β and g the gradient of y: that of x is (γ g − ⟨γ g⟩ − x̂ ⟨γ g x̂⟩)/σ, ⟨⟩ over the group.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> [Vec<f32>; 2] {
        let Self { x, norm, scale, shift, gradient, out } = self;
        let channels = scale.len();
        let [mean, inverse] = statistics(simd, x, channels, norm);
        let [mut with_x, mut alone] = [vec![0.0; channels], vec![0.0; channels]];
        let one = simd.splat_f32s(1.0);
        let pixels = x.chunks_exact(channels).zip(gradient.chunks_exact(channels));
        for ((x, gradient), out) in pixels.zip(out.chunks_exact_mut(channels)) {
            for start in (0..channels).step_by(S::F32_LANES) {
                let centred = simd.sub_f32s(at(simd, x, start), at(simd, &mean, start));
                let normal = simd.mul_f32s(centred, at(simd, &inverse, start));
                let mut g = at(simd, gradient, start);
                if norm.silu {
                    let y = simd.mul_add_e_f32s(normal, at(simd, scale, start), at(simd, shift, start));
                    let gate = sigmoid(simd, y);
                    let slope = simd.mul_add_e_f32s(y, simd.sub_f32s(one, gate), one);
                    g = simd.mul_f32s(g, simd.mul_f32s(gate, slope));
                }
                put(simd, out, start, g);
                let sums = [
                    simd.add_f32s(at(simd, &alone, start), g),
                    simd.mul_add_e_f32s(normal, g, at(simd, &with_x, start)),
                ];
                put(simd, &mut alone, start, sums[0]);
                put(simd, &mut with_x, start, sums[1]);
            }
        }
        let count = (x.len() / norm.groups) as f64;
        let weighted = |sums: &[f32]| -> Vec<f32> {
            let weighted: Vec<_> = sums.iter().zip(scale).map(|(sum, scale)| sum * scale).collect();
            per_group(&weighted, norm.groups, |sum| sum / count)
        };
        let (level, slope) = (weighted(&alone), weighted(&with_x));
        let factor: Vec<_> = (0..channels).map(|c| scale[c] * inverse[c]).collect();
        let tilt: Vec<_> = (0..channels).map(|c| -inverse[c] * inverse[c] * slope[c]).collect();
        let offset: Vec<_> = (0..channels).map(|c| -inverse[c] * level[c]).collect();
        for (x, out) in x.chunks_exact(channels).zip(out.chunks_exact_mut(channels)) {
            for start in (0..channels).step_by(S::F32_LANES) {
                let centred = simd.sub_f32s(at(simd, x, start), at(simd, &mean, start));
                let value = simd.mul_add_e_f32s(centred, at(simd, &tilt, start), at(simd, &offset, start));
                let value = simd.mul_add_e_f32s(at(simd, out, start), at(simd, &factor, start), value);
                put(simd, out, start, value);
            }
        }
        [with_x, alone]
    }
}
