//! A run, stage by stage: prepare → train → transport → measure → draw.

mod draw;
mod exact;
mod gather;
mod keep;
mod measure;
mod neighbours;
mod pace;
mod pictures;
mod prepare;
mod provenance;
mod report;
mod resume;
mod train;
mod transport;

pub use draw::{draw, draw_samples};
pub use exact::exact;
pub use gather::{folders, gather, gather_all, reread};
pub use keep::{keep, keep_lines, kept_lines, kept_slices};
pub use measure::{image_shape, measure};
pub use neighbours::{all, nearest, neighbours, shapes};
pub use pace::{Pace, pace};
pub use pictures::pictures;
pub use prepare::{Fresh, Prepared, prepare};
pub use provenance::Provenance;
pub use report::{PROGRAM, report, title, write_report};
pub use resume::{resume, trainer};
pub use train::{Trained, train};
pub use transport::{
    Drawn, Rule, Transported, Way, carry, check_losses, fresh, repeats, sample_count, send, some_lines, transport,
    transport_learned,
};
