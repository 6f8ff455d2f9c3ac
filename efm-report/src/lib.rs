//! Pictures of transported samples, and the page of a run.
//!
//! [`picture`] draws clouds, field lines, losses, planes of the field and points seen as images. [`page`] puts all that is
//! known of one or several runs into one HTML file that needs no network, and [`model_card`] into Markdown.
#![forbid(unsafe_code)]

pub mod picture;
mod report;

pub use report::*;
