//! Damaged configurations and files of a run keep their promises: an error in a line, or what was written, and never a panic.
//!
//! `PROPTEST_CASES=100000 cargo xtask test -p efm -- --test-threads 2` feeds more of them.

#[path = "../../../efm-data/tests/support/damage.rs"]
mod damage;
mod promises;
#[path = "../../../efm-data/tests/support/readers.rs"]
mod readers;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use damage::{arbitrary_damaged, config, files, replay};
use efm_train::Checkpoints;
use promises::{contents, small_model, state};
use proptest::prelude::*;

const TOML: &[&str] = &[
    "[train]\n",
    "[source]\n",
    "kind = ",
    "\"images\"",
    "\"file\"",
    "path = \"x\"",
    "gap = 0",
    "= [",
    "= {",
    "\"",
    "'''",
    "\n",
    "steps = ",
    "nan",
    "method = 'published'",
    "model.kind = 'u-net'",
    ".",
];
const JSON: &[&str] = &["{", "}", "[", "null", "\\u0000", "\"", "\":", "true", "1e999"];
const PICKLE: &[&str] = &[
    "cos\nsystem\n",
    "ctorch._utils\n_rebuild_tensor_v2\n",
    "ctorch\nFloatStorage\n",
    "X\u{7}\0\0\0storage",
    "Q",
    "R",
    "(",
    "t",
    "u.",
    "h\0",
    "K\u{7f}",
    "]",
    "\"dtype\"",
];

/// The presets, and what the corpus has besides.
fn configurations() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../experiments");
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).chain(files("config")).collect()
}

fn manifests() -> Vec<Vec<u8>> {
    let place = tempfile::tempdir().unwrap();
    let saved = Checkpoints::new(place.path().into()).save(&state(), &contents()).unwrap();
    vec![fs::read(saved.join("manifest.json")).unwrap()]
}

fn models() -> Vec<Vec<u8>> {
    let place = tempfile::tempdir().unwrap();
    small_model(place.path());
    vec![fs::read(place.path().join("model.json")).unwrap()]
}

/// Weights; half of the damaged pickles come in an archive whose checksums are right.
fn arbitrary_weights() -> impl Strategy<Value = Vec<u8>> {
    (arbitrary_damaged(files("weights"), PICKLE), any::<bool>()).prop_map(|(bytes, sound)| {
        let start = bytes.windows(2).position(|window| window == b"\x80\x02");
        match start {
            Some(start) if sound && bytes.starts_with(b"PK") => {
                let end = bytes[start..].windows(2).position(|window| window == b"PK");
                archived(&bytes[start..end.map_or(bytes.len(), |end| start + end)])
            }
            _ => bytes,
        }
    })
}

/// An archive as PyTorch writes it, with this pickle and three small storages.
fn archived(pickle: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let storages = ["tiny/data/0", "tiny/data/1", "tiny/data/2"].map(|name| (name, &[0; 16][..]));
    for (name, content) in [("tiny/data.pkl", pickle)].into_iter().chain(storages) {
        writer.start_file(name, stored).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

type Reader = fn(&[u8], &Path) -> Result<bool, String>;

fn feed(run: Reader, input: &[u8]) -> Result<(), TestCaseError> {
    let place = tempfile::tempdir().unwrap();
    run(input, place.path()).map(|_| ()).map_err(TestCaseError::fail)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn configuration(input in arbitrary_damaged(configurations(), TOML)) {
        feed(promises::config, &input)?;
    }

    #[test]
    fn setting(input in arbitrary_damaged(files("setting"), TOML)) {
        feed(promises::setting, &input)?;
    }

    #[test]
    fn checkpoint(input in arbitrary_damaged(manifests(), JSON)) {
        feed(promises::checkpoint, &input)?;
    }

    #[test]
    fn model(input in arbitrary_damaged(models(), JSON)) {
        feed(promises::model, &input)?;
    }

    #[test]
    fn weights(input in arbitrary_weights()) {
        feed(promises::weights_of, &input)?;
    }
}

#[test]
fn the_corpus_keeps_the_promises() {
    let readers: [(&str, Reader); 5] = [
        ("config", promises::config),
        ("setting", promises::setting),
        ("checkpoint", promises::checkpoint),
        ("model", promises::model),
        ("weights", promises::weights_of),
    ];
    readers.iter().for_each(|(target, run)| replay(target, *run));
}

/// A folder that no fuzzer reads would never be fed again.
#[test]
fn every_folder_of_the_corpus_belongs_to_a_fuzzer() {
    let names = |folder: &Path| -> BTreeSet<_> {
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path().file_stem().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&damage::corpus()), names(&damage::corpus().join("../targets")));
}
