//! What a classifier trained on the real images says of transported ones.

use std::path::{Path, PathBuf};

use efm_core::streams;
use efm_core::{Points, Seed, Stream};
use efm_data::image::{ImageSampler, ImagesSpec};
use efm_data::{DataSpec, Sampler, read_points};
use efm_eval::{ImageShape, colour_correlation, frechet_distance};
use efm_report::picture::image_pairs;
use efm_train::write_atomically;
use serde::Serialize;

use super::{Classifier, classifier, judge};
use crate::{Error, Host, Kind, NamedDevice, RunDir, all, class_names, nearest, saved_config, shapes};

/// Steps that a classifier is trained for unless told otherwise.
pub const CLASSIFIER_STEPS: usize = 3_000;

/// Test images that the classifier is measured on.
pub const CLASSIFIER_TESTS: usize = 10_000;

/// Images of the picture beside their nearest neighbours.
const SHOWN: usize = 64;

/// How transported images are judged.
#[derive(Debug, Clone)]
pub struct ClassifyOptions {
    /// Steps of 128 images that the classifier is trained for.
    pub steps: usize,
    /// Seed of the classifier and of the test draws.
    pub seed: Seed,
    /// Folder that the classifier is kept in; by default one below the host's [`Host::store`].
    pub folder: Option<PathBuf>,
}

impl Default for ClassifyOptions {
    fn default() -> Self {
        Self { steps: CLASSIFIER_STEPS, seed: Seed(1), folder: None }
    }
}

/// What a classifier says of the transported images of a run; `classifier.json` of that run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClassifierReport {
    /// Steps of 128 images that the classifier was trained for.
    pub steps: usize,
    /// Seed of the classifier and of the test draws.
    pub seed: u64,
    /// Share of draws of the test images whose class it tells.
    pub accuracy: f64,
    /// Transported images.
    pub samples: usize,
    /// Share of them that it takes for one of the target's classes.
    pub of_target_class: f64,
    /// The same of test images of the target.
    pub of_target_class_real: f64,
    /// Share of the images sent to a class that it takes for that class.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of_own_class: Option<f64>,
    /// Squared Fréchet distance of features from test images of the target.
    pub frechet: f64,
    /// That of two draws of these.
    pub frechet_floor: f64,
    /// Between mean colours at the start and at the end of lines.
    pub colour_correlation: Option<f64>,
    /// Median distance in shape from the nearest training image of the target.
    pub nearest: f64,
    /// The same of test images.
    pub nearest_real: f64,
}

/// The sets that belong to a run whose target is a set of images with classes.
struct Real {
    /// All classes, and those of the target.
    train: ImageSampler,
    test: ImageSampler,
    of_target: ImageSampler,
    test_of_target: ImageSampler,
    /// The classes of the target.
    wanted: Vec<u32>,
}

/// Trains a classifier on the real images of the target of the run in `folder`, or takes the kept one, and lets it judge the
/// transported ones. Writes `classifier.json` and a picture of nearest neighbours into the folder.
///
/// # Errors
/// [`Error::Refused`] for runs without images or classes; those of reading, training and writing.
pub fn classify_run(
    folder: &Path,
    options: &ClassifyOptions,
    device: &NamedDevice,
    host: &dyn Host,
) -> Result<ClassifierReport, Error> {
    let real = Real::of(folder)?;
    let (starts, ends) = (points(folder, "source.npy")?, points(folder, "transported.npy")?);
    if ends.dim() != real.train.dim() || starts.len() != ends.len() {
        let message = format!("{}: the points are not those of its config.toml", folder.display());
        return Err(Error::new(Kind::Data, message, "run the experiment again"));
    }
    let classifier = classifier(&real.train, options.steps, options.seed, options.folder.as_deref(), device, host)?;
    let stream = options.seed.stream(streams::CLASSIFY_TEST);
    let labels = real.test.labels().ok_or(Error::Unlabelled)?.names().to_vec();
    let accuracy = accuracy(&classifier, &real.test, &stream, device)?;

    let count = ends.len();
    let fresh = |draw: u64| real.test_of_target.draw(&stream, draw * count as u64, count);
    let (first, second) = (fresh(0)?, fresh(1)?);
    let [of_ends, of_first, of_second] =
        [judge(&classifier, &ends, device)?, judge(&classifier, &first, device)?, judge(&classifier, &second, device)?];
    let share =
        |classes: &[u32]| classes.iter().filter(|class| real.wanted.contains(class)).count() as f64 / count as f64;

    let from = real.train.shape();
    let shape = ImageShape { height: from.height, width: from.width, channels: from.channels };
    let everything = all(&real.of_target)?;
    let known = shapes(&everything, &real.of_target)?;
    let (near, near_real) =
        (nearest(&shapes(&ends, &real.train)?, &known), nearest(&shapes(&first, &real.train)?, &known));
    let rows: Vec<_> = (0..count.min(SHOWN)).collect();
    let beside: Vec<_> = rows.iter().map(|&row| near[row].0).collect();
    let picture = RunDir::open(folder)?.pictures()?.join("images-nearest.png");
    let range = real.train.range().ends();
    image_pairs(picture, &ends.select(&rows), &everything.select(&beside), shape, 8, range)?;

    let in_colour = shape.channels == 3 && starts.dim() == ends.dim();
    let report = ClassifierReport {
        steps: options.steps,
        seed: options.seed.0,
        accuracy,
        samples: count,
        of_target_class: share(&of_ends.classes),
        of_target_class_real: share(&of_first.classes),
        of_own_class: own_class(folder, &of_ends.classes, &labels)?,
        frechet: frechet_distance(&of_ends.features, &of_first.features)?,
        frechet_floor: frechet_distance(&of_second.features, &of_first.features)?,
        colour_correlation: if in_colour { colour_correlation(&starts, &ends, shape)? } else { None },
        nearest: median(&near),
        nearest_real: median(&near_real),
    };
    let json = serde_json::to_string_pretty(&report).expect("plain data");
    write_atomically(&folder.join("classifier.json"), (json + "\n").as_bytes())?;
    Ok(report)
}

