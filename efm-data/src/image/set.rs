use std::path::Path;

use efm_core::Points;

use super::{ClassName, ImageShape, Labels, Raster, Target, ValueRange};
use crate::DataError;

/// Images of one shape in memory, 8 bits per channel, with their labels if they have any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageSet {
    pub(super) shape: ImageShape,
    /// `[N, C, H, W]`.
    pub(super) pixels: Vec<u8>,
    pub(super) labels: Option<Labels>,
}

/// Which images of a set are taken.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// Only these classes; all if empty.
    pub classes: Vec<ClassName>,
    /// At most the first so many of them.
    pub limit: Option<usize>,
}

impl Selection {
    /// The indices of the images taken, in order.
    ///
    /// # Errors
    /// [`DataError::NoSuchClass`], also where there are no labels at all.
    pub fn indices(&self, path: &Path, labels: Option<&Labels>, count: usize) -> Result<Vec<usize>, DataError> {
        let limit = self.limit.unwrap_or(usize::MAX);
        let Some(first) = self.classes.first() else { return Ok((0..count.min(limit)).collect()) };
        let labels = labels.ok_or_else(|| DataError::NoSuchClass {
            path: path.into(),
            class: first.to_string(),
            available: Vec::new(),
        })?;
        let wanted = labels.find(path, &self.classes)?;
        Ok((0..count).filter(|&index| wanted.contains(&labels.of[index])).take(limit).collect())
    }
}

impl ImageSet {
    /// Images from their values, `[N, C, H, W]`; `None` where the numbers of values, images and labels disagree.
    pub fn new(shape: ImageShape, pixels: Vec<u8>, labels: Option<Labels>) -> Option<Self> {
        let whole = pixels.len().is_multiple_of(shape.dim());
        let labelled = labels.as_ref().is_none_or(|labels| labels.of.len() == pixels.len() / shape.dim());
        (whole && labelled).then_some(Self { shape, pixels, labels })
    }

    /// From values `[N, H, W, C]`, as many as the shape and the labels ask for.
    pub(super) fn from_interleaved(shape: ImageShape, values: Vec<u8>, labels: Option<Labels>) -> Self {
        let pixels = if shape.channels == 1 {
            values
        } else {
            let images = values.chunks_exact(shape.dim());
            images.flat_map(|image| Raster { shape, pixels: image.to_vec() }.planar()).collect()
        };
        Self { shape, pixels, labels }
    }

    /// H, W and C of every image.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// Number of images, N.
    pub fn len(&self) -> usize {
        self.pixels.len() / self.shape.dim()
    }

    /// Whether there is no image.
    pub fn is_empty(&self) -> bool {
        self.pixels.is_empty()
    }

    /// Values of image `index`, `[C, H, W]`.
    ///
    /// # Panics
    /// If `index` is not below [`ImageSet::len`].
    pub fn image(&self, index: usize) -> &[u8] {
        &self.pixels[index * self.shape.dim()..][..self.shape.dim()]
    }

    /// The classes, if they are known.
    pub fn labels(&self) -> Option<&Labels> {
        self.labels.as_ref()
    }

    /// The images of these indices, in this order.
    ///
    /// # Panics
    /// If an index is not below [`ImageSet::len`].
    pub fn select(&self, indices: &[usize]) -> Self {
        let pixels = indices.iter().flat_map(|&index| self.image(index)).copied().collect();
        let pick = |labels: &Labels| Labels {
            names: labels.names.clone(),
            of: indices.iter().map(|&index| labels.of[index]).collect(),
        };
        Self { shape: self.shape, pixels, labels: self.labels.as_ref().map(pick) }
    }

    /// Every image brought to the size and channels of `target`.
    pub fn fitted(self, target: &Target) -> Self {
        use rayon::prelude::*;
        let goal = target.goal(self.shape);
        if goal == self.shape {
            return self;
        }
        let mut pixels = vec![0; self.len() * goal.dim()];
        pixels.par_chunks_exact_mut(goal.dim()).zip(self.pixels.par_chunks_exact(self.shape.dim())).for_each(
            |(out, planar)| out.copy_from_slice(&target.apply(Raster::from_planar(self.shape, planar)).planar()),
        );
        Self { shape: goal, pixels, labels: self.labels }
    }

    /// All images as a cloud, one flattened image per point.
    pub fn points(&self, range: ValueRange) -> Points {
        let values = self.pixels.iter().map(|&byte| range.from_byte(byte)).collect();
        Points::from_values(self.shape.dim(), values).expect("bytes are finite and a shape has coordinates")
    }

    /// Appends the images of `other`, whose classes have the same names.
    pub(super) fn append(&mut self, path: &Path, other: Self) -> Result<(), DataError> {
        let fail = |problem: String| Err(DataError::Malformed { path: path.into(), place: "file".into(), problem });
        if other.shape != self.shape {
            return fail(format!("images are {}, those of the files before {}", other.shape, self.shape));
        }
        self.pixels.extend(other.pixels);
        match (&mut self.labels, other.labels) {
            (Some(labels), Some(more)) => {
                labels.of.extend(more.of);
                if more.names.len() > labels.names.len() {
                    labels.names = more.names;
                }
            }
            (None, None) => {}
            _ => return fail("only some of the files have labels".to_owned()),
        }
        Ok(())
    }
}
