//! Measures of transported samples with their noise floors.
//!
//! Every measure is a pure function of two clouds; what is random in it comes from a [`efm_core::Stream`]. Sums run in
//! f64 and do not depend on the number of threads. A distance says little without its [`floor`]: the same distance between
//! two fresh draws of the target. On 2 000 points of the Swiss roll, W2 has a floor of 0.15: a map that reaches 0.15 is
//! as good as the law itself.
//!
//! ```
//! use efm_core::{Points, Seed};
//! use efm_eval::{sliced_w2, w2};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let square = Points::from_values(2, vec![0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0])?;
//! let shifted = Points::from_values(2, vec![3.0, 4.0, 4.0, 4.0, 3.0, 5.0, 4.0, 5.0])?;
//! let stream = Seed(1).stream("measure");
//! assert!((w2(&square, &shifted, &stream)? - 5.0).abs() < 1e-6);
//! assert!(sliced_w2(&square, &shifted, 256, &stream)? < 5.0);
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod assignment;
mod c2st;
mod cloud;
mod colour;
mod compare;
mod cost;
mod costs;
mod energy;
mod error;
mod evaluate;
mod floor;
mod frechet;
mod kernel;
mod kind;
mod ks;
mod lengths;
mod manifold;
mod measure;
mod metrics;
mod mmd;
mod modes;
mod neighbours;
mod pairs;
mod pairwise;
mod repeats;
mod sliced;
mod table;
mod wasserstein;
mod wide;
mod write;

pub use c2st::{C2st, ClassifierTest, DEFAULT_RELABELLINGS, classifier_test};
pub use cloud::subsample;
pub use colour::{ImageShape, colour_correlation};
pub use compare::{Comparison, Figure, Skipped, compare, space_table};
pub use cost::{optimal_cost, transport_cost};
pub use energy::{EnergyDistance, energy_distance};
pub use error::EvalError;
pub use evaluate::{Evaluation, evaluate};
pub use floor::{Statistics, disjoint_halves, floor, floor_of_halves};
pub use frechet::{FrechetDistance, frechet_distance};
pub use kernel::{KernelDistance, kernel_distance};
pub use kind::{MeasureKind, MeasureSettings};
pub use ks::{KolmogorovSmirnov, KsMax, ks, ks_exact_p_value, ks_per_marginal};
pub use manifold::{DEFAULT_NEIGHBOURS, Manifold, ManifoldPart, PrecisionRecall, manifold};
pub use measure::{Budget, Label, Measure, Reading};
pub use metrics::{Measured, Metrics, Seconds};
pub use mmd::{Mmd, RbfMixture, mmd};
pub use modes::{ModeDistances, W2PerMode, mode_shares, w2_per_mode};
pub use pairs::{PairDistances, pair_distances};
pub use sliced::{DEFAULT_DIRECTIONS, Sliced, SlicedW2, sliced, sliced_w2, sliced_w2_along};
pub use table::{Spread, number};
pub use wasserstein::{Assignment, DEFAULT_MEMORY_LIMIT, W2, assignment, assignment_memory, w2, w2_1d};
pub use write::write_atomic;

/// The example of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
