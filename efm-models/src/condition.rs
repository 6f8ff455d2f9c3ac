use burn::tensor::{Int, Tensor};

/// What a network may be told besides the place: which class the target has, or any numbers that describe it.
///
/// A network without conditions of a kind does not look at them; one with them that is told nothing takes the target as
/// a whole, which is what guidance without a classifier (Ho & Salimans 2022, arXiv 2207.12598) subtracts from.
#[derive(Debug, Clone, Default)]
pub struct Condition {
    /// Class of every point, `[B]`, from 0; the number of classes itself stands for "none".
    pub classes: Option<Tensor<1, Int>>,
    /// Numbers of every point, `[B, K]`, of order one.
    pub numbers: Option<Tensor<2>>,
}

impl Condition {
    /// One row for each of `count` points.
    pub(crate) fn repeated(&self, count: usize) -> Self {
        Self {
            classes: self.classes.clone().map(|classes| classes.narrow(0, 0, 1).expand([count])),
            numbers: self.numbers.clone().map(|numbers| {
                let [_, width] = numbers.dims();
                numbers.slice([0..1, 0..width]).expand([count, width])
            }),
        }
    }
}
