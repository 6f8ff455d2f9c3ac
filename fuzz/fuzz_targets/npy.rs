#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| efm_fuzz::rows(input, "a.npy"));
