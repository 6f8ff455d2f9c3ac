//! Initial weights from the run's own random stream, so that they are the same on every device.

use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::tensor::{Device, Tensor, TensorData};
use efm_core::Stream;
use rand::RngExt;

/// A plain value inside a module of burn, to be marked `#[module(skip)]`.
#[derive(Debug, Clone, Copy)]
pub struct Setting<T>(
    /// The value.
    pub T,
);

/// Gives every weight of `module` uniform values of variance `1/fan_in` (LeCun), every vector zeros, and numbers the
/// parameters 1, 2, … so that files of equal runs are equal. Outputs are the last axis of a weight.
///
/// Vectors called `scale` are ones, and whatever is inside a module called `closing` starts at zero: the branch that it
/// closes adds nothing before training.
pub fn initialise<M: Module>(module: M, stream: &Stream, device: &Device) -> M {
    module.map(&mut Initialiser { stream: *stream, device: device.clone(), index: 0, path: Vec::new() })
}

struct Initialiser {
    stream: Stream,
    device: Device,
    index: u64,
    path: Vec<String>,
}

impl ModuleMapper for Initialiser {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        self.index += 1;
        let shape = param.lazy_shape();
        let count = shape.num_elements();
        let values: Vec<f32> = if self.path.iter().any(|name| name == "closing") {
            vec![0.0; count]
        } else if D < 2 {
            vec![if self.path.last().is_some_and(|name| name == "scale") { 1.0 } else { 0.0 }; count]
        } else {
            let inputs: usize = shape.dims::<D>()[..D - 1].iter().product();
            let bound = (3.0 / inputs as f32).sqrt();
            let mut random = self.stream.at(self.index);
            (0..count).map(|_| random.random_range(-bound..bound)).collect()
        };
        let mut fresh = Param::from_data(TensorData::new(values, shape), &self.device);
        fresh.id = ParamId::from(self.index);
        fresh
    }
}
