//! The field between the plates.
//!
//! Charges c_i at r_i make the field E(r) = (1/S_D) Σ c_i (r − r_i)/|r − r_i|^{D+1} in R^{D+1}
//! (Kolesov et al., arXiv 2502.02367). Everything that has a direction at a point is a [`Field`]: the exact sum, the
//! mirror capacitor, a closed form, a network.
#![forbid(unsafe_code)]

mod error;
mod exact;
mod field;
mod law;

pub use error::FieldError;
pub use exact::{ExactField, reference};
pub use field::{Field, FieldValues};
pub use law::{Law, Precision, ln_sphere_area};
