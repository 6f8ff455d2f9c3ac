use std::path::PathBuf;

use clap::Args;
use efm::FeatureNetwork;

use super::values;

/// How `eval` compares images.
#[derive(Debug, Args)]
pub struct FeatureArgs {
    /// Take both sets for images, and compare what this network makes of them.
    #[arg(long, value_name = "NETWORK", value_parser = values::network(), requires = "second")]
    pub features: Option<FeatureNetwork>,
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
