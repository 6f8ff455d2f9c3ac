//! Where a learned field is trained.

mod flux;

use efm_core::{Augmented, Capacitor, Side, Stream};
use rand::{Rng, RngExt};
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::Law;
pub use flux::{Origin, on_flux};
use flux::{TAIL, in_tube, spread, widths};

/// How points between the plates are drawn: where a learned field is trained.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum InterPlate {
    /// Where the field lines run: x ~ ρ_z = E_z(·, z) of the law in use.
    ///
    /// Coulomb (and published): a fair coin picks x₊ + z·C or x₋ + (L − z)·C, C the standard Cauchy of R^D. Mirror: a
    /// Brownian motion from z leaves (0, L) after time τ at one of the plates; x is a point of that plate plus
    /// √τ·N(0, I). Exact draws in any D.
    Flux {
        /// Heights keep this share of L away from either plate. Default 0.001.
        #[serde(default = "default_margin")]
        margin: f64,
        /// Share of draws whose ln(z/(L − z)) is uniform, which resolves both plates; the others have uniform z.
        /// Default 0.25; 0 makes (x, z) uniform in z, ρ_z in x.
        #[serde(default = "default_edge")]
        edge: f64,
        /// Share of the draws in the bulk that are dropped for others, so that tails count more: a draw q widths of ρ_z
        /// away from the axis is kept with probability max(1 − thinning, q/5), at most 1. This depends on the place
        /// alone, so the best direction to learn stays that of the field. Default 0.
        #[serde(default)]
        thinning: f64,
    },
    /// As [`InterPlate::Flux`], but only of the part of every charge's flux that leaves it between two cones. In many dimensions
    /// lines stay in such a tube from plate to plate: the noise of a point, √τ·N(0, I), has a length of √(τD) and hardly any spread.
    /// A network that only sees the tube learns one amount of noise per height and not all of them; lines have to start in the tube
    /// as well, at its middle where they leave at the median angle. Lines of a tube alone do not carry
    /// p to q exactly.
    Tube {
        /// Heights keep these shares of L away from the source and from the target. The first one is best a little less than where
        /// lines start, for above a plate of samples there is nothing to learn but single charges. Default [0.001, 0.001].
        #[serde(default = "default_margins")]
        margins: [f64; 2],
        /// As that of [`InterPlate::Flux`].
        #[serde(default = "default_edge")]
        edge: f64,
        /// Share of draws where the noise of the lines is about as wide as the data of the target: there images get their
        /// shapes, and most is to be learned. ln(distance from the target/spread of a coordinate) is normal about 0.5, with a
        /// standard deviation of 1.2. Default 0.
        #[serde(default)]
        focus: f64,
        /// Shares of the flux of a charge inside the inner and the outer cone, from 0, upright, to 1, flat. Default [0.15, 0.85].
        #[serde(default = "default_angles")]
        angles: [f64; 2],
    },
    /// As [`InterPlate::Flux`] in the gap of two plates, and behind both of them, where the loops run: x of the density
    /// p*C_|z| + q*C_|L−z|, which is 2|E_z| of either plate on its own. In a mirror capacitor nothing is behind.
    Around {
        /// As that of [`InterPlate::Flux`], and the least distance behind a plate, in L.
        #[serde(default = "default_margin")]
        margin: f64,
        /// As that of [`InterPlate::Flux`].
        #[serde(default = "default_edge")]
        edge: f64,
        /// Share of draws behind the plates, half of them behind either. Their distance is log-uniform.
        #[serde(default = "default_behind")]
        behind: f64,
        /// Largest distance behind a plate, in L.
        #[serde(default = "default_reach")]
        reach: f64,
    },
    /// The paper's points: x = t x₊ + (1 − t) x₋ + noise at z = (1 − t) L, t uniform.
    Chord {
        /// σ (data units) of the radius |N(L/2, σ²)| of the noise, whose direction in R^D is uniform. 0, the default: no
        /// noise at all, as in the published code.
        #[serde(default)]
        noise: f64,
    },
    /// The nodes of a regular mesh over [−w, w]^D × (0, L), each equally likely: the published toy runs.
    Mesh {
        /// Nodes per axis. In z they are the middles of equal cells, in x they include ±w.
        points: usize,
        /// w, in data units.
        half_width: f64,
    },
    /// Published, after Poisson flow generative models: z = |N(0, σ²)| (1+τ)^m with m ~ U(0, steps), and
    /// x = x₊ + u |σ N(0, I_D)| (1+τ)^m in a uniform direction u. Heights at or above L are drawn again.
    Radial {
        /// σ, in data units.
        sigma: f64,
        /// Largest m.
        steps: f64,
        /// τ.
        tau: f64,
    },
    /// Published ("uniform mixing"): the chord x = (1 − z/L) x₊ + (z/L) x₋ at the heights of [`InterPlate::Radial`].
    Mixing {
        /// σ, in data units.
        sigma: f64,
        /// Largest m.
        steps: f64,
        /// τ.
        tau: f64,
    },
}

