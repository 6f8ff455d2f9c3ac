#![no_main]

use std::path::Path;

use efm_data::image::{DecodeLimits, decode_image};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let limits = DecodeLimits { pixels: 1 << 14, ..DecodeLimits::default() };
    if let Some(raster) = efm_fuzz::held(decode_image(Path::new("a"), input, [255, 0, 128], &limits)) {
        let shape = raster.shape();
        assert_eq!(raster.pixels().len(), shape.height * shape.width * shape.channels);
    }
});
