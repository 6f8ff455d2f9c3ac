//! Weights of others: PyTorch files are parsed, never executed, and what they claim is held against what is there.

use crate::bytes::{Entry, archive, tensors};
use crate::common::csv;
use crate::row::{Row, check};

/// A training that is to begin with the weights in `name`.
fn beginning_with(
    fault: &'static str,
    row: &'static str,
    name: &'static str,
    content: Vec<u8>,
    says: &[&'static str],
) -> Row {
    Row::refused(fault, row, 3, &[&[name], says].concat())
        .file("good.csv", csv(40, 0.0))
        .file(name, content)
        .typed(&["train", "--source", "good.csv", "--target", "good.csv", "--init", name, "--out", "run"])
}

const CHECKPOINT: &[u8] = include_bytes!("../../../efm-models/tests/golden/published.pth");
const LEGACY: &[u8] = include_bytes!("../../../efm-models/tests/golden/tiny-legacy.pth");

pub fn rows() -> Vec<Row> {
    let lying = tensors(r#"{"x":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}}"#, &[0; 8]);
    let packed = Entry { method: 8, claimed: 1 << 30, ..Entry::stored("w/data.pkl", b"not a gigabyte".to_vec()) };
    vec![
        beginning_with("lying lengths", "weights-safetensors", "w.safetensors", lying, &["cut"]),
        beginning_with(
            "truncated arrays",
            "weights-pytorch",
            "w.pth",
            CHECKPOINT[..CHECKPOINT.len() / 2].to_vec(),
            &[],
        ),
        beginning_with(
            "truncated arrays",
            "weights-pytorch-legacy",
            "w.pth",
            LEGACY[..LEGACY.len() - 20].to_vec(),
            &[],
        ),
        beginning_with(
            "object and structured types",
            "weights-that-call-a-program",
            "w.pth",
            b"\x80\x02cos\nsystem\nU\x0dtouch run/pwnR.".to_vec(),
            &[],
        ),
        beginning_with(
            "object and structured types",
            "weights-of-another-network",
            "w.pth",
            CHECKPOINT.to_vec(),
            &["no tensor that fits this network"],
        ),
        beginning_with("zip bombs", "weights-whose-pickle-is-packed", "w.pth", archive(&[packed]), &["unpacks"]),
    ]
}

#[test]
fn weights_that_cannot_be_used_are_refused() {
    check(&rows());
}
