//! Text as UTF-8, whatever the file has: byte order marks go, UTF-16 is decoded, line ends of old Macs become newlines.

use std::io::{self, Read};

/// How the characters of a text are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// UTF-8, or any 8-bit code that has digits where ASCII has them.
    Bytes,
    Utf16 {
        big_endian: bool,
    },
}

impl Encoding {
    /// The encoding that the first bytes tell, and how long its mark is.
    pub(super) fn of(head: &[u8]) -> (Self, usize) {
        match head {
            [0xef, 0xbb, 0xbf, ..] => (Self::Bytes, 3),
            [0xff, 0xfe, ..] => (Self::Utf16 { big_endian: false }, 2),
            [0xfe, 0xff, ..] => (Self::Utf16 { big_endian: true }, 2),
            _ => (Self::without_mark(head), 0),
        }
    }

    /// In UTF-16 every other byte of a table is zero.
    fn without_mark(head: &[u8]) -> Self {
        let (pairs, _) = head[..head.len().min(512)].as_chunks::<2>();
        let all = |rule: &dyn Fn(&[u8; 2]) -> bool| pairs.len() > 1 && pairs.iter().all(rule);
        if all(&|[low, high]| *low != 0 && *high == 0) {
            return Self::Utf16 { big_endian: false };
        }
        if all(&|[high, low]| *low != 0 && *high == 0) {
            return Self::Utf16 { big_endian: true };
        }
        Self::Bytes
    }
}

/// Decodes UTF-16; what is no character becomes U+FFFD.
pub(super) struct Decoded<R> {
    pub(super) inner: R,
    pub(super) big_endian: bool,
    /// A unit that is not complete, and the first half of a pair.
    pub(super) odd: Option<u8>,
    pub(super) half: Option<u16>,
    /// Bytes of UTF-8 that did not fit yet.
    pub(super) ready: Vec<u8>,
}

impl<R: Read> Decoded<R> {
    pub(super) fn new(inner: R, big_endian: bool) -> Self {
        Self { inner, big_endian, odd: None, half: None, ready: Vec::new() }
    }

    fn unit(&mut self, unit: u16) {
        let mut push = |found: char| self.ready.extend(found.encode_utf8(&mut [0; 4]).as_bytes());
        let units = self.half.take().into_iter().chain([unit]);
        let mut last = None;
        for decoded in char::decode_utf16(units) {
            match decoded {
                Ok(found) => push(found),
                Err(error) if (0xd800..0xdc00).contains(&error.unpaired_surrogate()) => {
                    if let Some(_lost) = last.replace(error.unpaired_surrogate()) {
                        push(char::REPLACEMENT_CHARACTER);
                    }
                }
                Err(_) => push(char::REPLACEMENT_CHARACTER),
            }
        }
        self.half = last;
    }
}

impl<R: Read> Read for Decoded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut chunk = [0; 1 << 13];
        while self.ready.is_empty() {
            let count = self.inner.read(&mut chunk)?;
            if count == 0 {
                if self.half.take().is_some() || self.odd.take().is_some() {
                    self.ready.extend(char::REPLACEMENT_CHARACTER.encode_utf8(&mut [0; 4]).as_bytes());
                    break;
                }
                return Ok(0);
            }
            for &byte in &chunk[..count] {
                match self.odd.take() {
                    None => self.odd = Some(byte),
                    Some(first) if self.big_endian => self.unit(u16::from_be_bytes([first, byte])),
                    Some(first) => self.unit(u16::from_le_bytes([first, byte])),
                }
            }
        }
        let count = self.ready.len().min(out.len());
        out[..count].copy_from_slice(&self.ready[..count]);
        self.ready.drain(..count);
        Ok(count)
    }
}

/// Rewrites the bytes of a text as they pass, each into one or none.
pub(super) struct Rewritten<R, F> {
    pub(super) inner: R,
    pub(super) rule: F,
}

impl<R: Read, F: FnMut(u8) -> Option<u8>> Read for Rewritten<R, F> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.inner.read(out)?;
            let mut kept = 0;
            for at in 0..count {
                if let Some(byte) = (self.rule)(out[at]) {
                    out[kept] = byte;
                    kept += 1;
                }
            }
            if kept > 0 || count == 0 {
                return Ok(kept);
            }
        }
    }
}

/// Newlines instead of CR and of CRLF.
pub(super) fn newlines() -> impl FnMut(u8) -> Option<u8> {
    let mut after_cr = false;
    move |byte| {
        let second = std::mem::replace(&mut after_cr, byte == b'\r') && byte == b'\n';
        match byte {
            b'\n' if second => None,
            b'\r' => Some(b'\n'),
            _ => Some(byte),
        }
    }
}

/// One blank instead of a run of blanks and tabs, none at the start of a line. What is quoted stays.
pub(super) fn single_blanks() -> impl FnMut(u8) -> Option<u8> {
    let (mut quoted, mut after_blank) = (false, true);
    move |byte| {
        quoted ^= byte == b'"';
        let blank = matches!(byte, b' ' | b'\t') && !quoted;
        let skip = blank && after_blank;
        after_blank = blank || matches!(byte, b'\n' | b'\r');
        match byte {
            _ if skip => None,
            b'\t' if blank => Some(b' '),
            _ => Some(byte),
        }
    }
}
