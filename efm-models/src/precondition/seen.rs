use burn::tensor::Tensor;

use crate::geometry::SMALLEST_SPREAD;
use crate::{Condition, Geometry, Head};

/// Heights closer than this share of the gap to a plate look alike to logarithmic features.
pub(crate) const PLATE_LAYER: f64 = 0.001;

/// Inputs are squashed beyond this many spreads, so that far points do not leave the network's range.
const RANGE: f64 = 6.0;

/// What a preconditioner shows a [`crate::Backbone`] of B points. Everything is of order one.
#[derive(Debug)]
#[non_exhaustive]
pub struct Seen<'a> {
    /// x divided by the spread that lines have at its height and squashed far out, `[B, D]`.
    pub place: Tensor<2>,
    /// The mean square of a coordinate before it was squashed, `[B, 1]`.
    pub radius: Tensor<2>,
    /// z/L, `[B, 1]`: below 0 and above 1 behind the plates.
    pub height: Tensor<2>,
    /// How noisy x is, from −1 to 1, in a flux tube, `[B, 1]`.
    pub level: Option<Tensor<2>>,
    /// For which target, if not for all.
    pub condition: Option<&'a Condition>,
    /// x itself.
    x: Tensor<2>,
    head: Head,
}

impl<'a> Seen<'a> {
    /// Points as they are shown by [`Geometry::variance`].
    pub(super) fn new(geometry: &Geometry, x: &Tensor<2>, z: &Tensor<2>, condition: Option<&'a Condition>) -> Self {
        let (place, radius) = placed(x.clone(), variance(geometry, z.clone()));
        let height = z.clone().div_scalar(geometry.gap);
        Self { place, radius, height, level: None, condition, x: x.clone(), head: geometry.head }
    }

    /// The same for points x that are shown as `whole`, have the `variance` of a coordinate, `[B, 1]`, and are that noisy.
    pub(super) fn noisy(
        geometry: &Geometry,
        x: &Tensor<2>,
        whole: Tensor<2>,
        z: Tensor<2>,
        variance: Tensor<2>,
        level: Tensor<2>,
        condition: Option<&'a Condition>,
    ) -> Self {
        let (place, radius) = placed(whole, variance);
        let height = z.div_scalar(geometry.gap);
        Self { place, radius, height, level: Some(level), condition, x: x.clone(), head: geometry.head }
    }

    /// The number of points, B.
    pub fn count(&self) -> usize {
        self.x.dims()[0]
    }

    /// x over its root mean square, `[B, D]`.
    pub fn direction(&self) -> Tensor<2> {
        direction(self.x.clone())
    }

    /// z/L between the plates and on the nearer one behind them, `[B, 1]`.
    pub fn inner_height(&self) -> Tensor<2> {
        match self.head.is_everywhere() {
            true => self.height.clone().clamp(0.0, 1.0),
            false => self.height.clone(),
        }
    }

    /// Features of the height, `[B, 1]` each, [`crate::BackboneShape::height_features`] of them: the level, or the height itself without
    /// one; the logarithms of the distances from both plates; and where the field jumps at the plates, whether the point is behind the
    /// source and behind the target.
    pub fn height_features(&self) -> Vec<Tensor<2>> {
        let signed = &self.height;
        let height = self.inner_height();
        let mut columns = vec![match &self.level {
            Some(level) => level.clone(),
            None => height.clone().mul_scalar(2.0).sub_scalar(1.0),
        }];
        let distances = match self.head.is_everywhere() {
            true => [signed.clone().abs(), signed.clone().sub_scalar(1.0).abs()],
            false => {
                let rest = height.clone().neg().add_scalar(1.0);
                [height, rest].map(|distance| distance.clamp_min(0.0))
            }
        };
        for distance in distances {
            let logarithm = distance.add_scalar(PLATE_LAYER).log();
            columns.push(logarithm.div_scalar(-PLATE_LAYER.ln() / 2.0).add_scalar(1.0));
        }
        if self.head == Head::Free {
            columns.push(signed.clone().lower_scalar(0.0).float());
            columns.push(signed.clone().greater_scalar(1.0).float());
        }
        columns
    }
}

/// x of that variance, `[B, 1]`, in units of the spread, squashed far out, `[B, D]`, and the mean square that it had before, `[B, 1]`.
fn placed(x: Tensor<2>, variance: Tensor<2>) -> (Tensor<2>, Tensor<2>) {
    let scaled = x / variance.sqrt();
    let radius = scaled.clone().powi_scalar(2).mean_dim(1);
    let squash = radius.clone().div_scalar(RANGE * RANGE).add_scalar(1.0).sqrt();
    (scaled / squash, radius)
}

/// Tensor form of [`Geometry::variance`], `[B, 1]`.
fn variance(geometry: &Geometry, z: Tensor<2>) -> Tensor<2> {
    let Geometry { gap, source_spread, target_spread, head, .. } = *geometry;
    let height = z.clone().div_scalar(gap).clamp(0.0, 1.0);
    if head == Head::Velocity {
        let rest = height.clone().neg().add_scalar(1.0).mul_scalar(source_spread).powi_scalar(2);
        return (rest + height.mul_scalar(target_spread).powi_scalar(2)).clamp_min(SMALLEST_SPREAD.powi(2));
    }
    let behind = z - height.clone().mul_scalar(gap);
    let rest = height.clone().neg().add_scalar(1.0);
    let data = rest.clone().mul_scalar(source_spread.powi(2)) + height.clone().mul_scalar(target_spread.powi(2));
    data.clamp_min(SMALLEST_SPREAD.powi(2)) + (height * rest).mul_scalar(gap.powi(2)) + behind.powi_scalar(2)
}

/// x over its root mean square, `[B, D]`.
pub(super) fn direction(x: Tensor<2>) -> Tensor<2> {
    let square = x.clone().powi_scalar(2).mean_dim(1);
    x / square.clamp_min(SMALLEST_SPREAD.powi(2)).sqrt()
}
