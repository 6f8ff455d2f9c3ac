//! Mutated packages never panic an import, never fill the disk, and leave nothing half done.

#[path = "support/images.rs"]
mod images;
mod support;

use std::{fs, sync::LazyLock};

use efm_data::ErrorClass;
use efm_data::store::{import, known};
use images::{gzip, zipped};
use proptest::prelude::*;
use support::{folder, put};

fn tarred() -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for name in ["x/trainA/1.png", "x/trainB/2.png", "x/testA/3.png", "x/testB/4.png"] {
        let mut header = tar::Header::new_ustar();
        header.set_size(5);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, &b"12345"[..]).unwrap();
    }
    archive.into_inner().unwrap()
}

static PACKAGES: LazyLock<Vec<(&str, Vec<u8>)>> = LazyLock::new(|| {
    let tar = tarred();
    let mut deb = b"!<arch>\n".to_vec();
    deb.extend(format!("{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", "data.tar", 0, 0, 0, 100_644, tar.len()).bytes());
    deb.extend(&tar);
    let zip = zipped(&["trainA/1.png", "trainB/2.png", "testA/3.png", "testB/4.png"].map(|name| (name, &b"12345"[..])));
    vec![("a.tar", tar.clone()), ("a.tgz", gzip(&tar)), ("a.deb", deb), ("a.zip", zip)]
});

/// Imports and looks at what is there afterwards: the whole set, or nothing.
fn check(name: &str, bytes: &[u8]) {
    let (here, store) = (folder(), folder());
    let package = put(&here, name, bytes);
    let result = import(known("horse2zebra").unwrap(), &package, store.path(), false, &mut |_| {});
    let there: Vec<_> = fs::read_dir(store.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    match result {
        Ok(imported) => assert!(imported.files == 4 && there == ["horse2zebra"] && imported.bytes < 10_000),
        Err(error) => {
            assert!(there.is_empty(), "{there:?} after {error}");
            assert!(matches!(error.class(), ErrorClass::BadData | ErrorClass::ResourceLimit), "{error}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn flipped_bytes(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
        for (name, bytes) in PACKAGES.iter() {
            let mut bytes = bytes.clone();
            for (place, value) in &flips {
                // Headers come first; most of a tar archive is padding.
                let place = place.index(bytes.len().min(700));
                bytes[place] = *value;
            }
            check(name, &bytes);
        }
    }

    #[test]
    fn cut_and_spliced(cut in any::<prop::sample::Index>(), other in any::<prop::sample::Index>()) {
        for (name, bytes) in PACKAGES.iter() {
            let (cut, other) = (cut.index(bytes.len()), other.index(bytes.len()));
            check(name, &[&bytes[..cut], &bytes[other..]].concat());
        }
    }

    #[test]
    fn arbitrary_bytes(bytes in prop::collection::vec(any::<u8>(), 1..2000)) {
        for start in [&b"!<arch>\n"[..], b"\x1f\x8b\x08\0\0\0\0\0\0\x03", b"PK\x03\x04"] {
            check("a.tar", &[start, &bytes].concat());
        }
        check("a.tar", &bytes);
    }
}
