//! A folder of known data sets, filled from packages at hand ([`import`]) or over the network ([`fetch()`]).
//!
//! Every set lies in a sub-folder of its name, laid out so that [`crate::image::ImagesSpec`] opens it. A set appears there
//! only when it is whole. Where the folder is, the caller decides.

mod archive;
mod digest;
mod fetch;
mod import;
mod known;
mod package;

pub use fetch::{FetchOptions, Progress, fetch};
pub use import::{Imported, import};
pub use known::{
    EFFICIENTNET_LITE0, EFFICIENTNET_LITE0_FILE, KnownSet, REMOTE_FILES_UNCHECKED, RemoteFile, known, known_sets,
};
