//! The global norm of a gradient, which burn's own clipping (per tensor) does not have.

use burn::module::{Module, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

use crate::TrainError;

/// Scales `gradients` so that their global norm is at most `limit` (0: no limit). Returns them with the norm before.
pub(crate) fn clip_global_norm<M: Module>(
    module: &M,
    mut gradients: GradientsParams,
    limit: f64,
) -> Result<(GradientsParams, f64), TrainError> {
    let mut norm = SquaredNorm { gradients: &gradients, sum: None };
    module.visit(&mut norm);
    let norm = match norm.sum {
        Some(sum) => {
            let values = sum.try_into_vec_as::<f32>().map_err(|error| TrainError::Device(error.to_string()))?;
            f64::from(values[0]).sqrt()
        }
        None => 0.0,
    };
    if limit > 0.0 && norm > limit {
        module.visit(&mut Scale { gradients: &mut gradients, factor: limit / norm });
    }
    Ok((gradients, norm))
}

struct SquaredNorm<'a> {
    gradients: &'a GradientsParams,
    sum: Option<Tensor<1>>,
}

impl ModuleVisitor for SquaredNorm<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.get::<D>(param.id) {
            let square = (gradient.clone() * gradient).sum();
            self.sum = Some(match self.sum.take() {
                Some(sum) => sum + square,
                None => square,
            });
        }
    }
}

struct Scale<'a> {
    gradients: &'a mut GradientsParams,
    factor: f64,
}

impl ModuleVisitor for Scale<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = self.gradients.remove::<D>(param.id) {
            self.gradients.register(param.id, gradient.mul_scalar(self.factor));
        }
    }
}
