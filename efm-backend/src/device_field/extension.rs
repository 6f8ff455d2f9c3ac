//! The kernels as an extension of burn's CubeCL backend: one source for CUDA, wgpu and CubeCL's CPU runtime.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, Cube, backend_extension};
use burn::tensor::{DType, Shape};
use cubecl::prelude::*;

use super::combine::{UNITS as COMBINE_UNITS, combine};
use super::kernel::{ExtentLaunch, sum_charges};
use super::shape::{CHARGES, EXTRA, MEASURES, Mirror, POINTS, SPLITS, UNITS};

/// Charges of a split, unless there would be too many splits. It may not depend on the number of points: neither may
/// the values at one of them.
const PER_SPLIT: usize = 1024;

/// What is summed, besides tensors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sum {
    /// Number of charges on either plate.
    pub counts: [usize; 2],
    /// Charge of each.
    pub charges: [f32; 2],
    /// How mirror images are summed, and the numbers of that.
    pub mirror: Mirror,
    /// (ρ/L)² beyond which images are a wall.
    pub far2: f32,
    /// ln of the factor there.
    pub ln_mean: f32,
    /// c² of the polynomials.
    pub turn2: f32,
}

impl Sum {
    fn per_split(&self) -> usize {
        let total: usize = self.counts.iter().sum();
        // Two plates round up, each once.
        total.div_ceil(SPLITS - 2).next_multiple_of(CHARGES).max(PER_SPLIT)
    }

    fn splits(&self) -> [usize; 2] {
        self.counts.map(|count| count.div_ceil(self.per_split()))
    }

    /// Numbers between the two kernels for each point.
    pub fn scratch(&self, dim: usize) -> usize {
        self.splits().iter().sum::<usize>() * (dim + EXTRA)
    }
}

/// What a field on a device needs and no backend has.
#[backend_extension(Cube)]
pub(crate) trait FieldSums: Backend {
    /// The field of `charges` `[N, D]`, those of the source first, at `places` `[B, D]`, `heights` `[B, 4]`, as
    /// `[B, D + 1 + MEASURES]`.
    fn field_sums(
        places: FloatTensor<Self>,
        heights: FloatTensor<Self>,
        charges: FloatTensor<Self>,
        table: FloatTensor<Self>,
        sum: Sum,
    ) -> FloatTensor<Self>;
}

type OnDevice = FloatTensor<Cube>;

fn empty(like: &OnDevice, shape: [usize; 2]) -> OnDevice {
    let handle = like.client.empty(shape[0] * shape[1] * size_of::<f32>());
    OnDevice::new_contiguous(like.client.clone(), like.device.clone(), Shape::from(shape), handle, DType::F32)
}

impl FieldSums for Cube {
    fn field_sums(places: OnDevice, heights: OnDevice, charges: OnDevice, table: OnDevice, sum: Sum) -> OnDevice {
        let [points, dim] = places.meta.shape().dims();
        let [source_splits, target_splits] = sum.splits();
        let splits = source_splits + target_splits;
        let sums = empty(&places, [splits * points, dim + EXTRA]);
        let out = empty(&places, [points, dim + 1 + MEASURES]);
        let client = places.client.clone();
        sum_charges::launch(
            &client,
            CubeCount::Static(points.div_ceil(POINTS) as u32, splits as u32, 1),
            CubeDim::new_1d(UNITS as u32),
            places.into_tensor_arg(),
            heights.into_tensor_arg(),
            charges.into_tensor_arg(),
            table.into_tensor_arg(),
            sums.clone().into_tensor_arg(),
            ExtentLaunch::new(points, sum.counts[0], sum.counts[0] + sum.counts[1], sum.per_split(), source_splits),
            sum.far2,
            sum.ln_mean,
            sum.turn2,
            0,
            dim,
            sum.mirror,
        );
        combine::launch(
            &client,
            CubeCount::Static(points as u32, 1, 1),
            CubeDim::new_1d(COMBINE_UNITS as u32),
            sums.into_tensor_arg(),
            out.clone().into_tensor_arg(),
            points,
            splits,
            source_splits,
            sum.charges[0],
            sum.charges[1],
            dim,
        );
        out
    }
}
