//! A classifier trained on labelled images.

use std::ops::ControlFlow;

use burn::optim::AdamConfig;
use burn::tensor::{Device, Int, Tensor, TensorData, activation};
use efm_core::streams;
use efm_core::{Points, Seed, Stream};
use efm_data::Sampler;
use efm_data::image::ImageSampler;
use efm_train::{MovingAverage, TrainError, learning_rate, summed_gradient};
use rand::RngExt;

use super::Classifier;
use crate::Error;
use crate::config::TrainConfig;

/// Images per step and per shard of a step.
const BATCH: usize = 128;
const SHARD: usize = 32;

/// Peak learning rate of Adam.
const RATE: f64 = 2e-3;

/// Decay of the moving average of the weights.
const AVERAGE: f64 = 0.995;

/// Images evaluated at once.
const ROWS: usize = 256;

/// What a classifier says of N images.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// The likeliest class of each.
    pub classes: Vec<u32>,
    /// Features of each.
    pub features: Points,
}

/// Trains a classifier for `steps` batches of 128 draws of `images`, each moved by up to a twelfth of its size, on the
/// cross-entropy; gives the moving average of its weights. `watch` sees the steps done and the loss. The same on any number
/// of threads.
///
/// # Errors
/// [`Error::Unlabelled`] where no classes are known, [`Error::Train`] when `watch` breaks
/// and for a loss that is no number, [`Error::Data`] for images that can no longer be read, and failing devices.
pub fn train_classifier(
    images: &ImageSampler,
    steps: usize,
    seed: Seed,
    device: &Device,
    watch: &mut dyn FnMut(usize, f64) -> ControlFlow<()>,
) -> Result<Classifier, Error> {
    let labels = images.labels().ok_or(Error::Unlabelled)?;
    let device = device.clone().autodiff();
    let shape = images.shape();
    let image = [shape.channels, shape.height, shape.width];
    let mut classifier =
        Classifier::new(image, labels.names().len(), &seed.stream(streams::CLASSIFIER_WEIGHTS), &device)?;
    let mut optimizer = AdamConfig::new().with_epsilon(1e-8).init();
    let stream = seed.stream(streams::CLASSIFIER_IMAGES);
    let shifts = seed.stream(streams::CLASSIFIER_SHIFTS);
    let mut average = MovingAverage::new(&classifier, AVERAGE);
    let plan = TrainConfig { steps, warmup: (steps / 20).max(1), learning_rate: RATE, ..TrainConfig::default() };
    for step in 0..steps {
        let shards = (0..BATCH).step_by(SHARD).map(|first| {
            let first = (step * BATCH + first) as u64;
            let classes = (first..first + SHARD as u64).map(|draw| labels.classes()[images.image_of(&stream, draw)]);
            let points = images.draw(&stream, first, SHARD)?;
            Ok::<_, TrainError>((moved(points, image, &shifts, first), classes.collect::<Vec<_>>()))
        });
        let entropy = |classifier: &Classifier, (points, classes): (Points, Vec<u32>)| {
            let classes: Vec<i64> = classes.into_iter().map(i64::from).collect();
            let classes = Tensor::<2, Int>::from_data(TensorData::new(classes, [SHARD, 1]), &device);
            let ln = activation::log_softmax(classifier.logits(classifier.features(upload(&points, &device))), 1);
            Ok(ln.gather(1, classes).sum().div_scalar(-(BATCH as f64)))
        };
        let (loss, gradients) = summed_gradient(&classifier, shards.collect::<Result<_, _>>()?, entropy)?;
        if !loss.is_finite() {
            return Err(TrainError::NonFiniteLoss { step, seed: seed.0, loss }.into());
        }
        classifier = optimizer.step(learning_rate(&plan, step), classifier, gradients);
        average.update(&classifier, step);
        if watch(step + 1, loss).is_break() {
            return Err(TrainError::Interrupted.into());
        }
    }
    Ok(average.module().clone())
}

/// Images moved by up to a twelfth of their size each way, pixels at the border repeated; image i by `stream.at(first + i)`.
fn moved(images: Points, [_, height, width]: [usize; 3], stream: &Stream, first: u64) -> Points {
    let dim = images.dim();
    let mut values = vec![0.0; images.as_slice().len()];
    for (index, (out, point)) in values.chunks_exact_mut(dim).zip(images.iter()).enumerate() {
        let mut random = stream.at(first + index as u64);
        let mut shift = |size: usize| {
            let most = (size / 12) as i64;
            random.random_range(-most..=most)
        };
        let (down, right) = (shift(height), shift(width));
        let from = |to: usize, by: i64, size: usize| (to as i64 - by).clamp(0, size as i64 - 1) as usize;
        for (out, plane) in out.chunks_exact_mut(height * width).zip(point.chunks_exact(height * width)) {
            for (y, row) in out.chunks_exact_mut(width).enumerate() {
                let line = from(y, down, height) * width;
                row.iter_mut().enumerate().for_each(|(x, value)| *value = plane[line + from(x, right, width)]);
            }
        }
    }
    Points::from_values(dim, values).expect("pixels of finite points")
}

/// Classes and features of `points`, images in data units.
///
/// # Errors
/// Failing devices.
pub fn judge(classifier: &Classifier, points: &Points, device: &Device) -> Result<Judgement, Error> {
    let mut classes = Vec::with_capacity(points.len());
    let mut features = Vec::with_capacity(points.len() * Classifier::FEATURES);
    for first in (0..points.len()).step_by(ROWS) {
        let rows: Vec<_> = (first..points.len().min(first + ROWS)).collect();
        let found = classifier.features(upload(&points.select(&rows), device));
        let logits = read(classifier.logits(found.clone()))?;
        let width = logits.len() / rows.len();
        let best = |row: &[f32]| (0..width).max_by(|&a, &b| row[a].total_cmp(&row[b])).unwrap_or_default() as u32;
        classes.extend(logits.chunks_exact(width).map(best));
        features.extend(read(found)?);
    }
    Ok(Judgement { classes, features: Points::from_values(Classifier::FEATURES, features)? })
}

fn upload(points: &Points, device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(points.as_slice().to_vec(), [points.len(), points.dim()]), device)
}

fn read(tensor: Tensor<2>) -> Result<Vec<f32>, Error> {
    tensor.try_into_vec_as::<f32>().map_err(|error| Error::device(error.to_string()))
}
