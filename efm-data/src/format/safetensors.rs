//! safetensors: the length of a header, the header (JSON), the numbers of all tensors without gaps.
//! Format: github.com/huggingface/safetensors, README, section "Format"

use std::{
    fmt,
    io::{self, BufReader, Read, Seek, SeekFrom, Write},
};

use efm_core::Points;
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

use super::{
    Limits, atomic,
    decode::{Layout, Number, Precision},
    pick,
    source::Source,
};
use crate::{DataError, Rows, error::shown};

const HEADER: &str = "header";

/// The longest header the format allows.
const LONGEST_HEADER: u64 = 100_000_000;

/// Bytes before the header.
const PREFIX: u64 = 8;

#[derive(Debug, Deserialize)]
struct Tensor {
    dtype: String,
    shape: Vec<u64>,
    data_offsets: (u64, u64),
}

pub(super) fn read(
    source: &mut Source,
    key: Option<&str>,
    limits: &Limits,
    precision: Precision,
) -> Result<Rows, DataError> {
    let (names, tensors, data_start) = header(source, limits)?;
    let index = pick(&source.path, key, &names)?;
    let tensor = &tensors[index];
    let place = format!("array \"{}\"", shown(&names[index]));
    let layout = Layout {
        number: number(source, &place, &tensor.dtype)?,
        big_endian: false,
        fortran: false,
        shape: tensor.shape.clone(),
    };
    let (start, end) = tensor.data_offsets;
    let extent = layout.check(source, &place, end - start, limits, precision)?;
    let mut file = source.file.try_clone().map_err(|error| source.io(error))?;
    file.seek(SeekFrom::Start(data_start + start)).map_err(|error| source.io(error))?;
    layout.read(source, &place, extent, &mut BufReader::new(file), precision, &|error| source.io(error))
}

pub(super) fn list(source: &mut Source) -> Result<Vec<String>, DataError> {
    Ok(header(source, &Limits::default())?.0)
}

pub(super) fn write(out: &mut impl Write, arrays: &[(&str, &Points)]) -> io::Result<()> {
    let mut header = serde_json::Map::new();
    let mut start = 0;
    for (name, points) in arrays {
        let end = start + 4 * points.as_slice().len() as u64;
        let tensor = serde_json::json!({
            "dtype": "F32", "shape": [points.len(), points.dim()], "data_offsets": [start, end],
        });
        header.insert((*name).to_owned(), tensor);
        start = end;
    }
    let mut text = serde_json::to_vec(&header)?;
    // The numbers start at a multiple of 8 bytes; spaces may end the header.
    text.resize(text.len().next_multiple_of(8), b' ');
    out.write_all(&(text.len() as u64).to_le_bytes())?;
    out.write_all(&text)?;
    arrays.iter().try_for_each(|(_, points)| atomic::write_f32(out, points.as_slice()))
}

/// Names and claims of all tensors in the order of the header, checked to fill the file without gap or overlap, and
/// where the numbers start.
fn header(source: &mut Source, limits: &Limits) -> Result<(Vec<String>, Vec<Tensor>, u64), DataError> {
    let malformed = |problem: String| source.malformed(HEADER, problem);
    if source.len < PREFIX + 2 {
        return Err(malformed(format!("{} bytes are too few", source.len)));
    }
    let mut reader = source.file.try_clone().map_err(|error| source.io(error))?;
    let mut prefix = [0_u8; PREFIX as usize];
    reader.read_exact(&mut prefix).map_err(|error| source.io(error))?;
    let len = u64::from_le_bytes(prefix);
    if len > LONGEST_HEADER || len > source.len - PREFIX {
        return Err(malformed(format!("claims {len} bytes of {}", source.len)));
    }
    if len > limits.max_bytes {
        return Err(source.too_large(HEADER, format!("takes {len} bytes; the limit is {}", limits.max_bytes)));
    }
    let mut text = vec![0_u8; len as usize];
    reader.read_exact(&mut text).map_err(|error| source.io(error))?;
    let Entries(entries) = serde_json::from_slice(&text).map_err(|error| malformed(error.to_string()))?;
    let (names, tensors): (Vec<String>, Vec<Tensor>) = entries.into_iter().unzip();
    let data_start = PREFIX + len;
    no_gaps(&names, &tensors, source.len - data_start).map_err(malformed)?;
    Ok((names, tensors, data_start))
}

/// Whether the tensors lie one after another from 0 to `data`, in whatever order the header lists them.
fn no_gaps(names: &[String], tensors: &[Tensor], data: u64) -> Result<(), String> {
    let mut order: Vec<usize> = (0..tensors.len()).collect();
    order.sort_by_key(|index| tensors[*index].data_offsets);
    let mut expected = 0;
    for index in order {
        let (start, end) = tensors[index].data_offsets;
        if start != expected || end < start || end > data {
            let name = shown(&names[index]);
            return Err(format!(
                "\"{name}\" spans bytes {start} to {end}, expected from {expected}, at most to {data}"
            ));
        }
        expected = end;
    }
    if expected != data {
        return Err(format!("the arrays span {expected} bytes, the file has {data} after its header"));
    }
    Ok(())
}

fn number(source: &Source, place: &str, dtype: &str) -> Result<Number, DataError> {
    Ok(match dtype {
        "BOOL" => Number::Bool,
        "I8" => Number::I8,
        "I16" => Number::I16,
        "I32" => Number::I32,
        "I64" => Number::I64,
        "U8" => Number::U8,
        "U16" => Number::U16,
        "U32" => Number::U32,
        "U64" => Number::U64,
        "F16" => Number::F16,
        "BF16" => Number::Bf16,
        "F32" => Number::F32,
        "F64" => Number::F64,
        other => {
            let found = other.chars().take(40).collect();
            return Err(DataError::UnsupportedType { path: source.path.clone(), place: place.to_owned(), found });
        }
    })
}

/// The entries of the header in their order, a name twice included; a plain map would drop one.
struct Entries(Vec<(String, Tensor)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Collect)
    }
}

struct Collect;

impl<'de> Visitor<'de> for Collect {
    type Value = Entries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of tensors")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
        let mut entries = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if name == "__metadata__" {
                map.next_value::<IgnoredAny>()?;
            } else {
                entries.push((name, map.next_value()?));
            }
        }
        Ok(Entries(entries))
    }
}
