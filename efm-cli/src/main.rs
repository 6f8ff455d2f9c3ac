//! The binary `efm`.
fn main() {}
