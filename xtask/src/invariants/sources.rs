//! Promises about the text of the files.

use super::architecture::Architecture;
use super::code::{code_only, has_word, without_tests};

/// A text file of the repository.
pub struct Source {
    /// Path from the root, with `/`.
    pub path: String,
    /// What it holds.
    pub text: String,
}

impl Source {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether the file holds nothing but tests.
    fn is_test(&self) -> bool {
        self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }
}

/// What a quiet crate keeps away from; the reader of its results decides what is shown and when.
const LOUD: [&str; 12] = [
    "println!",
    "eprintln!",
    "print!",
    "eprint!",
    "dbg!",
    "todo!",
    "unimplemented!",
    "std::env",
    "env::var",
    "env::args",
    "Instant::now",
    "SystemTime",
];

/// Lines a source file may have.
const MAX_LINES: usize = 500;

/// Starts of paths that exist on one machine only.
const MACHINE_FOLDERS: [&str; 4] = ["root", "home", "tmp", "Users"];

/// Quiet crates do not print, read no clock and no environment, and hold nothing unfinished.
pub fn quiet(promised: &Architecture, sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, _) in promised.crates.iter().filter(|(_, promise)| promise.quiet) {
        let folder = format!("{name}/src/");
        for source in sources.iter().filter(|source| source.path.starts_with(&folder)) {
            if !source.is_rust() || source.is_test() {
                continue;
            }
            let code = code_only(&source.text);
            for (number, (line, raw)) in without_tests(&code).lines().zip(source.text.lines()).enumerate() {
                if let Some(word) = LOUD.iter().find(|word| has_word(line, word))
                    && !allowed(raw)
                {
                    wrong.push(format!("{}:{}: `{word}` in a quiet crate", source.path, number + 1));
                }
            }
        }
    }
    wrong
}

/// Code the compiler cannot check stands in the files listed for it, and every listed file has some.
pub fn unsafe_code(promised: &Architecture, sources: &[Source]) -> Vec<String> {
    let mut listed = promised.unsafe_files.clone();
    let mut wrong = Vec::new();
    for source in sources.iter().filter(|source| source.is_rust()) {
        let code = code_only(&source.text);
        let Some(number) = code.lines().position(|line| has_word(line, "unsafe")) else { continue };
        if !listed.remove(&source.path) {
            let place = format!("{}:{}", source.path, number + 1);
            wrong.push(format!("{place}: unsafe code in a file that ARCHITECTURE.md does not list for it"));
        }
    }
    wrong.extend(listed.iter().map(|path| format!("{path} is listed in ARCHITECTURE.md and has no unsafe code")));
    wrong
}

/// Source files stay short enough to be read in one go.
pub fn lengths(sources: &[Source]) -> Vec<String> {
    let long = |source: &&Source| source.is_rust() && source.text.lines().count() > MAX_LINES;
    let say = |source: &Source| format!("{}: {} lines, at most {MAX_LINES}", source.path, source.text.lines().count());
    sources.iter().filter(long).map(say).collect()
}

/// No file names a folder that exists on one machine only.
pub fn machine_paths(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources {
        for (number, line) in source.text.lines().enumerate() {
            if let Some(folder) = MACHINE_FOLDERS.iter().find(|folder| names_folder(line, folder))
                && !allowed(line)
            {
                wrong.push(format!("{}:{}: a path below /{folder}", source.path, number + 1));
            }
        }
    }
    wrong
}

/// Whether the line holds an absolute path below a top-level folder; `a/home/b` and `$X/tmp/b` are none.
fn names_folder(line: &str, folder: &str) -> bool {
    let start = format!("/{folder}/");
    line.match_indices(&start).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && !"_-.~})]*/>".contains(c))
    })
}

/// Whether the line says why it is an exception.
fn allowed(line: &str) -> bool {
    line.split_once("// allowed: ").is_some_and(|(_, reason)| !reason.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::super::architecture::tests::two_crates;
    use super::*;

    fn file(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_quiet_crate_must_not_print() {
        let wrong = quiet(&two_crates(), &[file("down/src/lib.rs", "fn f() {\n    println!(\"{x}\");\n}\n")]);
        assert_eq!(wrong, ["down/src/lib.rs:2: `println!` in a quiet crate"]);
    }

    #[test]
    fn clock_environment_and_unfinished_code_are_found() {
        let loud = ["let t = std::time::Instant::now();", "use std::env;", "env::var(\"X\")", "todo!()", "dbg!(x)"];
        for line in loud {
            assert_eq!(quiet(&two_crates(), &[file("down/src/a/b.rs", line)]).len(), 1, "{line}");
        }
    }

    #[test]
    fn comments_tests_reasons_and_other_crates_may() {
        let fine = [
            file("down/src/a.rs", "//! println!(\"x\")\nlet a = \"todo!\";\n"),
            file("down/src/b.rs", "#[cfg(test)]\nmod tests {\n    fn f() { println!(); }\n}\n"),
            file("down/src/c.rs", "println!(); // allowed: shows how exceptions are written\n"),
            file("down/src/d/tests.rs", "println!();"),
            file("down/tests/e.rs", "println!();"),
            file("up/src/f.rs", "println!();"),
        ];
        assert_eq!(quiet(&two_crates(), &fine), [""; 0]);
        assert_eq!(quiet(&two_crates(), &[file("down/src/c.rs", "println!(); // allowed: \n")]).len(), 1);
    }

    #[test]
    fn unsafe_code_stands_where_it_is_listed() {
        let simd = file("down/src/simd.rs", "unsafe { x() }");
        assert_eq!(unsafe_code(&two_crates(), &[simd]), [""; 0]);
        let wrong = unsafe_code(&two_crates(), &[file("up/src/a.rs", "#![deny(unsafe_code)]\nunsafe fn f() {}")]);
        assert!(wrong[0].starts_with("up/src/a.rs:2:"), "{wrong:?}");
        assert!(wrong[1].starts_with("down/src/simd.rs is listed"), "{wrong:?}");
    }

    #[test]
    fn a_file_of_501_lines_is_too_long() {
        assert_eq!(lengths(&[file("a.rs", &"x\n".repeat(500)), file("a.md", &"x\n".repeat(501))]), [""; 0]);
        assert_eq!(lengths(&[file("a.rs", &"x\n".repeat(501))]), ["a.rs: 501 lines, at most 500"]);
    }

    #[test]
    fn paths_of_one_machine_are_found() {
        let absolute = format!("open(\"/{}/me/x.csv\")", "home");
        assert_eq!(machine_paths(&[file("a.md", &absolute)]), ["a.md:1: a path below /home"]);
        assert_eq!(machine_paths(&[file("a.rs", &format!("{absolute} // allowed: an example"))]), [""; 0]);
        for fine in ["https://site.org/home/x", "target/tmp/x", "${OUT}/tmp/x", "a tmp/ b", "/homes/x"] {
            assert_eq!(machine_paths(&[file("a.md", fine)]), [""; 0], "{fine}");
        }
    }
}
