//! Fuzzers that follow coverage, for whatever reads bytes from outside; `cargo xtask fuzz TARGET` runs them.
//!
//! They keep the same promises as `efm-data/tests/damaged.rs` and `efm/tests/damaged`.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

#[allow(missing_docs)]
#[path = "../efm/tests/damaged/promises.rs"]
pub mod promises;
#[allow(missing_docs)]
#[path = "../efm-data/tests/support/readers.rs"]
pub mod readers;

/// Feeds an input, with a folder to put it in.
///
/// # Panics
/// Where a promise is broken, which is what a fuzzer looks for.
pub fn feed(input: &[u8], run: fn(&[u8], &Path) -> Result<bool, String>) {
    static PLACE: OnceLock<PathBuf> = OnceLock::new();
    // In memory where there is such a place; one folder for all inputs of a process, which ends without a word.
    let place = PLACE.get_or_init(|| {
        let shared = Path::new("/dev/shm");
        let base = if shared.is_dir() { shared.to_path_buf() } else { std::env::temp_dir() };
        let place = base.join(format!("efm-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&place).expect("a folder for inputs");
        place
    });
    if let Err(problem) = run(input, place) {
        panic!("{problem}");
    }
}
