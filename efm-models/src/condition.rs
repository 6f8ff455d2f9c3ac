use burn::nn::Embedding;
use burn::tensor::{Device, Int, Tensor, TensorData};
use efm_core::Stream;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

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
    /// Where the masks of dropout come from; absent outside of training.
    pub dropout: Option<Dropout>,
}

/// Randomness of dropout: row i of a batch draws its masks from `stream.at(first + i)`, so that they depend neither on how a
/// batch is cut nor on threads.
#[derive(Debug, Clone, Copy)]
pub struct Dropout {
    /// The stream.
    pub stream: Stream,
    /// Number of the first row.
    pub first: u64,
}

impl Condition {
    /// The class `class` for one point or all.
    pub fn class(class: usize, device: &Device) -> Self {
        Self::of_classes(&[class as u32], device)
    }

    /// These classes, one per point.
    pub fn of_classes(classes: &[u32], device: &Device) -> Self {
        let classes: Vec<_> = classes.iter().map(|&class| i64::from(class)).collect();
        let count = classes.len();
        let classes = Tensor::<1, Int>::from_data(TensorData::new(classes, [count]), device);
        Self { classes: Some(classes), ..Self::default() }
    }

    /// One row for each of `count` points.
    pub(crate) fn repeated(&self, count: usize) -> Self {
        Self {
            classes: self.classes.clone().map(|classes| classes.narrow(0, 0, 1).expand([count])),
            numbers: self.numbers.clone().map(|numbers| {
                let [_, width] = numbers.dims();
                numbers.slice([0..1, 0..width]).expand([count, width])
            }),
            dropout: self.dropout,
        }
    }
}

/// The classes of `count` points, at most `none`, which stands for "none" and is what a condition without classes gives.
pub(crate) fn class_indices(
    none: usize,
    count: usize,
    condition: Option<&Condition>,
    device: &Device,
) -> Tensor<1, Int> {
    let classes = match condition.and_then(|condition| condition.classes.clone()) {
        Some(classes) => classes,
        None => Tensor::<1, Int>::full([count], none as i64, device),
    };
    classes.clamp(0, none as i64)
}

/// The rows of `table` for the classes of `count` points, `[count, width]`; its last row stands for "none".
pub(crate) fn class_rows(table: &Embedding, count: usize, condition: Option<&Condition>, device: &Device) -> Tensor<2> {
    let classes = class_indices(table.weight.dims()[0] - 1, count, condition, device);
    let rows = table.forward(classes.reshape([1, count]));
    let [_, _, width] = rows.dims();
    rows.reshape([count, width])
}

/// The masks of one pass of a batch, drawn layer after layer.
pub(crate) struct Masks {
    rows: Vec<ChaCha8Rng>,
    rate: f64,
}

impl Masks {
    /// For `count` rows that lose values with probability `rate`; none at all outside of training.
    pub fn new(rate: f64, count: usize, condition: Option<&Condition>) -> Self {
        let dropout = condition.and_then(|condition| condition.dropout).filter(|_| rate > 0.0);
        let rows =
            dropout.map(|Dropout { stream, first }| (0..count as u64).map(|row| stream.at(first + row)).collect());
        Self { rows: rows.unwrap_or_default(), rate }
    }

    /// `x` with values left out, the others larger, so that means stay (Srivastava et al. 2014).
    pub fn drop(&mut self, x: Tensor<4>) -> Tensor<4> {
        if self.rows.is_empty() {
            return x;
        }
        let shape = x.dims();
        let each = shape[1..].iter().product::<usize>();
        let kept = (1.0 / (1.0 - self.rate)) as f32;
        let least = (self.rate * f64::from(u32::MAX)) as u32;
        let values: Vec<f32> = self
            .rows
            .iter_mut()
            .flat_map(|row| (0..each).map(|_| if row.random::<u32>() < least { 0.0 } else { kept }).collect::<Vec<_>>())
            .collect();
        let mask = Tensor::<4>::from_data(TensorData::new(values, shape), &x.device());
        x * mask
    }
}
