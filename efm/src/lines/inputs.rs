use std::path::Path;

use efm_core::streams;
use efm_core::{Points, Seed, Side};
use efm_data::image::{Colour, ImageSize, ImagesSpec, Split};
use efm_data::{DataSpec, Sampler};

use crate::config::RunConfig;
use crate::{Error, Host, all, read_rows};

/// Fresh points of the source of a run, in data units.
///
/// # Errors
/// [`Error::Refused`] for a source that is a set of data.
pub fn source_points(config: &RunConfig, seed: Seed, count: usize) -> Result<Points, Error> {
    if matches!(config.source, DataSpec::File(_) | DataSpec::Images(_)) {
        return Err(Error::config(
            format!("the source of {} is a set of data, not a distribution to sample from", config.name),
            "take points of your own: `efm transport` and `efm interpolate` read an input",
        ));
    }
    let source = config.source.open(Path::new(""))?;
    Ok(source.draw(&seed.stream(streams::SAMPLE), 0, count)?)
}

/// Rows of a file, or images sized and coloured as those of one side of a run, in their order.
///
/// # Errors
/// [`Error::Data`] for files that cannot be read, [`Error::Refused`] for images where the run has none.
pub fn points_like(
    input: &Path,
    key: Option<&str>,
    config: Option<&RunConfig>,
    side: Side,
    host: &dyn Host,
) -> Result<Points, Error> {
    if DataSpec::kind_for(input) != ImagesSpec::NAME {
        return Ok(read_rows(input, key, host)?.rows.into_points()?);
    }
    let spec = config.map(|config| if side == Side::Source { &config.source } else { &config.target });
    let Some(DataSpec::Images(like)) = spec else {
        return Err(Error::config(
            format!("{} holds images, but this side of the run has none", input.display()),
            "give points: npy, npz, CSV or safetensors",
        ));
    };
    let spec = ImagesSpec {
        path: input.to_path_buf(),
        class: None,
        classes: Vec::new(),
        limit: None,
        domain: None,
        split: Split::All,
        key: key.map(str::to_owned),
        // Colours of chance are for training; these have their own.
        colour: Colour::Keep,
        channels: if like.colour == Colour::Random { Some(3) } else { like.channels },
        // Of any size here, and of the run's there.
        size: like.size.or_else(|| Some(ImageSize::Sides(config?.data.image?))),
        ..like.clone()
    };
    all(&spec.open(Path::new(""))?)
}
