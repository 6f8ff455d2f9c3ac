//! What a field is: a number, a gap, or text.

use std::str;

/// What one field holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Cell {
    Number(f64),
    /// true or false, as 1 or 0.
    Truth(f64),
    /// Nothing, or what stands for nothing.
    Missing,
    /// A number that is infinite, or beyond f32.
    Beyond,
    Text,
}

/// What stands for a missing number, in small letters: the words of pandas, R, spreadsheets and UCI's collections.
const MISSING: [&str; 15] =
    ["", "na", "n/a", "nan", "-nan", "null", "none", "nat", "<na>", "#n/a", "#na", "#value!", "#div/0!", "?", "."];

/// Reads a field; with `comma`, numbers have decimal commas and no points.
pub(super) fn cell(field: &[u8], comma: bool) -> Cell {
    let field = field.trim_ascii();
    let Ok(text) = str::from_utf8(field) else { return Cell::Text };
    let number = match comma {
        true if field.contains(&b'.') => None,
        true if field.contains(&b',') => text.replacen(',', ".", 1).parse::<f64>().ok(),
        _ => text.parse::<f64>().ok(),
    };
    match number {
        Some(number) if number.is_nan() => Cell::Missing,
        Some(number) if !(number as f32).is_finite() => Cell::Beyond,
        Some(number) => Cell::Number(number),
        None => word(text),
    }
}

fn word(text: &str) -> Cell {
    if text.len() > 7 {
        return Cell::Text;
    }
    match text.to_ascii_lowercase().as_str() {
        "true" => Cell::Truth(1.0),
        "false" => Cell::Truth(0.0),
        word if MISSING.contains(&word) => Cell::Missing,
        _ => Cell::Text,
    }
}

impl Cell {
    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Number(_) | Self::Beyond)
    }
}

/// A whole number without a sign, a point or an exponent: what a header of numbers is made of.
pub(super) fn count(field: &str) -> Option<u64> {
    let plain = !field.is_empty() && field.len() < 16 && field.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| field.parse().ok()).flatten()
}

/// The start of a field, fit for a message.
pub(super) fn shown(field: &[u8]) -> String {
    const SHOWN: usize = 40;
    let text = String::from_utf8_lossy(&field[..field.len().min(SHOWN)]);
    format!("{:?}{}", text, if field.len() > SHOWN { "…" } else { "" })
}
