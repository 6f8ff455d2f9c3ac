//! Rows in, rows out: where the charges of a capacitor come from and where transported points go.
//!
//! * [`Sampler`] hands out points by index: point `i` depends on the random stream and on `i`, never on batches.
//! * [`DataSpec`] is the serde form of a data set (`kind = "swiss-roll"`, `kind = "file"`), opened into a sampler.
//! * [`read_table`] reads tables as people's tools write them, with what was left out or converted as notes.
//! * [`read_points`] and [`write_points`] speak npy, npz, CSV and safetensors. A header is checked against the length
//!   of the file before anything is allocated for it, and a file appears under its final name only when it is whole.
//! * [`image`] holds images as points, their files, and [`image::ImageSampler`], `kind = "images"` in a configuration.
//! * [`store`] fills a folder with known sets: from packages at hand, or over the network.
//! * [`Scaler`] brings both clouds to unit size and back; [`split`] sets rows aside for tests.
//!
//! ```
//! use efm_core::Seed;
//! use efm_data::{Sampler, toy::SwissRoll};
//!
//! let roll = SwissRoll::default().sampler()?;
//! let points = roll.draw(&Seed(7).stream("target"), 0, 128)?;
//! assert_eq!((points.dim(), points.len()), (2, 128));
//! # Ok::<(), efm_data::DataError>(())
//! ```
#![forbid(unsafe_code)]

mod empirical;
mod error;
#[cfg(any(feature = "fetch", feature = "images"))]
mod folder;
mod format;
mod hint;
#[cfg(feature = "images")]
pub mod image;
mod labels;
mod modes;
mod rows;
mod sampler;
mod scaler;
mod spec;
mod split;
#[cfg(feature = "fetch")]
pub mod store;
mod table;
pub mod toy;

pub use empirical::Empirical;
pub use error::{CellFault, DataError, ErrorClass};
pub use format::{
    Limits, count_axes, list_arrays, read_points, read_points_within, read_table, write_arrays, write_column,
    write_points, write_rows,
};
pub use labels::{ClassName, Labels};
pub use modes::Modes;
pub use rows::{FAR, Rows};
pub use sampler::Sampler;
pub use scaler::{ColourWeight, Scaler, Scaling};
pub use spec::{DataSpec, FileSpec};
pub use split::split;
pub use table::{Delimiter, Missing, Note, Table, TableOptions};

/// The example of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
