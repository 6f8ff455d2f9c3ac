//! A small convolutional network that tells the classes of images, to measure what a transport has made.

use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};
use efm_backend::operators::Window;
use efm_core::Stream;

use efm_models::ModelError;
use efm_models::layers::{Conv, GroupNorm, Setting, initialise};

/// Tells the class of an image in data units. Five convolutions with group normalisation and SiLU, the second and the fourth
/// of which halve the image; the mean of the last ones over the image are its features.
#[derive(Module, Debug)]
pub struct Classifier {
    convolutions: Vec<Conv>,
    norms: Vec<GroupNorm>,
    head: Linear,
    #[module(skip)]
    image: Setting<[usize; 3]>,
}

/// Channels after each convolution.
const CHANNELS: [usize; 5] = [24, 48, 48, 96, 96];

impl Classifier {
    /// Number of features, F.
    pub const FEATURES: usize = CHANNELS[4];

    /// For `classes` classes of images of that many channels, rows and columns, with weights drawn from `stream`.
    ///
    /// # Errors
    /// [`ModelError::BadImage`] for images below 4 × 4, or no classes.
    pub fn new(image: [usize; 3], classes: usize, stream: &Stream, device: &Device) -> Result<Self, ModelError> {
        let [channels, height, width] = image;
        if channels == 0 || height < 4 || width < 4 || classes == 0 {
            let message =
                format!("{channels} × {height} × {width} and {classes} classes; a classifier wants 4 × 4 pixels");
            return Err(ModelError::BadImage { message });
        }
        let windows = [Window::SAME, Window::HALF, Window::SAME, Window::HALF, Window::SAME];
        let inputs = std::iter::once(channels).chain(CHANNELS);
        let sizes = inputs.zip(CHANNELS).zip(windows);
        let classifier = Self {
            convolutions: sizes.map(|((from, to), window)| Conv::new(window, from, to, device)).collect(),
            norms: CHANNELS.map(|channels| GroupNorm::new(channels, 8, device)).into(),
            head: LinearConfig::new(Self::FEATURES, classes).init(device),
            image: Setting(image),
        };
        Ok(initialise(classifier, stream, device))
    }

    /// Channels, rows and columns of its images.
    pub fn image(&self) -> [usize; 3] {
        self.image.0
    }

    /// Features `[B, F]` of images `x` `[B, D]`, channel after channel.
    pub fn features(&self, x: Tensor<2>) -> Tensor<2> {
        let [channels, height, width] = self.image.0;
        let [count, _] = x.dims();
        let mut x = x.reshape([count, channels, height, width]).permute([0, 2, 3, 1]);
        for (convolution, norm) in self.convolutions.iter().zip(&self.norms) {
            x = norm.silu(convolution.forward(x));
        }
        let [_, rows, columns, features] = x.dims();
        x.reshape([count, rows * columns, features]).mean_dim(1).reshape([count, features])
    }

    /// Logarithms of the classes' chances up to a constant, `[B, classes]`, from features.
    pub fn logits(&self, features: Tensor<2>) -> Tensor<2> {
        self.head.forward(features)
    }
}
