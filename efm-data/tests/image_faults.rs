//! Broken images, archives and folders are refused with their class, their file and a hint, and never hang or panic.

#[path = "support/images.rs"]
mod images;
mod support;

use std::{fs, path::Path};

use efm_core::Seed;
use efm_data::image::{DecodeLimits, ImagesSpec, decode_image};
use efm_data::{DataError, ErrorClass, Limits, Sampler, image::read_idx};
use images::{gzip, idx, jpeg, picture, png, zipped};
use support::{Entry, archive, folder, header, npy, put};

use ErrorClass::{BadData, Config, Io, ResourceLimit};

fn refuse(path: &Path, text: &str) -> DataError {
    let toml = format!("path = '{}'\n{text}", path.display());
    let spec: ImagesSpec = toml::from_str(&toml).expect(&toml);
    match spec.open(Path::new("")) {
        Ok(sampler) => panic!("{toml}: opened with {} images", sampler.count()),
        Err(error) => error,
    }
}

fn expect(path: &Path, text: &str, class: ErrorClass, parts: &[&str]) {
    let error = refuse(path, text);
    let message = error.to_string();
    assert_eq!(error.class(), class, "{message}");
    parts.iter().for_each(|part| assert!(message.contains(part), "expected {part:?} in: {message}"));
    assert!(!message.contains('\n') && !error.hint().is_empty() && !error.hint().contains('\n'), "{message}");
}

#[test]
fn broken_idx() {
    let good = idx(&[3, 2, 2], &[1; 12]);
    let mut float = good.clone();
    float[2] = 0x0d;
    let mut unknown = good.clone();
    unknown[2] = 0x0a;
    let mut many = good.clone();
    many[3] = 200;
    for (bytes, class, part) in [
        (Vec::new(), BadData, "is empty"),
        (good[..3].to_vec(), BadData, "ends early"),
        (good[..9].to_vec(), BadData, "ends early"),
        (good[..27].to_vec(), BadData, "claims 12 bytes of values, there are 11"),
        ([&good[..], &[0]].concat(), BadData, "there are 13"),
        (float, BadData, "elements of type float"),
        (unknown, BadData, "type 0x0a is unknown"),
        (many, BadData, "200 axes"),
        (vec![7; 40], BadData, "does not start like an IDX"),
        (idx(&[u32::MAX, u32::MAX, u32::MAX], &[]), BadData, "overflow"),
        (idx(&[u32::MAX, 28, 28], &[0; 64]), BadData, "claims 3367254359280 bytes"),
        (idx(&[0, 28, 28], &[]), BadData, "0 point(s)"),
        (idx(&[12], &[1; 12]), BadData, "are no images"),
        (idx(&[3, 2, 2, 2], &[1; 24]), BadData, "are no images"),
        (idx(&[2, 0, 2], &[]), BadData, "size"),
        (gzip(&good)[..20].to_vec(), BadData, "gzip"),
        (gzip(&good[..20]), BadData, "there are 4"),
        (gzip(&[&good[..], &[0; 9]].concat()), BadData, "there are more"),
        (gzip(&idx(&[u32::MAX, 1000, 1000], &[0; 64])), ResourceLimit, "the limit is"),
    ] {
        let folder = folder();
        let path = put(&folder, "x-images-idx3-ubyte.idx", &bytes);
        expect(&path, "", class, &["x-images-idx3-ubyte", part]);
    }
}

#[test]
fn idx_labels_must_belong_to_the_images() {
    for (labels, part) in [
        (idx(&[2], &[1, 2]), "2 labels belong to 3 images"),
        (idx(&[3, 1], &[1; 3]), "are no labels"),
        (b"nonsense".to_vec(), "labels-idx1"),
    ] {
        let folder = folder();
        put(&folder, "train-images-idx3-ubyte", &idx(&[3, 2, 2], &[1; 12]));
        put(&folder, "train-labels-idx1-ubyte", &labels);
        expect(folder.path(), "", BadData, &[part]);
    }
}

