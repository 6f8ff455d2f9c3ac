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

#[cfg(test)]
mod tests {
    use burn::module::ParamId;
    use burn::tensor::Device;

    use super::*;

    #[derive(Module, Debug)]
    struct Two {
        a: Param<Tensor<1>>,
        b: Param<Tensor<2>>,
    }

    /// Gradients (3, 0) and ((0), (4)): each has a norm of its own, together they have 5.
    fn clipped(limit: f64) -> (Vec<f32>, Vec<f32>, f64) {
        let device: Device = efm_models::device::parse("cpu").expect("the default build has the CPU").autodiff();
        let two = Two {
            a: Param::initialized(ParamId::from(1), Tensor::from_floats([1.0, 1.0], &device).require_grad()),
            b: Param::initialized(ParamId::from(2), Tensor::from_floats([[1.0], [1.0]], &device).require_grad()),
        };
        let a = two.a.val() * Tensor::from_floats([3.0, 0.0], &device);
        let b = two.b.val() * Tensor::from_floats([[0.0], [4.0]], &device);
        let gradients = GradientsParams::from_grads((a.sum() + b.sum()).backward(), &two);
        let (gradients, norm) = clip_global_norm(&two, gradients, limit).expect("a CPU reads back");
        let a = gradients.get::<1>(two.a.id).expect("a has a gradient").try_into_vec_as::<f32>();
        let b = gradients.get::<2>(two.b.id).expect("b has a gradient").try_into_vec_as::<f32>();
        (a.expect("a CPU reads back"), b.expect("a CPU reads back"), norm)
    }

    #[test]
    fn all_gradients_shrink_by_one_factor() {
        let (a, b, norm) = clipped(2.5);
        assert_eq!((a, b, norm), (vec![1.5, 0.0], vec![0.0, 2.0], 5.0), "halves are exact");
    }

    #[test]
    fn gradients_within_the_limit_stay() {
        for limit in [5.0, 100.0] {
            assert_eq!(clipped(limit), (vec![3.0, 0.0], vec![0.0, 4.0], 5.0), "limit {limit}");
        }
    }

    #[test]
    fn no_limit_at_zero() {
        assert_eq!(clipped(0.0), (vec![3.0, 0.0], vec![0.0, 4.0], 5.0));
    }
}
