//! Output that survives a closed pipe.

use std::borrow::Cow;
use std::io::Write;
use std::path::Path;

use efm::{Origin, quoted};

/// The text without control characters but for line feeds and tabs: names of files, arrays and classes come from outside, and
/// a terminal obeys what it is told.
fn harmless(text: &str) -> Cow<'_, str> {
    let obeyed = |c: char| c.is_control() && c != '\n' && c != '\t';
    if !text.contains(obeyed) {
        return text.into();
    }
    text.chars()
        .fold(String::new(), |mut shown, c| {
            if obeyed(c) {
                shown.extend(c.escape_default())
            } else {
                shown.push(c)
            }
            shown
        })
        .into()
}

/// One line on stdout; a reader that has gone away is no error.
pub fn out(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout(), "{}", harmless(&line.to_string()));
}

/// One line on stderr.
pub fn note(line: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{}", harmless(&line.to_string()));
}

/// The command as it was typed, as a shell takes it, and one that does the same from the configuration in `folder`, from anywhere
/// the data are.
pub fn origin(command: &str, folder: &Path, options: &[&str]) -> Origin {
    let typed: Vec<_> = std::env::args_os().skip(1).map(|word| quoted(&word.to_string_lossy())).collect();
    let config = folder.join("config.toml");
    let mut again = vec!["efm".to_owned(), command.to_owned(), quoted(&config.to_string_lossy())];
    again.extend(options.iter().map(|word| quoted(word)));
    again.extend(["--out".to_owned(), quoted(&format!("{}-again", folder.to_string_lossy()))]);
    Origin { typed: format!("efm {}", typed.join(" ")), again: again.join(" ") }
}

/// Writes the pages of a run's folder. The run itself is done by then: a page that cannot be written is worth a note, not a
/// failure.
pub fn report(folder: &Path) {
    match efm::write_pages(folder) {
        Ok(file) => out(format!("to look at: {}", file.display())),
        Err(error) => note(format!("efm: no report: {error}")),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_told_nothing_by_names() {
        assert_eq!(harmless("\x1b]0;mine\x07\r\u{9b}2J"), "\\u{1b}]0;mine\\u{7}\\r\\u{9b}2J");
        assert_eq!(harmless("two\nlines\tand Füße"), "two\nlines\tand Füße");
    }
}
