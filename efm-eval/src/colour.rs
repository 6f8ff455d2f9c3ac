use efm_core::Points;

use crate::EvalError;
use crate::cloud::check_pair;

/// How the coordinates of a point make an image: channel after channel, row after row (as in a `[C, H, W]` tensor).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageShape {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Channels: 1 is grey, 3 is red, green, blue; of any other number the first is shown in grey.
    pub channels: usize,
}

/// Correlation of the mean colours of images and of where they went: Pearson's, over all images and channels, each channel
/// measured from its mean over the images. 1 where every image keeps its colour, or all change by one linear rule; 0 where
/// colours come out of nothing. `None` where one side has only one colour.
///
/// # Errors
/// [`EvalError::Empty`], [`EvalError::DimensionMismatch`], [`EvalError::Unpaired`], and [`EvalError::NotAnImage`] for points that do
/// not have the shape.
pub fn colour_correlation(starts: &Points, ends: &Points, shape: ImageShape) -> Result<Option<f64>, EvalError> {
    check_pair(starts, ends)?;
    if starts.len() != ends.len() {
        return Err(EvalError::Unpaired { left: starts.len(), right: ends.len() });
    }
    let ImageShape { height, width, channels } = shape;
    if height.checked_mul(width).and_then(|area| area.checked_mul(channels)) != Some(starts.dim()) {
        return Err(EvalError::NotAnImage { height, width, channels, dim: starts.dim() });
    }
    let (from, to) = (colours(starts, channels), colours(ends, channels));
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let norm = (dot(&from, &from) * dot(&to, &to)).sqrt();
    Ok((norm.is_normal()).then(|| (dot(&from, &to) / norm).clamp(-1.0, 1.0)))
}

/// Mean of every channel of every image, less that channel's mean over the images.
fn colours(points: &Points, channels: usize) -> Vec<f64> {
    let area = points.dim() / channels;
    let mean = |plane: &[f32]| plane.iter().map(|&value| f64::from(value)).sum::<f64>() / area as f64;
    let mut colours: Vec<f64> = points.iter().flat_map(|point| point.chunks_exact(area).map(mean)).collect();
    for channel in 0..channels {
        let of_channel = || (channel..channels * points.len()).step_by(channels);
        let middle = of_channel().map(|index| colours[index]).sum::<f64>() / points.len() as f64;
        of_channel().for_each(|index| colours[index] -= middle);
    }
    colours
}