fn default_margin() -> f64 {
    1e-3
}

fn default_edge() -> f64 {
    0.25
}

fn default_margins() -> [f64; 2] {
    [default_margin(); 2]
}

fn default_angles() -> [f64; 2] {
    [0.15, 0.85]
}

fn default_behind() -> f64 {
    0.4
}

fn default_reach() -> f64 {
    30.0
}

impl Default for InterPlate {
    fn default() -> Self {
        Self::Flux { margin: default_margin(), edge: default_edge(), thinning: 0.0 }
    }
}

/// A parameter of [`InterPlate`] that makes no sense.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{name} is {value}; it must be {rule}")]
pub struct ParameterError {
    /// Name of the parameter.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// What it must be.
    pub rule: &'static str,
}

impl InterPlate {
    /// Checks the parameters.
    ///
    /// # Errors
    /// [`ParameterError`] names the first that is out of range.
    pub fn check(&self) -> Result<(), ParameterError> {
        let ensure = |holds: bool, name, value, rule| {
            if holds { Ok(()) } else { Err(ParameterError { name, value, rule }) }
        };
        let finite =
            |name, value: f64| ensure(value.is_finite() && value >= 0.0, name, value, "finite and not negative");
        match *self {
            Self::Flux { margin, edge, thinning } => {
                ensure(margin > 0.0 && margin < 0.5, "margin", margin, "above 0 and below 0.5")?;
                ensure((0.0..=1.0).contains(&edge), "edge", edge, "from 0 to 1")?;
                ensure((0.0..1.0).contains(&thinning), "thinning", thinning, "from 0 to below 1")
            }
            Self::Tube { margins, edge, focus, angles: [inner, outer] } => {
                for margin in margins {
                    ensure(margin > 0.0 && margin < 0.5, "margins", margin, "above 0 and below 0.5")?;
                }
                ensure((0.0..=1.0).contains(&edge), "edge", edge, "from 0 to 1")?;
                ensure((0.0..=1.0).contains(&focus), "focus", focus, "from 0 to 1")?;
                ensure((0.0..1.0).contains(&inner), "angles", inner, "from 0 to below 1")?;
                ensure(outer - inner >= 0.001 && outer <= 1.0, "angles", outer, "above the first by 0.001, at most 1")
            }
            Self::Around { margin, edge, behind, reach } => {
                ensure(margin > 0.0 && margin < 0.5, "margin", margin, "above 0 and below 0.5")?;
                ensure((0.0..=1.0).contains(&edge), "edge", edge, "from 0 to 1")?;
                ensure((0.0..1.0).contains(&behind), "behind", behind, "from 0 to below 1")?;
                ensure(reach.is_finite() && reach > margin, "reach", reach, "finite and above the margin")
            }
            Self::Chord { noise } => finite("noise", noise),
            Self::Mesh { points, half_width } => {
                ensure(points > 0, "points", points as f64, "at least 1")?;
                finite("half_width", half_width)
            }
            Self::Radial { sigma, steps, tau } | Self::Mixing { sigma, steps, tau } => {
                ensure(sigma.is_finite() && sigma > 0.0, "sigma", sigma, "finite and above 0")?;
                finite("steps", steps)?;
                finite("tau", tau)
            }
        }
    }

    /// Draws number `first` to `first + count − 1`. Draw i uses the generator `stream.at(i)` and nothing else, so
    /// batches, shards and threads agree. Parameters that [`InterPlate::check`] rejects give finite but useless points.
    pub fn draw(&self, capacitor: &Capacitor, law: Law, stream: &Stream, first: u64, count: usize) -> Augmented {
        self.draw_all(capacitor, law, stream, first, count).0
    }

    /// As [`InterPlate::draw`], with the charge each point came from; `None` for kinds that are not drawn from the flux: all but
    /// `flux`, `tube` and `around`.
    pub fn draw_with_origins(
        &self,
        capacitor: &Capacitor,
        law: Law,
        stream: &Stream,
        first: u64,
        count: usize,
    ) -> Option<(Augmented, Vec<Origin>)> {
        if !matches!(self, Self::Around { .. } | Self::Flux { .. } | Self::Tube { .. }) {
            return None;
        }
        let (drawn, origins) = self.draw_all(capacitor, law, stream, first, count);
        Some((drawn, origins.into_iter().collect::<Option<_>>()?))
    }

