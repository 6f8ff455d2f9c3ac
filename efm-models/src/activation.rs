use burn::tensor::{Tensor, activation};
use serde::{Deserialize, Serialize};

/// Nonlinearity between layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Activation {
    /// x · sigmoid(x): smooth.
    #[default]
    Silu,
    /// max(x, 0): fastest on a CPU.
    Relu,
    /// Gaussian error linear unit.
    Gelu,
    /// (x + √(x² + 1)) / 2, a smooth ReLU without an exponential (Barron 2021, "Squareplus", arXiv 2112.11687).
    Squareplus,
    /// Hyperbolic tangent.
    Tanh,
}

impl Activation {
    /// Of every value.
    pub(crate) fn of(self, values: Tensor<2>) -> Tensor<2> {
        match self {
            Self::Silu => activation::silu(values),
            Self::Relu => activation::relu(values),
            Self::Gelu => activation::gelu(values),
            Self::Squareplus => squareplus(values),
            Self::Tanh => values.tanh(),
        }
    }
}

/// (x + √(x² + 1)) / 2: positive, smooth, no exponential.
pub(crate) fn squareplus(values: Tensor<2>) -> Tensor<2> {
    ((values.clone() * values.clone()).add_scalar(1.0).sqrt() + values).mul_scalar(0.5)
}
