use std::{fs::File, io, io::Read, path::Path};

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use crate::DataError;

/// SHA-256 of everything a reader gives, in hexadecimal digits.
fn sha256(mut reader: impl Read) -> io::Result<String> {
    let mut state = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match reader.read(&mut buffer)? {
            0 => return Ok(state.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            count => state.update(&buffer[..count]),
        }
    }
}

/// Holds a file against its digest; `unpacked` looks at what is in the gzip.
pub(super) fn check(path: &Path, expected: &str, unpacked: bool) -> Result<(), DataError> {
    let failed = |error| DataError::Io { path: path.into(), action: "read", error };
    let file = File::open(path).map_err(failed)?;
    let found = if unpacked {
        // Sizes were limited when the file was written.
        sha256(MultiGzDecoder::new(file)).map_err(|error| DataError::Malformed {
            path: path.into(),
            place: "gzip".into(),
            problem: format!("damaged or cut: {error}"),
        })?
    } else {
        sha256(file).map_err(failed)?
    };
    match found == expected {
        true => Ok(()),
        false => Err(DataError::WrongChecksum { path: path.into(), expected: expected.to_owned(), found }),
    }
}
