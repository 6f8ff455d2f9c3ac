use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::optim::GradientsParams;
use burn::tensor::Tensor;

/// An exponential moving average of a network's weights, kept beside them: training never sees it.
#[derive(Debug, Clone)]
pub struct MovingAverage<M: Module> {
    average: M,
    decay: f64,
}

impl<M: Module> MovingAverage<M> {
    /// Starts from the present weights. `decay` is that of a long run; early steps use (1 + t)/(10 + t) where it is
    /// smaller, so that the initial weights are forgotten quickly.
    pub fn new(module: &M, decay: f64) -> Self {
        Self { average: module.valid(), decay }
    }

    /// Goes on from a stored average.
    pub fn resume(average: M, decay: f64) -> Self {
        Self { average: average.valid(), decay }
    }

    /// Takes the weights after step `step` (from 0) in.
    pub fn update(&mut self, module: &M, step: usize) {
        let warm = (1.0 + step as f64) / (10.0 + step as f64);
        let decay = if self.decay > 0.0 { self.decay.min(warm) } else { 0.0 };
        // burn's gradient container is its public map from parameter ids to tensors.
        let mut fresh = Collect { tensors: GradientsParams::new() };
        module.valid().visit(&mut fresh);
        let average = self.average.clone();
        self.average = average.map(&mut Blend { fresh: fresh.tensors, decay });
    }

    /// The averaged network, without gradients.
    pub fn module(&self) -> &M {
        &self.average
    }
}

struct Collect {
    tensors: GradientsParams,
}

impl ModuleVisitor for Collect {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.tensors.register(param.id, param.val());
    }
}

struct Blend {
    fresh: GradientsParams,
    decay: f64,
}

impl ModuleMapper for Blend {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        match self.fresh.remove::<D>(param.id) {
            Some(fresh) if self.decay > 0.0 => {
                param.map(|average| average.mul_scalar(self.decay) + fresh.mul_scalar(1.0 - self.decay))
            }
            Some(fresh) => param.map(|_| fresh),
            None => param,
        }
    }
}
