use burn::tensor::Tensor;
use burn::tensor::activation::sigmoid;
use serde::{Deserialize, Serialize};

use crate::Geometry;
use crate::geometry::SMALLEST_SPREAD;

/// What the last layer of a network stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Head {
    /// E_x and E_z > 0, up to a common factor: a field of the gap, whose lines all move forward.
    #[default]
    Forward,
    /// E_x and E_z of either sign, up to a common factor, everywhere: behind the plates too.
    Free,
    /// What each of two plates contributes, everywhere: the logarithm of the ratio of their shares of |E_z|, then
    /// E_x over |E_z| of both plates together, the mean of ±(x − y)/s over the charges y at the distances s of their plates
    /// (§2.6 of the physics notes).
    Plates,
    /// dx/dt, D numbers, t = z/L: the velocity of a flow whose lines all move forward, as flow matching learns it. No field of
    /// charges, but its lines are followed like any others.
    Velocity,
    /// E_x/E_z, D numbers: slopes of lines in the gap that all move forward. Networks give them as corrections to those of
    /// normal clouds in the middle of a [`crate::FluxTube`].
    Slope,
    /// E_x/E_z as well, put together from the expected ends of the line through a point: on either plate the mean of the charges that
    /// may be there, E[x₊ | x] and E[x₋ | x], which networks learn apart, see [`crate::FluxTube`] and [`crate::Network::ends`].
    Ends,
}

impl Head {
    /// Number of values a network gives in R^`dim`.
    pub fn outputs(self, dim: usize) -> usize {
        match self {
            Self::Forward | Self::Free | Self::Plates => dim + 1,
            Self::Velocity | Self::Slope | Self::Ends => dim,
        }
    }

    /// Whether the field behind the plates is learned; otherwise it is that of the nearer plate's inner side.
    pub fn is_everywhere(self) -> bool {
        matches!(self, Self::Free | Self::Plates)
    }

    /// Whether the field is that of a [`crate::FluxTube`].
    pub fn is_tube(self) -> bool {
        matches!(self, Self::Slope | Self::Ends)
    }

    /// Whether this is the usual head.
    #[allow(clippy::trivially_copy_pass_by_ref)]
    pub fn is_forward(&self) -> bool {
        *self == Self::Forward
    }

    /// Writes E, up to a positive factor and z last, from the `values` of a network at (x, z): the rule by which [`crate::LearnedField`]
    /// reads networks, for adapters of one's own. `values` are [`Head::outputs`] numbers, `x` the D coordinates of the point in the
    /// units of `geometry`, and `field` takes D + 1 numbers.
    ///
    /// # Panics
    /// For slices that are shorter.
    pub fn assemble(self, values: &[f32], x: &[f64], z: f64, geometry: &Geometry, field: &mut [f64]) {
        let dim = x.len();
        match self {
            Self::Forward | Self::Free => {
                field.iter_mut().zip(values).for_each(|(to, &from)| *to = f64::from(from));
                field[dim] *= geometry.axial_unit(x, z);
            }
            Self::Velocity => {
                // dx/dz = v/L.
                field.iter_mut().zip(values).for_each(|(to, &from)| *to = f64::from(from));
                field[dim] = geometry.gap;
            }
            Self::Slope | Self::Ends => {
                field.iter_mut().zip(values).for_each(|(to, &from)| *to = f64::from(from));
                field[dim] = 1.0;
            }
            Self::Plates => {
                // E ∝ (u, π sgn z − (1 − π) sgn(z − L)), π the share of the source.
                let ln_ratio = f64::from(values[0]);
                let (share, rest) = (1.0 / (1.0 + (-ln_ratio).exp()), 1.0 / (1.0 + ln_ratio.exp()));
                let side = |height: f64, inside: f64| if height == 0.0 { inside } else { height.signum() };
                field.iter_mut().zip(&values[1..]).for_each(|(to, &from)| *to = f64::from(from));
                field[dim] = share * side(z, 1.0) - rest * side(z - geometry.gap, -1.0);
            }
        }
    }
}

/// What a network corrects to get the values of [`Head::Plates`]: those of plates p = C_σ, q = C_τ about the origin, whose
/// fields are known in closed form (§4.1 of the physics notes), but for their tails, which end as those of a Gaussian: seen
/// from outside the charges p*C_s is s/|x|^{D+1}, and vanishes on the plate.
pub(crate) struct Reference {
    /// Logarithm of the ratio of the shares, `[B, 1]`.
    pub ln_ratio: Tensor<2>,
    /// What a correction of order one to it is multiplied by, `[B, 1]`: far from both plates the next moment after the dipole
    /// falls as the square of the distance, and the plates cancel so well that a network's errors would decide.
    pub trust: Tensor<2>,
    /// E_x over |E_z| of both plates, `[B, D]`.
    pub slopes: Tensor<2>,
    /// What a correction of order one to it is multiplied by, `[B, 1]`: its own size, less far from both plates.
    pub scale: Tensor<2>,
}

impl Reference {
    /// At these points.
    pub fn at(geometry: &Geometry, x: &Tensor<2>, z: &Tensor<2>) -> Self {
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
