//! Maps of data: what becomes of points of one plate when they are carried to the other.
//!
//! A map lifts points off their plate, follows lines by a [`crate::Tracer`], and says for every point where it came
//! out. With p and q the densities of the plates and C_L the Cauchy law of scale L in R^D:
//!
//! | map | field | carries | noise |
//! |---|---|---|---|
//! | [`Forward`] | mirror | p to q exactly | of the lift only |
//! | [`Forward`] | two plates | p to q as L grows: Algorithm 2 of the paper | of the lift only |
//! | [`FluxRule`] | two plates | p to q exactly, for every L | start and stop |
//! | [`PointCharges`] | two plates of charges | charges to charges exactly, for every L | direction of the start |
//! | [`Accept`] | two plates | ½(p + q*C_L) to q exactly, half of the lines are kept | start and stop |
//!
//! Exactly means: up to the tolerances of the tracer and the height at which lines leave and reach the plates.

mod accept;
mod balls;
mod charges;
mod ending;
mod flux;
mod forward;
mod journey;
mod kind;
mod lift;
mod sides;

use std::ops::ControlFlow;

use efm_core::stats::median;
use efm_core::{Points, Side, Stream};
use efm_field::{Field, Reversed};

pub use accept::Accept;
pub use charges::PointCharges;
pub use flux::FluxRule;
pub use forward::Forward;
pub use kind::MapKind;
pub use lift::Lift;
pub(crate) use lift::bounded;

use crate::nearest::Nearest;
use crate::{Lines, TraceError, Watch};

/// Median over the points of a plate of the distance to the nearest other place, in data units: a height for lines to
/// leave and to reach plates of samples. Infinite if there is one place only.
///
/// A search by trees up to D = 8; above, all pairs are looked at, which costs N²·D.
pub fn spacing(points: &Points) -> f64 {
    median(&mut Nearest::new(points).neighbours()).unwrap_or(f64::INFINITY)
}

/// Randomness of a map: point i of the input draws from `stream.at(first + i)`, so shards of one input agree with the
/// whole.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Noise {
    /// The stream.
    pub stream: Stream,
    /// Global index of the first point.
    pub first: u64,
}

impl From<Stream> for Noise {
    fn from(stream: Stream) -> Self {
        Self { stream, first: 0 }
    }
}

/// Refuses points of another dimension than the field's.
fn same_dim(starts: &Points, field: &dyn Field) -> Result<(), TraceError> {
    match (starts.dim(), field.dim()) {
        (starts_dim, field_dim) if starts_dim != field_dim => {
            Err(TraceError::DimensionMismatch { starts_dim, field_dim })
        }
        _ => Ok(()),
    }
}

/// A rule that carries points from plate to plate along the lines of a field.
///
/// ```
/// use efm_core::{Points, Seed};
/// use efm_integrate::maps::{Forward, Map};
/// use efm_integrate::problems::Contraction;
///
/// let field = Contraction { dim: 1, gap: 2.0, rate: 1.0 };
/// let starts = Points::from_values(1, vec![3.0, -1.0])?;
/// let lines = Forward::default().transport(&field, &starts, &Seed(1).stream("map"))?;
/// assert_eq!(lines.landed_share(), 1.0);
/// // x = x₀ exp(−z), and back.
/// let back = Forward::default().transport_back(&field, &lines.ends.to_points()?, &Seed(1).stream("map"))?;
/// assert!((back.ends.x(0)[0] - 3.0).abs() < 1e-2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Map: Send + Sync {
    /// Carries `starts` from the plate at z = 0 of `field` to the one at z = L, one line each, in their order; `watch` sees
    /// the progress and may end it. `to` is the side whose points lie at z = L: [`Side::Target`], or in a [`Reversed`]
    /// field [`Side::Source`]. What there is to write for a new map; callers use the methods below.
    ///
    /// # Errors
    /// [`TraceError`] for misuse and failing fields; a line that does not arrive is no error.
    fn carry(
        &self,
        field: &dyn Field,
        starts: &Points,
        to: Side,
        noise: Noise,
        watch: &mut Watch<'_>,
    ) -> Result<Lines, TraceError>;

    /// Carries `starts`, points of the source plate, to the target plate.
    ///
    /// # Errors
    /// As [`Map::carry`].
    fn transport_with(
        &self,
        field: &dyn Field,
        starts: &Points,
        noise: Noise,
        watch: &mut Watch<'_>,
    ) -> Result<Lines, TraceError> {
        self.carry(field, starts, Side::Target, noise, watch)
    }

    /// Carries `starts`, points of the target plate, to the source plate: the map in the [`Reversed`] field, seen from
    /// the field's own side. What the map does at the source it does at the target, and the other way round.
    ///
    /// Events of the tracer, and the heights of [`crate::Save::Heights`], are those of the reversed field, L − z.
    ///
    /// # Errors
    /// As [`Map::carry`].
    fn transport_back_with(
        &self,
        field: &dyn Field,
        starts: &Points,
        noise: Noise,
        watch: &mut Watch<'_>,
    ) -> Result<Lines, TraceError> {
        let mut lines = self.carry(&Reversed(field), starts, Side::Source, noise, watch)?;
        lines.reflect(field.gap());
        Ok(lines)
    }

    /// As [`Map::transport_with`], unwatched, all noise from `stream`.
    ///
    /// # Errors
    /// As [`Map::carry`].
    fn transport(&self, field: &dyn Field, starts: &Points, stream: &Stream) -> Result<Lines, TraceError> {
        self.transport_with(field, starts, Noise::from(*stream), &mut |_| ControlFlow::Continue(()))
    }

    /// As [`Map::transport_back_with`], unwatched, all noise from `stream`.
    ///
    /// # Errors
    /// As [`Map::carry`].
    fn transport_back(&self, field: &dyn Field, starts: &Points, stream: &Stream) -> Result<Lines, TraceError> {
        self.transport_back_with(field, starts, Noise::from(*stream), &mut |_| ControlFlow::Continue(()))
    }
}

macro_rules! forward_map {
    ($($pointer:ty),*) => {$(
        impl<M: Map + ?Sized> Map for $pointer {
            fn carry(
                &self,
                field: &dyn Field,
                starts: &Points,
                to: Side,
                noise: Noise,
                watch: &mut Watch<'_>,
            ) -> Result<Lines, TraceError> {
                (**self).carry(field, starts, to, noise, watch)
            }
            fn transport_back_with(
                &self,
                field: &dyn Field,
                starts: &Points,
                noise: Noise,
                watch: &mut Watch<'_>,
            ) -> Result<Lines, TraceError> {
                (**self).transport_back_with(field, starts, noise, watch)
            }
        }
    )*};
}
forward_map!(&M, Box<M>);
