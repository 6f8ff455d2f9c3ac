//! Points of a user's own sent along the lines of a trained model.

mod between;
mod inputs;
mod options;
mod send;

pub use between::{Between, between, ends_of_rows};
pub use inputs::{points_like, source_points};
pub use options::LineOptions;
pub use send::{SendOptions, Sent, send_in_turn, send_points};
