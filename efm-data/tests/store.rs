//! Known sets: imported from packages made here, and fetched from a server on this machine.

#[path = "support/images.rs"]
mod images;
#[path = "support/server.rs"]
mod server;
mod support;

use std::{fs, ops::ControlFlow, path::Path};

use efm_data::image::ImagesSpec;
use efm_data::store::{FetchOptions, fetch, import, known, known_sets};
use efm_data::{DataError, ErrorClass, Sampler};
use images::{gzip, png, zipped};
use server::Server;
use support::{folder, put};
use tempfile::TempDir;

/// A tar archive of these files.
fn tarred(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        archive.append_data(&mut header, name, bytes.as_slice()).unwrap();
    }
    archive.into_inner().unwrap()
}

/// A Debian package around a data archive (deb(5)).
fn deb(name: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = b"!<arch>\n".to_vec();
    for (name, content) in [("debian-binary", &b"2.0\n"[..]), ("control.tar.xz", b"odd"), (name, data)] {
        bytes.extend(format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 100_644, content.len()).bytes());
        bytes.extend(content);
        bytes.extend(vec![b'\n'; content.len() % 2]);
    }
    bytes
}

/// 120 emoji in the layout of the npm package, and things that are not part of the set.
fn emoji() -> Vec<(String, Vec<u8>)> {
    let mut files = vec![("package/package.json".to_owned(), b"{}".to_vec())];
    for code in 0..60 {
        for (name, seed) in [(format!("{:x}", 0x1f600 + code), 1), (format!("{:x}-fe0f-1f3fd", 0x1f600 + code), 2)] {
            files.push((format!("package/img/google/64/{name}.png"), png(4, 4, seed)));
        }
    }
    files.push(("package/img/google/sheets/64.png".to_owned(), png(4, 4, 9)));
    files.push(("package/img/twitter/64/1f600.png".to_owned(), png(4, 4, 9)));
    files
}

/// Names of all files below a folder, with `/`.
fn files(root: &Path) -> Vec<String> {
    let (mut open, mut found) = (vec![root.to_path_buf()], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                false => found.push(path.strip_prefix(root).unwrap().to_string_lossy().replace('\\', "/")),
            }
        }
    }
    found.sort();
    found
}

fn entries(folder: &TempDir) -> usize {
    fs::read_dir(folder.path()).unwrap().count()
}

#[test]
fn emoji_are_split_by_their_base_in_every_kind_of_package() {
    let (here, set) = (folder(), known("emoji-google").unwrap());
    let tar = tarred(&emoji());
    let unpacked = here.path().join("installed");
    tar::Archive::new(tar.as_slice()).unpack(&unpacked).unwrap();
    let packages = [
        put(&here, "emoji.tgz", &gzip(&tar)),
        put(&here, "emoji.tar", &tar),
        put(&here, "emoji.deb", &deb("data.tar.gz", &gzip(&tar))),
        put(&here, "plain.deb", &deb("data.tar/", &tar)),
        unpacked.clone(),
        unpacked.join("package/img/google/64"),
    ];
    let mut before = None;
    for package in packages {
        let store = folder();
        let mut told = 0;
        let imported = import(set, &package, store.path(), false, &mut |done| told = done).unwrap();
        assert_eq!((imported.files, told, imported.verified), (120, 120, false));
        let there = files(&imported.folder);
        assert_eq!(before.get_or_insert(there.clone()), &there, "{}", package.display());
    }
    let names = before.unwrap();
    // A tone is in the same part as its base.
    for name in names.iter().filter(|name| name.contains("/base/")) {
        let toned = name.replace("/base/", "/toned/").replace(".png", "-fe0f-1f3fd.png");
        assert!(names.contains(&toned), "{toned}");
    }
    // One in ten, of 60: 6 expected, standard deviation 2.3.
    let tests = names.iter().filter(|name| name.starts_with("test/base/")).count();
    assert!((1..=14).contains(&tests), "{tests}");
}

#[test]
fn an_imported_set_opens_by_split_and_class() {
    let (here, store) = (folder(), folder());
    let package = put(&here, "emoji.tgz", &gzip(&tarred(&emoji())));
    let imported = import(known("emoji-google").unwrap(), &package, store.path(), false, &mut |_| {}).unwrap();
    let open = |text: &str| {
        let spec: ImagesSpec = toml::from_str(&format!("path = '{}'\n{text}", imported.folder.display())).unwrap();
        spec.open(Path::new("")).unwrap().count()
    };
    assert_eq!(open("split = 'all'"), 120);
    assert_eq!(open("class = 'base'\nsplit = 'all'"), 60);
    assert_eq!(2 * open("class = 'base'"), open(""));
}

