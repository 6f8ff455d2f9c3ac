//! One charge and its mirror images, to double precision, for any D.
//!
//! Lengths are in units of L here. A charge repeats with period 2; ρ is its distance within the plate and h ∈ [−1, 1]
//! the height above its nearest image, so that image k sits at height difference t_k = h − 2k. With m = (D+1)/2
//!
//!   A = Σ_k 1/(ρ² + t_k²)^m,   B = Σ_k t_k/(ρ² + t_k²)^m.
//!
//! Close by (ρ below a D-dependent limit) images are added one by one until they are negligible or far, and the rest is
//! an Euler–Maclaurin tail. Far away the sums are smooth and Poisson summation takes over:
//!
//!   A = ½ F₀ (1 + 2 Σ_n cos(nπh) M(nπρ)),   F₀ = √π Γ(D/2)/Γ((D+1)/2) ρ^{−D},
//!   B = F₀ ρ Σ_n sin(nπh) M(nπρ) K_{D/2−1}(nπρ)/K_{D/2}(nπρ),
//!
//! with the Matérn function M(x) = 2^{1−ν}/Γ(ν) x^ν K_ν(x), ν = D/2. The limit is where M(πρ) < e^{−39}: beyond it the
//! series are their first terms, to the last bit of A and of the direction.

use pulp::Arch;
use statrs::function::gamma::ln_gamma;
use std::f64::consts::PI;

use crate::quadrature::gauss_legendre;
use crate::simd::widely;

/// The image sums of one dimension.
#[derive(Debug, Clone)]
pub struct Images {
    dim: usize,
    /// m = (D+1)/2.
    power: f64,
    /// ρ/L beyond which the far form is used.
    far: f64,
    /// As `far`, where the first term of the series is exact to 1e-8 of the field, M(πρ) < e^{−16}.
    far_enough: f64,
    /// ln (F₀ ρ^D / 2).
    ln_mean: f64,
    /// Gauss–Legendre nodes and weights on (0, 1) for the tail.
    rule: Vec<(f64, f64)>,
}

/// A and B relative to the nearest image's r₀^{−(D+1)}, r₀² = ρ² + h².
#[derive(Debug, Clone, Copy, Default)]
pub struct ImageSum {
    /// E_x/(x − x_i).
    pub a: f64,
    /// E_z.
    pub b: f64,
}

impl Images {
    /// Images in R^{D+1}.
    pub fn new(dim: usize) -> Self {
        let nu = dim as f64 / 2.0;
        let limit = |ln_matern_there: f64| {
            let (mut near, mut far) = (1.0, 1e6);
            for _ in 0..100 {
                let middle = 0.5 * (near + far);
                if ln_matern(nu, PI * middle) > ln_matern_there { near = middle } else { far = middle }
            }
            far
        };
        Self {
            dim,
            power: (dim as f64 + 1.0) / 2.0,
            far: limit(-39.0),
            far_enough: limit(-16.0),
            ln_mean: 0.5 * PI.ln() + ln_gamma(nu) - ln_gamma(nu + 0.5) - std::f64::consts::LN_2,
            rule: gauss_legendre(24),
        }
    }

    /// All images of a charge, relative to the nearest one.
    ///
    /// A charge at the point itself contributes nothing (by symmetry neither do its images).
    pub fn sum(&self, rho2: f64, h: f64) -> ImageSum {
        let near2 = rho2 + h * h;
        if near2 == 0.0 {
            return ImageSum::default();
        }
        if self.dim == 1 {
            return ring(rho2.sqrt(), h, near2);
        }
        let rho = rho2.sqrt();
        if rho > self.far {
            let (a, b) = self.far(rho, h, -self.power * near2.ln());
            return ImageSum { a, b };
        }
        let (a, b) = self.others(rho2, h, near2);
        ImageSum { a: 1.0 + a, b: h + b }
    }

    /// Whether D is even, so that weights contain a square root.
    pub fn is_even(&self) -> bool {
        self.dim.is_multiple_of(2)
    }