impl Real {
    fn of(folder: &Path) -> Result<Self, Error> {
        let config = saved_config(folder)?;
        let DataSpec::Images(target) = &config.target else {
            return Err(Error::config(
                "the target of this run is no set of images",
                "classify runs whose target has kind \"images\"",
            ));
        };
        let every = ImagesSpec { class: None, classes: Vec::new(), limit: None, ..target.clone() };
        let (train, test) = (every.open(Path::new(""))?, held_out(&every)?);
        let (of_target, test_of_target) = (target.open(Path::new(""))?, held_out(target)?);
        let Some(labels) = of_target.labels() else {
            let message = format!("{} has no classes, so there is nothing to tell", target.path.display());
            return Err(Error::new(Kind::Data, message, "put the images into one folder per class"));
        };
        let wanted = (0_u32..).zip(labels.counts()).filter(|(_, count)| *count > 0).map(|(class, _)| class).collect();
        Ok(Self { train, test, of_target, test_of_target, wanted })
    }
}

/// Share of draws of the test images whose class is told.
fn accuracy(classifier: &Classifier, test: &ImageSampler, stream: &Stream, device: &NamedDevice) -> Result<f64, Error> {
    let labels = test.labels().ok_or(Error::Unlabelled)?;
    let judged = judge(classifier, &test.draw(stream, 0, CLASSIFIER_TESTS)?, device)?;
    let truth = (0..CLASSIFIER_TESTS as u64).map(|draw| labels.classes()[test.image_of(stream, draw)]);
    let right = judged.classes.iter().zip(truth).filter(|(said, truth)| *said == truth).count();
    Ok(right as f64 / CLASSIFIER_TESTS as f64)
}

/// Share of the images that are taken for the class they were sent to; `None` where they were sent to none.
fn own_class(folder: &Path, said: &[u32], labels: &[String]) -> Result<Option<f64>, Error> {
    let path = folder.join("classes.npy");
    if !path.exists() {
        return Ok(None);
    }
    let names = class_names(&folder.join("model"))?;
    let sent = read_points(&path, None)?;
    let right = said.iter().zip(sent.as_slice()).filter(|(said, sent)| {
        let name = names.get(**sent as usize);
        name.is_some() && name == labels.get(**said as usize)
    });
    Ok(Some(right.count() as f64 / said.len().max(1) as f64))
}

fn held_out(spec: &ImagesSpec) -> Result<ImageSampler, Error> {
    spec.held_out(Path::new(""))?.ok_or_else(|| {
        let message = format!("{} has no test images to measure with", spec.path.display());
        Error::new(Kind::Data, message, "put a share of the images into a folder called test beside train")
    })
}

fn points(folder: &Path, name: &str) -> Result<Points, Error> {
    Ok(read_points(&folder.join(name), None)?)
}

fn median(found: &[(usize, f64)]) -> f64 {
    let mut distances: Vec<f64> = found.iter().map(|(_, distance)| *distance).collect();
    efm_core::stats::median(&mut distances).unwrap_or(f64::NAN)
}