#[test]
fn packages_that_are_refused_leave_nothing() {
    let (here, store) = (folder(), folder());
    let tar = tarred(&emoji());
    let packed = gzip(&tar);
    let few = gzip(&tarred(&emoji()[..20]));
    let twice = gzip(&tarred(&[emoji(), emoji()].concat()));
    let mnist: Vec<_> = ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"]
        .map(|name| (format!("package/data/{name}-ubyte"), vec![0; 10]))
        .into();
    let mut lying = deb("data.tar", &tar);
    let at = lying.windows(8).position(|window| window == b"data.tar").unwrap() + 48;
    lying[at..at + 10].copy_from_slice(b"9999999999");
    let mut bomb = emoji();
    bomb[1].1 = vec![0; 64 << 20];
    for (set, name, bytes, class, part) in [
        ("emoji-google", "a.tgz", Vec::new(), ErrorClass::BadData, "is empty"),
        ("emoji-google", "a.tgz", b"hello".to_vec(), ErrorClass::BadData, "neither a folder nor"),
        ("emoji-google", "a.tgz", packed[..packed.len() / 2].to_vec(), ErrorClass::BadData, "a.tgz"),
        ("emoji-google", "a.tar", tar[..tar.len() / 2 + 9].to_vec(), ErrorClass::BadData, "a.tar"),
        ("emoji-google", "a.tgz", few, ErrorClass::BadData, "holds 19 file(s)"),
        ("emoji-google", "a.tgz", twice, ErrorClass::BadData, "is there twice"),
        ("emoji-google", "a.tgz", gzip(&tarred(&bomb)), ErrorClass::ResourceLimit, "unpacks from"),
        ("emoji-twitter", "a.tgz", packed.clone(), ErrorClass::BadData, "holds 1 file(s)"),
        ("horse2zebra", "a.zip", zipped(&[("h/trainA/1.jpg", b"x")]), ErrorClass::BadData, "holds 1 file(s)"),
        ("mnist", "a.tgz", gzip(&tarred(&mnist)), ErrorClass::BadData, "SHA-256 is"),
        ("emoji-google", "a.deb", lying, ErrorClass::BadData, "claims 9999999999 bytes"),
        ("emoji-google", "a.deb", deb("data.tar.zst", b"odd"), ErrorClass::BadData, "dpkg-deb"),
        ("emoji-google", "a.deb", deb("nothing", b"odd"), ErrorClass::BadData, "holds no data.tar"),
        ("emoji-google", "a.deb", deb("data.tar.xz", b"odd"), ErrorClass::BadData, "a.deb"),
    ] {
        let package = put(&here, name, &bytes);
        let error = import(known(set).unwrap(), &package, store.path(), false, &mut |_| {}).unwrap_err();
        assert_eq!(error.class(), class, "{error}");
        assert!(error.to_string().contains(part), "expected {part:?} in: {error}");
        assert_eq!(entries(&store), 0, "{error}");
    }
    let names = known("minst").unwrap_err();
    assert!(names.to_string().contains("mnist, fashion-mnist") && names.class() == ErrorClass::Config);
    // What is there is kept unless it is to be replaced.
    let package = put(&here, "emoji.tgz", &packed);
    let set = known("emoji-google").unwrap();
    import(set, &package, store.path(), false, &mut |_| {}).unwrap();
    let again = import(set, &package, store.path(), false, &mut |_| {}).unwrap_err();
    assert!(matches!(again, DataError::SetExists { .. }), "{again}");
    import(set, &package, store.path(), true, &mut |_| {}).unwrap();
    assert_eq!(entries(&store), 1);
}

#[test]
fn names_in_a_package_never_lead_out_of_the_store() {
    let (here, store) = (folder(), folder());
    let evil = zipped(&[
        ("../../trainA/a.jpg", b"1"),
        ("/abs/trainA/b.jpg", b"2"),
        ("x/../trainB/c.jpg", b"3"),
        ("testA/d.jpg", b"4"),
        ("testB/..\\e.jpg", b"5"),
        ("trainA/../../../escaped.jpg", b"6"),
    ]);
    let package = put(&here, "evil.zip", &evil);
    let imported = import(known("horse2zebra").unwrap(), &package, store.path(), false, &mut |_| {}).unwrap();
    assert_eq!(files(&imported.folder), ["testA/d.jpg", "trainA/a.jpg", "trainA/b.jpg", "trainB/c.jpg"]);
    assert_eq!(entries(&store), 1);
}

/// A set of photographs as CycleGAN's servers have it.
fn horses() -> Vec<u8> {
    let pictures = [png(8, 8, 1), png(8, 8, 2), png(8, 8, 3), png(8, 8, 4)];
    let names = ["trainA/1", "trainA/2", "trainB/1", "trainB/2"].map(|name| format!("horse2zebra/{name}.png"));
    let files: Vec<_> = names.iter().zip(&pictures).map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    // Long enough that a download can be cut in the middle.
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let padding: Vec<u8> = (0..400_000).map(|_| noise()).collect();
    zipped(&[&files[..], &[("horse2zebra/notes.txt", &padding)]].concat())
}

fn options(server: &Server) -> FetchOptions {
    FetchOptions { mirrors: vec![server.address()], ..FetchOptions::default() }
}

