use std::fmt;

/// What a reader left out, took for a header or converted. A program says each in a line; `to_string` gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// A first line of numbers was taken for names.
    NumericHeader {
        /// The line, from 1.
        line: u64,
        /// What stands there.
        names: Vec<String>,
    },
    /// A first column without a name counts the rows.
    IndexColumn,
    /// The first column holds the names of rows, as R writes them: it has no name itself.
    RowNames,
    /// Every line ends in a separator.
    EmptyLastField,
    /// Numbers have decimal commas.
    DecimalComma,
    /// The first line names the separator, as spreadsheets write it.
    SeparatorLine,
    /// The text is in UTF-16.
    Utf16,
    /// A column of true and false became 1 and 0.
    Truths {
        /// The column.
        column: String,
    },
    /// Rows with missing numbers were left out, as asked.
    DroppedRows {
        /// How many.
        count: usize,
        /// Of how many.
        of: usize,
    },
    /// The columns were brought into the order that the other file has.
    Reordered {
        /// The order.
        names: Vec<String>,
    },
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NumericHeader { line, names } => {
                write!(f, "line {line} ({}) is taken for a header; header = false makes it a row", listed(names))
            }
            Self::IndexColumn => write!(f, "the first column has no name and counts the rows; it is left out"),
            Self::RowNames => write!(f, "the first column has no name and holds the names of rows; it is left out"),
            Self::EmptyLastField => write!(f, "the last field of every line is empty; it is left out"),
            Self::DecimalComma => write!(f, "numbers are read with decimal commas"),
            Self::SeparatorLine => write!(f, "line 1 names the separator and is no row"),
            Self::Utf16 => write!(f, "the text is UTF-16"),
            Self::Truths { column } => write!(f, "{column} is read as 1 for true and 0 for false"),
            Self::DroppedRows { count, of } => write!(f, "{count} of {of} rows lack a number and are left out"),
            Self::Reordered { names } => write!(f, "the columns are brought into the order {}", listed(names)),
        }
    }
}

/// Names in a line, the first few.
pub(crate) fn listed(names: &[String]) -> String {
    const SHOWN: usize = 8;
    let mut text = names.iter().take(SHOWN).map(|name| crate::error::shown(name)).collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        text.push_str(&format!(", … ({} in all)", names.len()));
    }
    text
}
