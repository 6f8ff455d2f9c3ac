//! Fields of a text, one after another, by `csv-core`, which the crate `csv` is built on: quotes, escapes and line ends are
//! its work. Asked field by field, it needs no more memory than the longest field, which is limited here.

use std::io::{self, Read};

use csv_core::{ReadFieldResult, Reader, ReaderBuilder};

/// The longest field, in bytes. No number needs that many.
pub(super) const LONGEST_FIELD: usize = 1 << 20;

/// Why there is no next field.
#[derive(Debug)]
pub(super) enum Stop {
    Io(io::Error),
    /// A field of more than [`LONGEST_FIELD`] bytes in this line.
    TooLong(u64),
    /// A quote that was opened in this line.
    Unquoted(u64),
}

/// A text cut into fields.
pub(super) struct Records<R> {
    parser: Reader,
    input: R,
    buffer: Vec<u8>,
    at: usize,
    filled: usize,
    ended: bool,
    field: Vec<u8>,
    len: usize,
    /// Whether quotes in this record are open, and since which line.
    quotes: usize,
    started: u64,
    line: u64,
    /// Lines of the file before the text.
    before: u64,
}

impl<R: Read> Records<R> {
    /// The text of `input`, whose first line is line `before` + 1 of its file.
    pub(super) fn new(input: R, delimiter: u8, before: u64) -> Self {
        let parser = ReaderBuilder::new().delimiter(delimiter).comment(Some(b'#')).build();
        Self {
            parser,
            input,
            buffer: vec![0; 1 << 16],
            at: 0,
            filled: 0,
            ended: false,
            field: vec![0; 64],
            len: 0,
            quotes: 0,
            started: 1,
            line: 1,
            before,
        }
    }

    /// Goes to the next field: whether it is the last of its record; `None` after the last record.
    pub(super) fn advance(&mut self) -> Result<Option<bool>, Stop> {
        self.len = 0;
        loop {
            if self.at == self.filled && !self.ended {
                self.filled = self.input.read(&mut self.buffer).map_err(Stop::Io)?;
                self.at = 0;
                self.ended = self.filled == 0;
            }
            let input = &self.buffer[self.at..self.filled];
            let (result, taken, written) = self.parser.read_field(input, &mut self.field[self.len..]);
            let bytes = &input[..taken];
            self.quotes += memchr::memchr_iter(b'"', bytes).count();
            let newline = bytes.last() == Some(&b'\n');
            self.at += taken;
            self.len += written;
            match result {
                ReadFieldResult::InputEmpty => {}
                ReadFieldResult::OutputFull if self.field.len() >= LONGEST_FIELD => {
                    return Err(Stop::TooLong(self.before + self.started));
                }
                ReadFieldResult::OutputFull => self.field.resize(self.field.len() * 2, 0),
                ReadFieldResult::Field { record_end } => {
                    if record_end && self.ended && self.quotes % 2 == 1 {
                        return Err(Stop::Unquoted(self.before + self.started));
                    }
                    let breaks = self.field().iter().filter(|&&byte| byte == b'\n').count() as u64;
                    let next = self.parser.line();
                    self.line = next - u64::from(record_end && newline) - breaks;
                    self.started = next;
                    self.quotes = if record_end { 0 } else { self.quotes };
                    return Ok(Some(record_end));
                }
                ReadFieldResult::End => return Ok(None),
            }
        }
    }

    /// The field of the last [`Records::advance`].
    pub(super) fn field(&self) -> &[u8] {
        &self.field[..self.len]
    }

    /// The line it starts in, from 1.
    pub(super) fn line(&self) -> u64 {
        self.before + self.line
    }

    /// The next record as text, an empty last field of blanks left out; `None` at the end.
    pub(super) fn record(&mut self) -> Result<Option<Record>, Stop> {
        let mut fields = Vec::new();
        let mut line = 0;
        loop {
            match self.advance()? {
                None => return Ok(None),
                Some(last) => {
                    line = if fields.is_empty() { self.line() } else { line };
                    fields.push(String::from_utf8_lossy(self.field()).trim().to_owned());
                    if last {
                        return Ok(Some(Record { line, fields }));
                    }
                }
            }
        }
    }
}

/// One record of the first ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) line: u64,
    pub(super) fields: Vec<String>,
}
