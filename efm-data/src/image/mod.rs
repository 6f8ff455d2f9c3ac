//! Images as points of R^D, and the files they come from.
//!
//! # Written rules
//! * **Layout.** A point is an image flattened channel after channel, row after row: the memory of a `[C, H, W]` tensor,
//!   D = C·H·W ([`ImageShape`]). One channel is grey; three are red, green, blue.
//! * **Values.** Files become 8 bits per channel, v ∈ 0..=255; a coordinate is v/255 in [0, 1] or 2·v/255 − 1 in [−1, 1]
//!   ([`ValueRange`]). Values are those of the file (sRGB); no gamma is undone.
//! * **Depth.** 16 bits become 8 by v/257, rounded. Floats in [0, 1], [−1, 1] or [0, 255] see [`read_image_array`].
//! * **Alpha** is composited over a background colour (white unless told otherwise), before anything is resized.
//! * **Grey** is 0.299 R + 0.587 G + 0.114 B, rounded (ITU-R BT.601, as Pillow's mode L); colour from grey repeats it.
//! * **Orientation** of EXIF is applied, so that images stand as a viewer shows them.
//! * **Size.** [`Fit`] says what happens to the aspect ratio; pixels are resampled with the Catmull–Rom cubic, widened when
//!   shrinking, as Pillow's BICUBIC.
//!
//! [`ImagesSpec`] names a set in a configuration and [`ImageSampler`] draws from it. Sets that fit are decoded once; larger
//! ones are decoded on demand behind a cache of bounded size.

mod array;
mod cache;
mod cifar;
mod colour;
mod decode;
mod fit;
mod gzip;
mod idx;
mod jpeg;
mod open;
mod packed;
mod raster;
mod sampler;
mod set;
mod shape;
mod spec;
mod stream;

pub use crate::labels::{ClassName, Labels};
pub use array::read_image_array;
pub use cifar::read_cifar;
pub use colour::tint;
pub use decode::{DecodeLimits, decode_image};
pub use fit::{Fit, Target};
pub use idx::{Idx, read_idx};
pub use open::{ImageReport, Opened};
pub use raster::Raster;
pub use sampler::ImageSampler;
pub use set::{ImageSet, Selection};
pub use shape::{ImageShape, ValueRange};
pub use spec::{Colour, ImageSize, ImagesSpec, Split};
