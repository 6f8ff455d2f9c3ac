//! From a file to a table.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read},
};

use super::{
    Missing, Note, Table, TableOptions,
    cells::{Cell, cell, shown},
    encoding::{Decoded, Encoding, Rewritten, newlines, single_blanks},
    header::{Plan, plan},
    records::{LONGEST_FIELD, Records, Stop},
    roles::{Role, roles},
    sniff::{dialect, records},
};
use crate::{CellFault, DataError, Labels, Limits, Rows, format::Source, rows::Values};

/// Bytes of text that separators, headers and columns are judged by.
const HEAD: u64 = 1 << 18;

/// Lines it takes at least, and most bytes that are looked at for them.
const ENOUGH: usize = 5;
const MOST: u64 = 1 << 26;

pub(crate) fn read(source: &mut Source, options: &TableOptions, limits: &Limits) -> Result<Table, DataError> {
    let mut notes = Vec::new();
    let mut text = decoded(source, &mut notes)?;
    let mut head = Vec::new();
    let mut goal = HEAD;
    let whole = loop {
        let missing = goal - head.len() as u64;
        (&mut text).take(missing).read_to_end(&mut head).map_err(|error| source.io(error))?;
        let whole = (head.len() as u64) < goal;
        let lines = head.iter().filter(|byte| matches!(byte, b'\n' | b'\r')).count();
        if whole || lines >= ENOUGH || goal >= MOST {
            break whole;
        }
        goal *= 4;
    };
    let (named, skipped) = separator_line(&head);
    notes.extend(named.map(|_| Note::SeparatorLine));
    let (body, before) = (&head[skipped..], u64::from(skipped > 0));
    let dialect = dialect(body, whole, options.delimiter.map(|given| given.0).or(named));
    if dialect.comma {
        notes.push(Note::DecimalComma);
    }
    let first = records(body, whole, dialect.delimiter, before);
    let mut plan = plan(&first, dialect.comma, options.header);
    notes.append(&mut plan.notes);
    let old_mac = body.iter().enumerate().any(|(at, &byte)| byte == b'\r' && body.get(at + 1) != Some(&b'\n'));
    let stream = Cursor::new(head.split_off(skipped)).chain(text);
    let stream: Box<dyn Read + '_> = match old_mac {
        true => Box::new(Rewritten { inner: stream, rule: newlines() }),
        false => Box::new(stream),
    };
    let cursor = Body { source, options, limits, comma: dialect.comma, blanks: dialect.delimiter == b' ', plan };
    if dialect.delimiter == b' ' {
        let stream = Rewritten { inner: stream, rule: single_blanks() };
        cursor.read(Records::new(stream, dialect.delimiter, before), notes)
    } else {
        cursor.read(Records::new(stream, dialect.delimiter, before), notes)
    }
}

/// The text of a file in UTF-8, without its mark.
fn decoded(source: &Source, notes: &mut Vec<Note>) -> Result<Box<dyn Read>, DataError> {
    let mut file = source.file.try_clone().map_err(|error| source.io(error))?;
    let mut start = Vec::new();
    (&mut file).take(1024).read_to_end(&mut start).map_err(|error| source.io(error))?;
    let (encoding, mark) = Encoding::of(&start);
    let bytes = Cursor::new(start.split_off(mark)).chain(file);
    Ok(match encoding {
        Encoding::Bytes => Box::new(bytes),
        Encoding::Utf16 { big_endian } => {
            notes.push(Note::Utf16);
            Box::new(Decoded::new(bytes, big_endian))
        }
    })
}

/// The separator of a line `sep=;`, which spreadsheets write and read, and the bytes of that line.
fn separator_line(head: &[u8]) -> (Option<u8>, usize) {
    let end = head.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(head.len());
    let line = head[..end].trim_ascii_end();
    let line = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\"")).unwrap_or(line);
    match line {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', separator] => {
            let pair = head[end..].starts_with(b"\r\n");
            (Some(*separator), (end + 1 + usize::from(pair)).min(head.len()))
        }
        _ => (None, 0),
    }
}

