use serde::{Deserialize, Serialize};

/// How a table of text is read, where its own bytes do not tell, and which of its columns are data.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct TableOptions {
    /// What separates fields; found by itself if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<Delimiter>,
    /// Whether the first line names the columns; judged by the lines after it if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header: Option<bool>,
    /// The columns to take, by name, in this order; all if empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Columns to leave out, by name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub drop: Vec<String>,
    /// The column whose values are the classes of the rows. It is no coordinate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// What becomes of rows that lack a number.
    #[serde(skip_serializing_if = "Missing::is_refused")]
    pub missing: Missing,
}

/// What becomes of rows that lack a number: an empty field, `NA`, `NaN`, `null`, `?`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Missing {
    /// The file is refused, with the column and the number of such rows.
    #[default]
    Refuse,
    /// They are left out.
    DropRows,
}

impl Missing {
    /// For serde.
    pub(crate) fn is_refused(&self) -> bool {
        *self == Self::Refuse
    }
}

/// What separates the fields of a line: one ASCII character. `"blanks"` (or `" "`) stands for runs of blanks and tabs, `"tab"`
/// for a tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Delimiter(pub(super) u8);

impl Delimiter {
    /// Runs of blanks and tabs.
    pub const BLANKS: Self = Self(b' ');

    /// The separator of this name or character.
    ///
    /// # Errors
    /// A line that says what is possible.
    pub fn new(text: &str) -> Result<Self, String> {
        match text {
            "tab" => Ok(Self(b'\t')),
            "blanks" | "blank" => Ok(Self::BLANKS),
            _ => match text.as_bytes() {
                [byte @ (b'\t' | b' '..=b'~')] if !byte.is_ascii_alphanumeric() && !b"\"#.+-".contains(byte) => {
                    Ok(Self(*byte))
                }
                _ => Err(format!(
                    "delimiter is {text:?}; it is one character such as , ; or |, or \"tab\" or \"blanks\""
                )),
            },
        }
    }
}

impl TryFrom<String> for Delimiter {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::new(&text)
    }
}

impl From<Delimiter> for String {
    fn from(delimiter: Delimiter) -> Self {
        match delimiter.0 {
            b'\t' => "tab".to_owned(),
            b' ' => "blanks".to_owned(),
            byte => char::from(byte).to_string(),
        }
    }
}
