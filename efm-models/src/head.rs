use serde::{Deserialize, Serialize};

use crate::Geometry;

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
    /// may be there, E[x₊ | x] and E[x₋ | x], which networks learn apart, see [`crate::FluxTube`] and [`crate::FieldNet::ends`].
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
