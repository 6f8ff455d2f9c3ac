//! Output that survives a closed pipe.

use std::io::Write;

/// One line on stdout; a reader that has gone away is no error.
pub fn out(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// One line on stderr.
pub fn note(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// A panic is a bug of ours: one line that says so, and no backtrace.
pub fn quiet_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
        let message = panic.payload_as_str().unwrap_or("no message");
        note(format!("efm: internal error at {place}: {}", message.lines().next().unwrap_or_default()));
        note("hint: this is a bug; please report it with the command and the configuration");
    }));
}
