use std::path::Path;

use efm_core::neighbours::Neighbours;
use efm_core::{Points, Side};
use efm_data::image::{Colour, ImageSampler};
use efm_data::{DataSpec, Sampler};
use efm_train::PlateData;
use rayon::prelude::*;

use crate::{Error, Prepared};

/// Numbers of all training images together, above which no neighbours are looked for.
const MOST_NUMBERS: usize = 200_000_000;

/// For each of `points` (data units) the nearest image that the target was learned from: by pixels, or by shape where
/// colours are drawn by chance. `None` for points that are no images, and for sets too large to be gone through.
pub fn neighbours(prepared: &Prepared, points: &Points) -> Result<Option<Points>, Error> {
    if let DataSpec::Images(spec) = &prepared.config.target {
        let images = spec.open(Path::new(""))?;
        if images.count().saturating_mul(images.dim()) > MOST_NUMBERS {
            return Ok(None);
        }
        let known = all(&images)?;
        let found = match spec.colour {
            Colour::Random => nearest(&shapes(points, &images)?, &shapes(&known, &images)?),
            Colour::Keep => nearest(points, &known),
        };
        let chosen: Vec<_> = found.iter().map(|(index, _)| *index).collect();
        return Ok(Some(known.select(&chosen)));
    }
    let PlateData::Finite(scaled) = prepared.setup.target() else { return Ok(None) };
    let known = prepared.scalers.plate(Side::Target).undo(scaled)?;
    let chosen: Vec<_> = nearest(points, &known).iter().map(|(index, _)| *index).collect();
    Ok(Some(known.select(&chosen)))
}

/// Every image of a set once, neither mirrored nor coloured by chance.
pub fn all(images: &ImageSampler) -> Result<Points, Error> {
    let dim = images.dim();
    let mut values = vec![0.0; dim * images.count()];
    values.par_chunks_exact_mut(dim).enumerate().try_for_each(|(index, out)| images.image_into(index, out))?;
    Ok(Points::from_values(dim, values)?)
}

/// Images without their colours, from 0 to 1: what is left to compare with images of other colours.
pub fn shapes(points: &Points, like: &ImageSampler) -> Result<Points, Error> {
    let from = like.shape();
    let area = from.height * from.width;
    let shape = |point: &[f32]| {
        let black = like.range().ends().0;
        let mut grey = vec![0.0; area];
        for plane in point.chunks_exact(area) {
            grey.iter_mut().zip(plane).for_each(|(grey, value)| *grey += value - black);
        }
        let brightest = grey.iter().fold(f32::MIN_POSITIVE, |most, &value| most.max(value));
        // An image darker than black has no brightness to compare.
        grey.iter_mut().for_each(|value| *value = (*value / brightest).max(f32::MIN));
        grey
    };
    let values: Vec<f32> = points.as_slice().par_chunks_exact(points.dim()).flat_map_iter(shape).collect();
    Ok(Points::from_values(area, values)?)
}

/// For each of `from` the nearest of `to` and its distance per pixel, root mean square; NaN if there is none.
pub fn nearest(from: &Points, to: &Points) -> Vec<(usize, f64)> {
    let search = Neighbours::new(to);
    let best = |index: usize| {
        let x: Vec<f64> = from.point(index).iter().map(|&x| f64::from(x)).collect();
        let (index, square) = search.nearest(&x).unwrap_or((0, f64::NAN));
        (index, (square / x.len() as f64).sqrt())
    };
    (0..from.len()).into_par_iter().map(best).collect()
}
