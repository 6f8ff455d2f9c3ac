use burn::tensor::Tensor;

use super::{Backbone, Outputs, Seen, fitting};
use crate::{Condition, Conditions, FieldNet, Geometry, Head, ModelError, TrainableNet};

/// A backbone whose outputs are the values of the field: [`Head::Forward`], [`Head::Free`] and [`Head::Velocity`].
#[derive(Debug, Clone)]
pub struct Plain<B> {
    pub(super) backbone: B,
    pub(super) geometry: Geometry,
}

impl<B> Plain<B> {
    /// What is wrapped.
    pub fn backbone(&self) -> &B {
        &self.backbone
    }
}

impl<B: Backbone> Plain<B> {
    /// Wraps a backbone.
    ///
    /// # Errors
    /// [`ModelError::WrongHead`] for a head that is not one of those, [`ModelError::Unfitting`] for a backbone of other points.
    pub fn new(backbone: B, geometry: Geometry) -> Result<Self, ModelError> {
        let fits = matches!(geometry.head, Head::Forward | Head::Free | Head::Velocity);
        fitting(&backbone, &geometry, fits, "Plain")?;
        Ok(Self { backbone, geometry })
    }
}

impl<B: Backbone> FieldNet for Plain<B> {
    fn conditional(&self, x: Tensor<2>, z: Tensor<2>, condition: Option<&Condition>) -> Tensor<2> {
        let seen = Seen::new(&self.geometry, &x, &z, condition);
        let Outputs { lateral, along, scalar } = self.backbone.outputs(&seen);
        let mut lateral = lateral.into_iter().next().expect("a backbone gives an image");
        if let Some(along) = along.into_iter().next() {
            lateral = lateral + seen.direction() * along;
        }
        match (self.geometry.head, scalar) {
            (Head::Forward, Some(scalar)) => Tensor::cat(vec![lateral, axial(scalar)], 1),
            (Head::Free, Some(scalar)) => Tensor::cat(vec![lateral, scalar], 1),
            _ => lateral,
        }
    }

    fn dim(&self) -> Option<usize> {
        Some(self.geometry.dim)
    }

    fn conditions(&self) -> Option<Conditions> {
        self.backbone.conditions()
    }

    fn rows_per_core(&self) -> usize {
        self.backbone.rows_per_core()
    }

    fn rows_at_once(&self) -> usize {
        self.backbone.rows_at_once()
    }
}

impl<B: Backbone> TrainableNet for Plain<B> {}

/// Smallest axial component: lines between the plates always move forward (physics notes §2.1), however small the step.
const AXIAL_FLOOR: f64 = 1e-4;

/// A positive axial component of any number.
fn axial(value: Tensor<2>) -> Tensor<2> {
    crate::activation::squareplus(value).add_scalar(AXIAL_FLOOR)
}
