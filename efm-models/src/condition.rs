use burn::nn::Embedding;
use burn::tensor::{Device, Int, Tensor, TensorData};
use efm_core::Stream;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use crate::ModelError;

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

/// How much a network can be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Conditions {
    /// Classes that it can be asked for; 0 for none.
    pub classes: usize,
    /// Numbers that it can be told; 0 for none.
    pub numbers: usize,
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
        Self::numbered(vec![i64::try_from(class).unwrap_or(i64::MAX)], device)
    }

    /// These classes, one per point.
    pub fn of_classes(classes: &[u32], device: &Device) -> Self {
        Self::numbered(classes.iter().map(|&class| i64::from(class)).collect(), device)
    }

    fn numbered(classes: Vec<i64>, device: &Device) -> Self {
        let count = classes.len();
        let classes = Tensor::<1, Int>::from_data(TensorData::new(classes, [count]), device);
        Self { classes: Some(classes), ..Self::default() }
    }

    /// Whether the tensors are of `count` points and what a network can be told, where that is known.
    ///
    /// # Errors
    /// [`ModelError::Shape`].
    pub fn check(&self, count: usize, known: Option<Conditions>) -> Result<(), ModelError> {
        let fits = |what, given: &[usize], expected: &[usize]| match given == expected {
            true => Ok(()),
            false => Err(ModelError::Shape { what, given: given.to_vec(), expected: expected.to_vec() }),
        };
        if let Some(classes) = &self.classes {
            fits("the condition's classes, [points]", &classes.dims(), &[count])?;
        }
        let Some(numbers) = &self.numbers else { return Ok(()) };
        let given = numbers.dims();
        // A network that takes no numbers does not look at them.
        let width = known.map(|known| known.numbers).filter(|&width| width > 0).unwrap_or(given[1]);
        fits("the condition's numbers, [points, numbers]", &given, &[count, width])
    }

    /// Whether a network has its classes. Reads them from their device.
    ///
    /// # Errors
    /// [`ModelError::NoClass`], and [`ModelError::Unread`] when they cannot be read.
    pub(crate) fn check_classes(&self, known: Option<Conditions>) -> Result<(), ModelError> {
        // A network without classes does not look at them.
        let (Some(given), Some(classes)) = (&self.classes, known.map(|known| known.classes).filter(|&count| count > 0))
        else {
            return Ok(());
        };
        let read = given.clone().try_into_vec_as::<i64>();
        let read = read.map_err(|error| ModelError::Unread { what: "a condition", message: error.to_string() })?;
        match read.into_iter().find(|&class| class < 0 || class > classes as i64) {
            Some(class) => Err(ModelError::NoClass { class, classes }),
            None => Ok(()),
        }
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
