//! Bytes of a file that may be gzipped, with both kinds held to what a header in them claims.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use flate2::read::MultiGzDecoder;

use crate::{
    DataError, Limits,
    format::{HARMLESS, Source},
};

/// The content of a file, unpacked if need be.
pub(super) struct Content {
    source: Source,
    reader: Box<dyn Read>,
    packed: bool,
}

impl Content {
    pub(super) fn open(mut source: Source) -> Result<Self, DataError> {
        let mut magic = [0_u8; 2];
        let packed = source.len >= 2 && {
            source.file.read_exact(&mut magic).map_err(|error| source.io(error))?;
            magic == [0x1f, 0x8b]
        };
        source.file.seek(SeekFrom::Start(0)).map_err(|error| source.io(error))?;
        let file = BufReader::new(source.file.try_clone().map_err(|error| source.io(error))?);
        let reader: Box<dyn Read> = if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
        Ok(Self { source, reader, packed })
    }

    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    /// A header of `N` bytes.
    pub(super) fn header<const N: usize>(&mut self) -> Result<[u8; N], DataError> {
        let mut bytes = [0_u8; N];
        self.reader.read_exact(&mut bytes).map_err(|error| self.failed(error))?;
        Ok(bytes)
    }

    /// The `need` bytes that are left after a header of `before` bytes, no more and no less.
    pub(super) fn rest(mut self, before: u64, need: u64, limits: &Limits) -> Result<Vec<u8>, DataError> {
        let source = &self.source;
        if !self.packed && source.len - before != need {
            let problem = format!("claims {need} bytes of values, there are {}", source.len - before);
            return Err(source.malformed("header", problem));
        }
        if need > limits.max_bytes {
            return Err(source.too_large("header", format!("claims {need} bytes; the limit is {}", limits.max_bytes)));
        }
        if self.packed && need > HARMLESS && need / source.len > limits.max_ratio {
            let problem =
                format!("unpacks from {} to {need} bytes; the limit is a factor of {}", source.len, limits.max_ratio);
            return Err(source.too_large("gzip", problem));
        }
        // Memory grows with what comes out, so that a claim alone costs nothing. One byte more shows whether there is one.
        let mut values = Vec::new();
        let read = (&mut self.reader).take(need.saturating_add(1)).read_to_end(&mut values);
        read.map_err(|error| self.failed(error))?;
        match (values.len() as u64).cmp(&need) {
            std::cmp::Ordering::Equal => Ok(values),
            std::cmp::Ordering::Less => {
                let problem = format!("claims {need} bytes of values, there are {}", values.len());
                Err(self.source.malformed("header", problem))
            }
            std::cmp::Ordering::Greater => {
                Err(self.source.malformed("header", format!("claims {need} bytes of values, there are more")))
            }
        }
    }

    fn failed(&self, error: io::Error) -> DataError {
        match error.kind() {
            io::ErrorKind::UnexpectedEof if !self.packed => self.source.io(error),
            io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::Other => self.source.malformed("gzip", format!("damaged or cut: {error}")),
            _ => self.source.io(error),
        }
    }
}
