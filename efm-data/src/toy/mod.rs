//! Toy distributions with closed forms or known pictures.
//!
//! Each type here is a plain record of parameters with the usual values as defaults, readable by serde; its `sampler`
//! checks them once and gives a [`Sampler`]. [`Gaussian`] and [`Mixture`] live in any D. The others are shapes in the
//! plane: with `dim` > 2 the further coordinates are independent N(0, `padding_std`²), so the shape stays a shape and
//! the cloud has full dimension.

mod checkerboard;
mod density;
mod eight_gaussians;
mod gaussian;
mod mixture;
mod moons;
mod pinwheel;
mod planar;
mod spiral;
mod swiss_roll;

pub use checkerboard::Checkerboard;
pub use eight_gaussians::EightGaussians;
pub use gaussian::Gaussian;
pub use mixture::Mixture;
pub use moons::Moons;
pub use pinwheel::Pinwheel;
pub use spiral::Spiral;
pub use swiss_roll::SwissRoll;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::{DataError, Sampler};

/// The largest length a parameter may have: its products with normal draws stay finite in f32.
const LARGEST: f64 = 1e30;

/// The largest D a toy distribution may have.
const LARGEST_DIM: usize = 1 << 24;

/// A draw from N(0, 1).
fn normal(generator: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(generator)
}

/// A draw from the uniform distribution on [0, 1).
fn uniform(generator: &mut ChaCha8Rng) -> f64 {
    generator.random()
}

/// Checks of parameters, with the name of the distribution for the message.
struct Check(&'static str);

impl Check {
    fn fail<T>(&self, field: &'static str, problem: String) -> Result<T, DataError> {
        Err(DataError::BadParameter { place: self.0, field, problem })
    }

    /// A number in a closed range, and so no NaN.
    fn within(&self, field: &'static str, value: f64, least: f64, most: f64) -> Result<(), DataError> {
        if (least..=most).contains(&value) {
            return Ok(());
        }
        self.fail(field, format!("is {value}; it must lie between {least:e} and {most:e}"))
    }

    /// A width: zero or more.
    fn width(&self, field: &'static str, value: f64) -> Result<(), DataError> {
        self.within(field, value, 0.0, LARGEST)
    }

    /// A divisor or a length that must not vanish.
    fn positive(&self, field: &'static str, value: f64) -> Result<(), DataError> {
        self.within(field, value, 1e-6, 1e6)
    }

    /// A place on the line.
    fn place(&self, field: &'static str, value: f64) -> Result<(), DataError> {
        self.within(field, value, -LARGEST, LARGEST)
    }

    /// A number of things.
    fn count(&self, field: &'static str, value: usize, least: usize, most: usize) -> Result<(), DataError> {
        if (least..=most).contains(&value) {
            return Ok(());
        }
        self.fail(field, format!("is {value}; it must lie between {least} and {most}"))
    }

    /// A dimension.
    fn dim(&self, value: usize, least: usize) -> Result<(), DataError> {
        self.count("dim", value, least, LARGEST_DIM)
    }
}

/// What an opened toy distribution is.
type Opened = Result<Box<dyn Sampler>, DataError>;
