//! A folder of images larger than what may be kept of it: memory stays within bounds, and the draws are the same.
//! One test, since it looks at the memory of its whole process.

#![allow(clippy::disallowed_methods, clippy::print_stdout)] // how much memory it took is worth reading

#[path = "support/images.rs"]
mod images;

use std::path::Path;

use efm_core::Seed;
use efm_data::Sampler;
use efm_data::image::ImagesSpec;

const COUNT: usize = 3000;
const SIDE: u32 = 64;
const MIB: u64 = 1 << 20;

/// A number of kilobytes in /proc, as bytes; `None` on other systems.
fn memory(key: &str) -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1024)
}

#[test]
fn a_folder_beyond_max_bytes_is_drawn_in_little_memory_and_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    for index in 0..COUNT {
        let path = folder.path().join(format!("{index:04}.png"));
        std::fs::write(path, images::png(SIDE, SIDE, (index % 251) as u8)).unwrap();
    }
    let open = |max_bytes| {
        let spec = ImagesSpec { max_bytes: Some(max_bytes), flip: true, ..ImagesSpec::new(folder.path()) };
        spec.open(Path::new("")).unwrap()
    };
    let before = memory("VmHWM:");
    let streamed = open(MIB);
    let dim = streamed.shape().dim();
    let pixels = (COUNT * dim) as u64;
    assert!(streamed.count() == COUNT && pixels >= 30 * MIB, "far more than may be kept: {pixels}");
    let stream = Seed(3).stream("target");
    let sum = |sampler: &efm_data::image::ImageSampler| -> Vec<u32> {
        // In batches, as training draws; a number per draw tells whether bits differ.
        let bits = |point: &[f32]| point.iter().fold(0_u32, |sum, value| sum.rotate_left(5) ^ value.to_bits());
        (0..60)
            .flat_map(|batch| sampler.draw(&stream, 64 * batch, 64).unwrap().iter().map(bits).collect::<Vec<_>>())
            .collect()
    };
    let drawn = sum(&streamed);
    assert!(streamed.resident_bytes() <= MIB && streamed.faults().is_empty());
    // A sanitizer keeps what is freed for a while.
    let checked = std::env::var_os("ASAN_OPTIONS").is_none();
    if let (Some(before), Some(after)) = (before.filter(|_| checked), memory("VmHWM:")) {
        // A batch is 64 · D numbers, 3 MiB; the cache 1 MiB; a file being decoded on each core, the names, and what the
        // allocator keeps of all that. The pixels together are 35 MiB.
        let grown = (after - before) as f64 / MIB as f64;
        println!("{COUNT} images, {} MiB of pixels: memory grew by {grown:.1} MiB", pixels / MIB);
        assert!(grown <= 16.0, "{grown} MiB");
    }
    let whole = open(1 << 30);
    assert_eq!(whole.resident_bytes(), pixels);
    assert!(sum(&whole) == drawn, "draws do not depend on what is kept");
}
