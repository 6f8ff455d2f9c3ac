//! A run, stage by stage: prepare → train → transport → measure → draw.

mod classes;
mod collection;
mod draw;
pub mod estimate;
mod exact;
mod gather;
mod inverse;
mod judge;
mod keep;
mod measure;
mod neighbours;
mod pace;
mod pairs;
mod pictures;
mod prepare;
mod provenance;
mod report;
mod resume;
mod train;
mod transport;

pub use classes::{class_field, transport_to_classes};
pub use collection::{Collection, saved_config};
pub use draw::{draw, draw_samples};
pub use exact::exact;
pub use gather::{folders, gather, gather_all, is_run, reread};
pub use inverse::{lifted, round_trip, without_noise};
pub use judge::{classifier, kept_classifier};
pub use keep::{keep, keep_lines, kept_lines, kept_slices};
pub use measure::{image_shape, measure};
pub use neighbours::{all, nearest, neighbours, shapes};
pub use pace::{Pace, pace};
pub use pairs::Partners;
pub use pictures::pictures;
pub use prepare::{Fresh, Prepared, prepare};
pub use provenance::Provenance;
pub use report::{PROGRAM, report, title, write_report};
pub use resume::{resume, start, trainer};
pub use train::{Trained, train};
pub use transport::{
    Drawn, Rule, Transported, Way, carry, check_losses, few_steps, fresh, mean_ends, repeats, sample_count, send,
    some_lines, transport, transport_learned,
};
