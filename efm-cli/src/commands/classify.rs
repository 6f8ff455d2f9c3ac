use std::path::{Path, PathBuf};

use efm::{RunDir, all, class_names, classifier, judge, nearest, saved_config, shapes};
use efm_core::streams;
use efm_core::{Points, Seed};
use efm_data::image::{ImageSampler, ImagesSpec};
use efm_data::{DataSpec, Sampler, read_points};
use efm_eval::{ImageShape, colour_correlation, frechet_distance};
use efm_models::device;
use efm_report::picture::image_pairs;
use efm_train::write_atomically;
use serde::Serialize;

use crate::args::ClassifyArgs;
use crate::failure::{Exit, Failure};
use crate::say;
use crate::terminal::Terminal;

/// Test images that the classifier is measured on.
const TESTS: usize = 10_000;

/// Images of the picture beside their nearest neighbours.
const SHOWN: usize = 64;

/// What `efm classify` found; `classifier.json` of the run.
#[derive(Debug, Serialize)]
struct Report {
    /// Steps of 128 images that the classifier was trained for.
    steps: usize,
    seed: u64,
    /// Share of draws of the test images whose class it tells.
    accuracy: f64,
    /// Transported images.
    samples: usize,
    /// Share of them that it takes for one of the target's classes, and the same of test images of the target.
    of_target_class: f64,
    of_target_class_real: f64,
    /// Share of the images sent to a class that it takes for that class.
    #[serde(skip_serializing_if = "Option::is_none")]
    of_own_class: Option<f64>,
    /// Squared Fréchet distance of features from test images of the target; the floor is that of two draws of these.
    frechet: f64,
    frechet_floor: f64,
    /// Between mean colours at the start and at the end of lines.
    colour_correlation: Option<f64>,
    /// Median distance in shape from the nearest training image of the target, and the same of test images.
    nearest: f64,
    nearest_real: f64,
}

/// `efm classify`: what a classifier trained on the real images says of transported ones.
pub fn run(args: &ClassifyArgs, host: &Terminal) -> Result<(), Failure> {
    let several = args.runs.len() > 1;
    let mut reports = Vec::new();
    for run in &args.runs {
        let report = one(args, run, host)?;
        if !args.json {
            let name = if several { format!("{}: ", run.display()) } else { String::new() };
            say::out(format!("{name}{}", summary(&report)));
        }
        reports.push(report);
    }
    if args.json {
        let text = match reports.as_slice() {
            [report] => serde_json::to_string_pretty(report),
            reports => serde_json::to_string_pretty(reports),
        };
        say::out(text.expect("plain data"));
    }
    Ok(())
}

