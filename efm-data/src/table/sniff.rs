//! Which separator a text has, and whether its numbers have decimal commas, by what makes most fields numbers.

use super::{
    cells::{Cell, cell},
    encoding::single_blanks,
    records::{Record, Records},
};
use crate::table::encoding::Rewritten;

/// Records looked at.
const LOOKED_AT: usize = 200;

/// How a text is cut into numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    /// A blank stands for runs of blanks and tabs.
    pub(super) delimiter: u8,
    pub(super) comma: bool,
}

/// The dialect of `head`, the start of a text; `whole` says that there is no more of it. A `delimiter` is taken as given.
pub(super) fn dialect(head: &[u8], whole: bool, delimiter: Option<u8>) -> Dialect {
    let candidates = match &delimiter {
        Some(given) => std::slice::from_ref(given),
        None => b",\t; ".as_slice(),
    };
    let mut best: Option<((u64, usize), Dialect)> = None;
    for &delimiter in candidates {
        let records = records(head, whole, delimiter, 0);
        // What a header is made of says nothing of the numbers.
        let body = if records.len() > 1 { &records[1..] } else { &records[..] };
        let score = |comma: bool| share(body, comma);
        let (plain, with_comma) = (score(false), score(true));
        // A first line of nothing but numbers is no header, and counts.
        let first = records
            .first()
            .map(std::slice::from_ref)
            .filter(|first| share(first, false).max(share(first, true)) == ALL);
        let wide = body.iter().chain(first.into_iter().flatten()).map(|record| record.fields.len()).max().unwrap_or(1);
        // A comma in the only field of a line is a separator before it is a decimal comma.
        let comma = with_comma > plain && (wide > 1 || candidates.len() == 1);
        let rank = (if comma { with_comma } else { plain }, wide);
        if best.is_none_or(|(most, _)| rank > most) {
            best = Some((rank, Dialect { delimiter, comma }));
        }
    }
    best.map_or(Dialect { delimiter: b',', comma: false }, |(_, dialect)| dialect)
}

/// A share of one.
const ALL: u64 = 1_000_000;

/// Numbers among the fields that are not missing, in millionths; fields with a comma count only where commas are decimal.
fn share(records: &[Record], comma: bool) -> u64 {
    let (mut numbers, mut all) = (0_u64, 0_u64);
    for field in records.iter().flat_map(|record| &record.fields) {
        match cell(field.as_bytes(), comma) {
            Cell::Missing => {}
            found => {
                all += 1;
                numbers += u64::from(found.is_number() || matches!(found, Cell::Truth(_)));
            }
        }
    }
    (numbers * ALL).checked_div(all).unwrap_or(0)
}

/// The first records of `head`, cut at `delimiter`; one that may be cut short is left out. `before` lines
/// of the file come before them.
pub(super) fn records(head: &[u8], whole: bool, delimiter: u8, before: u64) -> Vec<Record> {
    let mut found = Vec::new();
    let mut collect = |mut next: &mut dyn FnMut() -> Option<Record>| {
        let next = &mut next;
        while let Some(record) = next() {
            found.push(record);
            if found.len() == LOOKED_AT {
                return true;
            }
        }
        false
    };
    let enough = if delimiter == b' ' {
        let mut reader = Records::new(Rewritten { inner: head, rule: single_blanks() }, delimiter, before);
        collect(&mut || reader.record().ok().flatten().map(without_last_blank))
    } else {
        let mut reader = Records::new(head, delimiter, before);
        collect(&mut || reader.record().ok().flatten())
    };
    if !whole && !enough {
        found.pop();
    }
    found
}

/// A line of numbers apart by blanks may end in one.
fn without_last_blank(mut record: Record) -> Record {
    if record.fields.len() > 1 && record.fields.last().is_some_and(String::is_empty) {
        record.fields.pop();
    }
    record
}
