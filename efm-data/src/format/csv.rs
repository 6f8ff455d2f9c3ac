//! Numbers in lines of text. One pass, one field in memory at a time.
//!
//! Rules: fields are separated by the first of `,` `;` tab that occurs outside quotes; lines end in LF, CRLF or CR; a
//! UTF-8 byte order mark, blank lines and lines that start with `#` are skipped; a field may be quoted with `"`; the
//! first line is a header when none of its fields is a number.

use std::{
    io::{self, BufRead, BufReader, Write},
    str,
};

use efm_core::Points;

use super::{Limits, source::Source};
use crate::DataError;

/// The longest field, in bytes. No number needs that many.
const LONGEST_FIELD: usize = 1 << 20;

pub(super) fn read(source: &mut Source, limits: &Limits) -> Result<Points, DataError> {
    let file = source.file.try_clone().map_err(|error| source.io(error))?;
    let mut reader = BufReader::with_capacity(1 << 16, file);
    let mut table = Table::new(source, limits);
    let mut start = true;
    loop {
        let chunk = reader.fill_buf().map_err(|error| source.io(error))?;
        if chunk.is_empty() {
            return table.finish();
        }
        let text = if start { chunk.strip_prefix(b"\xef\xbb\xbf").unwrap_or(chunk) } else { chunk };
        start = false;
        for byte in text {
            table.take(*byte)?;
        }
        let taken = chunk.len();
        reader.consume(taken);
    }
}

