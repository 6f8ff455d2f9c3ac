use std::sync::Arc;

use efm_core::Augmented;

use crate::FieldError;

/// A field on R^{D+1} whose lines run from the source plate z = 0 to the target plate z = L.
///
/// Only the direction matters to a field line; a field that knows its strength reports it too. Implementations give
/// finite unit directions everywhere, on a charge as well; [`FieldValues::check`] says whether they did.
///
/// ```
/// use efm_core::Augmented;
/// use efm_field::{Field, FieldError, FieldValues};
///
/// /// A wide capacitor: every line runs straight up.
/// struct Upright {
///     dim: usize,
/// }
///
/// impl Field for Upright {
///     fn dim(&self) -> usize {
///         self.dim
///     }
///     fn gap(&self) -> f64 {
///         1.0
///     }
///     fn evaluate_into(&self, at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError> {
///         if at.dim() != self.dim {
///             return Err(FieldError::DimensionMismatch { query_dim: at.dim(), field_dim: self.dim });
///         }
///         // Directions only: `false` leaves the strengths out.
///         out.prepare(self.dim, at.len(), false);
///         out.directions.as_mut_slice().fill(0.0);
///         (0..at.len()).for_each(|index| out.directions.set_z(index, 1.0));
///         Ok(())
///     }
/// }
///
/// let at = Augmented::zeros(3, 5);
/// let values = Upright { dim: 3 }.evaluate(&at)?;
/// values.check(&at)?;
/// assert_eq!(values.directions.point(4), [0.0, 0.0, 0.0, 1.0]);
/// # Ok::<(), FieldError>(())
/// ```
pub trait Field: Send + Sync {
    /// Number of coordinates of the data, D.
    fn dim(&self) -> usize;

    /// Distance between the plates, L, in data units.
    fn gap(&self) -> f64;

    /// Writes the values at the points `at` into `out`, which is resized to fit. A point's values do not depend on
    /// the other points of the batch.
    ///
    /// # Errors
    /// [`FieldError`] for points of another dimension, non-finite points and failing devices.
    fn evaluate_into(&self, at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError>;

    /// The values at the points `at`, as many as there are points.
    ///
    /// # Errors
    /// As [`Field::evaluate_into`]; [`FieldError::Shape`] and [`FieldError::Strengths`] for an implementation that gives more or
    /// fewer values than it was asked for.
    fn evaluate(&self, at: &Augmented) -> Result<FieldValues, FieldError> {
        let mut out = FieldValues::default();
        self.evaluate_into(at, &mut out)?;
        out.check_shape(at)?;
        Ok(out)
    }
}

/// Values of a field at N points.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FieldValues {
    /// Unit vectors E/|E|, D + 1 coordinates each, z last.
    pub directions: Augmented,
    /// ln |E| at each point (|E| in 1/length^D for unit total charge), −∞ where nothing contributes; empty when the field knows
    /// directions only.
    ///
    /// The logarithm, for |E| falls as 1/r^D: at a distance of 10, exp of it is 0 in f64 from D of about 320 on. See
    /// [`FieldValues::vectors`].
    pub ln_strengths: Vec<f64>,
}

impl FieldValues {
    /// Makes room for `len` points of D = `dim`; `strengths` says whether ln |E| will be written.
    pub fn prepare(&mut self, dim: usize, len: usize, strengths: bool) {
        if self.directions.dim() != dim {
            self.directions = Augmented::new(dim);
        }
        self.directions.resize(len);
        self.ln_strengths.resize(if strengths { len } else { 0 }, 0.0);
    }

    /// E itself at each point, D + 1 coordinates in 1/length^D: the direction times exp(ln |E|), and 0 where nothing contributes.
    ///
    /// An item is [`FieldError::Range`] where |E| overflows or underflows, as it does almost everywhere in many dimensions, and
    /// [`FieldError::NoStrength`] for a field that knows directions only.
    ///
    /// ```
    /// # use efm_core::{Augmented, Capacitor, Points};
    /// # use efm_field::{ExactField, Field, FieldError, Law};
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let plate = |dim| Points::from_values(dim, vec![0.0; dim]);
    /// let at = |dim| Augmented::lift(&plate(dim).unwrap(), 4.5);
    /// let field = |dim| Ok::<_, efm_core::CoreError>(ExactField::new(Capacitor::new(plate(dim)?, plate(dim)?, 9.0)?, Law::Coulomb));
    /// // Two charges in R³, 4.5 away each: 2/(4π·4.5²).
    /// let three = field(2)?.evaluate(&at(2))?.vectors().collect::<Result<Vec<_>, _>>()?;
    /// assert!((three[0][2] - 2.0 / (81.0 * std::f64::consts::PI)).abs() < 1e-7);
    /// // In 3072 dimensions |E|, about e³³⁵⁷ here, is no f64; its direction and its logarithm are.
    /// let many = field(3072)?.evaluate(&at(3072))?;
    /// assert!(matches!(many.vectors().next(), Some(Err(FieldError::Range { .. }))));
    /// # Ok(())
    /// # }
    /// ```
    pub fn vectors(&self) -> impl ExactSizeIterator<Item = Result<Vec<f64>, FieldError>> + '_ {
        self.directions.iter().enumerate().map(|(point, direction)| {
            let &ln_strength = self.ln_strengths.get(point).ok_or(FieldError::NoStrength)?;
            let strength = ln_strength.exp();
            if strength.is_normal() || ln_strength == f64::NEG_INFINITY {
                Ok(direction.iter().map(|part| strength * part).collect())
            } else {
                Err(FieldError::Range { point, ln_strength })
            }
        })
    }

    /// Checks that these are the values of a field at the points `at`: as many as points, directions of length 1 to within
    /// [`FieldValues::UNIT`], strengths for all points or for none.
    ///
    /// Whoever takes a field of someone else's calls this after [`Field::evaluate_into`].
    ///
    /// # Errors
    /// [`FieldError::Shape`], [`FieldError::Direction`] or [`FieldError::Strengths`].
    pub fn check(&self, at: &Augmented) -> Result<(), FieldError> {
        self.check_shape(at)?;
        for (point, direction) in self.directions.iter().enumerate() {
            let length = direction.iter().map(|part| part * part).sum::<f64>().sqrt();
            // A NaN is in no range.
            if !(1.0 - Self::UNIT..=1.0 + Self::UNIT).contains(&length) {
                return Err(FieldError::Direction { point, length });
            }
        }
        Ok(())
    }

    /// Largest |length − 1| of a direction: enough for unit vectors that were normalised in f32.
    pub const UNIT: f64 = 1e-4;

    /// As [`FieldValues::check`], but for the lengths of directions.
    ///
    /// # Errors
    /// [`FieldError::Shape`] or [`FieldError::Strengths`].
    pub fn check_shape(&self, at: &Augmented) -> Result<(), FieldError> {
        FieldError::check_shape((at.dim(), at.len()), (self.directions.dim(), self.directions.len()))?;
        let (points, strengths) = (at.len(), self.ln_strengths.len());
        if strengths == 0 || strengths == points { Ok(()) } else { Err(FieldError::Strengths { points, strengths }) }
    }
}

macro_rules! forward_field {
    ($($pointer:ty),*) => {$(
        impl<F: Field + ?Sized> Field for $pointer {
            fn dim(&self) -> usize {
                (**self).dim()
            }
            fn gap(&self) -> f64 {
                (**self).gap()
            }
            fn evaluate_into(&self, at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError> {
                (**self).evaluate_into(at, out)
            }
        }
    )*};
}
forward_field!(&F, Box<F>, Arc<F>);
