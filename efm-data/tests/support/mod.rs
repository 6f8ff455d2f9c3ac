//! Bytes of small files, valid and not, for the tests of formats.
#![allow(dead_code, reason = "each test binary takes what it needs")]

use std::{fs, path::PathBuf};

use tempfile::TempDir;

/// A folder that is gone after the test.
pub fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Puts `bytes` into a file of this name.
pub fn put(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).expect("a small file");
    path
}

/// An npy file, version 1, of this header and these numbers.
pub fn npy(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

/// The header NumPy writes.
pub fn header(descr: &str, shape: &str) -> String {
    format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}")
}

/// An npy file of `rows` × 2 f32 zeros.
pub fn zeros(rows: usize) -> Vec<u8> {
    npy(&header("<f4", &format!("({rows}, 2)")), &vec![0; rows * 8])
}

/// A safetensors file of this header and these numbers.
pub fn tensors(header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend(data);
    bytes
}

/// What one entry of a zip archive says about itself; lies are welcome.
pub struct Entry {
    pub name: &'static str,
    pub method: u16,
    pub packed: Vec<u8>,
    pub crc: u32,
    pub claimed: u32,
}

impl Entry {
    /// An entry as it should be, not compressed.
    pub fn stored(name: &'static str, content: Vec<u8>) -> Self {
        let (crc, claimed) = (crc32(&content), content.len() as u32);
        Self { name, method: 0, packed: content, crc, claimed }
    }
}

/// A zip archive written by hand (APPNOTE.TXT 4.3.7, 4.3.12, 4.3.16).
pub fn archive(entries: &[Entry]) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        let offset = bytes.len() as u32;
        let mut common = Vec::new();
        for value in [20_u16, 0, entry.method, 0, 0x21] {
            common.extend(value.to_le_bytes());
        }
        for value in [entry.crc, entry.packed.len() as u32, entry.claimed] {
            common.extend(value.to_le_bytes());
        }
        common.extend((entry.name.len() as u16).to_le_bytes());
        common.extend([0, 0]);
        bytes.extend(b"PK\x03\x04");
        bytes.extend(&common);
        bytes.extend(entry.name.as_bytes());
        bytes.extend(&entry.packed);
        directory.extend(b"PK\x01\x02\x14\x00");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(entry.name.as_bytes());
    }
    let start = bytes.len() as u32;
    bytes.extend(&directory);
    bytes.extend(b"PK\x05\x06\0\0\0\0");
    let count = entries.len() as u16;
    bytes.extend([count, count].iter().flat_map(|value| value.to_le_bytes()));
    bytes.extend([directory.len() as u32, start].iter().flat_map(|value| value.to_le_bytes()));
    bytes.extend([0, 0]);
    bytes
}

/// The checksum of zip, bit by bit.
pub fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |state, byte| {
        (0..8)
            .fold(state ^ u32::from(*byte), |word, _| if word & 1 == 1 { (word >> 1) ^ 0xedb8_8320 } else { word >> 1 })
    })
}
