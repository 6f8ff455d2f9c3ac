//! Tests of kernels and readers with every access to memory checked.

use std::path::Path;

use anyhow::Result;

use crate::shell;

/// Tests under the address sanitizer, whose runtime the stable toolchain ships. Our crates have no unsafe code, but those below
/// them do; and the checks that the standard library makes of its own unsafe calls, and overflow of integers, are switched on.
///
/// # Errors
/// When a test fails, or this target has no such runtime.
pub fn run(packages: &[String]) -> Result<()> {
    // One instrumented build beside the usual one. A target is named so that build scripts and macros are left as they are.
    let folder = shell::target_dir()?.join("sanitize");
    let all = PACKAGES.map(str::to_owned);
    for package in if packages.is_empty() { &all } else { packages } {
        let mut command = shell::cargo(&["test", "--release", "--lib", "--tests", "--target", TARGET]);
        command.args(["--package", package]).envs(environment(&folder));
        shell::run(&mut command)?;
    }
    Ok(())
}

/// The crates that do not link burn.
const PACKAGES: [&str; 6] = ["efm-core", "efm-field", "efm-integrate", "efm-data", "efm-eval", "efm-report"];

const TARGET: &str = "x86_64-unknown-linux-gnu";

fn environment(folder: &Path) -> [(&'static str, String); 5] {
    let folder = folder.display().to_string();
    [
        // Sanitizers are not stable options; the compiler is.
        ("RUSTC_BOOTSTRAP", "1".to_owned()),
        ("RUSTFLAGS", "-Zsanitizer=address -Cdebug-assertions=on -Coverflow-checks=on".to_owned()),
        ("CARGO_TARGET_DIR", folder.clone()),
        ("CARGO_BUILD_BUILD_DIR", folder),
        ("ASAN_OPTIONS", "detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1".to_owned()),
    ]
}
