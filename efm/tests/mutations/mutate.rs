//! Damage: what storage, networks and people do to files, and what an attacker would try first.

use rand::{Rng, RngExt};

use crate::targets::Target;

/// Numbers at which arithmetic goes wrong.
const EDGES: [u64; 16] = [
    0,
    1,
    7,
    0x7f,
    0x80,
    0xff,
    0x7fff,
    0x8000,
    0xffff,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_ffff,
    0x4000_0000_0000_0000,
    0x7fff_ffff_ffff_ffff,
    0x8000_0000_0000_0000,
    0xffff_ffff_ffff_ffff,
];

/// The same in digits.
const WORDS: [&str; 14] = [
    "0",
    "-1",
    "1e39",
    "nan",
    "inf",
    "1e-320",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999999",
    "0x7fffffff",
    "1.7976931348623157e308",
];

/// Inputs do not grow beyond this.
const LONGEST: usize = 1 << 14;

/// A good file of the target, damaged once to eight times.
pub fn mutated(random: &mut impl Rng, seeds: &[Vec<u8>], target: &Target) -> Vec<u8> {
    let mut bytes = seeds[random.random_range(0..seeds.len())].clone();
    for _ in 0..1 << random.random_range(0..4) {
        once(random, &mut bytes, seeds, target.words);
    }
    bytes.truncate(LONGEST);
    (target.repair)(random, bytes)
}

fn once(random: &mut impl Rng, bytes: &mut Vec<u8>, seeds: &[Vec<u8>], words: &[&str]) {
    let length = bytes.len();
    if length == 0 {
        bytes.extend(&seeds[random.random_range(0..seeds.len())]);
        return;
    }
    // Headers come first and decide most: half of the damage is done there.
    let reach = if random.random() { length } else { length.min(96) };
    let at = random.random_range(0..reach);
    match random.random_range(0..12) {
        0 => bytes[at] ^= 1 << random.random_range(0..8),
        1 => bytes[at] = random.random(),
        2 => bytes[at] = bytes[at].wrapping_add(if random.random() { 1 } else { 255 }),
        3 => edge(random, bytes, at),
        4 => bytes.truncate(at),
        5 => drop(bytes.drain(at..(at + random.random_range(1..=32)).min(length))),
        6 => {
            let piece = bytes[at..(at + random.random_range(1..=64)).min(length)].to_vec();
            let to = random.random_range(0..=length);
            bytes.splice(to..to, piece);
        }
        7 => {
            let other = &seeds[random.random_range(0..seeds.len())];
            let from = random.random_range(0..=other.len());
            bytes.truncate(at);
            bytes.extend(&other[from..]);
        }
        8 => {
            let word = if words.is_empty() || random.random_range(0..4) == 0 {
                WORDS[random.random_range(0..WORDS.len())]
            } else {
                words[random.random_range(0..words.len())]
            };
            let replaced = if random.random() { word.len().min(length - at) } else { 0 };
            bytes.splice(at..at + replaced, word.bytes());
        }
        9 => digits(random, bytes, at),
        10 => {
            let byte = random.random();
            let end = (at + random.random_range(1..=256)).min(length);
            bytes[at..end].fill(byte);
        }
        _ => {
            let byte = random.random();
            let count = random.random_range(1..=64);
            bytes.splice(at..at, std::iter::repeat_n(byte, count));
        }
    }
}

/// Writes a number at which arithmetic goes wrong, in 1, 2, 4 or 8 bytes of either order.
fn edge(random: &mut impl Rng, bytes: &mut [u8], at: usize) {
    let value = EDGES[random.random_range(0..EDGES.len())];
    let size = (1_usize << random.random_range(0..4)).min(bytes.len() - at);
    let (little, big) = (value.to_le_bytes(), value.to_be_bytes());
    let piece = if random.random() { &little[..size] } else { &big[8 - size..] };
    bytes[at..at + size].copy_from_slice(piece);
}

/// Replaces the next run of digits by another number.
fn digits(random: &mut impl Rng, bytes: &mut Vec<u8>, at: usize) {
    let Some(start) = bytes[at..].iter().position(u8::is_ascii_digit).map(|offset| at + offset) else { return };
    let length = bytes[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let word = WORDS[random.random_range(0..WORDS.len())];
    bytes.splice(start..start + length, word.bytes());
}