pub(super) fn write(out: &mut impl Write, points: &Points, separator: char) -> io::Result<()> {
    for column in 0..points.dim() {
        if column > 0 {
            write!(out, "{separator}")?;
        }
        write!(out, "x{column}")?;
    }
    writeln!(out)?;
    for point in points.iter() {
        for (column, value) in point.iter().enumerate() {
            if column > 0 {
                write!(out, "{separator}")?;
            }
            // The shortest digits that read back as the same f32.
            write!(out, "{value:?}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

/// Where in the grammar the next byte falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    LineStart,
    FieldStart,
    Plain,
    Quoted,
    /// After a quote inside quotes: the end of the field, or the first half of an escaped quote.
    QuoteEnd,
    Comment,
}

/// The rows read so far and the place of the next byte.
struct Table<'a> {
    source: &'a Source,
    max_bytes: u64,
    values: Vec<f32>,
    /// Fields per line; known after the first.
    width: Option<usize>,
    separator: Option<u8>,
    at: At,
    after_cr: bool,
    line: u64,
    /// Line of the last opening quote.
    opened: u64,
    /// Fields of this line that are complete.
    columns: usize,
    field: Vec<u8>,
    /// Of the first line: how many fields are numbers, and what is wrong with the first that is not one.
    numbers: usize,
    refused: Option<DataError>,
}

impl<'a> Table<'a> {
    fn new(source: &'a Source, limits: &Limits) -> Self {
        Self {
            source,
            max_bytes: limits.max_bytes,
            values: Vec::new(),
            width: None,
            separator: None,
            at: At::LineStart,
            after_cr: false,
            line: 1,
            opened: 1,
            columns: 0,
            field: Vec::new(),
            numbers: 0,
            refused: None,
        }
    }

    fn take(&mut self, byte: u8) -> Result<(), DataError> {
        let second_half = byte == b'\n' && self.after_cr;
        self.after_cr = byte == b'\r';
        if second_half {
            // A CRLF in quotes belongs to the field; anywhere else its CR has ended the line already.
            return if self.at == At::Quoted { self.push(byte) } else { Ok(()) };
        }
        let newline = matches!(byte, b'\n' | b'\r');
        let at = self.at;
        match at {
            At::Quoted if byte == b'"' => self.at = At::QuoteEnd,
            At::Quoted => {
                self.line += u64::from(newline);
                self.push(byte)?;
            }
            At::QuoteEnd if byte == b'"' => {
                self.at = At::Quoted;
                self.push(byte)?;
            }
            At::Comment | At::LineStart if newline => {
                self.line += 1;
                self.at = At::LineStart;
            }
            At::Comment => {}
            At::LineStart if byte == b'#' => self.at = At::Comment,
            At::LineStart | At::FieldStart if byte == b'"' => {
                self.at = At::Quoted;
                self.opened = self.line;
            }
            _ if newline => {
                self.end_field()?;
                self.end_line()?;
                self.line += 1;
            }
            _ if self.separates(byte) => {
                self.end_field()?;
                self.at = At::FieldStart;
            }
            _ => {
                self.push(byte)?;
                self.at = At::Plain;
            }
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Points, DataError> {
        match self.at {
            At::LineStart | At::Comment => {}
            At::Quoted => {
                self.line = self.opened;
                return Err(self.bad("the quote never ends".to_owned()));
            }
            At::FieldStart | At::Plain | At::QuoteEnd => {
                self.end_field()?;
                self.end_line()?;
            }
        }
        let Some(width) = self.width.filter(|_| !self.values.is_empty()) else {
            return Err(DataError::TooFewPoints { path: self.source.path.clone(), count: 0, needed: 1 });
        };
        let source = self.source;
        Points::from_values(width, self.values).map_err(|error| source.malformed("data", error.to_string()))
    }

    fn separates(&mut self, byte: u8) -> bool {
        match self.separator {
            Some(separator) => byte == separator,
            None if matches!(byte, b',' | b';' | b'\t') => {
                self.separator = Some(byte);
                true
            }
            None => false,
        }
    }

    fn push(&mut self, byte: u8) -> Result<(), DataError> {
        if self.field.len() == LONGEST_FIELD {
            let line = if self.at == At::Quoted { self.opened } else { self.line };
            let place = format!("line {line}, field {}", self.columns + 1);
            return Err(self.source.too_large(place, format!("the field is longer than {LONGEST_FIELD} bytes")));
        }
        self.field.push(byte);
        Ok(())
    }

    fn bad(&self, problem: String) -> DataError {
        let path = self.source.path.clone();
        DataError::BadCell { path, line: self.line, column: self.columns + 1, problem }
    }

    fn end_field(&mut self) -> Result<(), DataError> {
        if let Some(width) = self.width.filter(|width| self.columns >= *width) {
            return Err(self.bad(format!("more than the {width} field(s) of the first line")));
        }
        let number = number(&self.field);
        match number {
            Ok(value) if value.is_finite() => self.store(value)?,
            Ok(_) => return Err(self.bad(format!("{} is no finite f32", shown(&self.field)))),
            Err(problem) if self.width.is_some() => return Err(self.bad(problem)),
            Err(problem) => {
                if self.refused.is_none() {
                    self.refused = Some(self.bad(problem));
                }
            }
        }
        self.columns += 1;
        self.field.clear();
        Ok(())
    }

    fn store(&mut self, value: f32) -> Result<(), DataError> {
        let bytes = (self.values.len() as u64 + 1) * size_of::<f32>() as u64;
        if bytes > self.max_bytes || self.values.try_reserve(1).is_err() {
            let problem = format!("the numbers up to here take {bytes} bytes; the limit is {}", self.max_bytes);
            return Err(self.source.too_large(format!("line {}", self.line), problem));
        }
        self.values.push(value);
        self.numbers += 1;
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), DataError> {
        match self.width {
            Some(width) if self.columns < width => {
                return Err(self.bad(format!("the line ends after {} of {width} fields", self.columns)));
            }
            Some(_) => {}
            None => match self.refused.take() {
                Some(error) if self.numbers > 0 => return Err(error),
                _ => self.width = Some(self.columns),
            },
        }
        self.columns = 0;
        self.at = At::LineStart;
        Ok(())
    }
}

/// Reads a field as a number, which may be NaN or infinite.
fn number(field: &[u8]) -> Result<f32, String> {
    let field = field.trim_ascii();
    if field.is_empty() {
        return Err("the field is empty".to_owned());
    }
    let number = str::from_utf8(field).ok().and_then(|text| text.parse().ok());
    number.ok_or_else(|| format!("{} is not a number", shown(field)))
}

/// The start of a field, fit for a message.
fn shown(field: &[u8]) -> String {
    const SHOWN: usize = 40;
    let text = String::from_utf8_lossy(&field[..field.len().min(SHOWN)]);
    format!("{:?}{}", text, if field.len() > SHOWN { "…" } else { "" })
}