#[test]
fn a_gzip_bomb_is_a_matter_of_limits() {
    let folder = folder();
    let bomb = gzip(&idx(&[25_600, 32, 32], &vec![0; 25_600 << 10]));
    assert!(bomb.len() < 200_000);
    let path = put(&folder, "bomb.gz", &bomb);
    expect(&path, "", ResourceLimit, &["bomb.gz", "factor of 200"]);
    let wide = Limits { max_ratio: 10_000, ..Limits::default() };
    assert_eq!(read_idx(&path, &wide).unwrap().values.len(), 25_600 << 10);
    let small = Limits { max_bytes: 1 << 20, ..wide };
    assert_eq!(read_idx(&path, &small).unwrap_err().class(), ResourceLimit);
    // One that claims to be small is left after what it claims.
    let path = put(&folder, "liar.gz", &gzip(&idx(&[2, 2, 2], &vec![0; 64 << 20])));
    expect(&path, "", BadData, &["there are more"]);
}

#[test]
fn broken_cifar() {
    let folder = folder();
    for (bytes, part) in [
        (vec![0; 3072], "no whole number of records"),
        (vec![0; 3073 * 2 - 1], "no whole number of records"),
        (vec![10; 3073 * 2], "record 0: label 10"),
    ] {
        expect(&put(&folder, "data_batch_1.bin", &bytes), "", BadData, &["data_batch_1.bin", part]);
    }
}

#[test]
fn a_picture_cut_anywhere_is_bad_data() {
    let limits = DecodeLimits::default();
    for (name, whole) in [("a.png", png(24, 16, 3)), ("a.jpg", jpeg(24, 16, 3))] {
        for length in 0..whole.len() {
            let error = decode_image(Path::new(name), &whole[..length], [0; 3], &limits).unwrap_err();
            assert_eq!(error.class(), BadData, "{length}: {error}");
            assert!(error.to_string().contains(name), "{error}");
        }
        // What follows the end is nobody's business.
        assert!(decode_image(Path::new(name), &[&whole[..], b"trailing"].concat(), [0; 3], &limits).is_ok());
    }
    // The end of a thumbnail in the EXIF block is not the end of the picture.
    let whole = images::jpeg_held(&picture(24, 16, 1), 1);
    let error = decode_image(Path::new("a.jpg"), &whole[..whole.len() - 8], [0; 3], &limits).unwrap_err();
    assert!(error.to_string().contains("end marker"), "{error}");
}

#[test]
fn a_damaged_file_stops_the_set_or_is_counted() {
    let folder = folder();
    for seed in 0..6 {
        put(&folder, &format!("{seed}.png"), &png(8, 8, seed));
    }
    let whole = jpeg(8, 8, 1);
    put(&folder, "cut.jpg", &whole[..whole.len() - 3]);
    put(&folder, "text.png", b"this is no picture");
    let mut flipped = png(8, 8, 9);
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x40;
    put(&folder, "wrong.png", &flipped);
    expect(folder.path(), "", BadData, &["cut.jpg", "end marker"]);
    let spec = ImagesSpec { skip_bad: true, ..ImagesSpec::new(folder.path()) };
    let opened = spec.open_with(Path::new(""), &mut |_, _| {}).unwrap();
    assert_eq!((opened.sampler.count(), opened.report.found, opened.report.bad_count), (6, 9, 3));
    assert!(opened.report.bad.iter().all(|error| error.class() == BadData));
    assert_eq!(opened.sampler.draw(&Seed(1).stream("x"), 0, 3).unwrap().dim(), 192);
    (0..6).for_each(|seed| fs::remove_file(folder.path().join(format!("{seed}.png"))).unwrap());
    expect(folder.path(), "skip_bad = true", BadData, &["all 3 images are damaged"]);
}

