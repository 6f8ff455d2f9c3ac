//! `efm eval A B --features NETWORK`: distances of two sets of images on what a network makes of them.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use efm::Features;
use efm::{Host, open_classifier};
use efm_core::streams;
use efm_core::{Points, Seed};
use efm_data::image::ImageShape;
use efm_data::{store, write_arrays};
use efm_eval::{Figure, MeasureKind, Skipped, space_table};
use efm_models::{Weights, device};
use efm_train::write_atomically;
use serde::Serialize;

use super::compare;
use super::compare::{Compared, READING, Space};
use crate::args::{EvalArgs, FeaturesArg};
use crate::failure::{Exit, Failure};
use crate::sets::{Pixels, Set, shape_of_run};
use crate::terminal::Terminal;
use crate::{data_folder, say};

/// Features of two sets of images.
pub struct FeatureClouds {
    /// Name of the network in that of a distance.
    pub network: &'static str,
    pub first: Points,
    pub second: Points,
}

/// What is printed.
#[derive(Serialize)]
struct Distances {
    network: &'static str,
    features: usize,
    images: [usize; 2],
    seed: u64,
    /// What the Fréchet and the kernel distance on these features are called.
    names: [String; 2],
    figures: Vec<Figure>,
    skipped: Vec<Skipped>,
}

/// Measures and prints.
pub fn run(args: &EvalArgs, network: FeaturesArg, target: &Path, host: &Terminal) -> Result<(), Failure> {
    let outputs = [("--out", &args.out), ("--keep-features", &args.features.keep_features)];
    for (option, file) in outputs {
        file.as_deref().map_or(Ok(()), |file| compare::check_place(option, file))?;
    }
    let clouds = clouds(args, network, target, host)?;
    let FeatureClouds { network, first, second } = &clouds;
    if let Some(path) = &args.features.keep_features {
        write_arrays(path, &[("first", first), ("second", second)])?;
    }
    let names = match *network {
        // With the weights of 2015 these are FID and KID; which weights these are, only their owner knows.
        "Inception" => ["FID".to_owned(), "KID".to_owned()],
        network => [format!("FD-{network}"), format!("KID-{network}")],
    };
    let [first, second] = [first, second].map(Cow::Borrowed);
    let images = [first.len(), second.len()];
    let space = Space { name: (*network).to_owned(), measures: &MeasureKind::OF_FEATURES, first, second };
    let Compared { dim, figures, skipped, .. } = compare::measure(&space, args, host)?;
    let text = format!(
        "{} images against {}, {dim} features of {network}: the Fréchet distance is {}, the kernel distance {}\n{}seed {}{READING}",
        images[0],
        images[1],
        names[0],
        names[1],
        space_table("", &figures, &skipped),
        args.seed
    );
    let distances = Distances { network, features: dim, images, seed: args.seed, names, figures, skipped };
    let json = serde_json::to_string_pretty(&distances).expect("plain data");
    if let Some(out) = &args.out {
        write_atomically(out, (json.clone() + "\n").as_bytes())?;
    }
    say::out(if args.json { json } else { text });
    Ok(())
}

/// The features of both sets.
pub fn clouds(args: &EvalArgs, network: FeaturesArg, target: &Path, host: &Terminal) -> Result<FeatureClouds, Failure> {
    let device = device::parse("cpu")?;
    let network = open(network, args.features.weights.as_deref(), &device)?;
    host.listen();
    let own = network.image().map(|[channels, height, width]| ImageShape::new(height, width, channels)).transpose()?;
    let shape = own.or_else(|| shape_of_run(&args.first)).or_else(|| shape_of_run(target));
    let of = |path: &Path, stream: &str| -> Result<Points, Failure> {
        let most = Some((args.max.unwrap_or(MOST), Seed(args.seed).stream(stream)));
        let set = Set::read(path, Pixels { side: args.image, shape, most, arrays: true }, host)?;
        let shape = match set.image {
            Some(shape) => [shape.channels, shape.height, shape.width],
            None => {
                in_range(&set.points, path)?;
                rows_shape(set.points.dim(), args.features.shape.as_deref(), path)?
            }
        };
        let mut progress = host.progress("features", set.points.len());
        let features = network.of(&set.points, shape, &device, &mut |done| {
            progress.set(done, &String::new);
            host.stop().is_none()
        });
        drop(progress);
        match host.stop() {
            Some(exit) => Err(Failure::new(exit.into(), "stopped; nothing was written", "run the command again")),
            None => Ok(features?),
        }
    };
    let (first, second) = (of(&args.first, streams::EVAL_FIRST)?, of(target, streams::EVAL_SECOND)?);
    Ok(FeatureClouds { network: network.name(), first, second })
}

fn open(network: FeaturesArg, weights: Option<&Path>, device: &Device) -> Result<Features, Failure> {
    let missing = |what: &str| Failure::usage(format!("--features {what} needs --weights"), "name its file of weights");
    Ok(match (network, weights) {
        (FeaturesArg::EfficientnetLite0, Some(path)) => Features::efficientnet_lite0(&Weights::open(path)?, device)?,
        (FeaturesArg::EfficientnetLite0, None) => {
            Features::efficientnet_lite0(&Weights::open(&known_weights()?)?, device)?
        }
        (FeaturesArg::Inception, Some(path)) => Features::inception(&Weights::open(path)?, device)?,
        (FeaturesArg::Inception, None) => return Err(missing("inception")),
        (FeaturesArg::Classifier, Some(folder)) => Features::classifier(open_classifier(folder, device)?),
        (FeaturesArg::Classifier, None) => return Err(missing("classifier")),
    })
}

/// The weights of EfficientNet-Lite0 that were imported.
fn known_weights() -> Result<PathBuf, Failure> {
    let name = store::EFFICIENTNET_LITE0;
    let folder = data_folder::known_set(Path::new(name))?.expect("a name that is known");
    Ok(folder.join(store::EFFICIENTNET_LITE0_FILE))
}

/// Channels, rows and columns of rows of D numbers: what was given, or else square images in grey or colour.
fn rows_shape(dim: usize, given: Option<&[usize]>, path: &Path) -> Result<[usize; 3], Failure> {
    if let Some(&[channels, height, width]) = given {
        return Ok([channels, height, width]);
    }
    let square = |area: usize| Some(area.isqrt()).filter(|side| side * side == area);
    let shape = square(dim).map(|side| [1, side, side]);
    let shape = shape.or_else(|| square(dim / 3).filter(|_| dim.is_multiple_of(3)).map(|side| [3, side, side]));
    shape.ok_or_else(|| {
        let message = format!("{}: D = {dim} is neither a square nor three of them", path.display());
        Failure::new(Exit::Data, message, "give the shape of the images with --shape CHANNELS,ROWS,COLUMNS")
    })
}

/// Rows are images only if their values are: from −1 to 1, and a transported one may be a little beyond.
fn in_range(points: &Points, path: &Path) -> Result<(), Failure> {
    let largest = points.as_slice().iter().fold(0.0_f32, |most, value| most.max(value.abs()));
    if largest > BEYOND {
        let message = format!("{}: values up to {largest} are not those of images", path.display());
        return Err(Failure::new(
            Exit::Data,
            message,
            "rows of pixels lie between −1 and 1; arrays of bytes have the axes N, H, W, C",
        ));
    }
    Ok(())
}

/// Images of each set unless told otherwise: minutes of work.
const MOST: usize = 10_000;

/// Farthest that a pixel of a transported image may be from grey.
const BEYOND: f32 = 4.0;