    /// As [`Images::sum`] for many ρ² at one height and D > 1, to 1e-8 of the field.
    pub fn sums<const N: usize>(&self, rho2: &[f64; N], h: f64) -> ([f64; N], [f64; N]) {
        let (mut a, mut b) = ([1.0; N], [h; N]);
        widely(
            Arch::new(),
            #[inline(always)]
            || self.near_sums(rho2, h, &mut a, &mut b),
        );
        for (node, &rho2) in rho2.iter().enumerate() {
            if rho2 > self.far_enough.powi(2) {
                (a[node], b[node]) = self.far(rho2.sqrt(), h, -self.power * (rho2 + h * h).ln());
            }
        }
        (a, b)
    }

    /// Adds images one by one until they are negligible wherever the far form does not hold.
    #[inline(always)]
    fn near_sums<const N: usize>(&self, rho2: &[f64; N], h: f64, a: &mut [f64; N], b: &mut [f64; N]) {
        let far2 = self.far_enough.powi(2);
        // Farther than this the value is not used; it only has to stay finite.
        let rho2 = rho2.map(|rho2| rho2.min(far2));
        let whole = self.dim.div_ceil(2);
        for k in 1..200 {
            let mut most = 0.0_f64;
            for t in [h - 2.0 * f64::from(k), h + 2.0 * f64::from(k)] {
                let mut base = rho2;
                base.iter_mut().for_each(|rho2| *rho2 = (*rho2 + h * h) / (*rho2 + t * t));
                let mut weight = [1.0; N];
                if self.is_even() {
                    weight.iter_mut().zip(&base).for_each(|(weight, base)| *weight = base.sqrt());
                }
                let mut left = whole;
                while left > 0 {
                    if left % 2 == 1 {
                        weight.iter_mut().zip(&base).for_each(|(weight, base)| *weight *= base);
                    }
                    base.iter_mut().for_each(|base| *base *= *base);
                    left /= 2;
                }
                a.iter_mut().zip(&weight).for_each(|(a, weight)| *a += weight);
                b.iter_mut().zip(&weight).for_each(|(b, weight)| *b += t * weight);
                most = weight.iter().fold(most, |most, &weight| if weight > most { weight } else { most });
            }
            if most < 1e-9 {
                break;
            }
        }
    }

    /// The images other than the nearest: (A, B) in units L = 1, times `scale2`^m, m = (D + 1)/2. With `scale2` of the order of
    /// ρ² + 1 nothing overflows or vanishes.
    pub fn remainder(&self, rho2: f64, h: f64, scale2: f64) -> (f64, f64) {
        let (near2, rho) = (rho2 + h * h, rho2.sqrt());
        let nearest = (scale2 / near2).powf(self.power);
        if self.dim == 1 {
            let total = ring(rho, h, near2);
            return ((total.a - 1.0) * nearest, (total.b - h) * nearest);
        }
        if rho > self.far {
            let (a, b) = self.far(rho, h, -self.power * scale2.ln());
            return (a - nearest, b - h * nearest);
        }
        self.others(rho2, h, scale2)
    }

    /// ρ beyond which only the mean over z is left to 1e-7 of the field, and ln (A ρ^D) there.
    pub fn wall(&self) -> (f64, f64) {
        (self.far_enough, self.ln_mean)
    }

    /// ratio^m by products, much faster than by logarithms and as exact.
    #[inline]
    pub fn raise(&self, ratio: f64) -> f64 {
        let whole = ratio.powi(self.dim.div_ceil(2) as i32);
        if self.dim.is_multiple_of(2) { whole * ratio.sqrt() } else { whole }
    }

    /// First terms of the far form over e^{ln_scale}.
    fn far(&self, rho: f64, h: f64, ln_scale: f64) -> (f64, f64) {
        let nu = self.dim as f64 / 2.0;
        let mean = (self.ln_mean - self.dim as f64 * rho.ln() - ln_scale).exp();
        let t = PI * rho / nu;
        // K_{ν−1}/K_ν to leading order of the uniform expansion, and rational to avoid cancellation at large t.
        let ratio = t / (1.0 + (1.0 + t * t).sqrt());
        let wave = ln_matern(nu, PI * rho).exp();
        (mean * (1.0 + 2.0 * (PI * h).cos() * wave), mean * 2.0 * rho * (PI * h).sin() * wave * ratio)
    }

