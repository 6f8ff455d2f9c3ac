#![no_main]

use efm_data::image::read_idx;
use efm_fuzz::{held, limits, with_file};

libfuzzer_sys::fuzz_target!(|input: &[u8]| with_file(input, "train-images-idx3-ubyte", |path| {
    if let Some(idx) = held(read_idx(path, &limits())) {
        assert_eq!(idx.axes.iter().product::<usize>(), idx.values.len());
    }
}));