#[test]
fn sizes_that_differ_and_pictures_too_large() {
    let folder = folder();
    put(&folder, "a.png", &png(8, 8, 1));
    put(&folder, "b.png", &png(9, 8, 1));
    expect(folder.path(), "", BadData, &["b.png", "set size"]);
    // A header may claim any size; the limit is held before memory is taken.
    let mut huge = png(8, 8, 1);
    huge[16..24].copy_from_slice(&[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]);
    let crc = support::crc32(&huge[12..29]).to_be_bytes();
    huge[29..33].copy_from_slice(&crc);
    put(&folder, "b.png", &huge);
    expect(folder.path(), "size = 8", ResourceLimit, &["b.png", "65535 × 65535"]);
    let small = DecodeLimits { pixels: 63, ..DecodeLimits::default() };
    assert_eq!(decode_image(Path::new("a"), &png(8, 8, 1), [0; 3], &small).unwrap_err().class(), ResourceLimit);
    let short = DecodeLimits { file_bytes: 50, ..DecodeLimits::default() };
    assert_eq!(decode_image(Path::new("a"), &png(8, 8, 1), [0; 3], &short).unwrap_err().class(), ResourceLimit);
}

#[test]
fn broken_archives() {
    let folder = folder();
    let pictures = [png(4, 4, 1), png(4, 4, 2)];
    let whole = zipped(&[("a/1.png", &pictures[0]), ("a/2.png", &pictures[1])]);
    expect(&put(&folder, "cut.zip", &whole[..whole.len() - 30]), "", BadData, &["cut.zip", "archive"]);
    expect(&put(&folder, "none.zip", &zipped(&[("readme.txt", b"x")])), "", BadData, &["none.zip", "no image"]);
    expect(
        &put(&folder, "bad.zip", &zipped(&[("a.png", b"no picture"), ("b.png", &pictures[0])])),
        "",
        BadData,
        &["bad.zip", "a.png"],
    );
    let lying = archive(&[
        Entry { claimed: 100_000_000, ..Entry::stored("a.png", pictures[0].clone()) },
        Entry::stored("b.png", pictures[1].clone()),
    ]);
    assert!(matches!(refuse(&put(&folder, "lie.zip", &lying), "").class(), BadData | ResourceLimit));
    let wrong = archive(&[
        Entry { crc: 1, ..Entry::stored("a.png", pictures[0].clone()) },
        Entry::stored("b.png", pictures[1].clone()),
    ]);
    expect(&put(&folder, "crc.zip", &wrong), "", BadData, &["crc.zip", "a.png"]);
    let bomb = zipped(&[("a.png", &vec![0; 64 << 20]), ("b.png", &pictures[0])]);
    expect(&put(&folder, "bomb.zip", &bomb), "", ResourceLimit, &["bomb.zip", "a.png", "factor of 200"]);
}

#[test]
fn broken_arrays() {
    let folder = folder();
    let floats = |values: [f32; 4]| {
        let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        npy(&header("<f4", "(2, 1, 2)"), &data)
    };
    for (bytes, part) in [
        (npy(&header("|u1", "(2, 2)"), &[0; 4]), "is none of images"),
        (npy(&header("|u1", "(2, 2, 2, 2)"), &[0; 16]), "is none of images"),
        (npy(&header("|u1", "(2, 1, 20000)"), &[0; 40_000]), "size"),
        (npy(&header("<i2", "(2, 1, 1)"), &[0, 1, 0, 1]), "0 to 255"),
        (floats([0.0, 1.0, 300.0, 0.0]), "[0, 255]"),
        (floats([-3.0, 1.0, 0.0, 0.0]), "[-1, 1]"),
        (floats([f32::NAN, 1.0, 0.0, 0.0]), "NaN"),
    ] {
        expect(&put(&folder, "x.npy", &bytes), "", BadData, &["x.npy", part]);
    }
    let array = |shape: &str, data: &[u8]| npy(&header("|u1", shape), data);
    let labels = zipped(&[("x.npy", &array("(2, 1, 2)", &[0; 4])), ("y.npy", &array("(3,)", &[0; 3]))]);
    expect(&put(&folder, "x.npz", &labels), "", BadData, &["3 labels belong to 2 images"]);
    expect(&folder.path().join("x.npz"), "key = 'z'", BadData, &["no array \"z\""]);
}

