//! Just enough of Rust's grammar to tell code from comments and literals.

/// The text with comments and the insides of literals blanked; every line keeps its number.
pub fn code_only(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < chars.len() {
        let end = literal_or_comment(&chars, at);
        if end > at {
            out.extend(chars[at..end].iter().map(|&c| if c == '\n' { '\n' } else { ' ' }));
            at = end;
        } else {
            out.push(chars[at]);
            at += 1;
        }
    }
    out
}

/// The code without the test module at its end.
pub fn without_tests(code: &str) -> &str {
    let mut from = 0;
    while let Some(found) = code[from..].find("#[cfg(test)]") {
        let at = from + found;
        from = at + "#[cfg(test)]".len();
        let item = code[from..].trim_start();
        let item = item.strip_prefix("pub ").unwrap_or(item);
        let header = item.lines().next().unwrap_or_default();
        if item.starts_with("mod ") && header.contains('{') {
            return &code[..at];
        }
    }
    code
}

/// Whether `word` stands in `line` and is not a part of a longer name.
pub fn has_word(line: &str, word: &str) -> bool {
    let part_of_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back().is_some_and(part_of_name);
        let ends_in_name = word.chars().next_back().is_some_and(part_of_name);
        let after = ends_in_name && line[at + word.len()..].chars().next().is_some_and(part_of_name);
        !before && !after
    })
}

/// Where the literal or comment that starts at `at` ends; `at` itself when none does.
fn literal_or_comment(chars: &[char], at: usize) -> usize {
    let next = |ahead: usize| chars.get(at + ahead).copied();
    let in_name = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
    match chars[at] {
        '/' if next(1) == Some('/') => find(chars, at, |rest| rest[0] == '\n'),
        '/' if next(1) == Some('*') => block_comment(chars, at),
        '"' => quoted(chars, at, '"'),
        '\'' if next(1) == Some('\\') || next(2) == Some('\'') => quoted(chars, at, '\''),
        'r' if !in_name || (chars[at - 1] == 'b' || chars[at - 1] == 'c') => raw_string(chars, at),
        _ => at,
    }
}

fn find(chars: &[char], from: usize, stop: impl Fn(&[char]) -> bool) -> usize {
    (from..chars.len()).find(|&at| stop(&chars[at..])).unwrap_or(chars.len())
}

fn quoted(chars: &[char], start: usize, quote: char) -> usize {
    let mut at = start + 1;
    while at < chars.len() && chars[at] != quote {
        at += if chars[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(chars.len())
}

fn raw_string(chars: &[char], start: usize) -> usize {
    let hashes = chars[start + 1..].iter().take_while(|&&c| c == '#').count();
    let open = start + 1 + hashes;
    if chars.get(open) != Some(&'"') {
        return start;
    }
    let closes =
        |rest: &[char]| rest[0] == '"' && rest[1..].iter().take(hashes).filter(|&&c| c == '#').count() == hashes;
    (find(chars, open + 1, closes) + 1 + hashes).min(chars.len())
}

fn block_comment(chars: &[char], start: usize) -> usize {
    let mut depth = 0;
    let mut at = start;
    while at < chars.len() {
        match (chars[at], chars.get(at + 1)) {
            ('/', Some('*')) => depth += 1,
            ('*', Some('/')) => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    chars.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of a line of code, its spaces dropped.
    fn left(text: &str) -> String {
        code_only(text).split_whitespace().collect()
    }

    #[test]
    fn comments_and_literals_are_no_code() {
        assert_eq!(left("a; // b\nc"), "a;c");
        assert_eq!(left("a /* b /* c */ d */ e"), "ae");
        assert_eq!(left(r#"a("b \" // c") d"#), "a()d");
        assert_eq!(left(r##"r#"a " b"# c br"d" e"##), "cbe");
        assert_eq!(left(r"'a' '\'' b"), "b");
        assert_eq!(left("fn f<'a>(x: &'a str) // y"), "fnf<'a>(x:&'astr)");
        assert_eq!(left("never_a_raw \"string\" r#type"), "never_a_rawr#type");
    }

    #[test]
    fn lines_keep_their_numbers() {
        let text = "a\n/* b\nc */\n\"d\ne\"\nf";
        assert_eq!(code_only(text).lines().count(), text.lines().count());
        assert_eq!(code_only(text).lines().last(), Some("f"));
    }

    #[test]
    fn an_unfinished_literal_ends_with_the_text() {
        for text in ["\"a", "\"a\\", "r#\"a", "/* a", "'\\", "'"] {
            assert_eq!(code_only(text).chars().count(), text.chars().count(), "{text}");
        }
    }

    #[test]
    fn words_are_whole() {
        assert!(has_word("    println!(\"\")", "println!"));
        assert!(!has_word("    eprintln!(\"\")", "println!"));
        assert!(!has_word("#![forbid(unsafe_code)]", "unsafe"));
        assert!(has_word("unsafe { x }", "unsafe"));
    }

    #[test]
    fn the_test_module_is_left_out() {
        assert_eq!(without_tests("a\n#[cfg(test)]\nmod tests {\n b }"), "a\n");
        assert_eq!(without_tests("a\n#[cfg(test)]\nmod tests;\nb"), "a\n#[cfg(test)]\nmod tests;\nb");
        assert_eq!(without_tests("#[cfg(test)]\nuse a;\nb\n#[cfg(test)]\npub mod t {}"), "#[cfg(test)]\nuse a;\nb\n");
    }
}
