//! NumPy's npz: a zip archive of npy files. What the archive claims about an entry is held against what the npy header
//! in it claims, against the limits, and against what comes out of the decompressor.

use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};

use efm_core::Points;
use zip::{CompressionMethod, ZipArchive, ZipWriter, result::ZipError, write::SimpleFileOptions};

use super::{
    HARMLESS, Limits,
    decode::{Precision, Shaped},
    npy, pick,
    source::Source,
};
use crate::DataError;

const ARCHIVE: &str = "archive";

/// Most entries an archive may list.
const MOST_ENTRIES: usize = 1 << 16;

type Archive = ZipArchive<BufReader<std::fs::File>>;

pub(super) fn read(
    source: &mut Source,
    key: Option<&str>,
    limits: &Limits,
    precision: Precision,
) -> Result<Shaped, DataError> {
    let (mut archive, names) = open(source)?;
    let name = names[pick(&source.path, key, &names)?].clone();
    let place = format!("array {name:?}");
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::InvalidData
        | io::ErrorKind::InvalidInput
        | io::ErrorKind::UnexpectedEof
        | io::ErrorKind::Other => source.malformed(&*place, format!("damaged: {error}")),
        _ => source.io(error),
    };
    let refused = |error: ZipError| match error {
        ZipError::Io(error) => failed(error),
        other => source.malformed(&*place, other.to_string()),
    };
    let index = match archive.index_for_name(&format!("{name}.npy")) {
        Some(index) => index,
        None => archive.index_for_name(&name).ok_or_else(|| source.malformed(&*place, "is listed but not there"))?,
    };
    let entry = archive.by_index(index).map_err(refused)?;
    let (len, packed) = (entry.size(), entry.compressed_size());
    if packed > source.len {
        return Err(source.malformed(&*place, format!("claims {packed} bytes of {}", source.len)));
    }
    if entry.compression() == CompressionMethod::Stored && len != packed {
        return Err(
            source.malformed(&*place, format!("is stored, but claims {packed} bytes packed and {len} unpacked"))
        );
    }
    if len > HARMLESS && len / packed.max(1) > limits.max_ratio {
        let problem = format!("unpacks from {packed} to {len} bytes; the limit is a factor of {}", limits.max_ratio);
        return Err(source.too_large(&*place, problem));
    }
    // One byte more than claimed, to see whether there is one; reading on to the end also compares the checksum.
    let mut reader = BufReader::new(entry.take(len.saturating_add(1)));
    let points = npy::read_from(source, &place, len, &mut reader, limits, precision, &failed)?;
    let mut rest = [0_u8; 1];
    if reader.read(&mut rest).map_err(failed)? != 0 {
        return Err(source.malformed(&*place, format!("unpacks to more than the {len} bytes it claims")));
    }
    Ok(points)
}

pub(super) fn list(source: &mut Source) -> Result<Vec<String>, DataError> {
    Ok(open(source)?.1)
}

pub(super) fn write(out: &mut (impl Write + Seek), arrays: &[(&str, &Points)]) -> io::Result<()> {
    let mut archive = ZipWriter::new(out);
    for (name, points) in arrays {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .large_file(npy::written_len(points) >= u64::from(u32::MAX));
        archive.start_file(format!("{name}.npy"), options)?;
        npy::write(&mut archive, points)?;
    }
    archive.finish()?.flush()
}

/// Opens the archive and lists its arrays, an array of a name twice included.
fn open(source: &mut Source) -> Result<(Archive, Vec<String>), DataError> {
    let file = source.file.try_clone().map_err(|error| source.io(error))?;
    let archive = ZipArchive::new(BufReader::new(file)).map_err(|error| match error {
        ZipError::Io(error) => source.io(error),
        other => source.malformed(ARCHIVE, other.to_string()),
    })?;
    let names = directory(source, archive.central_directory_start())?;
    let names = names.into_iter().map(|name| name.strip_suffix(".npy").map(str::to_owned).unwrap_or(name)).collect();
    Ok((archive, names))
}

/// The names in the central directory that starts at byte `start`. The archive itself keeps one entry per name, so a
/// name that occurs twice shows only here. Layout of a record: APPNOTE.TXT 4.3.12.
fn directory(source: &Source, start: u64) -> Result<Vec<String>, DataError> {
    let mut file = source.file.try_clone().map_err(|error| source.io(error))?;
    file.seek(SeekFrom::Start(start)).map_err(|error| source.io(error))?;
    let mut reader = BufReader::new(file);
    let mut names = Vec::new();
    loop {
        let mut signature = [0_u8; 4];
        reader.read_exact(&mut signature).map_err(|error| source.io(error))?;
        if &signature != b"PK\x01\x02" {
            return Ok(names);
        }
        if names.len() == MOST_ENTRIES {
            return Err(source.too_large(ARCHIVE, format!("lists more than {MOST_ENTRIES} entries")));
        }
        let mut record = [0_u8; 42];
        reader.read_exact(&mut record).map_err(|error| source.io(error))?;
        let [name, extra, comment] =
            [24, 26, 28].map(|at| usize::from(u16::from_le_bytes([record[at], record[at + 1]])));
        let mut text = vec![0_u8; name + extra + comment];
        reader.read_exact(&mut text).map_err(|error| source.io(error))?;
        names.push(String::from_utf8_lossy(&text[..name]).into_owned());
    }
}
