//! Images as points: layout, values, and what each format becomes.

#[path = "support/images.rs"]
mod images;
mod support;

use std::{fs, path::Path};

use efm_core::Seed;
use efm_data::image::{
    DecodeLimits, Fit, ImageSet, ImageShape, ImagesSpec, Raster, Split, Target, ValueRange, decode_image, read_idx,
    read_image_array, tint,
};
use efm_data::{DataSpec, Limits, Sampler};
use image::{DynamicImage, GrayImage, ImageFormat, RgbImage, RgbaImage};
use images::{encode, gzip, idx, jpeg, jpeg_held, picture, png, zipped};
use support::{folder, header, npy, put};
use tempfile::TempDir;

fn spec(text: &str) -> ImagesSpec {
    toml::from_str(text).expect(text)
}

fn decode(bytes: &[u8]) -> Raster {
    decode_image(Path::new("x"), bytes, [255; 3], &DecodeLimits::default()).unwrap()
}

/// A folder of small PNG files under these names; the seed of each is its place in the list.
fn tree(names: &[&str]) -> TempDir {
    let folder = folder();
    for (seed, name) in names.iter().enumerate() {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, png(4, 4, seed as u8)).unwrap();
    }
    folder
}

#[test]
fn points_are_channels_first_and_values_go_there_and_back() {
    let shape = ImageShape::new(2, 2, 3).unwrap();
    assert_eq!(shape.dim(), 12);
    let raster = Raster::new(shape, (0..12).collect()).unwrap();
    assert_eq!(raster.planar(), [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]);
    for range in [ValueRange::Unit, ValueRange::Signed] {
        assert_eq!((range.from_byte(0), range.from_byte(255)), range.ends());
        assert!((0..=255).all(|byte| range.to_byte(range.from_byte(byte)) == byte));
        assert_eq!((range.to_byte(-9.0), range.to_byte(9.0), range.to_byte(f32::NAN)), (0, 255, 0));
    }
    assert!(ImageShape::new(0, 2, 1).is_err() && ImageShape::new(2, 2, 2).is_err());
}

#[test]
fn idx_raw_and_packed_with_labels() {
    let folder = folder();
    let pixels: Vec<u8> = (0..5 * 6).collect();
    put(&folder, "train-images-idx3-ubyte", &idx(&[5, 2, 3], &pixels));
    put(&folder, "train-labels-idx1-ubyte.gz", &gzip(&idx(&[5], &[3, 2, 3, 0, 3])));
    let path = put(&folder, "t10k-images-idx3-ubyte.gz", &gzip(&idx(&[2, 2, 3], &[9; 12])));
    assert_eq!(read_idx(&path, &Limits::default()).unwrap().axes, [2, 2, 3]);

    let sampler = spec("path = 'x'").opened(&folder);
    assert_eq!((sampler.shape(), sampler.count()), (ImageShape::new(2, 3, 1).unwrap(), 5));
    assert_eq!(sampler.labels().unwrap().counts(), [1, 0, 1, 3]);
    let mut point = [0.0; 6];
    sampler.image_into(1, &mut point).unwrap();
    assert_eq!(point.map(|value| ValueRange::Signed.to_byte(value)), [6, 7, 8, 9, 10, 11]);

    let threes = spec("path = 'x'\nclass = 3\nrange = 'unit'").opened(&folder);
    let set = threes.in_memory().unwrap();
    assert_eq!((set.len(), set.image(1)), (3, &[12, 13, 14, 15, 16, 17][..]));
    assert_eq!(spec("path = 'x'\nclasses = ['2', 0]").opened(&folder).count(), 2);
    assert_eq!(spec("path = 'x'\nclass = 3\nlimit = 2").opened(&folder).count(), 2);
    let test = spec("path = 'x'\nsplit = 'test'").opened(&folder);
    assert!(test.labels().is_none() && test.count() == 2);
}

