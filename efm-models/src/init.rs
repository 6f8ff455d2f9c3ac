//! Initial weights from the run's own random stream, so that they are the same on every device.

use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::tensor::{Device, Tensor, TensorData};
use efm_core::Stream;
use rand::RngExt;

/// Gives every weight matrix of `module` uniform values of variance `1/fan_in` (LeCun), every vector zeros, and numbers
/// the parameters 1, 2, … so that files of equal runs are equal.
pub(crate) fn initialise<M: Module>(module: M, stream: &Stream, device: &Device) -> M {
    module.map(&mut Initialiser { stream: *stream, device: device.clone(), index: 0 })
}

struct Initialiser {
    stream: Stream,
    device: Device,
    index: u64,
}

impl ModuleMapper for Initialiser {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        self.index += 1;
        let shape = param.lazy_shape();
        let count = shape.num_elements();
        let values: Vec<f32> = if D < 2 {
            vec![0.0; count]
        } else {
            let bound = (3.0 / shape.dims::<D>()[0] as f32).sqrt();
            let mut random = self.stream.at(self.index);
            (0..count).map(|_| random.random_range(-bound..bound)).collect()
        };
        let mut fresh = Param::from_data(TensorData::new(values, shape), &self.device);
        fresh.id = ParamId::from(self.index);
        fresh
    }
}
