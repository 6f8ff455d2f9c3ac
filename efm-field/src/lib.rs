//! The field between the plates.
//!
//! Charges c_i at r_i make the field E(r) = (1/S_D) Σ c_i (r − r_i)/|r − r_i|^{D+1} in R^{D+1}
//! (Kolesov et al., arXiv 2502.02367). Everything that has a direction at a point is a [`Field`]: the exact sum, the
//! mirror capacitor, a closed form, a network.
//!
//! [`ExactField`] sums over all charges under one of three [`Law`]s, many charges by trees ([`Summation`]); [`PointSampler`]s
//! draw the points a field is learned at; [`oracle`] holds closed forms and [`flux`] the checks that any field must pass.
//!
//! ```
//! use efm_core::{Augmented, Capacitor, Points};
//! use efm_field::{ExactField, Field, Law};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Two charges on the source plate, one above their middle on the target plate, L = 1.
//! let source = Points::from_values(1, vec![-0.5, 0.5])?;
//! let target = Points::from_values(1, vec![0.0])?;
//! let field = ExactField::new(Capacitor::new(source, target, 1.0)?, Law::Mirror);
//!
//! let mut at = Augmented::new(1);
//! at.push(&[0.0], 0.5);
//! let values = field.evaluate(&at)?;
//! // By symmetry the line through the middle runs straight up.
//! assert!(values.directions.point(0)[1] > 0.999);
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod error;
mod exact;
mod exit_time;
mod field;
pub mod flux;
mod images;
mod isotropic;
mod kernels;
mod law;
pub mod oracle;
pub mod points;
mod potential;
mod quadrature;
mod reversed;
mod simd;
mod sphere;
mod vector;

pub use error::FieldError;
pub use exact::{ExactField, Precision, Summation, reference};
pub use exit_time::{brownian_exit, exit_probability, symmetric_exit_time};
pub use field::{Field, FieldValues};
pub use images::ImageForm;
pub use isotropic::{IsotropicSteps, isotropic_steps};
pub use law::Law;
pub use points::{InterPlate, Origin, ParameterError, PointSampler, on_flux};
pub use potential::{coulomb_potential, potential};
pub use quadrature::gauss_legendre;
pub use reversed::Reversed;
pub use sphere::ln_sphere_area;

/// The example of the README compiles.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
