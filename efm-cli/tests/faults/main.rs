//! Faults and bad input: what is done to the real binary, what it must answer, and what must still be there afterwards.
//!
//! One file per family, one row per way a fault comes about. docs/reliability.md lists the same rows; a test holds the two
//! together.
#![cfg(unix)]
// What was measured and what was skipped is worth reading.
#![allow(clippy::print_stdout, clippy::print_stderr)]

#[path = "../../../efm-data/tests/support/mod.rs"]
mod bytes;
#[path = "../common/mod.rs"]
mod common;
#[path = "../../../efm-data/tests/support/images.rs"]
mod pictures;

mod arrays;
mod checkpoint;
mod config;
mod csv;
mod images;
mod kills;
mod resources;
mod row;
mod signals;
mod weights;

/// The faults, in the order of docs/reliability.md. Each has a row, or a test that does more than a row can say.
const FAULTS: [&str; 44] = [
    "lying lengths",
    "overflowing lengths",
    "truncated arrays",
    "trailing bytes",
    "object and structured types",
    "other byte orders, axes and types are accepted",
    "zip bombs",
    "gzip bombs",
    "ragged CSV",
    "NaN and infinity in CSV",
    "endless field",
    "byte order mark and CRLF are accepted",
    "fewer than two points",
    "plates of different D",
    "identical points",
    "constant columns",
    "a query on a charge",
    "corrupt and cut images",
    "16 bits, alpha and EXIF are converted",
    "images beyond the size limits",
    "empty folder",
    "FIFO",
    "link loop",
    "unknown key",
    "wrong type",
    "gap of zero or less",
    "empty batch",
    "device that is not there",
    "cut checkpoint",
    "flipped bit in a checkpoint",
    "checkpoint of another architecture",
    "fall back to the last checkpoint that verifies",
    "half a run and the other half",
    "SIGINT and SIGTERM",
    "SIGKILL at any moment",
    "full disk",
    "read-only folder",
    "two runs in one folder",
    "non-finite loss",
    "lost lines",
    "too little memory",
    "closed stdout",
    "no terminal",
    "paths that are not UTF-8",
];

/// Every row and every test with the fault it is about.
fn covered() -> Vec<(&'static str, &'static str)> {
    let rows = [
        arrays::rows(),
        csv::rows(),
        images::rows(),
        config::rows(),
        checkpoint::rows(),
        resources::rows(),
        weights::rows(),
    ]
    .concat();
    let tests = [
        arrays::TESTS,
        csv::TESTS,
        images::TESTS,
        config::TESTS,
        checkpoint::TESTS,
        kills::TESTS,
        signals::TESTS,
        resources::TESTS,
    ];
    let rows = rows.iter().map(|row| (row.fault, row.name));
    rows.chain(tests.concat()).collect()
}

#[test]
fn every_fault_has_a_row_and_every_row_a_fault() {
    let covered = covered();
    for fault in FAULTS {
        assert!(covered.iter().any(|(about, _)| *about == fault), "no row injects: {fault}");
    }
    for (fault, name) in &covered {
        assert!(FAULTS.contains(fault), "{name}: `{fault}` is no fault of the list");
        let same = covered.iter().filter(|other| **other == (*fault, *name)).count();
        assert_eq!(same, 1, "{fault}: two rows are called {name}");
    }
}

/// `EFM_WRITE_DOCS=1` writes the table in place of comparing it.
#[test]
fn the_document_lists_these_rows() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reliability.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once("<!-- faults -->\n").expect("a marker where the table begins");
    let (table, after) = rest.split_once("<!-- /faults -->").expect("a marker where it ends");
    let mut wanted = "| | fault | rows |\n|---|---|---|\n".to_owned();
    let covered = covered();
    for (number, fault) in (1..).zip(FAULTS) {
        let names = covered.iter().filter(|(about, _)| *about == fault).map(|(_, name)| *name);
        wanted.push_str(&format!("| {number} | {fault} | {} |\n", names.collect::<Vec<_>>().join(", ")));
    }
    if std::env::var_os("EFM_WRITE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}<!-- faults -->\n{wanted}<!-- /faults -->{after}")).unwrap();
    } else {
        assert_eq!(table, wanted, "EFM_WRITE_DOCS=1 with this test writes the table");
    }
}
