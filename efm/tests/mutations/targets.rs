//! What is fed: readers of rows and images, the configuration, the files of a run.

use std::fs;
use std::path::Path;

use efm_core::Points;
use efm_data::write_arrays;
use efm_train::Checkpoints;
use rand::{Rng, RngExt};

use crate::bytes::{Entry, archive, crc32, header, npy, tensors};
use crate::images::{gzip, idx, jpeg, jpeg_held, picture, png, zipped};
use crate::promises::{checkpoint, config, contents, model, setting, small_model, state, weights_of};
use crate::readers::{images, rows, sets, zips};

/// Something that takes bytes from outside.
pub struct Target {
    pub name: &'static str,
    /// Files that are accepted.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Words of the format, which damage is also made of.
    pub words: &'static [&'static str],
    /// Makes checksums and lengths right again, now and then: what is behind them would hardly ever be reached.
    pub repair: fn(&mut dyn Rng, Vec<u8>) -> Vec<u8>,
    /// Feeds an input, with a folder to put it in; whether it is accepted, or which promise is broken.
    pub run: fn(&[u8], &Path) -> Result<bool, String>,
}

pub const TARGETS: &[Target] = &[
    Target { name: "npy", seeds: npys, words: NPY, repair: as_it_is, run: |input, place| rows(input, place, "a.npy") },
    Target { name: "npz", seeds: npzs, words: NPY, repair: zip_again, run: |input, place| rows(input, place, "a.npz") },
    Target { name: "csv", seeds: csvs, words: CSV, repair: as_it_is, run: |input, place| rows(input, place, "a.csv") },
    Target {
        name: "safetensors",
        seeds: safetensors,
        words: JSON,
        repair: header_again,
        run: |input, place| rows(input, place, "a.safetensors"),
    },
    Target { name: "idx", seeds: idxs, words: &[], repair: gzip_again, run: sets },
    Target { name: "image", seeds: pictures, words: PNG, repair: chunks_again, run: images },
    Target { name: "archive", seeds: archives, words: &[".png", "/", "..", "__MACOSX"], repair: as_it_is, run: zips },
    Target { name: "config", seeds: configs, words: TOML, repair: as_it_is, run: config },
    Target { name: "setting", seeds: settings, words: TOML, repair: as_it_is, run: setting },
    Target { name: "checkpoint", seeds: manifests, words: JSON, repair: as_it_is, run: checkpoint },
    Target { name: "weights", seeds: weights, words: PICKLE, repair: pickle_again, run: weights_of },
    Target { name: "model", seeds: models, words: JSON, repair: as_it_is, run: model },
];

const NPY: &[&str] =
    &["'descr'", "'fortran_order': True", "'shape': (", "'|O'", "'>f8'", "'<i2'", "(0, ", ",,", "1L", "{", "}"];
const CSV: &[&str] = &["\"", "\"\"", "\r\n", "\n\n", ";", "\t", "#", ",", "\u{feff}", "1e39", " nan"];
const JSON: &[&str] =
    &["\"dtype\"", "\"shape\":[", "\"data_offsets\":[0,", "{", "}", "[", "null", "\"F64\"", "__metadata__", "\\u0000"];
const PNG: &[&str] = &["IHDR", "IDAT", "PLTE", "tRNS", "iCCP", "eXIf", "\u{1}\u{1}"];
const PICKLE: &[&str] = &[
    "cos\nsystem\n",
    "ctorch._utils\n_rebuild_tensor_v2\n",
    "ctorch\nFloatStorage\n",
    "X\u{7}\0\0\0storage",
    "Q",
    "R",
    "(",
    "t",
    "u.",
    "h\0",
    "K\u{7f}",
    "]",
    "\"dtype\"",
];
const TOML: &[&str] = &[
    "[train]\n",
    "[source]\n",
    "kind = ",
    "\"images\"",
    "\"file\"",
    "path = \"x\"",
    "gap = 0",
    "= [",
    "= {",
    "\"",
    "'''",
    "\n",
    "steps = ",
    "nan",
    "method = 'published'",
    "model.kind = 'u-net'",
    ".",
];

fn as_it_is(_: &mut dyn Rng, bytes: Vec<u8>) -> Vec<u8> {
    bytes
}

fn points() -> Points {
    Points::from_values(3, (0_u8..30).map(f32::from).collect()).unwrap()
}

fn written(name: &str, arrays: &[(&str, &Points)]) -> Vec<u8> {
    let place = tempfile::tempdir().unwrap();
    write_arrays(&place.path().join(name), arrays).unwrap();
    fs::read(place.path().join(name)).unwrap()
}

fn npys() -> Vec<Vec<u8>> {
    let f8: Vec<u8> = (0..6).flat_map(|i| f64::from(i).to_be_bytes()).collect();
    let fortran = header("<f4", "(2, 3, 2)").replace("False", "True");
    let mut version_2 = b"\x93NUMPY\x02\x00".to_vec();
    let text = header("|u1", "(4,)");
    version_2.extend((text.len() as u32).to_le_bytes());
    version_2.extend(text.bytes());
    version_2.extend([1, 2, 3, 4]);
    vec![
        written("a.npy", &[("x", &points())]),
        npy(&header(">f8", "(3, 2)"), &f8),
        npy(&fortran, &[0; 48]),
        npy(&header("<f2", "(2, 2)"), &[0; 8]),
        version_2,
    ]
}

fn npzs() -> Vec<Vec<u8>> {
    let array = npy(&header("<f4", "(3, 2)"), &[0; 24]);
    vec![
        archive(&[Entry::stored("x.npy", array.clone())]),
        zipped(&[("x.npy", &array)]),
        written("a.npz", &[("x", &points())]),
    ]
}

