//! The few vector operations the kernels need, for f32 and f64 alike, on whatever instructions the machine has.

use std::any::Any;

use pulp::{Arch, Simd, WithSimd};

/// Runs a plain loop, marked `#[inline(always)]`, compiled for the instructions the machine has.
#[inline]
pub fn widely<R>(arch: Arch, work: impl FnOnce() -> R) -> R {
    struct Work<F>(F);
    impl<R, F: FnOnce() -> R> WithSimd for Work<F> {
        type Output = R;
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> R {
            simd.vectorize(self.0)
        }
    }
    arch.dispatch(Work(work))
}

/// A scalar with vectors of itself.
pub trait Real: Copy + Send + Sync + PartialOrd + 'static {
    /// A vector register of `S`.
    type Vector<S: Simd>: Copy;
    /// The nearest value of this type.
    fn round(value: f64) -> Self;
    /// Exact.
    fn widen(self) -> f64;
    /// Whole vectors of a slice.
    fn vectors<S: Simd>(slice: &[Self]) -> &[Self::Vector<S>];
    /// As `vectors`, to write.
    fn vectors_mut<S: Simd>(slice: &mut [Self]) -> &mut [Self::Vector<S>];
    /// The value in every lane.
    fn splat<S: Simd>(simd: S, value: Self) -> Self::Vector<S>;
    /// a + b.
    fn add<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;
    /// a − b.
    fn sub<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;
    /// a·b.
    fn mul<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;
    /// a/b.
    fn div<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;
    /// a·b + c, fused where the machine can.
    fn fma<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>, c: Self::Vector<S>) -> Self::Vector<S>;
    /// √a.
    fn sqrt<S: Simd>(simd: S, a: Self::Vector<S>) -> Self::Vector<S>;
    /// `value` in the lanes where a > b, zero elsewhere.
    fn keep_above<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>, value: Self::Vector<S>) -> Self::Vector<S>;
    /// Sum of the lanes.
    fn sum<S: Simd>(simd: S, a: Self::Vector<S>) -> Self;
    /// About 1/√a, 12 bits or better, if the machine has an instruction for that.
    #[inline(always)]
    fn root_guess<S: Simd>(_simd: S, _a: Self::Vector<S>) -> Option<Self::Vector<S>> {
        None
    }
}

/// As [`Real::root_guess`]. The bits differ between makes of processors.
#[inline(always)]
fn root_guess<S: Simd>(simd: S, a: S::f32s) -> Option<S::f32s> {
    #[cfg(target_arch = "x86_64")]
    {
        use pulp::bytemuck::cast;
        // Known when compiled: one of these branches is what is left.
        let simd: &dyn Any = &simd;
        if let Some(simd) = simd.downcast_ref::<pulp::x86::V3>() {
            return Some(cast(simd.avx._mm256_rsqrt_ps(cast(a))));
        }
        if let Some(simd) = simd.downcast_ref::<pulp::x86::V4>() {
            return Some(cast(simd.avx512f._mm512_rsqrt14_ps(cast(a))));
        }
    }
    let _ = (simd, a);
    None
}

macro_rules! real {
    ($scalar:ty, $register:ident, $as_simd:ident, $as_mut_simd:ident, $splat:ident, $add:ident, $sub:ident, $mul:ident, $div:ident,
     $fma:ident, $sqrt:ident, $greater:ident, $select:ident, $sum:ident $(, $guess:ident)?) => {
        impl Real for $scalar {
            type Vector<S: Simd> = S::$register;
            #[inline(always)]
            fn round(value: f64) -> Self {
                value as Self
            }
            #[inline(always)]
            fn widen(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn vectors<S: Simd>(slice: &[Self]) -> &[Self::Vector<S>] {
                S::$as_simd(slice).0
            }
            #[inline(always)]
            fn vectors_mut<S: Simd>(slice: &mut [Self]) -> &mut [Self::Vector<S>] {
                S::$as_mut_simd(slice).0
            }
            #[inline(always)]
            fn splat<S: Simd>(simd: S, value: Self) -> Self::Vector<S> {
                simd.$splat(value)
            }
            #[inline(always)]
            fn add<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S> {
                simd.$add(a, b)
            }
            #[inline(always)]
            fn sub<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S> {
                simd.$sub(a, b)
            }
            #[inline(always)]
            fn mul<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S> {
                simd.$mul(a, b)
            }
            #[inline(always)]
            fn div<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S> {
                simd.$div(a, b)
            }
            #[inline(always)]
            fn fma<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>, c: Self::Vector<S>) -> Self::Vector<S> {
                simd.$fma(a, b, c)
            }
            #[inline(always)]
            fn sqrt<S: Simd>(simd: S, a: Self::Vector<S>) -> Self::Vector<S> {
                simd.$sqrt(a)
            }
            #[inline(always)]
            fn keep_above<S: Simd>(
                simd: S,
                a: Self::Vector<S>,
                b: Self::Vector<S>,
                value: Self::Vector<S>,
            ) -> Self::Vector<S> {
                simd.$select(simd.$greater(a, b), value, simd.$splat(0.0))
            }
            #[inline(always)]
            fn sum<S: Simd>(simd: S, a: Self::Vector<S>) -> Self {
                simd.$sum(a)
            }
            $(
                #[inline(always)]
                fn root_guess<S: Simd>(simd: S, a: Self::Vector<S>) -> Option<Self::Vector<S>> {
                    $guess(simd, a)
                }
            )?
        }
    };
}
real!(
    f32,
    f32s,
    as_simd_f32s,
    as_mut_simd_f32s,
    splat_f32s,
    add_f32s,
    sub_f32s,
    mul_f32s,
    div_f32s,
    mul_add_e_f32s,
    sqrt_f32s,
    greater_than_f32s,
    select_f32s,
    reduce_sum_f32s,
    root_guess
);
real!(
    f64,
    f64s,
    as_simd_f64s,
    as_mut_simd_f64s,
    splat_f64s,
    add_f64s,
    sub_f64s,
    mul_f64s,
    div_f64s,
    mul_add_e_f64s,
    sqrt_f64s,
    greater_than_f64s,
    select_f64s,
    reduce_sum_f64s
);
