//! Points, plates, capacitors and seeded random streams: the nouns of Electrostatic Field Matching.
//!
//! Two data sets become charges on two parallel plates: the source carries charge +1 on z = 0, the target −1 on
//! z = L (Kolesov et al., ICML 2025, arXiv 2502.02367). Everything is checked once, when it is built; what follows
//! is infallible.
//!
//! ```
//! use efm_core::{Augmented, Capacitor, Points, Seed, Side};
//! use rand::RngExt;
//!
//! let source = Points::from_values(2, vec![0.0, 0.0, 1.0, 0.0])?;
//! let mut random = Seed(7).stream("target").at(0);
//! let target = Points::from_values(2, (0..6).map(|_| random.random()).collect())?;
//! let plates = Capacitor::new(source, target, 3.0)?;
//! assert_eq!((plates.dim(), plates.charge(Side::Source)), (2, 0.5));
//! let lifted = Augmented::lift(plates.plate(Side::Source), 0.1); // z comes last
//! assert_eq!(lifted.point(1), [1.0, 0.0, 0.1]);
//! # Ok::<(), efm_core::CoreError>(())
//! ```
#![forbid(unsafe_code)]

mod augmented;
mod capacitor;
mod error;
#[cfg(feature = "files")]
pub mod files;
pub mod neighbours;
mod own_error;
mod points;
mod seed;
pub mod stats;
pub mod streams;
pub mod vector;

pub use augmented::Augmented;
pub use capacitor::{Capacitor, Side};
pub use error::CoreError;
pub use own_error::OwnError;
pub use points::Points;
pub use seed::{Seed, Stream};

/// The example of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
