use efm_core::Augmented;

use crate::{Field, FieldError, FieldValues};

/// A field seen from its target plate: the plates change places, and every charge its sign.
///
/// E′(x, z) = (−E_x, E_z)(x, L − z). Its lines are those of the field, run through backwards and reflected, so a map
/// that carries p to q in a field carries q to p in the reversed one.
#[derive(Debug, Clone)]
pub struct Reversed<F>(pub F);

impl<F: Field> Field for Reversed<F> {
    fn dim(&self) -> usize {
        self.0.dim()
    }

    fn gap(&self) -> f64 {
        self.0.gap()
    }

    fn evaluate_into(&self, at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError> {
        let gap = self.gap();
        let mut mirrored = at.clone();
        for index in 0..at.len() {
            mirrored.set_z(index, gap - at.z(index));
        }
        self.0.evaluate_into(&mirrored, out)?;
        out.check_shape(at)?;
        for index in 0..at.len() {
            out.directions.x_mut(index).iter_mut().for_each(|n| *n = -*n);
        }
        Ok(())
    }
}
