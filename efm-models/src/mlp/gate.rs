use burn::module::Module;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor};

/// A linear map of x under the control of the network: B (g ⊙ A x̂) + g₀ x̂ with x̂ = x/|x|, A and B learned.
///
/// The field at a distance from its charges is mostly linear in x: it points away from a cloud or towards it, more so
/// along the cloud's thin directions, and how much depends on the place. In many dimensions a network does not copy x
/// through its layers well enough; with the gates g, g₀ it decides and need not copy.
#[derive(Module, Debug)]
pub(super) struct Gate {
    inwards: Linear,
    outwards: Linear,
}

impl Gate {
    /// For x in R^`dim`; call [`Gate::reset`] when all weights were drawn.
    pub fn new(dim: usize, device: &Device) -> Self {
        let square = || LinearConfig::new(dim, dim).with_bias(false).init(device);
        Self { inwards: square(), outwards: square() }
    }

    /// A = B = 1: every gate belongs to one coordinate, until training finds better directions.
    pub fn reset(mut self, dim: usize, device: &Device) -> Self {
        for linear in [&mut self.inwards, &mut self.outwards] {
            linear.weight = linear.weight.clone().map(|_| Tensor::eye(dim, device));
        }
        self
    }

    /// Outputs a network needs to control it in R^`dim`.
    pub fn inputs(dim: usize) -> usize {
        dim + 1
    }

    /// `direction` is x̂, `[B, D]`; `gates` is `[B, D + 1]`, g₀ last; gives `[B, D]`.
    pub fn forward(&self, direction: Tensor<2>, gates: Tensor<2>) -> Tensor<2> {
        let [count, width] = gates.dims();
        let dim = width - 1;
        let inner = self.inwards.forward(direction.clone()) * gates.clone().slice([0..count, 0..dim]);
        self.outwards.forward(inner) + direction * gates.slice([0..count, dim..width])
    }
}
