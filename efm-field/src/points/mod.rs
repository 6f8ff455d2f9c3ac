//! The points at which a learned field is trained.
//!
//! A [`PointSampler`] draws them. One file holds one distribution: [`Flux`], [`Tube`] and [`Around`] follow the flux of the
//! charges, [`Chord`], [`Mesh`], [`Radial`] and [`Mixing`] are those of the publications. [`InterPlate`] names them in
//! configurations. A distribution of one's own is one more implementation of the trait:
//!
//! ```
//! use efm_core::{Capacitor, Points, Seed, Stream};
//! use efm_field::points::{Drawn, PointSampler};
//! use efm_field::{FieldError, Law};
//! use rand::RngExt;
//!
//! /// Uniform points of a box between the plates.
//! #[derive(Debug)]
//! struct Uniform {
//!     half_width: f64,
//! }
//!
//! impl PointSampler for Uniform {
//!     fn draw(
//!         &self,
//!         capacitor: &Capacitor,
//!         _law: Law,
//!         stream: &Stream,
//!         first: u64,
//!         count: usize,
//!     ) -> Result<Drawn, FieldError> {
//!         Ok(Drawn::one_by_one(capacitor.dim(), stream, first, count, |generator, x, z| {
//!             x.fill_with(|| self.half_width * generator.random_range(-1.0..1.0));
//!             *z = capacitor.gap() * generator.random::<f64>();
//!         }))
//!     }
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let plate = || Points::from_values(2, vec![-1.0, 0.0, 1.0, 0.0]);
//! let capacitor = Capacitor::new(plate()?, plate()?, 2.0)?;
//! let stream = Seed(1).stream("points");
//! let sampler = Uniform { half_width: 3.0 };
//! let drawn = sampler.draw_checked(&capacitor, Law::Mirror, &stream, 0, 100)?;
//! assert_eq!(drawn.points.len(), 100);
//! // Draw 7 is the same whatever it is drawn with.
//! let alone = sampler.draw(&capacitor, Law::Mirror, &stream, 7, 1)?;
//! assert_eq!(alone.points.point(0), drawn.points.point(7));
//! # Ok(())
//! # }
//! ```

mod around;
mod chord;
mod drawn;
mod flux;
mod height;
mod inter_plate;
mod mesh;
mod mixing;
mod on_flux;
mod parameter;
mod radial;
mod tube;

use std::fmt::Debug;
use std::sync::Arc;

use efm_core::{Capacitor, Stream};

use crate::{FieldError, Law};
pub use around::Around;
pub use chord::Chord;
pub use drawn::{Drawn, Origin};
pub use flux::Flux;
pub use inter_plate::InterPlate;
pub use mesh::Mesh;
pub use mixing::Mixing;
pub use on_flux::on_flux;
pub use parameter::ParameterError;
pub use radial::Radial;
pub use tube::Tube;

/// Draws points between the plates, and behind them where lines run there.
///
/// The module has an example of an own sampler.
pub trait PointSampler: Debug + Send + Sync {
    /// Draws number `first` to `first + count − 1`. Draw i uses the generator `stream.at(i)` and nothing else, so that batches,
    /// shards and threads agree; [`Drawn::one_by_one`] sees to that.
    ///
    /// # Errors
    /// [`FieldError::Parameter`] for parameters that [`PointSampler::check`] refuses, and what the sampler itself cannot do
    /// ([`FieldError::own`]).
    fn draw(
        &self,
        capacitor: &Capacitor,
        law: Law,
        stream: &Stream,
        first: u64,
        count: usize,
    ) -> Result<Drawn, FieldError>;

    /// Checks the parameters.
    ///
    /// # Errors
    /// [`ParameterError`] names the first that is out of range.
    fn check(&self) -> Result<(), ParameterError> {
        Ok(())
    }

    /// Whether every point comes with the charge it was drawn from, as draws of the flux do. No by default.
    fn has_origins(&self) -> bool {
        false
    }

    /// Whether some points lie behind the plates. No by default.
    fn reaches_behind(&self) -> bool {
        false
    }

    /// As [`PointSampler::draw`], for those who take any sampler: checks the parameters first, and then that as many points came as
    /// were asked for, finite, in the space of the charges, and with origins where [`PointSampler::has_origins`] promises them.
    ///
    /// # Errors
    /// As [`PointSampler::draw`]; [`FieldError::Shape`], [`FieldError::NonFinitePoint`] and [`FieldError::Origins`] for what came.
    fn draw_checked(
        &self,
        capacitor: &Capacitor,
        law: Law,
        stream: &Stream,
        first: u64,
        count: usize,
    ) -> Result<Drawn, FieldError> {
        self.check()?;
        let drawn = self.draw(capacitor, law, stream, first, count)?;
        drawn.check(capacitor, count)?;
        match &drawn.origins {
            None if self.has_origins() => Err(FieldError::Origins { points: count, origins: 0 }),
            _ => Ok(drawn),
        }
    }
}

macro_rules! forward_sampler {
    ($($pointer:ty),*) => {$(
        impl<P: PointSampler + ?Sized> PointSampler for $pointer {
            fn draw(
                &self,
                capacitor: &Capacitor,
                law: Law,
                stream: &Stream,
                first: u64,
                count: usize,
            ) -> Result<Drawn, FieldError> {
                (**self).draw(capacitor, law, stream, first, count)
            }
            fn check(&self) -> Result<(), ParameterError> {
                (**self).check()
            }
            fn has_origins(&self) -> bool {
                (**self).has_origins()
            }
            fn reaches_behind(&self) -> bool {
                (**self).reaches_behind()
            }
        }
    )*};
}
forward_sampler!(&P, Box<P>, Arc<P>);