#[test]
fn folders_that_cannot_be_a_set() {
    let empty = folder();
    expect(empty.path(), "", BadData, &["holds no image"]);
    expect(&empty.path().join("missing"), "", Io, &["missing"]);
    put(&empty, "notes.xyz", b"hello, world");
    expect(&empty.path().join("notes.xyz"), "", BadData, &["unknown format"]);
    put(&empty, "a.png", &png(4, 4, 1));
    expect(empty.path(), "", BadData, &["1 point(s); at least 2"]);
    put(&empty, "b.png", &png(4, 4, 1));
    expect(empty.path(), "split = 'test'", BadData, &["no folder test"]);
    expect(empty.path(), "domain = 'A'", BadData, &["no folder trainA"]);
    expect(empty.path(), "class = 'cat'", Config, &["no class \"cat\"", "none"]);
    let cycle = folder();
    for side in ["trainA", "trainB"] {
        fs::create_dir(cycle.path().join(side)).unwrap();
        put(&cycle, &format!("{side}/1.png"), &png(4, 4, 1));
    }
    expect(cycle.path(), "", Config, &["domain", "trainA"]);
    expect(cycle.path(), "domain = 'C'", BadData, &["trainC", "trainA, trainB"]);
}

#[test]
fn keys_out_of_range_are_named() {
    let folder = folder();
    put(&folder, "a.png", &png(4, 4, 1));
    put(&folder, "b.png", &png(4, 4, 1));
    for (text, part) in [
        ("size = 0", "size is 0"),
        ("size = [4, 100000]", "size is 4 × 100000"),
        ("channels = 2", "channels is 2"),
        ("channels = 1\ncolour = 'random'", "channels is 1"),
        ("limit = 1", "limit is below 2"),
        ("class = 1\nclasses = [2]", "class is set and so is classes"),
        ("domain = '../x'", "domain is no plain name"),
    ] {
        expect(folder.path(), text, Config, &["images: ", part]);
    }
    for (text, part) in [
        ("sise = 3", "sise"),
        ("colour = 'rainbow'", "rainbow"),
        ("split = 'dev'", "dev"),
        ("background = [0, 0, 256]", "256"),
    ] {
        let message = toml::from_str::<ImagesSpec>(&format!("path = 'x'\n{text}")).expect_err(text).to_string();
        assert!(message.contains(part), "{message}");
    }
}

#[cfg(unix)]
#[test]
fn pipes_and_link_loops_do_not_hang() {
    use std::os::unix::fs::symlink;
    let around = folder();
    put(&around, "a.png", &png(4, 4, 1));
    put(&around, "b.png", &png(4, 4, 1));
    fs::create_dir(around.path().join("deep")).unwrap();
    symlink(around.path(), around.path().join("deep/up")).unwrap();
    expect(around.path(), "", Io, &["up", "link to a folder above it"]);
    fs::remove_file(around.path().join("deep/up")).unwrap();
    symlink(around.path().join("c.png"), around.path().join("c.png")).unwrap();
    expect(around.path(), "", Io, &["c.png"]);
    fs::remove_file(around.path().join("c.png")).unwrap();
    if std::process::Command::new("mkfifo")
        .arg(around.path().join("d.png"))
        .status()
        .is_ok_and(|status| status.success())
    {
        expect(around.path(), "", Io, &["d.png", "a pipe"]);
        expect(&around.path().join("d.png"), "", Io, &["d.png", "a pipe"]);
        fs::remove_file(around.path().join("d.png")).unwrap();
    }
    // Links that lead somewhere are followed.
    let linked = folder();
    symlink(around.path(), linked.path().join("class")).unwrap();
    let sampler = ImagesSpec::new(linked.path()).open(Path::new("")).unwrap();
    assert_eq!((sampler.count(), sampler.labels().unwrap().names()), (2, &["class".to_owned()][..]));
}

