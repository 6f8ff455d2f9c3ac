mod flux_tube;

use burn::tensor::{Device, Tensor};
pub use flux_tube::{EndParts, FluxTube, TubeParts};

use super::seen::direction;
use super::{Backbone, Outputs, Seen, fitting};
use crate::{Condition, Conditions, FieldNet, Geometry, Head, ModelError, TrainableNet};

/// A backbone whose outputs correct the slopes of normal clouds in the middle of a [`FluxTube`]: [`Head::Slope`], and
/// [`Head::Ends`] for one with two images.
#[derive(Debug, Clone)]
pub struct Tube<B> {
    pub(super) backbone: B,
    pub(super) geometry: Geometry,
    pub(super) tube: FluxTube,
}

impl<B> Tube<B> {
    /// What is wrapped.
    pub fn backbone(&self) -> &B {
        &self.backbone
    }

    /// What is known of the slopes.
    pub fn tube(&self) -> &FluxTube {
        &self.tube
    }
}

impl<B: Backbone> Tube<B> {
    /// Wraps a backbone, with room for the middles of so many classes.
    ///
    /// # Errors
    /// [`ModelError::WrongHead`] for a head that is not one of those, [`ModelError::Unfitting`] for a backbone of other points or of
    /// another number of images.
    pub fn new(backbone: B, geometry: Geometry, classes: usize, device: &Device) -> Result<Self, ModelError> {
        fitting(&backbone, &geometry, geometry.head.is_tube(), "Tube")?;
        Ok(Self { backbone, geometry, tube: FluxTube::new(&geometry, classes, device) })
    }

    /// Outputs of the backbone at points of which so much is known.
    fn outputs(&self, x: &Tensor<2>, z: Tensor<2>, known: &TubeParts, condition: Option<&Condition>) -> Outputs {
        let middles = self.tube.middles(x.dims()[0], condition).filter(|_| self.backbone.sees_whole_points());
        let whole = match middles {
            Some(middles) => x.clone() + middles,
            None => x.clone(),
        };
        let seen = Seen::noisy(&self.geometry, x, whole, z, known.variance.clone(), known.told(), condition);
        self.backbone.outputs(&seen)
    }

    /// F of the ends on source and target, `[B, D]` each.
    fn left_of_ends(
        &self,
        x: &Tensor<2>,
        z: Tensor<2>,
        known: &TubeParts,
        condition: Option<&Condition>,
    ) -> Vec<Tensor<2>> {
        let Outputs { lateral, along, .. } = self.outputs(x, z, known, condition);
        if along.is_empty() {
            return lateral;
        }
        let direction = direction(x.clone());
        lateral.into_iter().zip(along).map(|(lateral, along)| lateral + direction.clone() * along).collect()
    }
}

impl<B: Backbone> FieldNet for Tube<B> {
    fn conditional(&self, x: Tensor<2>, z: Tensor<2>, condition: Option<&Condition>) -> Tensor<2> {
        let known = self.tube.parts(&x, &z);
        if self.geometry.head == Head::Ends {
            let left = self.left_of_ends(&x, z, &known, condition);
            let ends = known.ends.iter().zip(left).zip([-1.0, 1.0]);
            return ends.fold(x * known.linear.clone(), |slope, ((end, left), sign)| {
                slope + left * (end.share.clone() * end.slope.clone() * end.width.clone()).mul_scalar(sign)
            });
        }
        let Outputs { lateral, along, .. } = self.outputs(&x, z, &known, condition);
        let lateral = lateral.into_iter().next().expect("a backbone gives an image");
        let direction = (!along.is_empty()).then(|| direction(x.clone()));
        let slope = x * known.linear + lateral * known.rest;
        match direction.zip(along.into_iter().next()) {
            Some((direction, along)) => slope + direction * along * known.radial,
            None => slope,
        }
    }

    fn dim(&self) -> Option<usize> {
        Some(self.geometry.dim)
    }

    fn conditions(&self) -> Option<Conditions> {
        self.backbone.conditions()
    }

    fn ends(&self, x: &Tensor<2>, z: Tensor<2>, condition: Option<&Condition>) -> Option<[Tensor<2>; 2]> {
        if self.geometry.head != Head::Ends {
            return None;
        }
        let known = self.tube.parts(x, &z);
        let left = self.left_of_ends(x, z, &known, condition);
        let pairs = known.ends.into_iter().zip(left);
        pairs.map(|(end, left)| x.clone() * end.skip + left * end.width).collect::<Vec<_>>().try_into().ok()
    }

    fn middle(&self, condition: &Condition) -> Result<Option<Vec<f32>>, ModelError> {
        self.tube.middle(condition)
    }

    fn rows_per_core(&self) -> usize {
        self.backbone.rows_per_core()
    }

    fn rows_at_once(&self) -> usize {
        self.backbone.rows_at_once()
    }
}

impl<B: Backbone> TrainableNet for Tube<B> {
    fn centred(self, middles: &[f32], device: &Device) -> Result<Self, ModelError> {
        Ok(Self { tube: self.tube.centred(middles, device)?, ..self })
    }

    fn keeping_angles(self) -> Self {
        Self { tube: self.tube.keeping_angles(), ..self }
    }
}
