//! The sum over charges: one cube takes 32 points through one split of the charges of one plate.
//!
//! 64 charges at a time pass through shared memory. Distances: a unit holds those of 4 points to 4 charges while the
//! coordinates stream by, 32 at a time. Weights: w = (t²/r²)^{(D+1)/2}, t² the least r² so far, times what the mirror
//! images add. Weighted sum: Σ w (x − y), the coordinates streaming by once more; the sums lie in global memory, because
//! for large D they fit nowhere else, and are rescaled whenever t² falls.
//!
//! Everything is f32, and the exponent (D+1)/2 multiplies relative errors of r². So differences are squared, not
//! |x|² + |y|² − 2x·y; every 8 squares join a sum that carries what its rounding took; and a weight depends on r² − t²,
//! in which that is kept.

use cubecl::prelude::*;

use super::shape::{ACROSS, AXES, CHARGES, DEGREES, EACH, EXTRA, HORIZON, Mirror, POINTS, RUN, UNITS};
use super::tile::{as_rounded, images, load, pull};
use super::weight::{fall, ln_one_plus, slice};

/// Which charges a cube sums, how many points there are.
#[derive(CubeLaunch, CubeType, Clone, Copy)]
pub struct Extent {
    /// Points.
    pub points: usize,
    /// Charges on the source plate; those on the target follow.
    pub sources: usize,
    /// Charges on both.
    pub total: usize,
    /// Charges of a split.
    pub per_split: usize,
    /// Splits of the source plate; those of the target follow.
    pub source_splits: usize,
}

