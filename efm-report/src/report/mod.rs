//! One page that shows one or several runs: the capacitor in space, its lines, the training, the measures, and how to make
//! it again.
//!
//! The page is one HTML file that needs no network: plotly.js (its part with 3-D plots, version 4.1.1, MIT license) and all
//! data are inside, and a content security policy keeps the browser from loading anything else. What comes from files of
//! users, such as names, reaches the page as JSON and is shown as text.

mod card;
mod detail;
mod measures;
mod page;
mod record;
mod scene;
mod slices;
mod view;

pub use card::model_card;
pub use page::{MOST_BYTES, Page, page, runs_json};
pub use record::{Clouds, PacePoint, Picture, RunRecord, Slices, Traced};
pub use view::{log_json, pace_json};
