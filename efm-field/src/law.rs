use serde::{Deserialize, Serialize};

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
