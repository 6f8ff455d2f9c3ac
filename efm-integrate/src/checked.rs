//! Values of a field, held against what a [`Field`] promises.

use efm_core::Augmented;
use efm_field::{Field, FieldValues};

use crate::TraceError;

/// Lengths of directions are 1 up to this: f32 makes 1e-7 of it, a field that forgot to normalise much more.
const UNIT: f64 = 1e-3;

/// Evaluates the field at the points `at`.
///
/// NaN and ∞ pass: where the field breaks down the line through that point ends, and no other.
///
/// # Errors
/// What the field says, [`TraceError::FieldSize`] if it gave another number of values than it was asked for, and
/// [`TraceError::NotUnit`] for directions of another length than 1.
pub(crate) fn evaluate(field: &dyn Field, at: &Augmented, out: &mut FieldValues) -> Result<(), TraceError> {
    field.evaluate_into(at, out)?;
    let (dim, len, strengths) = (out.directions.dim(), out.directions.len(), out.ln_strengths.len());
    if dim != at.dim() || len != at.len() || !(strengths == 0 || strengths == len) {
        return Err(TraceError::FieldSize { points: at.len(), dim: at.dim(), found: len, found_dim: dim, strengths });
    }
    for (direction, point) in out.directions.iter().zip(at.iter()) {
        let length = direction.iter().map(|n| n * n).sum::<f64>().sqrt();
        if length.is_finite() && (length - 1.0).abs() > UNIT {
            return Err(TraceError::NotUnit { point: point.to_vec(), length });
        }
    }
    Ok(())
}

/// As [`evaluate`], outside of lines, where NaN and ∞ have nothing to end.
///
/// # Errors
/// As [`evaluate`], and [`TraceError::NonFiniteDirection`].
pub(crate) fn evaluate_finite(field: &dyn Field, at: &Augmented, out: &mut FieldValues) -> Result<(), TraceError> {
    evaluate(field, at, out)?;
    let finite = |direction: &[f64]| direction.iter().all(|n| n.is_finite());
    match out.directions.iter().zip(at.iter()).find(|(direction, _)| !finite(direction)) {
        Some((_, point)) => Err(TraceError::NonFiniteDirection { point: point.to_vec() }),
        None => Ok(()),
    }
}
