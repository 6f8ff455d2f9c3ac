//! NumPy's npy, versions 1 to 3: a magic, the length of a header, the header (a Python dict literal), the numbers.
//! Format: numpy.org/doc/stable/reference/generated/numpy.lib.format.html

use std::{
    io::{self, BufReader, Read, Write},
    str,
};

use efm_core::Points;

use super::{
    Limits, atomic,
    decode::{Layout, Number, Precision, Shaped},
    source::Source,
};
use crate::{DataError, Rows};

pub(super) const MAGIC: &[u8] = b"\x93NUMPY";

/// No honest header comes near this; versions 2 and 3 could claim 4 GiB.
const LONGEST_HEADER: u64 = 1 << 16;

/// NumPy stops at 64 axes.
const MOST_AXES: usize = 64;

pub(super) fn read(source: &mut Source, limits: &Limits, precision: Precision) -> Result<Shaped, DataError> {
    let file = source.file.try_clone().map_err(|error| source.io(error))?;
    let len = source.len;
    read_from(source, "data", len, &mut BufReader::new(file), limits, precision, &|error| source.io(error))
}

/// Reads an array from a stream that says it holds `len` bytes.
pub(super) fn read_from(
    source: &Source,
    place: &str,
    len: u64,
    reader: &mut dyn Read,
    limits: &Limits,
    precision: Precision,
    failed: &dyn Fn(io::Error) -> DataError,
) -> Result<Shaped, DataError> {
    let malformed = |problem: String| source.malformed(place, problem);
    let cut = || malformed(format!("{len} bytes are too few for an npy header"));
    let mut start = [0_u8; 12];
    if len < 10 {
        return Err(cut());
    }
    reader.read_exact(&mut start[..10]).map_err(failed)?;
    if !start.starts_with(MAGIC) {
        return Err(malformed("does not start like an npy file".to_owned()));
    }
    let (prefix, header_len) = match start[6] {
        1 => (10, u64::from(u16::from_le_bytes([start[8], start[9]]))),
        2 | 3 if len < 12 => return Err(cut()),
        2 | 3 => {
            reader.read_exact(&mut start[10..]).map_err(failed)?;
            (12, u64::from(u32::from_le_bytes([start[8], start[9], start[10], start[11]])))
        }
        other => return Err(malformed(format!("npy version {other} is unknown; 1 to 3 are known"))),
    };
    if header_len > LONGEST_HEADER || prefix + header_len > len {
        return Err(malformed(format!("header claims {header_len} bytes of {len}")));
    }
    let mut header = vec![0_u8; header_len as usize];
    reader.read_exact(&mut header).map_err(failed)?;
    let layout = parse_header(source, place, &header)?;
    let extent = layout.check(source, place, len - prefix - header_len, limits, precision)?;
    let rows = layout.read(source, place, extent, reader, precision, failed)?;
    Ok(Shaped { rows, shape: layout.shape, number: layout.number })
}

pub(super) fn write(out: &mut impl Write, points: &Points) -> io::Result<()> {
    write_header(out, "<f4", &format!("({}, {})", points.len(), points.dim()))?;
    atomic::write_f32(out, points.as_slice())
}

/// Writes rows as f64.
pub(super) fn write_rows(out: &mut impl Write, rows: &Rows) -> io::Result<()> {
    write_header(out, "<f8", &format!("({}, {})", rows.len(), rows.dim()))?;
    rows.values().iter().try_for_each(|value| out.write_all(&value.to_le_bytes()))
}

/// Writes an array of one axis, as f64; NaN and infinite numbers are numbers there.
pub(super) fn write_column(out: &mut impl Write, values: &[f64]) -> io::Result<()> {
    write_header(out, "<f8", &format!("({},)", values.len()))?;
    values.iter().try_for_each(|value| out.write_all(&value.to_le_bytes()))
}

fn write_header(out: &mut impl Write, descr: &str, shape: &str) -> io::Result<()> {
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    // The numbers start at a multiple of 64 bytes; the header ends in a newline.
    let padding = 63 - (MAGIC.len() + 4 + header.len()) % 64;
    header.extend(std::iter::repeat_n(' ', padding));
    header.push('\n');
    out.write_all(MAGIC)?;
    out.write_all(&[1, 0])?;
    out.write_all(&(header.len() as u16).to_le_bytes())?;
    out.write_all(header.as_bytes())
}

/// Bytes [`write`] produces for these points.
pub(super) fn written_len(points: &Points) -> u64 {
    128 + 4 * points.as_slice().len() as u64
}

