//! Maps of data: what becomes of points of one plate when they are carried to the other.
//!
//! A map lifts points off their plate, follows lines by a [`crate::Tracer`], and says for every point where it came
//! out. [`Forward`] is the paper's Algorithm 2.

mod forward;

use std::ops::ControlFlow;

use efm_core::{Points, Stream};
use efm_field::Field;

pub(crate) use forward::bounded;
pub use forward::{Forward, Lift};

use crate::{Lines, TraceError, Watch};

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

/// A rule that carries points from plate to plate along the lines of a field.
pub trait Map: Send + Sync {
    /// Carries `starts`, the points of a plate, one line each, in their order; `watch` sees the progress and may end it.
    ///
    /// # Errors
    /// [`TraceError`] for misuse and failing fields; a line that does not arrive is no error.
    fn transport_with(
        &self,
        field: &dyn Field,
        starts: &Points,
        noise: Noise,
        watch: &mut Watch<'_>,
    ) -> Result<Lines, TraceError>;

    /// As [`Map::transport_with`], unwatched, all noise from `stream`.
    ///
    /// # Errors
    /// As [`Map::transport_with`].
    fn transport(&self, field: &dyn Field, starts: &Points, stream: &Stream) -> Result<Lines, TraceError> {
        self.transport_with(field, starts, Noise::from(*stream), &mut |_| ControlFlow::Continue(()))
    }
}

impl<M: Map + ?Sized> Map for &M {
    fn transport_with(
        &self,
        field: &dyn Field,
        starts: &Points,
        noise: Noise,
        watch: &mut Watch<'_>,
    ) -> Result<Lines, TraceError> {
        (**self).transport_with(field, starts, noise, watch)
    }
}

impl<M: Map + ?Sized> Map for Box<M> {
    fn transport_with(
        &self,
        field: &dyn Field,
        starts: &Points,
        noise: Noise,
        watch: &mut Watch<'_>,
    ) -> Result<Lines, TraceError> {
        (**self).transport_with(field, starts, noise, watch)
    }
}
