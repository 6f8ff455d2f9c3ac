//! Gradient of a convolution's weights and bias.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::shape::{Images, Window};
use super::simd::{ROWS, add_products, columns, load_rows, store_rows, vectors};

/// Output pixels that are summed at once: what a tile reads of them stays in the first cache.
const BLOCK: usize = 128;

/// Parts of a batch that are summed by themselves and then added in order, so that the result has the same bits on any
/// number of threads.
const PARTS: usize = 8;

/// Gradient of the weights, `[kernel, kernel, in, out]`, from the input and the gradient of the output.
pub(super) fn weight_gradient(x: &[f32], size: Images, window: Window, gradient: &[f32], channels: usize) -> Vec<f32> {
    let arch = Arch::new();
    let output = window.output(size, channels);
    let columns = columns(arch);
    let tiles = Tiles { rows: size.channels.div_ceil(ROWS), columns: channels.div_ceil(columns), width: columns };
    let images = size.count.div_ceil(PARTS).max(1);
    let part = |(x, gradient): (&[f32], &[f32])| {
        let count = x.len() / (size.height * size.width * size.channels);
        let (size, output) = (Images { count, ..size }, Images { count, ..output });
        let mut sums = vec![0.0; window.taps() * tiles.len()];
        arch.dispatch(Part { x, size, gradient, output, window, tiles, sums: &mut sums });
        sums
    };
    let parts: Vec<_> = x
        .par_chunks(images * size.height * size.width * size.channels)
        .zip(gradient.par_chunks(images * output.height * output.width * channels))
        .map(part)
        .collect();
    let mut total = vec![0.0; window.taps() * size.channels * channels];
    for sums in parts {
        for (index, total) in total.chunks_exact_mut(channels).enumerate() {
            let (tap, input) = (index / size.channels, index % size.channels);
            for (block, total) in total.chunks_mut(columns).enumerate() {
                let row = &sums[tap * tiles.len() + tiles.start(block, input / ROWS) + input % ROWS * columns..];
                total.iter_mut().zip(row).for_each(|(total, sum)| *total += sum);
            }
        }
    }
    total
}

/// Gradient of a bias, one per image: sums over the pixels, `[images, channels]`.
pub(super) fn bias_gradient(gradient: &[f32], output: Images) -> Vec<f32> {
    let Images { count, height, width, channels } = output;
    let mut sums = vec![0.0; count * channels];
    sums.par_chunks_mut(channels).zip(gradient.par_chunks(height * width * channels)).for_each(|(sums, gradient)| {
        for pixel in gradient.chunks_exact(channels) {
            sums.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += value);
        }
    });
    sums
}

/// Sums of one window place: `[column block][row block][ROWS][width]`.
#[derive(Clone, Copy)]
struct Tiles {
    rows: usize,
    columns: usize,
    width: usize,
}

impl Tiles {
    fn len(self) -> usize {
        self.rows * self.columns * ROWS * self.width
    }

    fn start(self, column: usize, row: usize) -> usize {
        (column * self.rows + row) * ROWS * self.width
    }
}

struct Part<'a, 'b> {
    x: &'a [f32],
    size: Images,
    gradient: &'a [f32],
    output: Images,
    window: Window,
    tiles: Tiles,
    sums: &'b mut [f32],
}

impl WithSimd for Part<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { x, size, gradient, output, window, tiles, sums } = self;
        let Window { kernel, stride, .. } = window;
        let channels = output.channels;
        let lines = (BLOCK / output.width).clamp(1, output.height);
        let seen_lines = (lines - 1) * stride + kernel;
        let starts: [usize; ROWS] = std::array::from_fn(|row| row * tiles.width);
        let mut right = vec![0.0; lines * output.width * tiles.width];
        let mut left = vec![[0.0; ROWS]; kernel * tiles.rows * seen_lines * output.width];
        for image in 0..size.count {
            let x = &x[image * size.height * size.width * size.channels..];
            let gradient = &gradient[image * output.height * output.width * channels..];
            for first in (0..output.height).step_by(lines) {
                let lines = lines.min(output.height - first);
                let seen_lines = (lines - 1) * stride + kernel;
                let packed = PackedInput { window, size, width: output.width, lines: seen_lines, tiles: tiles.rows };
                packed.fill(&mut left, x, first * stride);
                let gradient = &gradient[first * output.width * channels..][..lines * output.width * channels];
                for column in 0..tiles.columns {
                    let start = column * tiles.width;
                    let some = tiles.width.min(channels - start);
                    for (to, from) in right.chunks_exact_mut(tiles.width).zip(gradient.chunks_exact(channels)) {
                        to[..some].copy_from_slice(&from[start..start + some]);
                        to[some..].fill(0.0);
                    }
                    let right = &vectors::<S>(&right)[..lines * output.width];
                    for tap in 0..window.taps() {
                        let (down, across) = (tap / kernel, tap % kernel);
                        for row in 0..tiles.rows {
                            let tile = &mut sums[tap * tiles.len() + tiles.start(column, row)..][..ROWS * tiles.width];
                            let mut tile_sums = load_rows(simd, tile, starts, tiles.width);
                            let left = packed.lines(&left, across, row);
                            if stride == 1 {
                                add_products(simd, &mut tile_sums, &left[down * output.width..], right);
                            } else {
                                for (line, right) in right.chunks_exact(output.width).enumerate() {
                                    let left = &left[(line * stride + down) * output.width..];
                                    add_products(simd, &mut tile_sums, left, right);
                                }
                            }
                            store_rows(simd, tile, starts, tiles.width, tile_sums, ROWS);
                        }
                    }
                }
            }
        }
    }
}

/// Input of some output lines, for every window column, with its zeros: `[window column][row block][line][output
/// column][ROWS]`.
#[derive(Clone, Copy)]
struct PackedInput {
    window: Window,
    size: Images,
    width: usize,
    lines: usize,
    tiles: usize,
}

impl PackedInput {
    fn lines(self, packed: &[[f32; ROWS]], across: usize, tile: usize) -> &[[f32; ROWS]] {
        let len = self.lines * self.width;
        &packed[(across * self.tiles + tile) * len..][..len]
    }

    /// `first` counts the padded lines of the image `x`.
    fn fill(self, packed: &mut [[f32; ROWS]], x: &[f32], first: usize) {
        let Images { height, width, channels, .. } = self.size;
        for (index, to) in
            packed.chunks_exact_mut(self.width).take(self.window.kernel * self.tiles * self.lines).enumerate()
        {
            let (line, tile, across) =
                (index % self.lines, index / self.lines % self.tiles, index / (self.lines * self.tiles));
            let Some(line) = (first + line).checked_sub(self.window.before).filter(|&line| line < height) else {
                to.fill([0.0; ROWS]);
                continue;
            };
            let channel = tile * ROWS;
            let some = ROWS.min(channels - channel);
            let x = &x[line * width * channels..][..width * channels];
            for (column, to) in to.iter_mut().enumerate() {
                match self.window.seen(column, across, width) {
                    Some(column) if some == ROWS => {
                        to.copy_from_slice(&x[column * channels + channel..][..ROWS]);
                    }
                    Some(column) => {
                        *to = [0.0; ROWS];
                        to[..some].copy_from_slice(&x[column * channels + channel..][..some]);
                    }
                    None => *to = [0.0; ROWS],
                }
            }
        }
    }
}
