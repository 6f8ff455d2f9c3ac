use serde::{Deserialize, Serialize};

/// Scalar type of the pair kernels. Sums over charges are kept in f64 either way.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// Errors of direction and ln |E| measured against f64: below 1e-6 for D ≤ 8, 4e-6 up to D = 3072 (the most for a
    /// mirror with L a tenth of the spread); points where more is to be expected are summed in f64.
    /// Trees keep below the bound they are given ([`Summation`](crate::Summation)), 1e-6 unless told otherwise.
    /// [`crate::Law::Published`] with D > 8: 3e-6 at D = 64, 3e-5 at D = 784, 1.3e-4 at D = 12 288 (rounding of r², which the
    /// exponent (D+1)/2 multiplies).
    #[default]
    F32,
    /// Relative error of a pair's contribution about D·1e-15; mirror with D ≤ 8: about 1e-10 of the whole field.
    F64,
}
