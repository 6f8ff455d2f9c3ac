use std::f64::consts::{LN_2, PI};

use statrs::function::gamma::ln_gamma;

/// ln S_D, S_D = 2 π^{(D+1)/2}/Γ((D+1)/2): area of the unit sphere S^D of R^{D+1}.
pub fn ln_sphere_area(dim: usize) -> f64 {
    let half = (dim as f64 + 1.0) / 2.0;
    LN_2 + half * PI.ln() - ln_gamma(half)
}
