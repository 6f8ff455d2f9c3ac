//! A network that begins at weights of a file.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor, TensorData};

use crate::weights::layout::{Layout, Origin};
use crate::{ModelError, Weights};

/// Which of a network's tensors were taken over from a file, by the names of its records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Taken {
    /// Those that were.
    pub taken: Vec<String>,
    /// Those that keep their initial values, and why.
    pub left: Vec<(String, String)>,
    /// Whether the file holds a moving average of weights, which was then taken in their place.
    pub averaged: bool,
}

/// The module with every tensor that `origins`, by our names, has in the file in the right shape; `None` for files that have our names.
pub(crate) fn taking<M: Module>(
    module: M,
    weights: &Weights,
    origins: Option<BTreeMap<String, Origin>>,
    device: &Device,
) -> Result<(M, Taken), ModelError> {
    let mut taker =
        Taker { weights, origins, device: device.clone(), path: Vec::new(), taken: Taken::default(), failed: None };
    let module = module.map(&mut taker);
    if let Some(error) = taker.failed {
        return Err(error);
    }
    if taker.taken.taken.is_empty() {
        let why = taker.taken.left.first().map_or(String::new(), |(name, why)| format!("; {name}: {why}"));
        return Err(weights.bad(format!("has no tensor that fits this network{why}")));
    }
    Ok((module, taker.taken))
}

struct Taker<'a> {
    weights: &'a Weights,
    /// By our names; `None` for files that have them too.
    origins: Option<BTreeMap<String, Origin>>,
    device: Device,
    path: Vec<String>,
    taken: Taken,
    failed: Option<ModelError>,
}

impl Taker<'_> {
    /// Values for our tensor called `name`, or why there are none.
    fn values(&self, name: &str, shape: &[usize]) -> Result<Result<Vec<f32>, String>, ModelError> {
        let own = Origin { name: name.to_owned(), layout: Layout::Plain };
        let origin = match &self.origins {
            None => Some(&own),
            Some(origins) => origins.get(name),
        };
        let Some(Origin { name, layout }) = origin else {
            return Ok(Err("has no counterpart in the published network".to_owned()));
        };
        let stored = layout.stored(shape);
        Ok(match self.weights.shape(name) {
            None => Err("is not in the file".to_owned()),
            Some(found) if found != stored => Err(format!("has the shape {found:?} in the file, not {stored:?}")),
            Some(_) => Ok(layout.ours(self.weights.read(name, &stored)?, shape)),
        })
    }
}

impl ModuleMapper for Taker<'_> {
    fn enter_module(&mut self, name: &str, _: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _: &str, _: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (name, shape) = (self.path.join("."), param.lazy_shape().dims::<D>());
        match self.values(&name, &shape) {
            Ok(Ok(values)) => {
                self.taken.taken.push(name);
                let mut fresh = Param::from_data(TensorData::new(values, shape), &self.device);
                fresh.id = param.id;
                return fresh;
            }
            Ok(Err(why)) => self.taken.left.push((name, why)),
            Err(error) => self.failed = self.failed.take().or(Some(error)),
        }
        param
    }
}
