//! Damage to good files, as proptest strategies: what storage, networks and people do, and what an attacker would try first.
#![allow(dead_code, reason = "each test binary takes what it needs")]

use std::path::{Path, PathBuf};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, FileFailurePersistence};

/// Inputs do not grow beyond this.
const LONGEST: usize = 1 << 14;

/// Headers come first and decide most: half of the damage is done in so many bytes.
const HEADER: usize = 96;

/// Numbers at which arithmetic goes wrong.
const EDGES: [u64; 14] = [
    0,
    1,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_ffff_ffff,
];

/// The same in digits.
const NUMBERS: [&str; 12] = [
    "0",
    "-1",
    "1e39",
    "nan",
    "inf",
    "1e-320",
    "4294967296",
    "9223372036854775808",
    "18446744073709551616",
    "99999999999999999999999",
    "0x7fffffff",
    "1.7976931348623157e308",
];

/// One thing done to a file, at a place in it.
#[derive(Debug, Clone)]
enum Damage {
    Flip(u32),
    Byte(u8),
    /// An integer of so many bytes, the last byte first or not.
    Edge(u64, usize, bool),
    Cut,
    Remove(usize),
    Insert(Vec<u8>),
    /// So many bytes, again at another place.
    Repeat(usize, Index),
    Fill(u8, usize),
    /// A word, put there or written over what is there.
    Word(String, bool),
    /// The next number becomes another one.
    Number(&'static str),
    /// The rest is that of another file.
    Splice(Vec<u8>, Index),
}

fn arbitrary_damage(files: Vec<Vec<u8>>, words: &'static [&'static str]) -> impl Strategy<Value = Damage> {
    let words: Vec<String> = words.iter().chain(&NUMBERS).map(ToString::to_string).collect();
    prop_oneof![
        (0_u32..8).prop_map(Damage::Flip),
        any::<u8>().prop_map(Damage::Byte),
        (select(&EDGES[..]), select(vec![1, 2, 4, 8]), any::<bool>())
            .prop_map(|(edge, size, big)| Damage::Edge(edge, size, big)),
        Just(Damage::Cut),
        (1_usize..=32).prop_map(Damage::Remove),
        (any::<u8>(), 1_usize..=64).prop_map(|(byte, count)| Damage::Insert(vec![byte; count])),
        (1_usize..=64, any::<Index>()).prop_map(|(count, to)| Damage::Repeat(count, to)),
        (any::<u8>(), 1_usize..=256).prop_map(|(byte, count)| Damage::Fill(byte, count)),
        (select(words), any::<bool>()).prop_map(|(word, over)| Damage::Word(word, over)),
        select(&NUMBERS[..]).prop_map(Damage::Number),
        (select(files), any::<Index>()).prop_map(|(file, from)| Damage::Splice(file, from)),
    ]
}

/// One of the files, damaged once to eight times. `words` are of the format, for damage to be made of.
pub fn arbitrary_damaged(files: Vec<Vec<u8>>, words: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let places = (any::<Index>(), any::<bool>(), arbitrary_damage(files.clone(), words));
    (select(files), vec(places, 1..=8)).prop_map(|(mut bytes, damages)| {
        for (place, near, damage) in damages.into_iter() {
            if !bytes.is_empty() {
                let reach = if near { bytes.len().min(HEADER) } else { bytes.len() };
                apply(&mut bytes, place.index(reach), damage);
            }
        }
        bytes.truncate(LONGEST);
        bytes
    })
}

fn apply(bytes: &mut Vec<u8>, at: usize, damage: Damage) {
    let end = |count: usize| (at + count).min(bytes.len());
    match damage {
        Damage::Flip(bit) => bytes[at] ^= 1 << bit,
        Damage::Byte(byte) => bytes[at] = byte,
        Damage::Edge(value, size, big) => {
            let end = end(size);
            let piece = if big {
                value.to_be_bytes()[8 - (end - at)..].to_vec()
            } else {
                value.to_le_bytes()[..end - at].to_vec()
            };
            bytes[at..end].copy_from_slice(&piece);
        }
        Damage::Cut => bytes.truncate(at),
        Damage::Remove(count) => drop(bytes.drain(at..end(count))),
        Damage::Insert(piece) => drop(bytes.splice(at..at, piece)),
        Damage::Repeat(count, to) => {
            let piece = bytes[at..end(count)].to_vec();
            let to = to.index(bytes.len() + 1);
            bytes.splice(to..to, piece);
        }
        Damage::Fill(byte, count) => {
            let end = end(count);
            bytes[at..end].fill(byte);
        }
        Damage::Word(word, over) => {
            let end = if over { end(word.len()) } else { at };
            bytes.splice(at..end, word.into_bytes());
        }
        Damage::Number(number) => {
            let Some(start) = (at..bytes.len()).find(|&place| bytes[place].is_ascii_digit()) else { return };
            let length = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            bytes.splice(start..start + length, number.bytes());
        }
        Damage::Splice(file, from) => {
            bytes.truncate(at);
            bytes.extend(&file[from.index(file.len() + 1)..]);
        }
    }
}

/// Where the fuzzers begin and what once found something: the folders of `fuzz/corpus`, one for each target.
pub fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus")
}

/// The files of a target, in the order of their names.
pub fn files(target: &str) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(corpus().join(target)).expect("a folder of the corpus");
    let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).expect("a file")).collect()
}

/// `PROPTEST_CASES` inputs or 256; what finds something is kept beside the test.
pub fn config() -> Config {
    Config {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..Config::default()
    }
}

/// Feeds the files of a target as they are, and at least one of them is accepted: damage begins with something good.
pub fn replay(target: &str, run: fn(&[u8], &Path) -> Result<bool, String>) {
    let mut accepted = 0;
    for (index, file) in files(target).iter().enumerate() {
        let place = tempfile::tempdir().expect("a temporary folder");
        match run(file, place.path()) {
            Ok(good) => accepted += usize::from(good),
            Err(problem) => panic!("file {index} of {target}: {problem}"),
        }
    }
    assert!(accepted > 0, "no file of {target} is accepted");
}