    /// Images k ≠ 0, relative to `near2`^{−m}.
    fn others(&self, rho2: f64, h: f64, near2: f64) -> (f64, f64) {
        // Up to here images are added one by one, unless they are negligible before.
        let reach = (3.0 * rho2.sqrt()).max(40.0);
        let weight = |t: f64| self.raise(near2 / (rho2 + t * t));
        let (mut a, mut b) = (0.0, 0.0);
        let mut k = 1.0;
        loop {
            // The pair ±k together, so that what cancels in B cancels at once.
            let (up, down) = (h - 2.0 * k, h + 2.0 * k);
            let (above, below) = (weight(up), weight(down));
            a += above + below;
            b += up * above + down * below;
            if above.max(below) < 1e-19 {
                return (a, b);
            }
            if 2.0 * k + 1.0 > reach {
                break;
            }
            k += 1.0;
        }
        let first = 2.0 * k + 1.0;
        let (up, down) = (self.tail(rho2, first - h, near2), self.tail(rho2, first + h, near2));
        (a + up.0 + down.0, b - up.1 + down.1)
    }

    /// Σ f(t) and Σ t f(t) over t = `from` + 1, +3, +5, …: Euler–Maclaurin at the midpoint, through the third derivative.
    fn tail(&self, rho2: f64, from: f64, near2: f64) -> (f64, f64) {
        let (m, t) = (self.power, from);
        let q = rho2 + t * t;
        let f = self.raise(near2 / q);
        let f1 = -2.0 * m * t / q * f;
        let f2 = (-2.0 * m / q + 4.0 * m * (m + 1.0) * t * t / (q * q)) * f;
        let f3 = (12.0 * m * (m + 1.0) * t / (q * q) - 8.0 * m * (m + 1.0) * (m + 2.0) * t.powi(3) / q.powi(3)) * f;
        let (g, g1, g3) = (f * t, f + t * f1, 3.0 * f2 + t * f3);
        let integral: f64 = self
            .rule
            .iter()
            .map(|&(u, weight)| {
                let exponent = m * (near2 / (rho2 * u * u + t * t)).ln() + (self.dim as f64 - 1.0) * u.ln();
                weight * t * exponent.exp()
            })
            .sum();
        let moment = g / t * q / (2.0 * (m - 1.0));
        (integral / 2.0 + f1 / 12.0 - 7.0 * f3 / 720.0, moment / 2.0 + g1 / 12.0 - 7.0 * g3 / 720.0)
    }
}

/// The part of a charge's D = 1 field that decays along the plate, relative to e^{−πρ/L}: see [`ring`].
///
/// The mean over z of a charge's field in D = 1 is ±π/2 however far away; over a neutral capacitor it cancels exactly,
/// and only this part tells the direction outside.
pub fn ring_decaying(rho: f64, h: f64) -> (f64, f64) {
    let (fade, cos) = ((-PI * rho).exp(), (PI * h).cos());
    let denominator = (1.0 - fade).powi(2) + 4.0 * fade * (PI * h / 2.0).sin().powi(2);
    if denominator == 0.0 {
        return (0.0, 0.0);
    }
    // |E_x| − π/2 and E_z.
    (PI * (cos - fade) / denominator, PI * (PI * h).sin() / denominator)
}

/// D = 1: Σ_k (x, t_k)/r_k² = (π/2) (sinh X, sin Z)/(cosh X − cos Z), X = πρ, Z = πh (cot series).
fn ring(rho: f64, h: f64, near2: f64) -> ImageSum {
    let (a, b) = if rho < 5.0 {
        let (x, z) = (PI * rho, PI * h);
        let denominator = 2.0 * ((x / 2.0).sinh().powi(2) + (z / 2.0).sin().powi(2));
        let slope = if rho > 0.0 { x.sinh() / rho } else { PI };
        (0.5 * PI * slope / denominator, 0.5 * PI * z.sin() / denominator)
    } else {
        let (a, b) = ring_decaying(rho, h);
        let fade = (-PI * rho).exp();
        ((0.5 * PI + a * fade) / rho, b * fade)
    };
    ImageSum { a: a * near2, b: b * near2 }
}

/// ln M(x), uniform in ν to leading order; its relative error, below 1/(8ν) for M, touches terms below 1e-16 only.
fn ln_matern(nu: f64, x: f64) -> f64 {
    let root = (1.0 + (x / nu).powi(2)).sqrt();
    -nu * (root - 1.0 - ((1.0 + root) / 2.0).ln()) - 0.5 * root.ln()
}
