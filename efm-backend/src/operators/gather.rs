//! The sum over a window, for the output of a convolution and for the gradient of its input.
//!
//! An indirect convolution (M. Dukhan 2019, "The Indirect Convolution Algorithm", arXiv 1907.02129): a tile of pixels is
//! multiplied by the weights of one window place after the other, and every pixel has its own pointer to what it sees
//! there. No column matrix is written, and zeros around the image cost nothing.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::shape::{Images, Window};
use super::simd::{ROWS, add_rows, columns, load_rows, store_rows, vectors};

/// Pixels that one task computes: its inputs and outputs stay in the second cache.
const BLOCK: usize = 16 * ROWS;

/// Inputs per pixel that are summed in one go: their weights, for the columns of a tile, stay in the first cache.
const DEPTH: usize = 192;

/// Marks a window place outside the image.
const OUTSIDE: usize = usize::MAX;

/// Who sees whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    /// Outputs sum over the inputs they see.
    Seen,
    /// Inputs sum over the outputs that see them.
    Seeing,
}

/// Output of a convolution with `weights` `[kernel, kernel, in, out]`, plus `bias`: `[out]` or, one per image,
/// `[images, out]`.
pub(super) fn forward(
    x: &[f32],
    size: Images,
    window: Window,
    weights: &[f32],
    channels: usize,
    bias: &[f32],
) -> Vec<f32> {
    let output = window.output(size, channels);
    let panels = Panels::new(weights, window.taps(), size.channels, channels, false);
    Gather { input: x, size, output, window, reading: Reading::Seen, panels: &panels, bias }.run()
}

/// Gradient of the input, of shape `size`, from that of the output.
pub(super) fn input_gradient(
    gradient: &[f32],
    size: Images,
    window: Window,
    weights: &[f32],
    channels: usize,
) -> Vec<f32> {
    let seen = window.output(size, channels);
    let panels = Panels::new(weights, window.taps(), size.channels, channels, true);
    Gather { input: gradient, size: seen, output: size, window, reading: Reading::Seeing, panels: &panels, bias: &[] }
        .run()
}

/// Weights in the order in which tiles read them: `[column block][tap][input][columns]`, missing columns zero.
struct Panels {
    values: Vec<f32>,
    inputs: usize,
    taps: usize,
    columns: usize,
}

impl Panels {
    fn new(weights: &[f32], taps: usize, from: usize, to: usize, transposed: bool) -> Self {
        let columns = columns(Arch::new());
        let (inputs, outputs) = if transposed { (to, from) } else { (from, to) };
        let blocks = outputs.div_ceil(columns);
        let mut values = vec![0.0; blocks * taps * inputs * columns];
        for (row, panel) in values.chunks_exact_mut(columns).enumerate() {
            let (block, tap, input) = (row / (taps * inputs), row / inputs % taps, row % inputs);
            let first = block * columns;
            let matrix = &weights[tap * from * to..(tap + 1) * from * to];
            for (value, output) in panel.iter_mut().zip(first..outputs) {
                *value = if transposed { matrix[output * to + input] } else { matrix[input * to + output] };
            }
        }
        Self { values, inputs, taps, columns }
    }

    fn panel(&self, block: usize, tap: usize) -> &[f32] {
        let len = self.inputs * self.columns;
        &self.values[(block * self.taps + tap) * len..][..len]
    }
}

#[derive(Clone, Copy)]
struct Gather<'a> {
    input: &'a [f32],
    size: Images,
    output: Images,
    window: Window,
    reading: Reading,
    panels: &'a Panels,
    bias: &'a [f32],
}

