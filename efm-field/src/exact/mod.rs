//! Exact sums over all charges: one field, three laws, kernels by D and precision.

mod combine;
mod per_plate;
mod precision;
pub mod reference;
mod route;
mod summation;
mod tiles;

use efm_core::{Augmented, Capacitor};
use rayon::prelude::*;

use crate::{Field, FieldError, FieldValues, Law, ParameterError};
pub use precision::Precision;
use route::{Layout, Route};
pub use summation::Summation;

/// The field of a capacitor by summing over all of its charges.
///
/// Values at a point depend on nothing but the point: neither on the batch nor on the number of threads. Directions are
/// finite unit vectors everywhere; a charge exactly at the query contributes nothing, and where nothing contributes
/// the direction is +z and ln |E| = −∞. Work is shared among rayon's threads, query by query. A clone shares the memory of the
/// kernels.
///
/// ```
/// use efm_core::{Augmented, Capacitor, Points};
/// use efm_field::{ExactField, Field, Law, Precision};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let source = Points::from_values(2, vec![0.0, 0.0, 1.0, 0.0])?;
/// let target = Points::from_values(2, vec![0.5, 2.0])?;
/// let field = ExactField::new(Capacitor::new(source, target, 1.5)?, Law::Coulomb).with_precision(Precision::F64);
/// assert_eq!(field.kernel_name(), "direct");
/// let mut at = Augmented::new(2);
/// at.push(&[0.2, 0.3], 0.4);
/// // The plates on their own add up to the field.
/// let whole = field.evaluate(&at)?.vectors().next().unwrap()?;
/// let [source, target] = field.per_plate(&at)?.map(|plate| plate.vectors().next().unwrap());
/// for ((whole, source), target) in whole.iter().zip(source?).zip(target?) {
///     assert!((whole - source - target).abs() < 1e-12);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ExactField {
    layout: Layout,
    precision: Precision,
    summation: Summation,
    route: Route,
}

impl ExactField {
    /// The field of `capacitor` under `law`, with f32 kernels.
    pub fn new(capacitor: Capacitor, law: Law) -> Self {
        Self::routed(Layout::new(capacitor, law), Precision::F32, Summation::Auto)
    }

    /// The same field with kernels of another precision.
    #[must_use]
    pub fn with_precision(self, precision: Precision) -> Self {
        if precision == self.precision { self } else { Self::routed(self.layout, precision, self.summation) }
    }

    /// The same field summed in another way.
    ///
    /// # Errors
    /// [`ParameterError`] if the allowed error is out of range.
    pub fn with_summation(self, summation: Summation) -> Result<Self, ParameterError> {
        summation.check()?;
        Ok(if summation == self.summation { self } else { Self::routed(self.layout, self.precision, summation) })
    }

    fn routed(layout: Layout, precision: Precision, summation: Summation) -> Self {
        let route = Route::new(&layout, precision, summation);
        Self { layout, precision, summation, route }
    }

    /// How the sums are made.
    pub fn summation(&self) -> Summation {
        self.summation
    }

    /// The charges.
    pub fn capacitor(&self) -> &Capacitor {
        &self.layout.capacitor
    }

    /// How they act.
    pub fn law(&self) -> Law {
        self.layout.law
    }

    /// Precision of the kernels.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Name of the kernel that sums: `direct` (small D), `blocked` (D of ten or twenty without images), `product` (larger D),
    /// `pairwise` (D > 8 in f64), `tree` (see [`Summation`]) or `reference`.
    pub fn kernel_name(&self) -> &'static str {
        self.route.first.as_ref().map_or("reference", |kernel| kernel.name())
    }

    /// Effective number of charges at each point: (Σw)²/Σw² over both plates, w = |field of the charge, images
    /// included|. 1 means that a single charge decides the direction (physics of high D), N that all count equally; 0
    /// where nothing contributes. Log-space in f64, for any D.
    ///
    /// # Errors
    /// As [`Field::evaluate_into`].
    pub fn effective_charges(&self, at: &Augmented) -> Result<Vec<f64>, FieldError> {
        FieldError::check_queries(self.dim(), at)?;
        let kernel = self.layout.pairwise();
        let one = |index: usize| kernel.effective_charges(&self.queries(at, &[index]));
        Ok((0..at.len()).into_par_iter().flat_map_iter(one).collect())
    }
}

impl Field for ExactField {
    fn dim(&self) -> usize {
        self.layout.capacitor.dim()
    }

    fn gap(&self) -> f64 {
        self.layout.capacitor.gap()
    }

    fn evaluate_into(&self, at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError> {
        FieldError::check_queries(self.dim(), at)?;
        out.prepare(self.dim(), at.len(), true);
        self.evaluate_tiles(at, out);
        if self.law() == Law::Published {
            out.ln_strengths.clear();
        }
        Ok(())
    }
}