fn parse_header(source: &Source, place: &str, header: &[u8]) -> Result<Layout, DataError> {
    let place = format!("{place}, header");
    let mut literal = Literal { bytes: header, at: 0 };
    let (descr, fortran, shape) =
        literal.dict().map_err(|problem| source.malformed(&*place, format!("{problem} at byte {}", literal.at)))?;
    let unsupported = |found: &str| DataError::UnsupportedType {
        path: source.path.clone(),
        place: place.clone(),
        found: found.into(),
    };
    let Some(descr) = descr else { return Err(unsupported("a record of several fields")) };
    let (order, kind) = match descr.split_at_checked(1) {
        Some((order @ ("<" | ">" | "|" | "="), kind)) => (order, kind),
        _ => ("=", descr.as_str()),
    };
    let number = match kind {
        "b1" => Number::Bool,
        "i1" => Number::I8,
        "i2" => Number::I16,
        "i4" => Number::I32,
        "i8" => Number::I64,
        "u1" => Number::U8,
        "u2" => Number::U16,
        "u4" => Number::U32,
        "u8" => Number::U64,
        "f2" => Number::F16,
        "f4" => Number::F32,
        "f8" => Number::F64,
        _ => return Err(unsupported(&format!("'{}'", descr.chars().take(40).collect::<String>()))),
    };
    Ok(Layout { number, big_endian: order == ">", fortran, shape })
}

/// A reader of the one Python literal NumPy writes: `{'descr': …, 'fortran_order': …, 'shape': (…), }`.
struct Literal<'a> {
    bytes: &'a [u8],
    at: usize,
}

type Parsed<T> = Result<T, String>;

impl Literal<'_> {
    /// The type (`None` for a list of fields), the order, the shape.
    fn dict(&mut self) -> Parsed<(Option<String>, bool, Vec<u64>)> {
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        self.expect(b'{')?;
        while !self.take(b'}') {
            let key = self.string()?;
            self.expect(b':')?;
            let twice = match key.as_str() {
                "descr" if self.peek() == Some(b'[') => return Ok((None, false, Vec::new())),
                "descr" => descr.replace(self.string()?).is_some(),
                "fortran_order" => fortran.replace(self.boolean()?).is_some(),
                "shape" => shape.replace(self.tuple()?).is_some(),
                _ => return Err("unknown key".to_owned()),
            };
            if twice {
                return Err(format!("second '{key}'"));
            }
            if !self.take(b',') && self.peek() != Some(b'}') {
                return Err("expected , or }".to_owned());
            }
        }
        if self.peek().is_some() {
            return Err("something follows the header".to_owned());
        }
        match (descr, fortran, shape) {
            (Some(descr), Some(fortran), Some(shape)) => Ok((Some(descr), fortran, shape)),
            _ => Err("'descr', 'fortran_order' or 'shape' is missing".to_owned()),
        }
    }

    /// The next byte that is no space.
    fn peek(&mut self) -> Option<u8> {
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, byte: u8) -> Parsed<()> {
        if self.take(byte) { Ok(()) } else { Err(format!("expected {}", char::from(byte))) }
    }

    fn string(&mut self) -> Parsed<String> {
        let quote = self.peek().filter(|byte| matches!(byte, b'\'' | b'"')).ok_or("expected a string")?;
        let rest = &self.bytes[self.at + 1..];
        let length = rest.iter().position(|byte| *byte == quote).ok_or("string without an end")?;
        let text = str::from_utf8(&rest[..length]).ok().filter(|text| text.is_ascii() && !text.contains('\\'));
        let text = text.ok_or("string with unusual characters")?.to_owned();
        self.at += length + 2;
        Ok(text)
    }

    fn boolean(&mut self) -> Parsed<bool> {
        self.peek();
        for (word, value) in [("True", true), ("False", false)] {
            if self.bytes[self.at..].starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err("expected True or False".to_owned())
    }

    fn tuple(&mut self) -> Parsed<Vec<u64>> {
        let mut axes = Vec::new();
        self.expect(b'(')?;
        while !self.take(b')') {
            axes.push(self.integer()?);
            if axes.len() > MOST_AXES {
                return Err(format!("more than {MOST_AXES} axes"));
            }
            if !self.take(b',') && self.peek() != Some(b')') {
                return Err("expected , or )".to_owned());
            }
        }
        Ok(axes)
    }

    fn integer(&mut self) -> Parsed<u64> {
        self.peek();
        let rest = &self.bytes[self.at..];
        let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let digits = str::from_utf8(&rest[..length]).ok().filter(|digits| !digits.is_empty());
        let digits = digits.ok_or("expected a length of zero or more")?;
        let value = digits.parse().map_err(|_| "a length overflows".to_owned())?;
        self.at += length;
        // Python 2 wrote long integers with an L.
        self.at += usize::from(self.bytes.get(self.at) == Some(&b'L'));
        Ok(value)
    }
}
