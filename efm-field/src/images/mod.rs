//! The mirror images of a charge: their exact sums, and three forms in which kernels evaluate these sums fast.

mod device_form;
mod exact;
mod profile;
mod table;

pub use device_form::ImageForm;
pub use exact::{ImageSum, Images, ring_decaying};
pub use profile::{NODES, Nodes, Profile, Variable};
pub use table::{LARGEST, MOST, Slice, TURN, Table};
