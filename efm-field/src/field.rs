use std::sync::Arc;

use efm_core::Augmented;

use crate::FieldError;

/// A field on R^{D+1} whose lines run from the source plate z = 0 to the target plate z = L.
///
/// Only the direction matters to a field line; a field that knows its strength reports it too. Implementations give
/// finite unit directions everywhere, on a charge as well.
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

    /// The values at the points `at`.
    ///
    /// # Errors
    /// As [`Field::evaluate_into`].
    fn evaluate(&self, at: &Augmented) -> Result<FieldValues, FieldError> {
        let mut out = FieldValues::default();
        self.evaluate_into(at, &mut out)?;
        Ok(out)
    }
}

/// Values of a field at N points.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FieldValues {
    /// Unit vectors E/|E|, D + 1 coordinates each, z last.
    pub directions: Augmented,
    /// ln |E| at each point (|E| in 1/length^D for unit total charge); empty when the field knows directions only.
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
