//! Loops compiled for the widest registers of the machine.

use pulp::{Arch, Simd, WithSimd};

/// A loop. A trait rather than a closure: a closure that could be called twice is not inlined into the code for wide
/// registers, and stays compiled for narrow ones.
pub(crate) trait Loop {
    type Output;

    /// Runs it; mark this `#[inline(always)]`, and all that is called in it.
    fn run(self) -> Self::Output;
}

struct Wide<L>(L);

impl<L: Loop> WithSimd for Wide<L> {
    type Output = L::Output;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> L::Output {
        self.0.run()
    }
}

/// Runs the loop with the instructions of this machine.
pub(crate) fn widely<L: Loop>(work: L) -> L::Output {
    Arch::new().dispatch(Wide(work))
}
