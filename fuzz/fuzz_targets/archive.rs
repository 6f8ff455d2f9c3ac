#![no_main]

use std::path::Path;

use efm_data::image::ImagesSpec;

libfuzzer_sys::fuzz_target!(|input: &[u8]| efm_fuzz::with_file(input, "a.zip", |path| {
    let _ = efm_fuzz::held(ImagesSpec::new(path).open(Path::new("")));
}));