/// A grey or coloured PNG of one size.
fn one(colour: bool, value: u8) -> Vec<u8> {
    let picture = image::RgbImage::from_pixel(8, 8, image::Rgb([value, 40, 40]));
    let picture = image::DynamicImage::from(picture);
    let picture = if colour { picture } else { picture.to_luma8().into() };
    images::encode(&picture, image::ImageFormat::Png)
}

#[test]
fn one_picture_in_colour_makes_the_set_colour() {
    let folder = folder();
    for index in 0..65 {
        put(&folder, &format!("{index:03}.png"), &one(index == 7, 3 * index));
    }
    // In memory, decoded on demand, and brought to a size.
    for (text, side) in [("", 8), ("max_bytes = 5000", 8), ("size = 4", 4), ("size = 4\nmax_bytes = 1000", 4)] {
        let spec: ImagesSpec = toml::from_str(&format!("path = {:?}\n{text}", folder.path())).unwrap();
        let sampler = spec.open(Path::new("")).unwrap();
        assert_eq!((sampler.count(), sampler.shape().dim()), (65, 3 * side * side), "{text}");
        let mut point = vec![0.0; sampler.shape().dim()];
        sampler.image_into(7, &mut point).unwrap();
        // 21, 40, 40 on the scale from −1 to 1.
        let expected = [21.0, 40.0, 40.0].map(|byte: f32| 2.0 * byte / 255.0 - 1.0);
        let area = side * side;
        assert!((0..3).all(|channel| (point[channel * area] - expected[channel]).abs() < 1e-6), "{text}: {point:?}");
    }
    let spec: ImagesSpec = toml::from_str(&format!("path = {:?}\nchannels = 1", folder.path())).unwrap();
    assert_eq!(spec.open(Path::new("")).unwrap().shape().channels, 1);
}

#[test]
fn what_lies_about_is_counted_named_or_nobodys_business() {
    let folder = folder();
    let webp = b"RIFF\x1a\0\0\0WEBPVP8L\x0e\0\0\0\x2f\0\0\0\0\x10\x07\x10\x11\x11\x88\x88\x08\0".to_vec();
    for index in 0..5 {
        put(&folder, &format!("{index}.png"), &one(true, index));
        put(&folder, &format!("web{index}.webp"), &webp);
    }
    put(&folder, "IMG_1.PNG", &one(true, 9));
    // Pictures under other names are what their content says.
    put(&folder, "renamed.webp", &one(true, 10));
    put(&folder, "download", &one(true, 11));
    put(&folder, "scan.tiff", b"II*\0........................");
    for name in ["Thumbs.db", "desktop.ini", ".DS_Store", "._0.png", "notes.txt", "LICENSE"] {
        put(&folder, name, b"\xd0\xcf\x11\xe0....");
    }
    let opened = ImagesSpec::new(folder.path()).open_with(Path::new(""), &mut |_, _| {}).unwrap();
    assert_eq!((opened.sampler.count(), opened.report.bad_count), (8, 0));
    let passed: Vec<_> = opened.report.passed_over.into_iter().collect();
    assert_eq!(passed, [("tiff".to_owned(), 1), ("webp".to_owned(), 5)]);
    // A file that is no PNG although it says so stops the set, by its name and true format.
    put(&folder, "saved.png", &webp);
    let error = ImagesSpec::new(folder.path()).open(Path::new("")).err().expect("a WebP picture");
    assert!(error.to_string().contains("saved.png: is a WebP picture") && error.hint().contains("convert"), "{error}");
    let spec = ImagesSpec { skip_bad: true, ..ImagesSpec::new(folder.path()) };
    assert_eq!(spec.open_with(Path::new(""), &mut |_, _| {}).unwrap().report.bad_count, 1);
}
