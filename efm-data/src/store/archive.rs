//! Debian's .deb: an ar archive of a control and a data archive (deb(5)).

use std::io::{self, BufReader, Read};

use flate2::read::MultiGzDecoder;

use crate::{DataError, format::Source};

/// The stream of a package's files, a tar archive, unpacked.
pub(super) fn data_of_deb(source: &Source, reader: BufReader<std::fs::File>) -> Result<Box<dyn Read>, DataError> {
    let malformed = |problem: String| source.malformed("package", problem);
    let mut reader = reader;
    let mut magic = [0_u8; 8];
    reader.read_exact(&mut magic).map_err(|error| source.io(error))?;
    let mut at = 8_u64;
    loop {
        let mut header = [0_u8; 60];
        reader.read_exact(&mut header).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => malformed("holds no data.tar".to_owned()),
            _ => source.io(error),
        })?;
        at += 60;
        let text = |range: std::ops::Range<usize>| String::from_utf8_lossy(&header[range]).trim().to_owned();
        let name = text(0..16);
        let size: u64 = text(48..58).parse().map_err(|_| malformed(format!("member \"{name}\" has no size")))?;
        if &header[58..] != b"`\n" || size > source.len - at.min(source.len) {
            return Err(malformed(format!("member \"{name}\" claims {size} bytes of {}", source.len)));
        }
        match name.trim_end_matches('/') {
            "data.tar" => return Ok(Box::new(reader.take(size))),
            "data.tar.gz" => return Ok(Box::new(MultiGzDecoder::new(reader.take(size)))),
            "data.tar.xz" => return Ok(Box::new(lzma_rust2::XzReader::new(reader.take(size), true))),
            name if name.starts_with("data.tar") => {
                return Err(malformed(format!(
                    "{name} is packed in a way not known here; unpack it with dpkg-deb -x and import the folder"
                )));
            }
            // Members are padded to an even length.
            _ => {
                let skip = size + size % 2;
                io::copy(&mut (&mut reader).take(skip), &mut io::sink()).map_err(|error| source.io(error))?;
                at += skip;
            }
        }
    }
}
