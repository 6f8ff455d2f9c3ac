#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| fuzz::feed(input, fuzz::promises::weights_of));
