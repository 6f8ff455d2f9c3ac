//! A run, stage by stage: prepare → train → transport → measure → draw.

mod draw;
pub mod estimate;
mod measure;
mod pace;
mod prepare;
mod resume;
mod train;
mod transport;

pub use draw::{draw, draw_samples};
pub use measure::{image_shape, measure};
pub use pace::{Pace, pace};
pub use prepare::{Fresh, Prepared, prepare};
pub use resume::{resume, trainer};
pub use train::{Trained, train};
pub use transport::{
    Rule, Transported, Way, carry, check_losses, fresh, repeats, sample_count, send, transport, transport_learned,
};