/// `path` stands for the folder.
trait Open {
    fn opened(&self, folder: &TempDir) -> efm_data::image::ImageSampler;
}

impl Open for ImagesSpec {
    fn opened(&self, folder: &TempDir) -> efm_data::image::ImageSampler {
        let spec = ImagesSpec { path: folder.path().into(), ..self.clone() };
        spec.open(Path::new("")).unwrap_or_else(|error| panic!("{error}"))
    }
}

#[test]
fn cifar_of_both_kinds() {
    let record = |head: &[u8], value: u8| [head, &[value; 1024], &[value + 1; 1024], &[value + 2; 1024]].concat();
    let ten = folder();
    fs::create_dir(ten.path().join("cifar-10-batches-bin")).unwrap();
    put(&ten, "cifar-10-batches-bin/data_batch_1.bin", &[record(&[9], 10), record(&[0], 20)].concat());
    put(&ten, "cifar-10-batches-bin/data_batch_2.bin", &record(&[1], 30));
    let names: Vec<_> = ["plane", "car", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"].into();
    put(&ten, "cifar-10-batches-bin/batches.meta.txt", names.join("\n").as_bytes());
    let sampler = spec("path = 'x'").opened(&ten);
    let set = sampler.in_memory().unwrap();
    assert_eq!((set.len(), set.labels().unwrap().classes()), (3, &[9, 0, 1][..]));
    assert_eq!([0, 1024, 2048].map(|at| set.image(1)[at]), [20, 21, 22]);
    assert_eq!(spec("path = 'x'\nclasses = ['truck', 'plane']").opened(&ten).count(), 2);

    let hundred = folder();
    put(&hundred, "test.bin", &[record(&[3, 99], 10), record(&[4, 7], 20)].concat());
    let set = spec("path = 'x'\nsplit = 'test'").opened(&hundred);
    assert_eq!(set.labels().unwrap().classes(), [99, 7]);
}

#[test]
fn depth_alpha_grey_and_orientation_follow_the_rules() {
    // 16 bits become 8 by v/257, rounded.
    let sixteen = image::ImageBuffer::<image::Luma<u16>, _>::from_vec(3, 1, vec![257 * 7, 257 * 7 + 128, 65_535]);
    let raster = decode(&encode(&DynamicImage::ImageLuma16(sixteen.unwrap()), ImageFormat::Png));
    assert_eq!((raster.shape().channels, raster.pixels()), (1, &[7, 7, 255][..]));
    // Alpha over a background; what is transparent hides its colour.
    let pixels = vec![200, 100, 0, 255, 200, 100, 0, 0, 200, 100, 0, 51];
    let alpha = encode(&RgbaImage::from_vec(3, 1, pixels).unwrap().into(), ImageFormat::Png);
    assert_eq!(decode(&alpha).pixels(), [200, 100, 0, 255, 255, 255, 244, 224, 204]);
    let on_blue = decode_image(Path::new("x"), &alpha, [0, 0, 255], &DecodeLimits::default()).unwrap();
    assert_eq!(on_blue.pixels()[3..6], [0, 0, 255]);
    // Grey repeats to colour; colour to grey is BT.601.
    let grey = Raster::new(ImageShape::new(1, 1, 1).unwrap(), vec![9]).unwrap();
    assert_eq!(grey.with_channels(3).pixels(), [9, 9, 9]);
    // Pictures of the camera held otherwise stand upright: all eight give the same picture.
    let upright = picture(16, 8, 1);
    let turned = [
        upright.clone(),
        upright.fliph(),
        upright.rotate180(),
        upright.flipv(),
        upright.rotate90().fliph(),
        upright.rotate270(),
        upright.rotate270().fliph(),
        upright.rotate90(),
    ];
    for (held, picture) in (1..).zip(turned) {
        let raster = decode(&jpeg_held(&picture, held));
        assert_eq!((raster.shape().height, raster.shape().width), (8, 16), "{held}");
        // JPEG at quality 95 with halved colour keeps a smooth picture to a few values.
        let far = raster.pixels().iter().zip(upright.to_rgb8().as_raw()).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(far.unwrap() < 24, "{held}: {far:?}");
    }
}

#[test]
fn resampling_and_grey_are_those_of_pillow() {
    let read = |name: &str| decode(&fs::read(Path::new("tests/files").join(name)).unwrap());
    let whole = read("pillow_rgb.png");
    for (height, width) in [(13, 17), (72, 60)] {
        let target = Target { size: Some((height, width)), fit: Fit::Stretch, ..Target::default() };
        let (ours, theirs) = (target.apply(whole.clone()), read(&format!("pillow_bicubic_{width}x{height}.png")));
        assert_eq!(ours.shape(), theirs.shape());
        // Pillow rounds to 8 bits between rows and columns, and computes in integers: one value apart at most, or two.
        let far = ours.pixels().iter().zip(theirs.pixels()).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(far.unwrap() <= 2, "{far:?}");
    }
    assert_eq!(whole.with_channels(1), read("pillow_grey.png"));
}

#[test]
fn pictures_of_other_tools_are_what_other_tools_see() {
    let files = Path::new("tests/files");
    for (name, tolerance) in [
        ("pillow_palette.png", 0),
        ("pillow_bits.png", 0),
        ("pillow_palette_transparent.png", 0),
        // The inverse transform of JPEG may round either way, and colour conversion once more.
        ("pillow_grey.jpg", 2),
        ("pillow_restarts.jpg", 4),
        ("pillow_progressive.jpg", 4),
    ] {
        let raster = decode(&fs::read(files.join(name)).unwrap());
        let theirs = efm_data::read_points(&files.join(format!("{name}.npy")), None).unwrap();
        assert_eq!(raster.pixels().len(), theirs.as_slice().len(), "{name}");
        let far = raster.pixels().iter().zip(theirs.as_slice()).map(|(a, b)| a.abs_diff(*b as u8)).max().unwrap();
        assert!(far <= tolerance, "{name}: {far}");
    }
}

#[test]
fn a_changed_aspect_ratio_is_cropped_padded_or_stretched() {
    // Columns of 0, 0, 90, 90, 0, 0 in a wide picture: its centre is a square of 90s.
    let wide = GrayImage::from_fn(6, 2, |x, _| image::Luma([if x / 2 == 1 { 90 } else { 0 }]));
    let raster = decode(&encode(&wide.into(), ImageFormat::Png));
    let fit =
        |fit, size| Target { size: Some(size), fit, background: [7; 3], ..Target::default() }.apply(raster.clone());
    assert_eq!(fit(Fit::Crop, (2, 2)).pixels(), [90; 4]);
    assert_eq!(fit(Fit::Pad, (4, 6)).pixels(), [[7; 6], [0, 0, 90, 90, 0, 0], [0, 0, 90, 90, 0, 0], [7; 6]].concat());
    assert_eq!(fit(Fit::Stretch, (1, 6)).pixels(), [0, 0, 90, 90, 0, 0]);
    assert_eq!(fit(Fit::Crop, (1, 1)).shape().dim(), 1);
}

#[test]
fn folders_of_classes_splits_and_domains() {
    let plain = tree(&["b.png", "a.png", ".hidden.png", "sub/c.JPG"]);
    put(&plain, "readme.txt", b"no image");
    let sampler = spec("path = 'x'").opened(&plain);
    assert!(sampler.labels().is_none());
    // In the order of names: a, b, sub/c.
    assert_eq!([0, 1, 2].map(|index| sampler.in_memory().unwrap().image(index)[32]), [37, 0, 111]);

    let classes = tree(&["dog/1.png", "cat/2.png", "cat/3.png", "dog/old/4.png"]);
    let labels = spec("path = 'x'").opened(&classes).labels().unwrap().clone();
    assert_eq!((labels.names(), labels.classes()), (&["cat".to_owned(), "dog".to_owned()][..], &[0, 0, 1, 1][..]));
    assert_eq!(spec("path = 'x'\nclass = 'dog'").opened(&classes).count(), 2);

    let split = tree(&["train/x/1.png", "train/y/2.png", "test/x/3.png", "test/x/4.png", "test/y/5.png"]);
    assert_eq!(spec("path = 'x'").opened(&split).count(), 2);
    assert_eq!(spec("path = 'x'\nsplit = 'test'\nclass = 'x'").opened(&split).count(), 2);
    assert_eq!(spec("path = 'x'\nsplit = 'all'").opened(&split).labels().unwrap().counts(), [3, 2]);

    let names = ["trainA/1.png", "trainA/2.png", "trainB/3.png", "trainB/4.png", "trainB/5.png", "testA/6.png"];
    let cycle = tree(&names);
    assert_eq!(spec("path = 'x'\ndomain = 'B'").opened(&cycle).count(), 3);
    assert_eq!(spec("path = 'x'\ndomain = 'A'\nsplit = 'all'").opened(&cycle).count(), 3);

    // The same in an archive, with a folder around everything.
    let bytes = names.map(|name| (format!("horse2zebra/{name}"), png(4, 4, 0)));
    let files: Vec<_> = bytes.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    let path = put(&cycle, "cycle.zip", &zipped(&files));
    let mut zip = spec("path = 'x'\ndomain = 'B'");
    zip.path = path;
    let opened = zip.open_with(Path::new(""), &mut |_, _| {}).unwrap();
    assert_eq!((opened.sampler.count(), opened.report.format), (3, "zip of images"));
}

#[test]
fn arrays_of_every_layout_and_type() {
    let folder = folder();
    let read = |bytes: &[u8]| {
        let path = put(&folder, "x.npy", bytes);
        read_image_array(&path, None, Split::Train, [255; 3], &Limits::default()).unwrap()
    };
    let bytes: Vec<u8> = (0..24).collect();
    let last = read(&npy(&header("|u1", "(2, 2, 2, 3)"), &bytes));
    assert_eq!(last.image(0), [0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]);
    let first = read(&npy(&header("|u1", "(2, 3, 2, 2)"), &bytes));
    assert_eq!((first.image(0), first.shape()), (&bytes[..12], ImageShape::new(2, 2, 3).unwrap()));
    assert_eq!(read(&npy(&header("|u1", "(2, 3, 4)"), &bytes)).shape(), ImageShape::new(3, 4, 1).unwrap());
    let alpha = read(&npy(&header("|u1", "(1, 1, 1, 4)"), &[1, 2, 3, 0]));
    assert_eq!(alpha.image(0), [255; 3]);
    let floats = |values: [f32; 4]| {
        let data: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        read(&npy(&header("<f4", "(1, 2, 2)"), &data)).image(0).to_vec()
    };
    assert_eq!(floats([0.0, 0.2, 1.0, 0.0]), [0, 51, 255, 0]);
    assert_eq!(floats([-1.0, 0.2, 1.0, -0.2]), [0, 153, 255, 102]);
    assert_eq!(floats([0.0, 2.0, 255.0, 1.0]), [0, 2, 255, 1]);
    let wide: Vec<u8> = [0_u16, 257, 65_535, 514].iter().flat_map(|value| value.to_le_bytes()).collect();
    assert_eq!(read(&npy(&header("<u2", "(1, 2, 2)"), &wide)).image(0), [0, 1, 255, 2]);
    assert_eq!(read(&npy(&header("|b1", "(1, 1, 2)"), &[0, 1])).image(0), [0, 255]);

    let array = |shape: &str, data: &[u8]| npy(&header("|u1", shape), data);
    let keras = zipped(&[
        ("x_train.npy", &array("(2, 1, 2)", &[1, 2, 3, 4])),
        ("y_train.npy", &array("(2,)", &[1, 0])),
        ("x_test.npy", &array("(3, 1, 2)", &[0; 6])),
    ]);
    put(&folder, "keras.npz", &keras);
    let train = spec("path = 'keras.npz'").open(folder.path()).unwrap();
    assert_eq!((train.count(), train.labels().unwrap().classes()), (2, &[1, 0][..]));
    assert_eq!(spec("path = 'keras.npz'\nsplit = 'test'").open(folder.path()).unwrap().count(), 3);
    let named = spec("path = 'keras.npz'\nkey = 'x_train'\nsize = 4\nchannels = 3").open(folder.path()).unwrap();
    assert_eq!((named.shape().dim(), named.labels().is_some()), (48, true));
}

#[test]
fn draws_depend_on_stream_and_index_alone() {
    let folder = tree(&["a.png", "b.png", "c.png", "d.png", "e.png"]);
    let sampler = spec("path = 'x'\nflip = true\ncolour = 'random'\nsize = 6").opened(&folder);
    assert_eq!(sampler.shape(), ImageShape::new(6, 6, 3).unwrap());
    let stream = Seed(3).stream("images");
    let whole = sampler.draw(&stream, 0, 64).unwrap();
    for (first, count) in [(0, 1), (17, 5), (63, 1)] {
        let part = sampler.draw(&stream, first, count).unwrap();
        assert_eq!(part.as_slice(), whole.select(&(first as usize..).take(count).collect::<Vec<_>>()).as_slice());
    }
    assert_ne!(sampler.draw(&Seed(4).stream("images"), 0, 64).unwrap(), whole);
}

#[test]
fn random_colours_keep_the_grey_value_and_every_hue_is_as_likely() {
    // HSV with full saturation: the largest channel is the value, the smallest is 0.
    for hue in 0..60 {
        let [red, green, blue] = tint(hue as f32 / 60.0);
        assert_eq!(red.max(green).max(blue), 1.0);
        assert!(red.min(green).min(blue) < 1e-6);
    }
    let near = |hue, colour: [f32; 3]| tint(hue).iter().zip(colour).all(|(a, b)| (a - b).abs() < 1e-5);
    assert!(near(0.0, [1.0, 0.0, 0.0]) && near(1.0 / 3.0, [0.0, 1.0, 0.0]) && near(0.75, [0.5, 0.0, 1.0]));

    let folder = folder();
    put(&folder, "a.idx", &idx(&[2, 1, 2], &[0, 255, 0, 128]));
    let sampler = spec("path = 'a.idx'\ncolour = 'random'\nrange = 'unit'").open(folder.path()).unwrap();
    let draws = sampler.draw(&Seed(1).stream("colour"), 0, 6000).unwrap();
    let mut reddest = 0;
    for point in draws.iter() {
        let pixel = |x: usize| [point[x], point[2 + x], point[4 + x]];
        assert_eq!(pixel(0), [0.0; 3]);
        let [red, green, blue] = pixel(1);
        let value = red.max(green).max(blue);
        assert!(value == 1.0 || (value - 128.0 / 255.0).abs() < 1e-6, "{value}");
        reddest += u32::from(red >= green && red >= blue);
    }
    // A third of the hues are red before all; standard deviation 37.
    assert!(reddest.abs_diff(2000) < 150, "{reddest}");
}

#[test]
fn half_the_draws_are_mirrored() {
    let set = ImageSet::new(ImageShape::new(1, 2, 1).unwrap(), vec![0, 255, 0, 255], None).unwrap();
    assert_eq!(set.points(ValueRange::Signed).point(0), [-1.0, 1.0]);
    let folder = folder();
    put(&folder, "a.idx", &idx(&[2, 1, 2], &[0, 255, 0, 255]));
    let sampler = spec("path = 'a.idx'\nflip = true").open(folder.path()).unwrap();
    let draws = sampler.draw(&Seed(1).stream("flip"), 0, 4000).unwrap();
    let mirrored = draws.iter().filter(|point| point[0] > point[1]).count();
    // Standard deviation 32.
    assert!(mirrored.abs_diff(2000) < 130, "{mirrored}");
}

#[test]
fn a_set_larger_than_its_memory_gives_the_same_points() {
    let names: Vec<_> = (0..40).map(|index| format!("{index:02}.png")).collect();
    let folder = tree(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let whole = spec("path = 'x'\nflip = true").opened(&folder);
    // Room for ten images of 48 bytes.
    let streamed = spec("path = 'x'\nflip = true\nmax_bytes = 480").opened(&folder);
    assert!(whole.in_memory().is_some() && streamed.in_memory().is_none());
    let stream = Seed(9).stream("x");
    for first in [0, 500, 100] {
        assert_eq!(whole.draw(&stream, first, 200).unwrap(), streamed.draw(&stream, first, 200).unwrap());
        assert!((48..=480).contains(&streamed.resident_bytes()), "{}", streamed.resident_bytes());
    }
    // A file that vanishes later is passed over and reported.
    fs::remove_file(folder.path().join("07.png")).unwrap();
    streamed.draw(&stream, 0, 2000).unwrap();
    let faults = streamed.faults();
    assert!(faults.iter().any(|fault| fault.to_string().contains("07.png")) && streamed.faults().is_empty());
}

#[test]
fn a_configuration_opens_images_and_comes_back_from_toml() {
    let folder = tree(&["a.png", "b.png"]);
    put(&folder, "c.jpg", &jpeg(9, 9, 1));
    let text =
        format!("kind = 'images'\npath = '{}'\nsize = [5, 3]\ncolor = 'random'\nclass = 3", folder.path().display());
    let spec: DataSpec = toml::from_str(&text).unwrap();
    assert_eq!(toml::from_str::<DataSpec>(&toml::to_string(&spec).unwrap()).unwrap(), spec);
    assert!(spec.summary().contains("5 × 3 px") && spec.summary().contains("class 3"), "{spec}");
    let mut whole = spec.clone();
    let DataSpec::Images(images) = &mut whole else { panic!("kind images") };
    images.class = None;
    assert_eq!(whole.open(Path::new("")).unwrap().dim(), 45);
    let all = RgbImage::new(1, 1);
    assert_eq!(decode(&encode(&all.into(), ImageFormat::Png)).pixels(), [0; 3]);
}

#[test]
fn a_class_of_a_set_is_the_set_of_the_class() {
    let folder = folder();
    let pixels: Vec<u8> = (0..6 * 4).map(|k| 10 * k).collect();
    put(&folder, "train-images-idx3-ubyte", &idx(&[6, 2, 2], &pixels));
    put(&folder, "train-labels-idx1-ubyte", &idx(&[6], &[3, 1, 3, 3, 1, 1]));
    let open = |text: &str| spec(&format!("path = '.'\nflip = true\n{text}")).open(folder.path()).unwrap();
    let whole = open("");
    assert_eq!(whole.classes(), ["1", "3"], "classes without images are none");
    assert!(whole.of_class(2).is_none());
    let stream = Seed(3).stream("x");
    for (class, alone) in [(0, open("class = 1")), (1, open("class = 3"))] {
        let part = whole.of_class(class).unwrap();
        assert_eq!((part.len(), part.classes()), (Some(3), alone.classes()));
        assert_eq!(part.draw(&stream, 7, 30).unwrap(), alone.draw(&stream, 7, 30).unwrap());
        // A class has one class: itself.
        assert_eq!(part.of_class(0).unwrap().draw(&stream, 0, 9).unwrap(), alone.draw(&stream, 0, 9).unwrap());
    }
}