/// Writes `sums` `[splits, points, D + EXTRA]`: Σ w A (x − y), Σ w B, and t²; see the module.
#[cube(launch)]
pub fn sum_charges(
    places: &Tensor<f32>,  // [points, D]
    heights: &Tensor<f32>, // [points, 4]: above source and target, each with what its rounding took
    charges: &Tensor<f32>, // [total, D]
    table: &Tensor<f32>,   // [2 * HEIGHTS * DEGREES]
    sums: &mut Tensor<f32>,
    extent: Extent,
    far2: f32,
    ln_mean: f32,
    turn2: f32,
    zero: u32, // 0, which compilers must not know
    #[comptime] dim: usize,
    #[comptime] mirror: Mirror,
) {
    let power = comptime!((dim as f32 + 1.0) / 2.0);
    let axes = comptime!(if dim < RUN { dim } else { dim.next_multiple_of(RUN).min(AXES) });
    let run = comptime!(axes.min(RUN));
    let pitch = comptime!(axes + 1);
    let chunks = comptime!(dim.div_ceil(axes));
    let curved = comptime!(mirror == Mirror::Polynomial);

    let unit = UNIT_POS as usize;
    let (across, down) = (unit % ACROSS, unit / ACROSS);
    let first_point = CUBE_POS_X as usize * POINTS;
    let split = CUBE_POS_Y as usize;
    let mut side = 0usize;
    let mut start = split * extent.per_split;
    let mut plate_end = extent.sources;
    if split >= extent.source_splits {
        side = 1;
        start = extent.sources + (split - extent.source_splits) * extent.per_split;
        plate_end = extent.total;
    }
    let mut end = start + extent.per_split;
    if end > plate_end {
        end = plate_end;
    }

    let mut xs = Shared::<[f32]>::new_slice(comptime!(POINTS * pitch));
    let mut ys = Shared::<[f32]>::new_slice(comptime!(CHARGES * pitch));
    let mut weights = Shared::<[f32]>::new_slice(comptime!(POINTS * (CHARGES + 1)));
    // Least r² of a point's charges among those of each unit; later, what units add up for E_z.
    let mut least = Shared::<[f32]>::new_slice(comptime!(POINTS * ACROSS));
    let mut tops = Shared::<[f32]>::new_slice(POINTS);
    let mut factors = Shared::<[f32]>::new_slice(POINTS);
    let mut wanted = Shared::<[u32]>::new_slice(POINTS);
    let mut slices = Shared::<[f32]>::new_slice(comptime!(if curved { POINTS * 2 * DEGREES } else { 1 }));

    if unit < POINTS {
        tops[unit] = f32::new(HORIZON);
    }
    if curved {
        let mut index = unit;
        while index < comptime!(POINTS * 2 * DEGREES) {
            let point = first_point + index / comptime!(2 * DEGREES);
            let mut value = 0.0f32;
            if point < extent.points {
                let h = heights[point * heights.stride(0) + 2 * side * heights.stride(1)];
                value = slice(table, h, index % comptime!(2 * DEGREES));
            }
            slices[index] = value;
            index += UNITS;
        }
    }

    let mut h = Array::<f32>::new(EACH);
    let mut h2 = Array::<f32>::new(EACH);
    let mut h2_rest = Array::<f32>::new(EACH);
    let mut rises = Array::<f32>::new(EACH);
    #[unroll]
    for i in 0..EACH {
        let point = first_point + down + i * comptime!(UNITS / ACROSS);
        let mut high = 1.0f32;
        let mut low = 0.0f32;
        if point < extent.points {
            high = heights[point * heights.stride(0) + 2 * side * heights.stride(1)];
            low = heights[point * heights.stride(0) + (2 * side + 1) * heights.stride(1)];
        }
        // The square of the first 12 bits is exact.
        let head = f32::reinterpret(u32::reinterpret(high) & 0xFFFF_F000u32);
        let tail = (high - head) + low;
        h[i] = high;
        h2[i] = head * head;
        h2_rest[i] = 2.0 * head * tail + tail * tail;
        rises[i] = 0.0f32;
    }

    let tiles = (end - start).div_ceil(CHARGES);
    for tile in 0..tiles {
        let first_charge = start + tile * CHARGES;

        // Distances.
        let mut high = Array::<f32>::new(comptime!(EACH * EACH));
        let mut low = Array::<f32>::new(comptime!(EACH * EACH));
        #[unroll]
        for pair in 0..comptime!(EACH * EACH) {
            high[pair] = h2[comptime!(pair / EACH)];
            low[pair] = h2_rest[comptime!(pair / EACH)];
        }
        for chunk in 0..chunks {
            sync_cube();
            load(places, first_point, extent.points, chunk * axes, &mut xs, POINTS, axes, dim);
            load(charges, first_charge, end, chunk * axes, &mut ys, CHARGES, axes, dim);
            sync_cube();
            for part in 0..comptime!(axes / run) {
                let from = part * run;
                let mut squares = Array::<f32>::new(comptime!(EACH * EACH));
                #[unroll]
                for pair in 0..comptime!(EACH * EACH) {
                    squares[pair] = 0.0f32;
                }
                #[unroll]
                for axis in 0..run {
                    let mut y = Array::<f32>::new(EACH);
                    #[unroll]
                    for j in 0..EACH {
                        y[j] = ys[(across + j * ACROSS) * pitch + from + axis];
                    }
                    #[unroll]
                    for i in 0..EACH {
                        let x = xs[(down + i * comptime!(UNITS / ACROSS)) * pitch + from + axis];
                        #[unroll]
                        for j in 0..EACH {
                            let step = x - y[j];
                            squares[comptime!(i * EACH + j)] += step * step;
                        }
                    }
                }
                // Knuth's sum: what the rounding of `high` took goes to `low`.
                #[unroll]
                for pair in 0..comptime!(EACH * EACH) {
                    let (a, b) = (high[pair], squares[pair]);
                    let sum = as_rounded(a + b, zero);
                    let of_b = as_rounded(sum - a, zero);
                    low[pair] += (a - (sum - of_b)) + (b - of_b);
                    high[pair] = sum;
                }
            }
        }

        // The least r² of every point. A charge at the point itself counts nowhere.
        #[unroll]
        for i in 0..EACH {
            let mut minimum = f32::new(HORIZON);
            #[unroll]
            for j in 0..EACH {
                let pair = comptime!(i * EACH + j);
                let r2 = high[pair] + low[pair];
                if first_charge + across + j * ACROSS < end && r2 > 0.0 && r2 < minimum {
                    minimum = r2;
                }
            }
            least[(down + i * comptime!(UNITS / ACROSS)) * ACROSS + across] = minimum;
        }
        sync_cube();
        if unit < POINTS {
            let before = tops[unit];
            let mut nearest = f32::new(HORIZON);
            for other in 0..ACROSS {
                let value = least[unit * ACROSS + other];
                if value < nearest {
                    nearest = value;
                }
            }
            let mut top = before;
            let mut factor = 1.0f32;
            if nearest < before {
                top = nearest;
                factor = 0.0f32;
                if before < HORIZON {
                    factor = fall((before - nearest) / nearest, power);
                }
            }
            tops[unit] = top;
            factors[unit] = factor;
            // Images make a charge up to √D·r/L times heavier.
            let margin = power * ln_one_plus((nearest - top) / top);
            let mut want = 0u32;
            if first_point + unit < extent.points && nearest < HORIZON && margin < 40.0 {
                want = 1u32;
            }
            wanted[unit] = want;
        }
        sync_cube();
        let mut any = tile == 0;
        for point in 0..POINTS {
            if wanted[point] == 1 {
                any = true;
            }
        }
        if any {
            #[unroll]
            for i in 0..EACH {
                let row = down + i * comptime!(UNITS / ACROSS);
                let top = tops[row];
                rises[i] *= factors[row];
                #[unroll]
                for j in 0..EACH {
                    let column = across + j * ACROSS;
                    let pair = comptime!(i * EACH + j);
                    let mut weight = 0.0f32;
                    let r2 = high[pair] + low[pair];
                    if first_charge + column < end && r2 > 0.0 {
                        weight = fall(((high[pair] - top) + low[pair]) / top, power);
                    }
                    if weight > 0.0 {
                        let mut rise = h[i];
                        if comptime!(mirror != Mirror::Absent) {
                            let (pull, lift) = images(r2, h[i], &slices, row, far2, ln_mean, turn2, dim, mirror);
                            rise = lift;
                            rises[i] += weight * rise;
                            weight *= pull;
                        } else {
                            rises[i] += weight * rise;
                        }
                    }
                    weights[row * comptime!(CHARGES + 1) + column] = weight;
                }
            }

            // Weighted sum.
            for chunk in 0..chunks {
                sync_cube();
                load(places, first_point, extent.points, chunk * axes, &mut xs, POINTS, axes, dim);
                load(charges, first_charge, end, chunk * axes, &mut ys, CHARGES, axes, dim);
                sync_cube();
                #[unroll]
                for half in 0..comptime!(axes.div_ceil(ACROSS)) {
                    let axis = across + comptime!(half * ACROSS);
                    if axis < axes && chunk * axes + axis < dim {
                        pull(
                            &xs,
                            &ys,
                            &weights,
                            &factors,
                            sums,
                            first_point,
                            split,
                            extent.points,
                            tile == 0,
                            chunk * axes,
                            axis,
                            axes,
                            dim,
                        );
                    }
                }
            }
        }
    }

    // E_z of every point: the sum over the units that share it.
    sync_cube();
    #[unroll]
    for i in 0..EACH {
        least[(down + i * comptime!(UNITS / ACROSS)) * ACROSS + across] = rises[i];
    }
    sync_cube();
    if unit < POINTS && first_point + unit < extent.points {
        let mut rise = 0.0f32;
        for other in 0..ACROSS {
            rise += least[unit * ACROSS + other];
        }
        let base = (split * extent.points + first_point + unit) * comptime!(dim + EXTRA);
        sums[base + dim] = rise;
        sums[base + comptime!(dim + 1)] = tops[unit];
    }
}
