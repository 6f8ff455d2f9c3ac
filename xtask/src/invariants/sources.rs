//! Promises about the text of the files.

/// A text file of the repository.
pub struct Source {
    /// Path from the root, with `/`.
    pub path: String,
    /// What it holds.
    pub text: String,
}

/// Lines a source file may have.
const MAX_LINES: usize = 450;

/// Starts of paths that exist on one machine only.
const MACHINE_FOLDERS: [&str; 4] = ["root", "home", "tmp", "Users"];

/// Source files stay short enough to be read in one go.
pub fn lengths(sources: &[Source]) -> Vec<String> {
    let long = |source: &&Source| source.path.ends_with(".rs") && source.text.lines().count() > MAX_LINES;
    let say = |source: &Source| format!("{}: {} lines, at most {MAX_LINES}", source.path, source.text.lines().count());
    sources.iter().filter(long).map(say).collect()
}

/// No file names a folder that exists on one machine only.
pub fn machine_paths(sources: &[Source]) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in sources {
        for (number, line) in source.text.lines().enumerate() {
            if let Some(folder) = MACHINE_FOLDERS.iter().find(|folder| names_folder(line, folder)) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> Source {
        Source { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn a_file_with_a_line_too_many_is_too_long() {
        let lines = |count: usize| "x\n".repeat(count);
        assert_eq!(lengths(&[file("a.rs", &lines(MAX_LINES)), file("a.md", &lines(MAX_LINES + 1))]), [""; 0]);
        assert_eq!(lengths(&[file("a.rs", &lines(MAX_LINES + 1))]).len(), 1);
    }

    #[test]
    fn paths_of_one_machine_are_found() {
        let absolute = format!("open(\"/{}/me/x.csv\")", "home");
        assert_eq!(machine_paths(&[file("a.md", &absolute)]), ["a.md:1: a path below /home"]);
        for fine in ["https://site.org/home/x", "target/tmp/x", "${OUT}/tmp/x", "a tmp/ b", "/homes/x"] {
            assert_eq!(machine_paths(&[file("a.md", fine)]), [""; 0], "{fine}");
        }
    }
}
