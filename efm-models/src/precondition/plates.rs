use burn::tensor::Tensor;
use burn::tensor::activation::sigmoid;

use super::{Backbone, Outputs, Seen, fitting};
use crate::geometry::SMALLEST_SPREAD;
use crate::{Condition, Conditions, FieldNet, Geometry, Head, ModelError, TrainableNet};

/// A backbone whose outputs correct the field of two plates in closed form: [`Head::Plates`].
#[derive(Debug, Clone)]
pub struct TwoPlates<B> {
    pub(super) backbone: B,
    pub(super) geometry: Geometry,
}

impl<B> TwoPlates<B> {
    /// What is wrapped.
    pub fn backbone(&self) -> &B {
        &self.backbone
    }
}

impl<B: Backbone> TwoPlates<B> {
    /// Wraps a backbone.
    ///
    /// # Errors
    /// [`ModelError::WrongHead`] for a head that is not this one, [`ModelError::Unfitting`] for a backbone of other points.
    pub fn new(backbone: B, geometry: Geometry) -> Result<Self, ModelError> {
        fitting(&backbone, &geometry, geometry.head == Head::Plates, "TwoPlates")?;
        Ok(Self { backbone, geometry })
    }
}

impl<B: Backbone> FieldNet for TwoPlates<B> {
    fn conditional(&self, x: Tensor<2>, z: Tensor<2>, condition: Option<&Condition>) -> Tensor<2> {
        let Reference { ln_ratio, trust, slopes, scale } = Reference::at(&self.geometry, &x, &z);
        let seen = Seen::new(&self.geometry, &x, &z, condition);
        let Outputs { lateral, along, scalar } = self.backbone.outputs(&seen);
        let mut lateral = lateral.into_iter().next().expect("a backbone gives an image");
        if let Some(along) = along.into_iter().next() {
            lateral = lateral + seen.direction() * along;
        }
        let slopes = slopes + lateral * scale;
        match scalar {
            Some(scalar) => Tensor::cat(vec![ln_ratio + scalar * trust, slopes], 1),
            None => slopes,
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

impl<B: Backbone> TrainableNet for TwoPlates<B> {}

/// What a network corrects to get the values of [`Head::Plates`]: those of plates p = C_σ, q = C_τ about the origin, whose
/// fields are known in closed form (§4.1 of the physics notes), but for their tails, which end as those of a Gaussian: seen
/// from outside the charges p*C_s is s/|x|^{D+1}, and vanishes on the plate.
struct Reference {
    /// Logarithm of the ratio of the shares, `[B, 1]`.
    ln_ratio: Tensor<2>,
    /// What a correction of order one to it is multiplied by, `[B, 1]`: far from both plates the next moment after the dipole
    /// falls as the square of the distance, and the plates cancel so well that a network's errors would decide.
    trust: Tensor<2>,
    /// E_x over |E_z| of both plates, `[B, D]`.
    slopes: Tensor<2>,
    /// What a correction of order one to it is multiplied by, `[B, 1]`: its own size, less far from both plates.
    scale: Tensor<2>,
}

impl Reference {
    /// At these points.
    fn at(geometry: &Geometry, x: &Tensor<2>, z: &Tensor<2>) -> Self {
        let dim = geometry.dim as f64;
        let square = x.clone().powi_scalar(2).mean_dim(1);
        let plate = |height: f64, spread: f64| {
            let spread = spread.max(SMALLEST_SPREAD);
            let distance = z.clone().sub_scalar(height).abs();
            let among = square.clone().div_scalar(-(TAIL * spread).powi(2)).exp();
            // ln C_{s+σ}(x) without its constants.
            let seen = distance.clone().add_scalar(spread);
            let reach = square.clone().mul_scalar(dim) + seen.clone().powi_scalar(2);
            let share = (distance + among.clone().mul_scalar(spread)).clamp_min(VANISHING * spread);
            let ln = share.clone().log() - reach.log().mul_scalar((dim + 1.0) / 2.0);
            // E[y | x] = (σ x + s·0)/(s + σ) among the charges, 0 outside: one over the distance, or one over distance and spread.
            let outside = among.clone().neg().add_scalar(1.0) / share + among / seen;
            (ln, outside)
        };
        let (ln_source, from_source) = plate(0.0, geometry.source_spread);
        let (ln_target, from_target) = plate(geometry.gap, geometry.target_spread);
        let ln_ratio = ln_source - ln_target;
        let part = sigmoid(ln_ratio.clone());
        let slope = part.clone() * from_source - part.neg().add_scalar(1.0) * from_target;
        let size = geometry.gap.powi(2) + geometry.source_spread.max(geometry.target_spread).powi(2);
        let behind = z.clone() - z.clone().clamp(0.0, geometry.gap);
        let slopes = x.clone() * slope.clone();
        let steep = (slope.clone() * slope * square.clone()).add_scalar(1.0).sqrt();
        let away = (square + behind.powi_scalar(2)).div_scalar(TRUSTED * TRUSTED * size);
        let slow = away.add_scalar(1.0).recip();
        Self { ln_ratio, slopes, scale: steep * slow.clone(), trust: slow.clone() * slow }
    }
}

/// Width of the tails of a plate, in spreads of a coordinate: those of a Gaussian of one coordinate, and flatter than those
/// of more. Where a plate has more charges than that, they show the network; where it has less, nothing does, and the
/// flux rule would end lines there.
const TAIL: f64 = std::f64::consts::SQRT_2;

/// Within this many sizes of the capacitor corrections count in full.
const TRUSTED: f64 = 3.0;

/// Shares of a plate below this are none.
const VANISHING: f64 = 1e-12;