/// Half of the time what was damaged becomes the array of a sound archive.
fn zip_again(random: &mut dyn Rng, bytes: Vec<u8>) -> Vec<u8> {
    match random.random_range(0..4) {
        0 | 1 => bytes,
        choice => {
            // The array follows the local header of the first entry.
            let start = bytes.windows(6).position(|window| window == b"\x93NUMPY").unwrap_or(0);
            let array = bytes[start..].to_vec();
            if choice == 2 { archive(&[Entry::stored("x.npy", array)]) } else { zipped(&[("x.npy", &array)]) }
        }
    }
}

fn csvs() -> Vec<Vec<u8>> {
    let texts =
        ["1,2\n3,4\n", "\u{feff}x,y\r\n1,2\r\n-3.5e-2,4\r\n", "# c\na;\"b\"\n1;\"2\"\n\n3;4", "1\t2\n3\t4\n5\t6\n"];
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}

fn safetensors() -> Vec<Vec<u8>> {
    let header = r#"{"__metadata__":{"a":"b"},"x":{"dtype":"BF16","shape":[2,2],"data_offsets":[0,8]}}"#;
    vec![written("a.safetensors", &[("x", &points())]), tensors(header, &[0; 8])]
}

/// Half of the time the header has the length it claims.
fn header_again(random: &mut dyn Rng, mut bytes: Vec<u8>) -> Vec<u8> {
    if random.random()
        && let Some(end) = bytes.iter().rposition(|&byte| byte == b'}').filter(|&end| end >= 8)
    {
        bytes[..8].copy_from_slice(&(end as u64 - 7).to_le_bytes());
    }
    bytes
}

fn idxs() -> Vec<Vec<u8>> {
    let images = idx(&[4, 3, 3], &[7; 36]);
    vec![images.clone(), gzip(&images), idx(&[2, 2, 2, 3], &[9; 24]), vec![1; 3073 * 2]]
}

/// Half of the time what was damaged is packed afterwards.
fn gzip_again(random: &mut dyn Rng, bytes: Vec<u8>) -> Vec<u8> {
    if random.random() && bytes.len() < 4096 { gzip(&bytes) } else { bytes }
}

fn pictures() -> Vec<Vec<u8>> {
    vec![png(13, 9, 1), jpeg(17, 12, 2), jpeg_held(&picture(9, 20, 3), 6), png(1, 1, 0)]
}

/// Most of the time the checksums of a PNG's chunks are right.
fn chunks_again(random: &mut dyn Rng, mut bytes: Vec<u8>) -> Vec<u8> {
    if random.random_range(0..4) == 0 || !bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return bytes;
    }
    let mut at = 8;
    while let Some(length) = bytes.get(at..at + 4).map(|four| u32::from_be_bytes(four.try_into().unwrap()) as usize) {
        let end = at.saturating_add(8).saturating_add(length);
        if end.saturating_add(4) > bytes.len() {
            break;
        }
        let crc = crc32(&bytes[at + 4..end]).to_be_bytes();
        bytes[end..end + 4].copy_from_slice(&crc);
        at = end + 4;
    }
    bytes
}

fn archives() -> Vec<Vec<u8>> {
    let (one, two) = (png(4, 4, 1), png(4, 4, 2));
    vec![
        zipped(&[("train/a/1.png", &one), ("train/b/2.png", &two), ("notes.txt", b"mine")]),
        archive(&[Entry::stored("1.png", one), Entry::stored("2.png", two)]),
    ]
}

fn configs() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../experiments");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut texts: Vec<_> = paths.iter().map(|path| fs::read(path).unwrap()).collect();
    texts.push(b"source.kind = 'gaussian'\ntarget = { kind = 'file', path = 'a.npz', key = 'x' }\n".to_vec());
    texts
}

fn settings() -> Vec<Vec<u8>> {
    let texts = ["train.steps=3", "plates.gap=auto", "source={ kind = \"moons\", noise = 0.1 }", "method=published"];
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}

fn manifests() -> Vec<Vec<u8>> {
    let place = tempfile::tempdir().unwrap();
    let saved = Checkpoints::new(place.path().into()).save(&state(), &contents()).unwrap();
    vec![fs::read(saved.join("manifest.json")).unwrap()]
}

fn models() -> Vec<Vec<u8>> {
    let place = tempfile::tempdir().unwrap();
    small_model(place.path());
    vec![fs::read(place.path().join("model.json")).unwrap()]
}

fn weights() -> Vec<Vec<u8>> {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../efm-models/tests/golden");
    let mut seeds: Vec<_> = ["tiny.pth", "tiny-legacy.pth"].map(|name| fs::read(golden.join(name)).unwrap()).into();
    let header = r#"{"x":{"dtype":"BF16","shape":[2,2],"data_offsets":[0,8]}}"#;
    seeds.push(tensors(header, &[0; 8]));
    seeds
}

/// Half of the time a damaged pickle comes in an archive whose checksums are right.
fn pickle_again(random: &mut dyn Rng, bytes: Vec<u8>) -> Vec<u8> {
    let start = bytes.windows(2).position(|window| window == b"\x80\x02");
    match start {
        Some(start) if bytes.starts_with(b"PK") && random.random() => {
            let pickle = &bytes[start..];
            let end = pickle.windows(2).position(|window| window == b"PK").unwrap_or(pickle.len());
            let mut entries = vec![Entry::stored("tiny/data.pkl", pickle[..end].to_vec())];
            entries.extend(["tiny/data/0", "tiny/data/1", "tiny/data/2"].map(|name| Entry::stored(name, vec![0; 16])));
            archive(&entries)
        }
        _ => bytes,
    }
}
