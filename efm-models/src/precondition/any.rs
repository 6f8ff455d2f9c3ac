use burn::tensor::{Device, Tensor};

use super::module::{any, any_again};
use super::{Backbone, Plain, Tube, TwoPlates};
use crate::{Condition, Conditions, FieldNet, Geometry, Head, ModelError, TrainableNet};

/// A backbone in the wrapper that its head asks for.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Preconditioned<B> {
    /// See [`Plain`].
    Plain(Plain<B>),
    /// See [`TwoPlates`].
    TwoPlates(TwoPlates<B>),
    /// See [`Tube`].
    Tube(Tube<B>),
}

impl<B> Preconditioned<B> {
    /// What is wrapped.
    pub fn backbone(&self) -> &B {
        any!(self, wrapper => wrapper.backbone())
    }
}

impl<B: Backbone> Preconditioned<B> {
    /// Wraps a backbone for the head of `geometry`; with room for the middles of so many classes, where the wrapper keeps those.
    ///
    /// # Errors
    /// Those of the wrappers.
    pub fn new(backbone: B, geometry: Geometry, classes: usize, device: &Device) -> Result<Self, ModelError> {
        Ok(match geometry.head {
            Head::Forward | Head::Free | Head::Velocity => Self::Plain(Plain::new(backbone, geometry)?),
            Head::Plates => Self::TwoPlates(TwoPlates::new(backbone, geometry)?),
            Head::Slope | Head::Ends => Self::Tube(Tube::new(backbone, geometry, classes, device)?),
        })
    }
}

impl<B: Backbone> FieldNet for Preconditioned<B> {
    fn conditional(&self, x: Tensor<2>, z: Tensor<2>, condition: Option<&Condition>) -> Tensor<2> {
        any!(self, wrapper => wrapper.conditional(x, z, condition))
    }

    fn dim(&self) -> Option<usize> {
        any!(self, wrapper => wrapper.dim())
    }

    fn conditions(&self) -> Option<Conditions> {
        any!(self, wrapper => wrapper.conditions())
    }

    fn ends(&self, x: &Tensor<2>, z: Tensor<2>, condition: Option<&Condition>) -> Option<[Tensor<2>; 2]> {
        any!(self, wrapper => wrapper.ends(x, z, condition))
    }

    fn middle(&self, condition: &Condition) -> Result<Option<Vec<f32>>, ModelError> {
        any!(self, wrapper => wrapper.middle(condition))
    }

    fn rows_per_core(&self) -> usize {
        any!(self, wrapper => wrapper.rows_per_core())
    }

    fn rows_at_once(&self) -> usize {
        any!(self, wrapper => wrapper.rows_at_once())
    }
}

impl<B: Backbone> TrainableNet for Preconditioned<B> {
    fn centred(self, middles: &[f32], device: &Device) -> Result<Self, ModelError> {
        Ok(any_again!(self, wrapper => wrapper.centred(middles, device)?))
    }

    fn keeping_angles(self) -> Self {
        any_again!(self, wrapper => wrapper.keeping_angles())
    }
}
