//! A run, stage by stage: prepare → train → transport → measure → draw.

mod classes;
mod collection;
mod draw;
mod inverse;
mod judge;
mod measure;
mod pace;
mod prepare;
mod resume;
mod train;
mod transport;

pub use classes::{class_field, transport_to_classes};
pub use collection::{Collection, saved_config};
pub use draw::{draw, draw_samples};
pub use inverse::{lifted, round_trip, without_noise};
pub use judge::{classifier, kept_classifier};
pub use measure::{image_shape, measure};
pub use pace::{Pace, pace};
pub use prepare::{Fresh, Prepared, prepare};
pub use resume::{resume, trainer};
pub use train::{Trained, train};
pub use transport::{
    Rule, Transported, Way, carry, check_losses, few_steps, fresh, repeats, sample_count, send, transport,
    transport_learned,
};
