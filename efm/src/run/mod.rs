//! The folder of a run: what is written into it, and what is read from it again.

mod collection;
mod draw;
mod folder;
mod job;
mod page;
mod pictures;
mod provenance;
mod read;
mod seeds;
mod write;

pub use collection::{Collection, saved_config};
pub use draw::{draw, draw_samples};
pub use folder::{RunDir, free_folder};
pub(crate) use job::write_ends;
pub use job::{Finished, Job, Origin, ready};
pub use page::{PROGRAM, title, write_pages, write_report};
pub use pictures::pictures;
pub use provenance::{DataRecord, Provenance, quoted};
pub use read::{folders, gather, gather_all, is_run, reread};
pub use seeds::{seeds, write_seeds};
pub use write::{keep, keep_lines, kept_lines, kept_slices};
