//! Field lines from plate to plate.
//!
//! A field gives a direction at every point; its lines carry the source plate onto the target plate (Kolesov et al.,
//! ICML 2025, arXiv 2502.02367, Algorithm 2). The parts are separate and can be combined freely:
//!
//! * which equation is solved: [`Form`], [`Heading`];
//! * how one step is taken: a [`Tableau`] of numbers, one of ours by its name ([`Solver`]) or your own;
//! * how long a step is: [`StepControl`], decided for every line on its own, by a [`StepController`] of ours or your own;
//! * where a line ends, and what is noticed on its way: [`Event`];
//! * what is kept: [`Save`];
//! * what comes back: [`Lines`], with one reason per line, [`Stop`];
//! * how much lines spread on their way, which carries densities from plate to plate: [`density`].
//!
//! [`Tracer`] puts them together, [`maps`] turns lines into maps of data, [`problems`] holds fields whose lines are
//! known in closed form.
//!
//! ```
//! use efm_core::Augmented;
//! use efm_integrate::{Tracer, problems::Contraction};
//!
//! let field = Contraction { dim: 1, gap: 2.0, rate: 1.0 };
//! let mut starts = Augmented::new(1);
//! starts.push(&[3.0], 0.0);
//! let lines = Tracer::default().trace(&field, &starts)?;
//! assert_eq!(lines.ends.z(0), 2.0);
//! assert!((lines.ends.x(0)[0] - 3.0 * (-2.0_f64).exp()).abs() < 1e-2);
//! # Ok::<(), efm_integrate::TraceError>(())
//! ```
#![forbid(unsafe_code)]

mod checked;
mod controller;
pub mod density;
mod engine;
mod equation;
mod error;
mod event;
mod form;
mod lines;
pub mod maps;
mod nearest;
pub mod problems;
mod progress;
mod root;
mod save;
mod solver;
mod step;
mod stop;
mod tableau;
mod tracer;

pub use controller::{ProportionalIntegral, StepController, Tried, Verdict};
pub use error::{TableauError, TraceError};
pub use event::{Capture, Crossing, Escape, Event, Trigger};
pub use form::{Form, Heading};
pub use lines::Lines;
pub use progress::{Progress, Watch};
pub use save::{Paths, Save};
pub use solver::Solver;
pub use step::StepControl;
pub use stop::{Outcome, OwnStop, Stop};
pub use tableau::Tableau;
pub use tracer::Tracer;

/// The example of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
