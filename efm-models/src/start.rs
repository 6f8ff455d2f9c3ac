//! A network that begins at weights of a file.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Tensor, TensorData};

use crate::unet::published;
use crate::{ModelError, Network, Weights};

/// Which of a network's tensors were taken over from a file, by the names of [`Network`]'s records.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// Those that were.
    pub taken: Vec<String>,
    /// Those that keep their initial values, and why.
    pub left: Vec<(String, String)>,
    /// Whether the file holds a moving average of weights, which was then taken in their place.
    pub averaged: bool,
}

/// Where a tensor of ours is in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    pub name: String,
    pub layout: Layout,
}

/// How a tensor of ours lies in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layout {
    /// As ours.
    Plain,
    /// A linear map `[out, in]`; ours are `[in, out]`.
    Linear,
    /// A convolution `[out, in, k, k]`; ours are `[k, k, in, out]`.
    Conv,
    /// A linear map of the channels `[in, out]`; ours are convolutions `[1, 1, in, out]`.
    Point,
}

impl Layout {
    /// Shape in the file of what is `shape` here.
    fn stored(self, shape: &[usize]) -> Vec<usize> {
        match (self, shape) {
            (Self::Linear, &[from, to]) => vec![to, from],
            (Self::Conv, &[rows, columns, from, to]) => vec![to, from, rows, columns],
            (Self::Point, &[1, 1, from, to]) => vec![from, to],
            _ => shape.to_vec(),
        }
    }

    /// Values in our order, from those in the file's; `shape` is ours.
    fn ours(self, values: Vec<f32>, shape: &[usize]) -> Vec<f32> {
        let (outer, inner) = match (self, shape) {
            (Self::Linear, &[from, to]) => (to, from),
            // Taps and inputs change places with outputs, and taps with inputs.
            (Self::Conv, &[rows, columns, from, to]) => {
                let taps = rows * columns;
                let index = |place: usize| {
                    let (tap, input, output) = (place / (from * to), place / to % from, place % to);
                    (output * from + input) * taps + tap
                };
                return (0..values.len()).map(|place| values[index(place)]).collect();
            }
            _ => return values,
        };
        (0..values.len()).map(|place| values[place % outer * inner + place / outer]).collect()
    }
}

impl Network {
    /// The network with every tensor that a file of weights has in the right shape; the others stay. Files are those of
    /// our own networks, by the names of their records, and for U-Nets PyTorch checkpoints of the published layout (`DDPM` of
    /// score_sde and of the EFM code: `all_modules.0.weight`, …), of which the moving average is taken if there is one.
    ///
    /// # Errors
    /// [`ModelError::BadWeights`] when nothing fits, and for damaged files; [`ModelError::Unreadable`].
    pub fn starting_from(self, weights: &Weights, device: &Device) -> Result<(Self, Taken), ModelError> {
        let (origins, averaged) = match &self {
            Self::UNet(unet) if published::is_published(weights) => {
                let found = published::origins(unet.backbone(), weights);
                (Some(found.origins), found.averaged)
            }
            _ => (None, false),
        };
        let mut taker = Taker {
            weights,
            origins,
            device: device.clone(),
            path: Vec::new(),
            taken: Taken { averaged, ..Taken::default() },
            failed: None,
        };
        let network = self.map(&mut taker);
        if let Some(error) = taker.failed {
            return Err(error);
        }
        if taker.taken.taken.is_empty() {
            let why = taker.taken.left.first().map_or(String::new(), |(name, why)| format!("; {name}: {why}"));
            return Err(weights.bad(format!("has no tensor that fits this network{why}")));
        }
        Ok((network, taker.taken))
    }
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

#[cfg(test)]
mod tests {
    use super::Layout;

    #[test]
    fn axes_change_places() {
        // [out, in] = [2, 3] with value 10 · out + in.
        let linear = vec![0.0, 1.0, 2.0, 10.0, 11.0, 12.0];
        assert_eq!(Layout::Linear.stored(&[3, 2]), [2, 3]);
        assert_eq!(Layout::Linear.ours(linear, &[3, 2]), [0.0, 10.0, 1.0, 11.0, 2.0, 12.0]);
        // [out, in, rows, columns] = [2, 2, 1, 2] with value 100 · out + 10 · in + column.
        let conv = vec![0.0, 1.0, 10.0, 11.0, 100.0, 101.0, 110.0, 111.0];
        assert_eq!(Layout::Conv.stored(&[1, 2, 2, 2]), [2, 2, 1, 2]);
        assert_eq!(Layout::Conv.ours(conv, &[1, 2, 2, 2]), [0.0, 100.0, 10.0, 110.0, 1.0, 101.0, 11.0, 111.0]);
    }
}