    fn draw_all(
        &self,
        capacitor: &Capacitor,
        law: Law,
        stream: &Stream,
        first: u64,
        count: usize,
    ) -> (Augmented, Vec<Option<Origin>>) {
        let width = capacitor.dim() + 1;
        let mut drawn = Augmented::zeros(capacitor.dim(), count);
        let mut origins = vec![None; count];
        let spread = match *self {
            Self::Flux { thinning, .. } if thinning > 0.0 => spread(capacitor, &Side::BOTH),
            Self::Tube { focus, .. } if focus > 0.0 => spread(capacitor, &[Side::Target]),
            _ => 0.0,
        };
        let points = drawn.as_mut_slice().par_chunks_mut(width).zip(&mut origins);
        points.enumerate().for_each(|(index, (point, origin))| {
            let mut generator = stream.at(first.wrapping_add(index as u64));
            *origin = self.one(capacitor, law, spread, &mut generator, point);
            for value in point.iter_mut().filter(|value| !value.is_finite()) {
                *value = 0.0;
            }
        });
        (drawn, origins)
    }

    fn one(
        &self,
        capacitor: &Capacitor,
        law: Law,
        spread: f64,
        generator: &mut impl Rng,
        point: &mut [f64],
    ) -> Option<Origin> {
        let gap = capacitor.gap();
        let dim = capacitor.dim();
        let (x, z) = point.split_at_mut(dim);
        match *self {
            Self::Flux { thinning, .. } => {
                let mut origin = None;
                for _ in 0..1000 {
                    z[0] = self.height(gap, spread, generator);
                    origin = Some(on_flux(capacitor, law, z[0], generator, x));
                    let kept = (1.0 - thinning).max(widths(x, z[0], gap, spread) / TAIL);
                    if thinning <= 0.0 || generator.random::<f64>() < kept {
                        break;
                    }
                }
                return origin;
            }
            Self::Tube { angles, .. } => {
                z[0] = self.height(gap, spread, generator);
                return Some(in_tube(capacitor, law, z[0], angles, generator, x));
            }
            Self::Around { .. } => {
                z[0] = self.height(gap, spread, generator);
                return Some(on_flux(capacitor, law, z[0], generator, x));
            }
            Self::Chord { noise } => {
                let t: f64 = generator.random();
                z[0] = (1.0 - t) * gap;
                chord(capacitor, z[0], generator, x);
                if noise > 0.0 {
                    let radius = (0.5 * gap + noise * normal(generator)).abs();
                    add_direction(x, radius, generator);
                }
            }
            Self::Mesh { points, half_width } => {
                let points = points.max(1);
                for value in x.iter_mut() {
                    let node = generator.random_range(0..points) as f64;
                    let share = if points > 1 { node / (points - 1) as f64 } else { 0.5 };
                    *value = half_width * (2.0 * share - 1.0);
                }
                z[0] = gap * (generator.random_range(0..points) as f64 + 0.5) / points as f64;
            }
            Self::Radial { sigma, steps, tau } => {
                let growth = grown_height(gap, sigma, steps, tau, generator, &mut z[0]);
                add_point(capacitor, Side::Source, 1.0, generator, x);
                // |σ N(0, I_D)| is the length of D normals, independent of the direction.
                let length = (0..dim).map(|_| normal(generator).powi(2)).sum::<f64>().sqrt();
                add_direction(x, sigma * length * growth, generator);
            }
            Self::Mixing { sigma, steps, tau } => {
                grown_height(gap, sigma, steps, tau, generator, &mut z[0]);
                chord(capacitor, z[0], generator, x);
            }
        }
        None
    }
}

/// Sets z = |N(0, σ²)| (1+τ)^m below L and returns (1+τ)^m.
fn grown_height(gap: f64, sigma: f64, steps: f64, tau: f64, generator: &mut impl Rng, z: &mut f64) -> f64 {
    let mut growth = 1.0;
    for _ in 0..1000 {
        growth = (1.0 + tau).powf(steps * generator.random::<f64>());
        *z = sigma * normal(generator).abs() * growth;
        if *z < gap {
            return growth;
        }
    }
    *z = gap * generator.random::<f64>();
    growth
}

/// A point of the segment between two random charges, at height `z`.
fn chord(capacitor: &Capacitor, z: f64, generator: &mut impl Rng, x: &mut [f64]) {
    let share = z / capacitor.gap();
    x.fill(0.0);
    add_point(capacitor, Side::Source, 1.0 - share, generator, x);
    add_point(capacitor, Side::Target, share, generator, x);
}

/// Adds `weight` times a random charge's place.
fn add_point(capacitor: &Capacitor, side: Side, weight: f64, generator: &mut impl Rng, x: &mut [f64]) {
    let plate = capacitor.plate(side);
    let charge = plate.point(generator.random_range(0..plate.len()));
    for (value, &place) in x.iter_mut().zip(charge) {
        *value += weight * f64::from(place);
    }
}

/// Adds a vector of length `radius` in a uniform direction.
fn add_direction(x: &mut [f64], radius: f64, generator: &mut impl Rng) {
    let mut direction: Vec<f64> = x.iter().map(|_| normal(generator)).collect();
    let norm = crate::exact::normalise(&mut direction);
    if norm > 0.0 {
        for (value, part) in x.iter_mut().zip(&direction) {
            *value += radius * part;
        }
    }
}

fn normal(generator: &mut impl Rng) -> f64 {
    StandardNormal.sample(generator)
}
