//! Tables of text as people's tools write them: NumPy, pandas, R, spreadsheets.
//!
//! What a file does not say is told by its first lines: the encoding, the separator, decimal commas, a header, a column that only
//! counts. Whatever is left out, taken for a header or converted is in [`Table::notes`]; what cannot be known is refused, with the
//! cell and what to do.

mod cells;
mod encoding;
mod header;
mod notes;
mod options;
mod read;
mod records;
mod roles;
mod sniff;

use std::io::{self, Write};

use efm_core::Points;

use crate::{DataError, Labels, Rows};
pub use notes::Note;
pub use options::{Delimiter, Missing, TableOptions};
pub(crate) use read::read;

/// Rows of a file with what it says of them.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Table {
    /// The numbers, `[N, D]`.
    pub rows: Rows,
    /// The names of the columns, D of them; none where the file has none.
    pub names: Option<Vec<String>>,
    /// The class of every row, where a column of labels was asked for.
    pub labels: Option<Labels>,
    /// What was left out, taken for a header or converted.
    pub notes: Vec<Note>,
    /// Whether the user chose the columns and their order.
    pub(crate) chosen: bool,
}

impl Table {
    /// Rows without names.
    pub(crate) fn plain(rows: Rows) -> Self {
        Self { rows, names: None, labels: None, notes: Vec::new(), chosen: false }
    }

    /// Brings the columns into the order that `other` has them in, by their names, and says so in the notes. Nothing happens where
    /// one of both has no names of its own, and where a choice of columns was asked for.
    ///
    /// # Errors
    /// [`DataError::NamesDiffer`] where both have names, and not the same.
    pub fn in_order_of(mut self, other: &Self) -> Result<Self, DataError> {
        let (Some(names), Some(wanted)) = (&self.names, &other.names) else { return Ok(self) };
        if names == wanted || self.chosen || other.chosen || is_count(names) || is_count(wanted) {
            return Ok(self);
        }
        let order: Option<Vec<usize>> =
            wanted.iter().map(|name| names.iter().position(|known| known == name)).collect();
        let order = order.filter(|order| {
            let mut sorted = order.clone();
            sorted.sort_unstable();
            sorted.dedup();
            sorted.len() == names.len()
        });
        let Some(order) = order else {
            return Err(DataError::NamesDiffer { here: names.clone(), wanted: wanted.clone() });
        };
        self.rows = self.rows.reorder(&order);
        self.names = Some(wanted.clone());
        self.notes.push(Note::Reordered { names: wanted.clone() });
        Ok(self)
    }
}

/// Names that a program gave by counting: x0, x1 of ours, V1, V2 of R, 0, 1 of pandas. They say nothing of what a column is.
fn is_count(names: &[String]) -> bool {
    let number = |name: &String| name.trim_start_matches(['x', 'V', 'X', 'c']).parse::<usize>().ok();
    let numbers: Option<Vec<usize>> = names.iter().map(number).collect();
    numbers.is_some_and(|numbers| numbers[0] <= 1 && numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]))
}

pub(crate) fn write(out: &mut impl Write, points: &Points, separator: char) -> io::Result<()> {
    let values = points.iter().flat_map(|point| point.iter());
    write_values(out, points.dim(), values, separator)
}

pub(crate) fn write_rows(out: &mut impl Write, rows: &Rows, separator: char) -> io::Result<()> {
    write_values(out, rows.dim(), rows.values().iter(), separator)
}

/// The shortest digits that read back as the same numbers, below x0, x1, ….
fn write_values<'a, T: std::fmt::Debug + 'a>(
    out: &mut impl Write,
    dim: usize,
    values: impl Iterator<Item = &'a T>,
    separator: char,
) -> io::Result<()> {
    for column in 0..dim {
        let end = if column + 1 == dim { '\n' } else { separator };
        write!(out, "x{column}{end}")?;
    }
    for (index, value) in values.enumerate() {
        let end = if (index + 1) % dim == 0 { '\n' } else { separator };
        write!(out, "{value:?}{end}")?;
    }
    Ok(())
}