fn one(args: &ClassifyArgs, run: &Path, host: &Terminal) -> Result<Report, Failure> {
    let config = saved_config(run)?;
    let DataSpec::Images(target) = &config.target else {
        return Err(Failure::usage(
            "the target of this run is no set of images",
            "classify runs whose target has kind \"images\"",
        ));
    };
    let every = ImagesSpec { class: None, classes: Vec::new(), limit: None, ..target.clone() };
    let (train, test) = (every.open(Path::new(""))?, held_out(&every)?);
    let (real_train, real_test) = (target.open(Path::new(""))?, held_out(target)?);
    let wanted: Vec<u32> = match real_train.labels() {
        Some(labels) => {
            (0_u32..).zip(labels.counts()).filter(|(_, count)| *count > 0).map(|(class, _)| class).collect()
        }
        None => return Err(unlabelled(target)),
    };
    let (starts, ends) = (points(run, "source.npy")?, points(run, "transported.npy")?);
    if ends.dim() != train.dim() || starts.len() != ends.len() {
        let message = format!("{}: the points are not those of its config.toml", run.display());
        return Err(Failure::new(Exit::Data, message, "run the experiment again"));
    }
    let (device, seed) = (device::parse(&args.device)?, Seed(args.seed));
    host.listen();
    let kept = args.classifier.as_deref();
    let classifier = classifier(&train, args.steps, seed, kept, &device, host)?;

    let stream = seed.stream(streams::CLASSIFY_TEST);
    let labels = test.labels().ok_or_else(|| unlabelled(target))?;
    let judged = judge(&classifier, &test.draw(&stream, 0, TESTS)?, &device)?;
    let truth = (0..TESTS as u64).map(|draw| labels.classes()[test.image_of(&stream, draw)]);
    let right = judged.classes.iter().zip(truth).filter(|(said, truth)| *said == truth).count();

    let count = ends.len();
    let fresh = |draw: u64| real_test.draw(&stream, draw * count as u64, count);
    let (first, second) = (fresh(0)?, fresh(1)?);
    let [of_ends, of_first, of_second] = [
        judge(&classifier, &ends, &device)?,
        judge(&classifier, &first, &device)?,
        judge(&classifier, &second, &device)?,
    ];
    let share = |classes: &[u32]| classes.iter().filter(|class| wanted.contains(class)).count() as f64 / count as f64;

    let from = train.shape();
    let shape = ImageShape { height: from.height, width: from.width, channels: from.channels };
    let everything = all(&real_train)?;
    let known = shapes(&everything, &real_train)?;
    let (near, near_real) = (nearest(&shapes(&ends, &train)?, &known), nearest(&shapes(&first, &train)?, &known));
    let rows: Vec<_> = (0..count.min(SHOWN)).collect();
    let beside: Vec<_> = rows.iter().map(|&row| near[row].0).collect();
    let neighbours = everything.select(&beside);
    let picture = RunDir::open(run)?.pictures()?.join("images-nearest.png");
    image_pairs(picture, &ends.select(&rows), &neighbours, shape, 8, train.range().ends())?;

    let report = Report {
        steps: args.steps,
        seed: args.seed,
        accuracy: right as f64 / TESTS as f64,
        samples: count,
        of_target_class: share(&of_ends.classes),
        of_target_class_real: share(&of_first.classes),
        of_own_class: own_class(run, &of_ends.classes, labels.names())?,
        frechet: frechet_distance(&of_ends.features, &of_first.features)?,
        frechet_floor: frechet_distance(&of_second.features, &of_first.features)?,
        colour_correlation: if shape.channels == 3 && starts.dim() == ends.dim() {
            colour_correlation(&starts, &ends, shape)?
        } else {
            None
        },
        nearest: median(&near),
        nearest_real: median(&near_real),
    };
    let json = serde_json::to_string_pretty(&report).expect("plain data");
    write_atomically(&run.join("classifier.json"), (json + "\n").as_bytes())?;
    Ok(report)
}

/// Share of the images that are taken for the class they were sent to; `None` where they were sent to none.
fn own_class(run: &Path, said: &[u32], labels: &[String]) -> Result<Option<f64>, Failure> {
    let path = run.join("classes.npy");
    if !path.exists() {
        return Ok(None);
    }
    let names = class_names(&run.join("model"))?;
    let sent = read_points(&path, None)?;
    let right = said.iter().zip(sent.as_slice()).filter(|(said, sent)| {
        let name = names.get(**sent as usize);
        name.is_some() && name == labels.get(**said as usize)
    });
    Ok(Some(right.count() as f64 / said.len().max(1) as f64))
}

fn summary(report: &Report) -> String {
    let colours = report
        .colour_correlation
        .map_or(String::new(), |value| format!("\n  colours kept (correlation)        {value:.3}"));
    let own = report
        .of_own_class
        .map_or(String::new(), |share| format!("\n  taken for the class asked for     {:.1} %", 100.0 * share));
    format!(
        "classifier: {:.2} % of {TESTS} draws of the test images right\n{} transported images\n  \
         taken for the target's class      {:.1} %   (test images {:.1} %){own}\n  \
         Fréchet distance of features      {:.3}   (floor {:.3})\n  \
         nearest training image, median    {:.3}   (test images {:.3}){colours}",
        100.0 * report.accuracy,
        report.samples,
        100.0 * report.of_target_class,
        100.0 * report.of_target_class_real,
        report.frechet,
        report.frechet_floor,
        report.nearest,
        report.nearest_real,
    )
}

fn held_out(spec: &ImagesSpec) -> Result<ImageSampler, Failure> {
    spec.held_out(Path::new(""))?.ok_or_else(|| {
        let message = format!("{} has no test images to measure with", spec.path.display());
        Failure::new(Exit::Data, message, "put a share of the images into a folder called test beside train")
    })
}

fn unlabelled(spec: &ImagesSpec) -> Failure {
    let message = format!("{} has no classes, so there is nothing to tell", spec.path.display());
    Failure::new(Exit::Data, message, "put the images into one folder per class")
}

fn points(run: &Path, name: &str) -> Result<Points, Failure> {
    let path: PathBuf = run.join(name);
    Ok(read_points(&path, None)?)
}

fn median(found: &[(usize, f64)]) -> f64 {
    let mut distances: Vec<f64> = found.iter().map(|(_, distance)| *distance).collect();
    efm_core::stats::median(&mut distances).unwrap_or(f64::NAN)
}
