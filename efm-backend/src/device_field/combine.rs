//! The splits of both plates together: a cube for each point.

use cubecl::prelude::*;

use super::shape::{EXTRA, HORIZON, MEASURES, SPLITS};
use super::weight::fall;

/// Units of a cube.
pub const UNITS: usize = 64;

/// From `sums` `[splits, points, D + EXTRA]` to `out` `[points, D + 1 + MEASURES]`: unit direction and measures. The
/// maximum that weights are relative to is that of both plates together.
#[cube(launch)]
pub fn combine(
    sums: &Tensor<f32>,
    out: &mut Tensor<f32>,
    points: usize,
    splits: usize,
    source_splits: usize,
    of_source: f32,
    of_target: f32,
    #[comptime] dim: usize,
) {
    let power = comptime!((dim as f32 + 1.0) / 2.0);
    let width = comptime!(dim + EXTRA);
    let unit = UNIT_POS as usize;
    let point = CUBE_POS_X as usize;
    let mut factors = Shared::<[f32]>::new_slice(SPLITS);
    let mut squares = Shared::<[f32]>::new_slice(comptime!(3 * UNITS));

    let mut top = f32::new(HORIZON);
    for split in 0..splits {
        let other = sums[(split * points + point) * width + dim + 1];
        if other < top {
            top = other;
        }
    }
    let mut split = unit;
    while split < splits {
        let other = sums[(split * points + point) * width + dim + 1];
        let mut factor = 0.0f32;
        if other < HORIZON {
            // E·t^D, so that the nearest charge adds a number near 1 however near it is.
            let mut charge = of_source;
            if split >= source_splits {
                charge = of_target;
            }
            factor = charge * fall((other - top) / top, power) / top.sqrt();
        }
        factors[split] = factor;
        split += UNITS;
    }
    sync_cube();

    let mut both2 = 0.0f32;
    let mut source2 = 0.0f32;
    let mut target2 = 0.0f32;
    let row = point * comptime!(dim + 1 + MEASURES);
    let mut axis = unit;
    while axis < comptime!(dim + 1) {
        let mut source = 0.0f32;
        let mut target = 0.0f32;
        for split in 0..splits {
            let factor = factors[split];
            // Where a split has no charge but those at the point itself, nothing was summed.
            if factor != 0.0 {
                let part = factor * sums[(split * points + point) * width + axis];
                if split < source_splits {
                    source += part;
                } else {
                    target += part;
                }
            }
        }
        let both = source + target;
        both2 += both * both;
        source2 += source * source;
        target2 += target * target;
        out[row + axis] = both;
        axis += UNITS;
    }
    squares[unit] = both2;
    squares[comptime!(UNITS) + unit] = source2;
    squares[comptime!(2 * UNITS) + unit] = target2;
    sync_cube();
    let mut both2 = 0.0f32;
    let mut source2 = 0.0f32;
    let mut target2 = 0.0f32;
    for other in 0..UNITS {
        both2 += squares[other];
        source2 += squares[comptime!(UNITS) + other];
        target2 += squares[comptime!(2 * UNITS) + other];
    }
    let length = both2.sqrt();
    let mut axis = unit;
    while axis < comptime!(dim + 1) {
        let mut value = 0.0f32;
        if length > 0.0 {
            value = out[row + axis] / length;
        } else if axis == dim {
            value = 1.0f32;
        }
        out[row + axis] = value;
        axis += UNITS;
    }
    if unit == 0 {
        out[row + comptime!(dim + 1)] = length;
        out[row + comptime!(dim + 2)] = source2.sqrt();
        out[row + comptime!(dim + 3)] = target2.sqrt();
        out[row + comptime!(dim + 4)] = top;
    }
}
