//! Values of a field, held against what a [`Field`] promises.

use efm_core::Augmented;
use efm_core::vector::length;
use efm_field::{Field, FieldError, FieldValues};

/// Evaluates the field at the points `at` of lines on their way, and checks what it gave.
///
/// NaN and ∞ pass: where the field breaks down the line through that point ends, and no other.
///
/// # Errors
/// What the field says, and as [`FieldValues::check`].
pub(crate) fn evaluate(field: &dyn Field, at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError> {
    field.evaluate_into(at, out)?;
    out.check_shape(at)?;
    for (point, direction) in out.directions.iter().enumerate() {
        let length = length(direction);
        if length.is_finite() && (length - 1.0).abs() > FieldValues::UNIT {
            return Err(FieldError::Direction { point, length });
        }
    }
    Ok(())
}

/// As [`evaluate`], outside of lines, where NaN and ∞ have nothing to end and are errors too.
///
/// # Errors
/// What the field says, and as [`FieldValues::check`].
pub(crate) fn evaluate_finite(field: &dyn Field, at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError> {
    field.evaluate_into(at, out)?;
    out.check(at)
}
