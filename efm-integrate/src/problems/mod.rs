//! Fields whose lines are known in closed form: for tests, benches and first steps.

mod charges;
mod slopes;

pub use charges::{MirrorPair, Pair};
pub use slopes::{Contraction, Logistic, Rotation, Slopes, Uniform};
