//! How far a trace has come, for those who wait.

use std::ops::ControlFlow;

/// How far a trace has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Lines in all.
    pub lines: usize,
    /// Lines that have ended.
    pub finished: usize,
    /// Evaluations of the field so far, in points.
    pub evaluations: u64,
}

/// Sees the progress before every round of steps, and may end the trace: lines on their way are then
/// [`crate::Stop::Cancelled`] where they stand.
pub type Watch<'a> = dyn FnMut(Progress) -> ControlFlow<()> + 'a;
