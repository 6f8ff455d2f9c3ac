#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::feed(input, |input, place| fuzz::readers::rows(
    input, place, "a.npy"
)));
