//! What the targets share: a file in memory, and the promises every reader keeps besides not to panic.
#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};

use efm_data::{DataError, ErrorClass, Limits};

/// More than a reader of small files could need.
#[must_use]
pub fn limits() -> Limits {
    Limits { max_bytes: 1 << 20, ..Limits::default() }
}

/// Puts the input into a file of this name and gives it to a reader.
pub fn with_file(input: &[u8], name: &str, read: impl FnOnce(&Path)) {
    thread_local! {
        static FOLDER: tempfile::TempDir = {
            let memory = Path::new("/dev/shm");
            if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.expect("a folder")
        };
    }
    FOLDER.with(|folder| {
        let path: PathBuf = folder.path().join(name);
        fs::write(&path, input).expect("a file in it");
        read(&path);
    });
}

/// Errors are of bad data, or of too much of it, and fit a line.
pub fn held<T>(result: Result<T, DataError>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error) => {
            let text = error.to_string();
            assert!(matches!(error.class(), ErrorClass::BadData | ErrorClass::ResourceLimit), "{text}");
            assert!(!text.contains('\n') && text.len() < 10_000, "{text}");
            None
        }
    }
}

/// Reads rows of a file of this name; whatever is accepted is finite.
pub fn rows(input: &[u8], name: &str) {
    with_file(input, name, |path| {
        let _ = efm_data::list_arrays(path);
        let _ = efm_data::read_points_within(path, Some("x"), &limits());
        if let Some(points) = held(efm_data::read_points_within(path, None, &limits())) {
            assert!(points.as_slice().iter().all(|value| value.is_finite()));
        }
    });
}
