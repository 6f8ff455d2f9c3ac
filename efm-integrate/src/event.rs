use std::fmt;

use efm_core::Points;

use crate::nearest::Nearest;
use crate::root::bracketed_zero;
use crate::{Stop, TraceError};

/// Something that may happen to a line on its way: the zero of a function of the point.
///
/// Events are located on the dense output of a step, to the last bits of it. One of your own says what it waits for, and
/// under which name, and with which [`crate::Outcome`], a line ends there:
///
/// ```
/// use std::sync::Arc;
///
/// use efm_core::Augmented;
/// use efm_integrate::{Event, Outcome, Stop, Tracer, Trigger, problems::Contraction};
///
/// /// Lines end on a cylinder around the axis.
/// #[derive(Debug)]
/// struct Wire(f64, Stop);
///
/// impl Event for Wire {
///     fn value(&self, point: &[f64]) -> f64 {
///         point[0].abs() - self.0
///     }
///     fn trigger(&self) -> Trigger {
///         Trigger::Entry
///     }
///     fn stop(&self) -> Option<Stop> {
///         Some(self.1)
///     }
/// }
///
/// let caught = Stop::own("caught", Outcome::Arrived)?;
/// let field = Contraction { dim: 1, gap: 2.0, rate: 1.0 };
/// let mut starts = Augmented::new(1);
/// starts.push(&[3.0], 0.0);
/// let lines = Tracer { events: vec![Arc::new(Wire(1.0, caught))], ..Tracer::default() }.trace(&field, &starts)?;
/// assert_eq!((lines.stops[0], lines.landed_share()), (caught, 1.0));
/// assert!((lines.ends.z(0) - 3.0_f64.ln()).abs() < 1e-2); // x = 3 exp(−z)
/// # Ok::<(), efm_integrate::TraceError>(())
/// ```
pub trait Event: fmt::Debug + Send + Sync {
    /// A continuous function of the point (x,z), z last.
    fn value(&self, point: &[f64]) -> f64;

    /// Which zeros count.
    fn trigger(&self) -> Trigger;

    /// The reason with which the line ends there; `None` if it is only counted and the line goes on.
    fn stop(&self) -> Option<Stop>;

    /// The longest way the line may go from here in one step, so that nothing small is jumped over. Not heeded by
    /// fixed steps in the gap forms.
    fn reach(&self, _point: &[f64]) -> f64 {
        f64::INFINITY
    }

    /// Refuses lines of points (x, z) with `dim` coordinates of x, where the event is made for others.
    ///
    /// # Errors
    /// Usually [`TraceError::EventDimension`].
    fn check(&self, _dim: usize) -> Result<(), TraceError> {
        Ok(())
    }

    /// No zero lies nearer to the point than this, in data units: at unit speed, shorter steps are not searched. Worth
    /// the trouble where [`Event::value`] is dear.
    fn clearance(&self, _point: &[f64]) -> f64 {
        0.0
    }
}

/// Which zeros of an event's function count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// Every change of sign. A line may start on the zero; that is not a change.
    SignChange,
    /// From positive to not positive. A line that starts there has the event at once.
    Entry,
}

impl Trigger {
    fn fires(self, before: f64, after: f64) -> bool {
        (before > 0.0 && after <= 0.0) || (self == Self::SignChange && before < 0.0 && after >= 0.0)
    }
}

/// A line passes the height z, either way; it is counted and goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crossing {
    /// The height.
    pub z: f64,
}

impl Event for Crossing {
    fn value(&self, point: &[f64]) -> f64 {
        point[point.len() - 1] - self.z
    }
    fn trigger(&self) -> Trigger {
        Trigger::SignChange
    }
    fn stop(&self) -> Option<Stop> {
        None
    }
}

/// A line comes within a radius of one of the charges of a plate and ends.
///
/// Steps are kept below half the distance to the nearest one (at unit speed the field turns within that distance), so a
/// small radius is not jumped over.
#[derive(Debug, Clone)]
pub struct Capture {
    charges: Nearest,
    z: f64,
    radius: f64,
}

impl Capture {
    /// Around each of `charges`, which lie at height `z`; the radius is in data units.
    pub fn new(charges: &Points, z: f64, radius: f64) -> Self {
        Self { charges: Nearest::new(charges), z, radius }
    }

    /// Index of the charge nearest to `point`, and its distance; `None` if there are no charges, or `point` has not D + 1
    /// coordinates.
    pub fn nearest(&self, point: &[f64]) -> Option<(usize, f64)> {
        if point.len() != self.charges.dim() + 1 {
            return None;
        }
        let (place, distance) = self.charges.from(point, self.z)?;
        Some((self.charges.charge(place), distance))
    }

    fn distance(&self, point: &[f64]) -> f64 {
        self.nearest(point).map_or(f64::INFINITY, |(_, distance)| distance)
    }
}

impl Event for Capture {
    fn value(&self, point: &[f64]) -> f64 {
        self.distance(point) - self.radius
    }
    fn trigger(&self) -> Trigger {
        Trigger::Entry
    }
    fn stop(&self) -> Option<Stop> {
        Some(Stop::Captured)
    }
    fn check(&self, dim: usize) -> Result<(), TraceError> {
        same(self.charges.dim(), dim)
    }
    fn reach(&self, point: &[f64]) -> f64 {
        0.5 * self.distance(point).max(self.radius)
    }
    fn clearance(&self, point: &[f64]) -> f64 {
        self.distance(point) - self.radius
    }
}

/// A line leaves the ball around a centre and ends.
#[derive(Debug, Clone, PartialEq)]
pub struct Escape {
    /// Centre (x,z), z last.
    pub centre: Vec<f64>,
    /// Radius in data units.
    pub radius: f64,
}

impl Event for Escape {
    fn value(&self, point: &[f64]) -> f64 {
        self.radius - square_distance(&self.centre, point).sqrt()
    }
    fn trigger(&self) -> Trigger {
        Trigger::Entry
    }
    fn stop(&self) -> Option<Stop> {
        Some(Stop::Escaped)
    }
    fn check(&self, dim: usize) -> Result<(), TraceError> {
        same(self.centre.len().saturating_sub(1), dim)
    }
}

fn same(event_dim: usize, field_dim: usize) -> Result<(), TraceError> {
    if event_dim == field_dim { Ok(()) } else { Err(TraceError::EventDimension { event_dim, field_dim }) }
}

fn square_distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum()
}

/// A step is looked at in this many substeps: a line that passes a plate and returns within one of them goes unseen.
const SUBSTEPS: usize = 4;

/// Hands `found` the zeros of `g` on [0, limit] that count, first one first, until it says to stop.
pub(crate) fn zeros(mut g: impl FnMut(f64) -> f64, trigger: Trigger, limit: f64, mut found: impl FnMut(f64) -> bool) {
    let mut before = (0.0, g(0.0));
    for substep in 1..=SUBSTEPS {
        let theta = limit * (substep as f64 / SUBSTEPS as f64);
        let after = (theta, g(theta));
        if trigger.fires(before.1, after.1) && !found(bracketed_zero(&mut g, before, after)) {
            return;
        }
        before = after;
    }
}

/// The first zero of `g` on [0, limit] that counts.
pub(crate) fn first_zero(g: impl FnMut(f64) -> f64, trigger: Trigger, limit: f64) -> Option<f64> {
    let mut first = None;
    zeros(g, trigger, limit, |theta| {
        first = Some(theta);
        false
    });
    first
}
