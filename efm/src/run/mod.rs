//! The folder of a run: what is written into it, and what is read from it again.

mod collection;
mod draw;
mod folder;
mod page;
mod pictures;
mod provenance;
mod read;
mod write;

pub use collection::{Collection, saved_config};
pub use draw::{draw, draw_samples};
pub use folder::RunDir;
pub use page::{PROGRAM, title, write_pages, write_report};
pub use pictures::pictures;
pub use provenance::{DataRecord, Provenance, quoted};
pub use read::{folders, gather, gather_all, is_run, reread};
pub use write::{keep, keep_lines, kept_lines, kept_slices};
