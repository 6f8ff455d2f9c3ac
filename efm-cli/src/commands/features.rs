//! `efm eval A B --features NETWORK`: distances of two sets of images on what a network makes of them.

use std::path::Path;

use efm::core::Seed;
use efm::data::write_arrays;
use efm::eval::space_table;
use efm::{FeatureClouds, FeatureDistances, FeatureNetwork, FeatureOptions};

use super::compare::{READING, check_place, fewer, finish, options};
use crate::args::EvalArgs;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// Measures and prints.
pub fn run(args: &EvalArgs, network: FeatureNetwork, target: &Path, host: &Terminal) -> Result<(), Failure> {
    for (option, file) in [("--out", &args.out), ("--keep-features", &args.features.keep_features)] {
        file.as_deref().map_or(Ok(()), |file| check_place(option, file))?;
    }
    let shape = args.features.shape.as_deref().and_then(|shape| <[usize; 3]>::try_from(shape).ok());
    let of = FeatureOptions { network, weights: args.features.weights.clone(), shape, side: args.image };
    let device = host.device()?;
    host.listen();
    let clouds = FeatureClouds::of([&args.first, target], &of, args.max, Seed(args.seed), &device, host)?;
    if let Some(path) = &args.features.keep_features {
        write_arrays(path, &[("first", &clouds.first), ("second", &clouds.second)])?;
    }
    let found = clouds.distances(&options(args), host).map_err(fewer)?;
    finish(args, &found, text(&found))
}

fn text(found: &FeatureDistances) -> String {
    let FeatureDistances { network, features, images, seed, names, figures, skipped } = found;
    format!(
        "{} images against {}, {features} features of {network}: the Fréchet distance is {}, the kernel distance {}\n{}seed {seed}{READING}",
        images[0],
        images[1],
        names[0],
        names[1],
        space_table("", figures, skipped),
    )
}