impl Gather<'_> {
    fn run(self) -> Vec<f32> {
        let arch = Arch::new();
        let mut out = vec![0.0; self.output.numbers()];
        out.par_chunks_mut(BLOCK * self.output.channels).enumerate().for_each(|(block, out)| {
            arch.dispatch(Block { gather: self, first: block * BLOCK, out });
        });
        out
    }

    /// Start of what output pixel `pixel` reads at a window place, or [`OUTSIDE`].
    fn offset(&self, pixel: usize, tap: usize) -> usize {
        let Images { height, width, .. } = self.output;
        let (image, row, column) = (pixel / (height * width), pixel / width % height, pixel % width);
        let (down, right) = (tap / self.window.kernel, tap % self.window.kernel);
        let (row, column) = match self.reading {
            Reading::Seen => {
                (self.window.seen(row, down, self.size.height), self.window.seen(column, right, self.size.width))
            }
            Reading::Seeing => {
                (self.window.seeing(row, down, self.size.height), self.window.seeing(column, right, self.size.width))
            }
        };
        match (row, column) {
            (Some(row), Some(column)) => {
                ((image * self.size.height + row) * self.size.width + column) * self.size.channels
            }
            _ => OUTSIDE,
        }
    }

    /// Pixels of a block in the order in which tiles take them: those that are seen at the same window places together,
    /// so that whole tiles can pass over the others.
    fn order(&self, pixels: std::ops::Range<usize>) -> Vec<usize> {
        let mut order: Vec<_> = pixels.collect();
        let stride = self.window.stride;
        if self.reading == Reading::Seeing && stride > 1 {
            let Images { height, width, .. } = self.output;
            order.sort_by_key(|pixel| (pixel / width % height % stride, pixel % width % stride));
        }
        order
    }
}

struct Block<'a, 'b> {
    gather: Gather<'a>,
    first: usize,
    out: &'b mut [f32],
}

impl WithSimd for Block<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { gather, first, out } = self;
        let channels = gather.output.channels;
        let (inputs, columns, taps) = (gather.panels.inputs, gather.panels.columns, gather.panels.taps);
        let order = gather.order(first..first + out.len() / channels);
        if !gather.bias.is_empty() {
            let per_image = gather.output.height * gather.output.width;
            let many = gather.bias.len() > channels;
            for (index, out) in out.chunks_exact_mut(channels).enumerate() {
                let image = if many { (first + index) / per_image } else { 0 };
                out.copy_from_slice(&gather.bias[image * channels..][..channels]);
            }
        }
        let zeros = vec![0.0; inputs];
        let group = (DEPTH / inputs.max(1)).clamp(1, taps);
        let mut offsets = vec![[OUTSIDE; ROWS]; order.len().div_ceil(ROWS) * group];
        for first_tap in (0..taps).step_by(group) {
            let group = group.min(taps - first_tap);
            for (tile, pixels) in order.chunks(ROWS).enumerate() {
                for tap in 0..group {
                    let offsets = &mut offsets[tile * group + tap];
                    *offsets = [OUTSIDE; ROWS];
                    for (offset, &pixel) in offsets.iter_mut().zip(pixels) {
                        *offset = gather.offset(pixel, first_tap + tap);
                    }
                }
            }
            for (block, start) in (0..channels).step_by(columns).enumerate() {
                let width = columns.min(channels - start);
                for (pixels, offsets) in order.chunks(ROWS).zip(offsets.chunks_exact(group)) {
                    let mut starts = [0; ROWS];
                    for (row, start_of_row) in starts.iter_mut().enumerate() {
                        *start_of_row = (pixels[row.min(pixels.len() - 1)] - first) * channels + start;
                    }
                    let mut sums = load_rows(simd, out, starts, width);
                    for (tap, offsets) in offsets.iter().enumerate() {
                        if offsets.iter().all(|&offset| offset == OUTSIDE) {
                            continue;
                        }
                        let mut rows = [zeros.as_slice(); ROWS];
                        for (row, &offset) in rows.iter_mut().zip(offsets) {
                            if offset != OUTSIDE {
                                *row = &gather.input[offset..offset + inputs];
                            }
                        }
                        add_rows(simd, &mut sums, rows, vectors::<S>(gather.panels.panel(block, first_tap + tap)));
                    }
                    store_rows(simd, out, starts, width, sums, pixels.len());
                }
            }
        }
    }
}
