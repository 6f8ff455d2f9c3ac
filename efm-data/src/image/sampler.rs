use std::sync::Arc;

use efm_core::Stream as RandomStream;
use rand::RngExt;
use rayon::prelude::*;

use super::{ImageSet, ImageShape, Labels, ValueRange, colour::random_tint, stream::Stream};
use crate::{DataError, Sampler};

/// Where the pixels are.
#[derive(Clone)]
pub(super) enum Store {
    /// In memory.
    Set(Arc<ImageSet>),
    /// In files, decoded on demand.
    Files(Arc<Stream>),
}

/// Draws images uniformly with replacement, as points of R^D in the layout of the [module](super).
///
/// Which image, whether it is mirrored and which colour it gets depend on the stream and the index of the draw only. Draws
/// of one call are made in parallel. Clones share the images.
#[derive(Clone)]
pub struct ImageSampler {
    pub(super) store: Store,
    /// The images of the store that are drawn from, if not all.
    pub(super) rows: Option<Arc<[usize]>>,
    /// Shape of a point: of colour where grey images are coloured.
    pub(super) shape: ImageShape,
    pub(super) labels: Option<Labels>,
    pub(super) range: ValueRange,
    pub(super) flip: bool,
    pub(super) tinted: bool,
}

impl ImageSampler {
    /// H, W and C of a point.
    pub fn shape(&self) -> ImageShape {
        self.shape
    }

    /// The range of a coordinate.
    pub fn range(&self) -> ValueRange {
        self.range
    }

    /// Number of images, N.
    pub fn count(&self) -> usize {
        match (&self.rows, &self.store) {
            (Some(rows), _) => rows.len(),
            (None, Store::Set(set)) => set.len(),
            (None, Store::Files(stream)) => stream.files.names.len(),
        }
    }

    /// The classes that have images, as indices into the names of the labels.
    fn present(&self) -> Vec<usize> {
        let counts = self.labels.as_ref().map(Labels::counts).unwrap_or_default();
        (0..counts.len()).filter(|&class| counts[class] > 0).collect()
    }

    /// The classes of the images, if they are known.
    pub fn labels(&self) -> Option<&Labels> {
        self.labels.as_ref()
    }

    /// The images, where they are all in memory and drawn from.
    pub fn in_memory(&self) -> Option<&ImageSet> {
        match (&self.rows, &self.store) {
            (None, Store::Set(set)) => Some(set),
            _ => None,
        }
    }

    /// Which image draw `index` of `stream` takes, from 0.
    pub fn image_of(&self, stream: &RandomStream, index: u64) -> usize {
        stream.at(index).random_range(0..self.count())
    }

    /// Bytes of pixels held in memory.
    pub fn resident_bytes(&self) -> u64 {
        match &self.store {
            Store::Set(set) => set.pixels.len() as u64,
            Store::Files(stream) => stream.cached_bytes(),
        }
    }

    /// Files that were whole when the set was opened and could not be read since; the image after such a one was taken in
    /// its place. At most the first hundred since the last call.
    pub fn faults(&self) -> Vec<DataError> {
        match &self.store {
            Store::Set(_) => Vec::new(),
            Store::Files(stream) => stream.faults(),
        }
    }

    /// Image `index` as a point, neither mirrored nor coloured by chance: what [`Sampler::draw_into`] starts from. Grey
    /// images of a coloured set become white ones.
    ///
    /// # Errors
    /// Those of decoding a file.
    ///
    /// # Panics
    /// If `index` is not below [`ImageSampler::count`], or `out` does not hold D values.
    pub fn image_into(&self, index: usize, out: &mut [f32]) -> Result<(), DataError> {
        self.write(&self.bytes(index)?, [1.0; 3], false, out);
        Ok(())
    }

    fn bytes(&self, index: usize) -> Result<Bytes<'_>, DataError> {
        let index = self.rows.as_ref().map_or(index, |rows| rows[index]);
        match &self.store {
            Store::Set(set) => Ok(Bytes::Here(set.image(index))),
            Store::Files(stream) => stream.image(index).map(Bytes::Shared),
        }
    }

    fn one(&self, stream: &RandomStream, index: u64, out: &mut [f32]) -> Result<(), DataError> {
        let mut generator = stream.at(index);
        let count = self.count();
        let first = generator.random_range(0..count);
        let mirrored = self.flip && generator.random::<bool>();
        let tint = if self.tinted { random_tint(&mut generator) } else { [1.0; 3] };
        // A file that went bad is passed over for the next, always the same one.
        for step in 0..count {
            match (self.bytes((first + step) % count), &self.store) {
                (Ok(bytes), _) => {
                    self.write(&bytes, tint, mirrored, out);
                    return Ok(());
                }
                (Err(error), Store::Files(stream)) if step + 1 < count => stream.remember(error),
                // None of the files can be read any more.
                (Err(error), _) => return Err(error),
            }
        }
        Ok(())
    }

    fn write(&self, bytes: &[u8], tint: [f32; 3], mirrored: bool, out: &mut [f32]) {
        let ImageShape { height, width, channels } = self.shape;
        let area = height * width;
        let (black, white) = self.range.ends();
        for channel in 0..channels {
            let plane = if self.tinted { bytes } else { &bytes[channel * area..(channel + 1) * area] };
            let out = &mut out[channel * area..(channel + 1) * area];
            if self.tinted {
                let share = tint[channel] / 255.0;
                let rule = |&byte: &u8| black + (white - black) * share * f32::from(byte);
                out.iter_mut().zip(plane).for_each(|(value, byte)| *value = rule(byte));
            } else {
                out.iter_mut().zip(plane).for_each(|(value, &byte)| *value = self.range.from_byte(byte));
            }
            if mirrored {
                out.chunks_exact_mut(width).for_each(<[f32]>::reverse);
            }
        }
    }
}

enum Bytes<'a> {
    Here(&'a [u8]),
    Shared(Arc<[u8]>),
}

impl std::ops::Deref for Bytes<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Here(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

impl Sampler for ImageSampler {
    fn dim(&self) -> usize {
        self.shape.dim()
    }

    fn draw_into(&self, stream: &RandomStream, first: u64, out: &mut [f32]) -> Result<(), DataError> {
        let points = out.par_chunks_exact_mut(self.dim()).enumerate();
        points.try_for_each(|(offset, point)| self.one(stream, first.wrapping_add(offset as u64), point))
    }

    fn classes(&self) -> Vec<String> {
        let names = self.labels.as_ref().map(Labels::names).unwrap_or_default();
        self.present().into_iter().map(|class| names[class].clone()).collect()
    }

    /// Draws of the class are those of the set that [`super::ImagesSpec::class`] opens: the same images in the same order.
    fn of_class(&self, class: usize) -> Option<Box<dyn Sampler>> {
        let class = *self.present().get(class)? as u32;
        let labels = self.labels.as_ref()?;
        let places = (0..self.count()).filter(|&place| labels.of[place] == class);
        let rows: Vec<usize> = places.map(|place| self.rows.as_ref().map_or(place, |rows| rows[place])).collect();
        let labels = Labels { names: labels.names.clone(), of: vec![class; rows.len()] };
        Some(Box::new(Self { rows: Some(rows.into()), labels: Some(labels), ..self.clone() }))
    }

    fn len(&self) -> Option<usize> {
        Some(self.count())
    }
}