/// Cells of one kind that a column should not have.
#[derive(Default)]
struct Faults {
    count: u64,
    /// Line, column, from 1, and what is wrong with the first.
    first: Option<(u64, usize, String)>,
}

struct Body<'a> {
    source: &'a Source,
    options: &'a TableOptions,
    limits: &'a Limits,
    comma: bool,
    blanks: bool,
    plan: Plan,
}

impl Body<'_> {
    fn read<R: Read>(&self, mut records: Records<R>, mut notes: Vec<Note>) -> Result<Table, DataError> {
        let source = self.source;
        if self.plan.width == 0 {
            // Nothing was found to plan by: no line, or one that cannot be read.
            let mut column = 0;
            while let Some(last) = records.advance().map_err(|stop| self.stopped(stop, column))? {
                column = if last { 0 } else { column + 1 };
            }
            return Err(DataError::TooFewPoints { path: source.path.clone(), count: 0, needed: 1 });
        }
        let (roles, names) = roles(&source.path, &self.plan, self.options)?;
        let dim = roles.iter().filter(|role| matches!(role, Role::Coordinate(_))).count();
        let width = self.plan.width;
        let (mut texts, mut gaps): (Vec<Faults>, Vec<Faults>) =
            (0..dim).map(|_| (Faults::default(), Faults::default())).unzip();
        let mut truths = vec![false; dim];
        let mut values: Vec<f64> = Vec::new();
        let mut classes: Vec<String> = Vec::new();
        let mut row = vec![0.0; dim];
        let (mut rows, mut dropped, mut faulty) = (0_u64, 0, false);
        let mut header = self.plan.header;
        'records: loop {
            let (mut column, mut gap) = (0, false);
            let mut class = String::new();
            loop {
                let last = match records.advance().map_err(|stop| self.stopped(stop, column))? {
                    None => break 'records,
                    Some(last) => last,
                };
                if header {
                    header = !last;
                    if last {
                        continue 'records;
                    }
                    continue;
                }
                let (field, line) = (records.field(), records.line());
                let bad = |fault, problem| self.bad(line, column + 1, fault, problem);
                let end_of_blanks = self.blanks && last && column > 0 && field.is_empty();
                if column == width && !end_of_blanks {
                    return Err(bad(CellFault::Width, format!("more than the {width} field(s) of the first line")));
                }
                match roles.get(column) {
                    Some(Role::Coordinate(at)) if !(end_of_blanks && column == width) => {
                        match cell(field, self.comma) {
                            Cell::Number(number) => row[*at] = number,
                            Cell::Truth(number) => (row[*at], truths[*at]) = (number, true),
                            Cell::Beyond => {
                                return Err(bad(CellFault::Beyond, format!("{} is no finite f32", shown(field))));
                            }
                            Cell::Missing => {
                                gap = true;
                                note(&mut gaps[*at], line, column, || match field.trim_ascii() {
                                    b"" => "the field is empty".to_owned(),
                                    _ => format!("{} stands for a missing number", shown(field)),
                                });
                            }
                            Cell::Text => {
                                faulty = true;
                                note(&mut texts[*at], line, column, || self.text(field));
                            }
                        }
                    }
                    Some(Role::Label) => class = String::from_utf8_lossy(field).trim().to_owned(),
                    _ => {}
                }
                column += usize::from(!end_of_blanks || column < width);
                if last {
                    if column < width {
                        let problem = format!("the line ends after {column} of {width} fields");
                        return Err(self.bad(line, column + 1, CellFault::Width, problem));
                    }
                    break;
                }
            }
            rows += 1;
            if gap && self.options.missing == Missing::DropRows {
                dropped += 1;
                continue;
            }
            faulty |= gap;
            if faulty {
                continue;
            }
            let bytes = ((values.len() + dim) * size_of::<f64>()) as u64;
            if bytes > self.limits.max_bytes || values.try_reserve(dim).is_err() {
                let problem =
                    format!("the numbers up to here take {bytes} bytes; the limit is {}", self.limits.max_bytes);
                return Err(source.too_large(format!("line {}", records.line()), problem));
            }
            values.extend_from_slice(&row);
            if self.options.label.is_some() {
                classes.push(class);
            }
        }
        let name = |at: usize| match &names {
            Some(names) if !names[at].is_empty() => format!("column \"{}\"", crate::error::shown(&names[at])),
            _ => format!("column {}", roles.iter().position(|role| *role == Role::Coordinate(at)).unwrap_or(at) + 1),
        };
        for (faults, fault) in [(&texts, CellFault::Text), (&gaps, CellFault::Missing)] {
            if fault == CellFault::Missing && self.options.missing == Missing::DropRows {
                continue;
            }
            let first =
                (0..dim).filter(|&at| faults[at].count > 0).min_by_key(|&at| faults[at].first.as_ref().map(|f| f.0));
            if let Some((at, (line, column, problem))) = first.and_then(|at| Some((at, faults[at].first.clone()?))) {
                let problem =
                    format!("{problem}; {} has {} such field(s) in {rows} row(s)", name(at), faults[at].count);
                return Err(self.bad(line, column, fault, problem));
            }
        }
        if values.is_empty() {
            return Err(DataError::TooFewPoints { path: source.path.clone(), count: 0, needed: 1 });
        }
        notes.extend((0..dim).filter(|&at| truths[at]).map(|at| Note::Truths { column: name(at) }));
        if dropped > 0 {
            notes.push(Note::DroppedRows { count: dropped, of: rows as usize });
        }
        let labels = self.options.label.as_ref().map(|_| labels(&classes));
        let chosen = !self.options.columns.is_empty();
        Ok(Table { rows: Rows::checked(dim, Values::Double(values)), names, labels, notes, chosen })
    }

    fn text(&self, field: &[u8]) -> String {
        match cell(field, !self.comma) {
            Cell::Number(_) if self.comma => {
                format!("{} has a decimal point, other numbers of the file a decimal comma", shown(field))
            }
            Cell::Number(_) => format!("{} has a decimal comma, other numbers of the file a point", shown(field)),
            _ => format!("{} is not a number", shown(field)),
        }
    }

    fn bad(&self, line: u64, column: usize, fault: CellFault, problem: String) -> DataError {
        DataError::BadCell { path: self.source.path.clone(), line, column, fault, problem }
    }

    fn stopped(&self, stop: Stop, column: usize) -> DataError {
        match stop {
            Stop::Io(error) => self.source.io(error),
            Stop::TooLong(line) => {
                let place = format!("line {line}, field {}", column + 1);
                self.source.too_large(place, format!("the field is longer than {LONGEST_FIELD} bytes"))
            }
            Stop::Unquoted(line) => self.bad(line, column + 1, CellFault::Quote, "the quote never ends".to_owned()),
        }
    }
}

fn note(faults: &mut Faults, line: u64, column: usize, problem: impl FnOnce() -> String) {
    faults.count += 1;
    if faults.first.is_none() {
        faults.first = Some((line, column + 1, problem()));
    }
}

/// Classes in the order of their names, of their values where all are whole numbers.
fn labels(values: &[String]) -> Labels {
    let mut names: Vec<&String> = values.iter().collect::<std::collections::BTreeSet<_>>().into_iter().collect();
    if names.iter().all(|name| name.parse::<i64>().is_ok()) {
        names.sort_by_key(|name| name.parse::<i64>().unwrap_or_default());
    }
    let places: BTreeMap<&String, u32> = names.iter().zip(0..).map(|(name, at)| (*name, at)).collect();
    let of = values.iter().map(|value| places[value]).collect();
    Labels { names: names.into_iter().cloned().collect(), of }
}
