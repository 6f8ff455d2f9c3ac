//! What the devices of burn need besides burn: names, operators on images for the CPU, and the exact field summed on a GPU.
//!
//! Nothing here knows a network. Cargo features decide what is compiled in (`flex`, the default; `ndarray`, `wgpu`, `cuda`), and
//! [`device::parse`] picks one of those at run time.
//!
//! ```
//! use efm_backend::device;
//!
//! let names: Vec<_> = device::available().iter().map(|backend| backend.name).collect();
//! assert!(names.contains(&"cpu"));
//! assert!(device::is_host(&device::parse("cpu")?));
//! // A device that was not compiled in is an error that says which feature brings it.
//! let error = device::parse("tpu").unwrap_err();
//! assert!(error.to_string().contains("compiled in: cpu"));
//! # Ok::<(), efm_backend::DeviceError>(())
//! ```
#![forbid(unsafe_code)]

pub mod device;
#[cfg(any(feature = "cuda", feature = "wgpu"))]
mod device_field;
mod error;
pub mod operators;

#[cfg(any(feature = "cuda", feature = "wgpu"))]
pub use device_field::{DeviceField, DeviceValues};
pub use error::DeviceError;

/// The example of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
