use serde::{Deserialize, Serialize};
use statrs::function::gamma::ln_gamma;

/// How the charges of the two plates make a field.
///
/// Every law is a sum over charges in which charge i at x_i of a plate contributes E_x = A·(x − x_i), E_z = B, where
/// A and B depend on |x − x_i|², z, the plate, L and D only.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[serde(rename_all = "kebab-case")]
pub enum Law {
    /// The plates repeated by reflection: P at 2kL, Q at (2k+1)L for every integer k, in other words walls that no
    /// line crosses. All of a plate's unit flux runs through the gap: E_z is p at z = 0+, q at z = L−, and every slice
    /// carries flux 1 (twice the image sum of unit charges, of which half would leave a plate on either side).
    /// Outside the gap the field goes on as the reflected one.
    #[default]
    Mirror,
    /// The two plates alone, E_P + E_Q: eq. (3) of Kolesov et al., arXiv 2502.02367.
    Coulomb,
    /// The field of the published code: the direction of E_P plus the direction of E_Q, each of length 1. It has
    /// directions only, no strength, and is no electrostatic field: Gauss's law does not hold for it.
    Published,
}

/// Scalar type of the pair kernels. Sums over charges are kept in f64 either way.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Errors of direction and ln |E| measured against f64: below 1e-6 for D ≤ 8, 4e-6 up to D = 3072 (the most for a
    /// mirror with L a tenth of the spread); points where more is to be expected are summed in f64.
    /// Trees keep below the bound they are given ([`Summation`](crate::Summation)), 1e-6 unless told otherwise.
    /// [`Law::Published`] with D > 8: 3e-6 at D = 64, 3e-5 at D = 784, 1.3e-4 at D = 12 288 (rounding of r², which the
    /// exponent (D+1)/2 multiplies).
    #[default]
    F32,
    /// Relative error of a pair's contribution about D·1e-15; mirror with D ≤ 8: about 1e-10 of the whole field.
    F64,
}

/// ln S_D, S_D = 2 π^{(D+1)/2}/Γ((D+1)/2): area of the unit sphere S^D of R^{D+1}.
pub fn ln_sphere_area(dim: usize) -> f64 {
    let half = (dim as f64 + 1.0) / 2.0;
    std::f64::consts::LN_2 + half * std::f64::consts::PI.ln() - ln_gamma(half)
}
