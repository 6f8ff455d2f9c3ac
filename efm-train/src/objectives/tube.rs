//! What objectives have in common whose networks know a flux tube.

use std::ops::Range;

use burn::tensor::Tensor;
use efm_field::{Law, PointSampler};

use super::{Objective, misfit};
use crate::{Misfit, Pool, TrainError};

/// Slopes beyond this are cut, so that they stay numbers.
pub(super) const STEEPEST: f64 = 1e6;

/// Slopes are those of the mirror capacitor, at points between the plates that follow its flux.
pub(super) fn check(objective: &dyn Objective, law: Law, points: &dyn PointSampler) -> Result<(), Misfit> {
    if law != Law::Mirror {
        return Err(misfit(objective, "it needs plates.law = \"mirror\""));
    }
    if !points.has_origins() || points.reaches_behind() {
        return Err(misfit(
            objective,
            "it needs points of kind \"tube\" or \"flux\", which follow the flux in the gap",
        ));
    }
    Ok(())
}

/// Parts of a pool that are worked on one after the other.
pub(super) fn chunks(count: usize) -> impl Iterator<Item = Range<usize>> {
    (0..count).step_by(Pool::AT_ONCE).map(move |first| first..count.min(first + Pool::AT_ONCE))
}

/// Reads a tensor back.
pub(super) fn numbers(tensor: Tensor<2>) -> Result<Vec<f32>, TrainError> {
    tensor.try_into_vec_as::<f32>().map_err(|error| TrainError::Device(error.to_string()))
}
