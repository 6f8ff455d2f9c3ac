//! Planes of the field between the plates: what `efm field` draws.

mod cut;
mod grid;

use efm_core::Side;
use efm_field::{ExactField, Field};
use efm_report::picture::{Plane, View};

use crate::config::Charges;
use crate::{Error, NamedDevice, Prepared, TrainedModel, exact, summed_on};

/// Which plane of the field.
#[derive(Debug, Clone, PartialEq)]
pub enum Cut {
    /// From plate to plate: z and the first coordinate, or principal component of the target.
    Across,
    /// Parallel to the plates, at heights that are these shares of the gap.
    Along(Vec<f64>),
}

/// What is shown of a plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Show {
    /// Shades of |E|.
    Strength,
    /// Shades of the potential, and lines of equal potential.
    Potential,
    /// Arrows along the field.
    Direction,
    /// Field lines; across the gap only.
    Lines,
}

/// Planes to be computed.
#[derive(Debug, Clone, PartialEq)]
pub struct PlaneOptions {
    /// Which planes.
    pub cut: Cut,
    /// What is shown of them.
    pub show: Vec<Show>,
    /// Points of the grid along each axis.
    pub size: usize,
    /// Charges per plate of the exact field.
    pub charges: usize,
    /// Field lines.
    pub lines: usize,
}

impl Default for PlaneOptions {
    fn default() -> Self {
        Self { cut: Cut::Across, show: vec![Show::Strength, Show::Lines], size: 80, charges: 2_000, lines: 60 }
    }
}

/// Points of a grid in all.
const MOST_POINTS: usize = 1 << 20;

impl PlaneOptions {
    /// Refuses a grid that cannot be drawn, and heights that are no shares of the gap.
    ///
    /// # Errors
    /// [`Error::Argument`].
    pub fn check(&self) -> Result<(), Error> {
        if self.size < 2 || self.size.saturating_mul(self.size) > MOST_POINTS {
            return Err(Error::argument("size", self.size, "not a grid that can be drawn", "take 80; at most 1024"));
        }
        if let Cut::Along(heights) = &self.cut
            && let Some(share) = heights.iter().find(|share| !(0.0..=1.0).contains(*share))
        {
            return Err(Error::argument("height", share, "not a share of the gap", "take e.g. 0.1,0.5,0.9"));
        }
        Ok(())
    }
}

/// What planes are computed from.
struct Source<'a> {
    options: &'a PlaneOptions,
    prepared: &'a Prepared,
    /// The exact field, and the same summed on the device.
    exact: &'a ExactField,
    summed: &'a dyn Field,
    /// The field that directions and lines follow: the learned one where there is one.
    direction: &'a dyn Field,
    view: View,
    name: &'static str,
}

/// Values of the field on the planes; strength and potential are those of the exact field, directions and lines those of `model`
/// where there is one. The device sums the exact field where it has a kernel for it.
///
/// # Errors
/// [`Error::Argument`] for options out of range, [`Error::Refused`] for planes and values that a field has not.
pub fn field_planes(
    prepared: &Prepared,
    model: Option<&TrainedModel>,
    options: &PlaneOptions,
    device: &NamedDevice,
) -> Result<Vec<Plane>, Error> {
    options.check()?;
    let field = exact(prepared, Charges::Count(options.charges), None)?;
    let there = summed_on(&field, device);
    let summed: &dyn Field = there.as_deref().unwrap_or(&field);
    let learned = model.map(|model| model.field(device));
    let source = Source {
        options,
        prepared,
        exact: &field,
        summed,
        direction: learned.as_ref().map_or(summed, |learned| learned),
        view: View::of(field.capacitor().plate(Side::Target)),
        name: if learned.is_some() { "learned" } else { "exact" },
    };
    match &options.cut {
        Cut::Across => Ok(vec![source.across()?]),
        Cut::Along(_) if field.dim() < 2 => Err(Error::config(
            "planes along the plates need D = 2 or more; these data have D = 1",
            "take the plane across the gap, which shows all of it",
        )),
        Cut::Along(heights) => heights.iter().map(|&share| source.along(share)).collect(),
    }
}
