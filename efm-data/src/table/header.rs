//! Whether the first line of a table is a header, by what the lines after it are, and which columns are none of data.

use super::{
    cells::{Cell, cell, count},
    notes::Note,
    records::Record,
};

/// What the lines of a table are.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Whether the first record is a header.
    pub(super) header: bool,
    /// Fields of a line.
    pub(super) width: usize,
    /// The name of each; none where there is no header.
    pub(super) names: Option<Vec<String>>,
    /// Columns that are left out: an index, an empty end.
    pub(super) left_out: Vec<usize>,
    pub(super) notes: Vec<Note>,
}

/// Decides on the first records of a table; `header` is what the user said of it.
pub(super) fn plan(records: &[Record], comma: bool, header: Option<bool>) -> Plan {
    let Some((first, body)) = records.split_first() else { return Plan::default() };
    let found = judge(first, body, comma);
    let header = header.unwrap_or(found != Header::None);
    if !header {
        let width = first.fields.len();
        let mut plan = Plan { width, ..Plan::default() };
        plan.without_empty_end(records);
        return plan;
    }
    let mut names = first.fields.clone();
    let wide = body.first().map_or(names.len(), |record| record.fields.len());
    let mut plan = Plan { header, width: names.len(), ..Plan::default() };
    if found == Header::Numbers {
        plan.notes.push(Note::NumericHeader { line: first.line, names: names.clone() });
    }
    if names.len() == wide + 1 && names.last().is_some_and(String::is_empty) {
        names.pop();
        plan.width = wide;
    } else if names.len() + 1 == wide {
        plan.width = wide;
        if ends_empty(body) {
            names.push(String::new());
        } else {
            // R's own rule, read.table: a header one field short means names of rows.
            names.insert(0, String::new());
            plan.left_out.push(0);
            plan.notes.push(Note::RowNames);
        }
    }
    plan.without_empty_end(body);
    if plan.left_out.is_empty() && plan.width > 1 && matches!(names[0].as_str(), "" | "Unnamed: 0") {
        plan.index(body, comma);
    }
    plan.names = Some(names);
    plan
}

impl Plan {
    /// Leaves out a last field that is empty in every line.
    fn without_empty_end(&mut self, records: &[Record]) {
        if self.width > 1 && ends_empty(records) && records.iter().all(|record| record.fields.len() == self.width) {
            self.left_out.push(self.width - 1);
            self.notes.push(Note::EmptyLastField);
        }
    }

    /// Leaves out a first column without a name that counts, or holds text.
    fn index(&mut self, body: &[Record], comma: bool) {
        let column = || body.iter().filter_map(|record| record.fields.first());
        let counts: Option<Vec<u64>> = column().map(|field| count(field)).collect();
        if let Some(mut counts) = counts.filter(|counts| !counts.is_empty()) {
            counts.sort_unstable();
            if counts.windows(2).all(|pair| pair[0] < pair[1]) {
                self.left_out.insert(0, 0);
                self.notes.push(Note::IndexColumn);
            }
        } else if column().any(|field| cell(field.as_bytes(), comma) == Cell::Text) {
            self.left_out.insert(0, 0);
            self.notes.push(Note::RowNames);
        }
    }
}

fn ends_empty(records: &[Record]) -> bool {
    !records.is_empty()
        && records.iter().all(|record| record.fields.len() > 1 && record.fields.last().is_some_and(String::is_empty))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Header {
    None,
    Names,
    /// Of whole numbers, in part or all.
    Numbers,
}

/// Lines after a header that decide on one of a single number.
const MANY: usize = 20;

fn judge(first: &Record, body: &[Record], comma: bool) -> Header {
    let kinds: Vec<Cell> = first.fields.iter().map(|field| cell(field.as_bytes(), comma)).collect();
    let texts = kinds.iter().filter(|kind| **kind == Cell::Text).count();
    let numbers = kinds.iter().filter(|kind| kind.is_number()).count();
    if texts > 0 && numbers == 0 {
        return Header::Names;
    }
    // Where the header is a field short, its fields belong to the last columns.
    let short = body.first().map_or(0, |record| record.fields.len().saturating_sub(first.fields.len()));
    let short = short.min(1);
    let column = |at: usize| body.iter().filter_map(move |record| record.fields.get(at + short)).map(String::as_str);
    let over_numbers = (0..kinds.len()).any(|at| {
        !kinds[at].is_number()
            && column(at).next().is_some()
            && column(at).all(|field| cell(field.as_bytes(), comma).is_number())
    });
    let counts: Option<Vec<u64>> = first
        .fields
        .iter()
        .filter(|field| cell(field.as_bytes(), comma).is_number())
        .map(|field| count(field))
        .collect();
    let Some(counts) = counts.filter(|counts| !counts.is_empty()) else { return Header::None };
    let runs = counts.windows(2).all(|pair| pair[0] + 1 == pair[1]);
    if numbers < kinds.len() {
        // Names and numbers, as "id, 2019, 2020", or the empty corner of a table with an index before 0, 1, 2.
        let named = over_numbers && (texts > numbers || (runs && counts.len() > 1));
        return if named { Header::Numbers } else { Header::None };
    }
    let fields = || (0..counts.len()).flat_map(|at| column(at).filter(|field| !field.is_empty()));
    // Whoever writes 0.0 for a zero wrote the first line with other means.
    let pointed = fields().all(|field| count(field.trim_start_matches('-')).is_none());
    let outside = (0..counts.len()).all(|at| is_outside(counts[at] as f64, column(at), comma));
    let mut distinct = counts.clone();
    distinct.sort_unstable();
    distinct.dedup();
    let numbered = runs && counts[0] <= 1;
    let header = match (counts.len(), body.len()) {
        (1, lines) => counts[0] == 0 && pointed && lines >= MANY,
        (_, 0 | 1) => false,
        (_, lines) => {
            (numbered && (pointed || outside))
                || (distinct.len() == counts.len() && pointed && outside && lines >= MANY)
        }
    };
    if header { Header::Numbers } else { Header::None }
}

/// Whether a number is further from all others of its column than they are from one another.
fn is_outside<'a>(value: f64, others: impl Iterator<Item = &'a str>, comma: bool) -> bool {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for field in others {
        if let Cell::Number(number) = cell(field.as_bytes(), comma) {
            (low, high) = (low.min(number), high.max(number));
        }
    }
    let width = high - low;
    width.is_finite() && (value < low - width || value > high + width)
}
