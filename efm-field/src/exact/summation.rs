//! Pair by pair, or by trees.

use crate::kernels::most;
use crate::{Law, ParameterError, Precision};

/// Relative error at which trees are used unasked: as good as the f32 sums they replace.
const UNASKED: f64 = 1e-6;

/// How an [`ExactField`](crate::ExactField) sums over its charges.
///
/// Trees are there for [`Law::Coulomb`] in D ≤ 3. Their `error` bounds |ΔE|/|E| at every point, E being the field of both plates
/// together; it must lie in [1e-9, 0.1]. The choice depends on the charges, not on the points, so that a value depends on
/// nothing but its point.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Summation {
    /// Trees where they are faster at an error of 1e-6, which is that of the f32 sums.
    #[default]
    Auto,
    /// Trees where they are faster at this error.
    Within {
        /// Allowed |ΔE|/|E|.
        error: f64,
    },
    /// Every charge for every point.
    Direct,
    /// Trees where there are any, for however few charges.
    Tree {
        /// Allowed |ΔE|/|E|.
        error: f64,
    },
}

impl Summation {
    /// Checks the error.
    pub(crate) fn check(self) -> Result<(), ParameterError> {
        match self {
            Self::Within { error } | Self::Tree { error } if !(1e-9..=0.1).contains(&error) => {
                Err(ParameterError { name: "error", value: error, rule: "from 1e-9 to 0.1" })
            }
            _ => Ok(()),
        }
    }

    /// The error allowed to trees, if they are to be used for so many charges of both plates.
    pub(crate) fn tree(self, law: Law, precision: Precision, dim: usize, charges: usize) -> Option<f64> {
        if law != Law::Coulomb || dim > most::TREE {
            return None;
        }
        let faster = |error: f64| (charges as f64 >= crossing(dim, error)).then_some(error);
        match self {
            // Nobody who asks for f64 wants 1e-6.
            Self::Auto if precision == Precision::F64 => None,
            Self::Auto => faster(UNASKED),
            Self::Within { error } => faster(error),
            Self::Direct => None,
            Self::Tree { error } => Some(error),
        }
    }
}

/// Charges of both plates from which trees are faster than pairs in f32: a power law through what `bench_tree` measures, see
/// docs/performance.md.
fn crossing(dim: usize, error: f64) -> f64 {
    let (charges, power): (f64, f64) = match dim {
        1 => (3e3, 0.1),
        2 => (1e4, 0.2),
        _ => (1e5, 0.35),
    };
    charges * (1e-3 / error).powf(power)
}