#[test]
fn a_set_is_fetched_and_opens() {
    let (server, store) = (Server::start("/horse2zebra.zip", horses()), folder());
    let mut last = None;
    let imported = fetch(known("horse2zebra").unwrap(), store.path(), &options(&server), &mut |progress| {
        last = Some(progress.clone());
        ControlFlow::Continue(())
    });
    let folder = imported.unwrap().folder;
    let last = last.unwrap();
    assert_eq!((last.done, last.all), (horses().len() as u64, Some(horses().len() as u64)));
    let spec = ImagesSpec { domain: Some("B".to_owned()), ..ImagesSpec::new(folder) };
    assert_eq!(spec.open(Path::new("")).unwrap().len(), Some(2));
    assert!(fs::read_dir(store.path().join(".partial")).unwrap().next().is_none());
    let again = fetch(known("horse2zebra").unwrap(), store.path(), &options(&server), &mut |_| ControlFlow::Break(()));
    assert!(matches!(again, Err(DataError::SetExists { .. })));
}

#[test]
fn a_download_goes_on_where_it_was_cut_or_stopped() {
    let set = known("horse2zebra").unwrap();
    let whole = horses().len();
    // The server closes the connection halfway.
    let (server, store) = (Server::start("/horse2zebra.zip", horses()), folder());
    server.cut_after(whole / 2);
    let error = fetch(set, store.path(), &options(&server), &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(matches!(&error, DataError::Fetch { problem, .. } if problem.contains("cut after")), "{error}");
    assert_eq!(error.class(), ErrorClass::Io);
    assert!(!store.path().join("horse2zebra").exists());
    server.cut_after(usize::MAX);
    let mut first = None;
    fetch(set, store.path(), &options(&server), &mut |progress| {
        first.get_or_insert(progress.done);
        ControlFlow::Continue(())
    })
    .unwrap();
    assert!(first.unwrap() > 100_000, "{first:?}");
    assert!(server.requests().last().unwrap().contains(&format!("bytes={}-", first.unwrap())));

    // The caller stops; a server without ranges starts anew.
    let (server, store) = (Server::start("/horse2zebra.zip", horses()), folder());
    let stopped = fetch(set, store.path(), &options(&server), &mut |progress| match progress.done < 100_000 {
        true => ControlFlow::Continue(()),
        false => ControlFlow::Break(()),
    });
    assert!(matches!(stopped, Err(DataError::Stopped)));
    server.ignore_ranges();
    fetch(set, store.path(), &options(&server), &mut |_| ControlFlow::Continue(())).unwrap();
    assert_eq!(files(&store.path().join("horse2zebra")).len(), 4);
}

#[test]
fn servers_and_mirrors_that_do_not_help() {
    let (server, store) = (Server::start("/other.zip", horses()), folder());
    let set = known("horse2zebra").unwrap();
    let go = |mirrors: &[&str]| {
        let mirrors = mirrors.iter().map(|mirror| (*mirror).to_owned()).collect();
        let options = FetchOptions { mirrors, ..FetchOptions::default() };
        fetch(set, store.path(), &options, &mut |_| ControlFlow::Continue(())).unwrap_err()
    };
    assert!(go(&[&server.address()]).to_string().contains("status 404"));
    for address in ["http://example.org/", "ftp://127.0.0.1/", "http://127.0.0.1:80@example.org/", "nonsense"] {
        assert_eq!(go(&[address]).class(), ErrorClass::Config, "{address}");
    }
    // A second mirror helps; bytes that are no package are thrown away.
    let wrong = Server::start("/horse2zebra.zip", b"<html>gone</html>".to_vec());
    let error = go(&[&server.address(), &wrong.address()]);
    assert_eq!(error.class(), ErrorClass::BadData, "{error}");
    assert!(!store.path().join(".partial/horse2zebra").exists());
    let right = Server::start("/horse2zebra.zip", horses());
    let options = FetchOptions { mirrors: vec![server.address(), right.address()], ..FetchOptions::default() };
    fetch(set, store.path(), &options, &mut |_| ControlFlow::Continue(())).unwrap();
    let none = fetch(known("emoji-google").unwrap(), store.path(), &options, &mut |_| ControlFlow::Continue(()));
    assert_eq!(none.unwrap_err().class(), ErrorClass::Config);
    let certificates = Some(put(&store, "roots.pem", b"none"));
    let options = FetchOptions { certificates, replace: true, ..FetchOptions::default() };
    let error = fetch(set, store.path(), &options, &mut |_| ControlFlow::Continue(())).unwrap_err();
    assert!(error.to_string().contains("holds no certificate"), "{error}");
}

#[test]
fn every_known_set_says_how_to_get_it() {
    for set in known_sets() {
        assert!(set.package.is_some() || !set.files.is_empty(), "{}", set.name);
        for file in set.files {
            assert!(file.mirrors.iter().all(|mirror| mirror.starts_with("https://") && mirror.ends_with('/')));
        }
    }
}
