use std::ops::Range;

use burn::tensor::{Device, Tensor, TensorData};
use efm_core::Stream;
use efm_models::{Condition, Dropout, FieldNet};

/// One minibatch on the host, ready for upload.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// `[B, D]`.
    pub x: Vec<f32>,
    /// `[B, 1]`.
    pub z: Vec<f32>,
    /// What the network should give: `[B, W]`, W up to the objective.
    pub target: Vec<f32>,
    /// How much that counts: `[B, V]`, V up to the objective.
    pub weight: Vec<f32>,
    /// Class of every point, the number of classes for the field of the whole target; empty where no classes are learned.
    pub class: Vec<u32>,
    /// Number of the first row in the whole training, which noise is keyed by.
    pub first: u64,
}

/// A batch on a device.
#[derive(Debug, Clone)]
pub struct BatchTensors {
    /// `[B, D]`.
    pub x: Tensor<2>,
    /// `[B, 1]`.
    pub z: Tensor<2>,
    /// `[B, W]`.
    pub target: Tensor<2>,
    /// `[B, V]`.
    pub weight: Tensor<2>,
    /// Classes, where these are learned, and in training the masks of dropout.
    pub condition: Condition,
}

impl BatchTensors {
    /// Values of a network at the points of the batch, under its condition.
    pub fn values(&self, network: &dyn FieldNet) -> Tensor<2> {
        network.conditional(self.x.clone(), self.z.clone(), Some(&self.condition))
    }
}

impl Batch {
    /// Number of points, B.
    pub fn len(&self) -> usize {
        self.z.len()
    }

    /// Whether there are no points.
    pub fn is_empty(&self) -> bool {
        self.z.is_empty()
    }

    /// Copies the batch to `device`; `dropout` is the stream of its masks in training.
    pub fn upload(self, dropout: Option<Stream>, device: &Device) -> BatchTensors {
        let count = self.len();
        let condition = Condition {
            classes: (!self.class.is_empty()).then(|| Condition::of_classes(&self.class, device).classes).flatten(),
            dropout: dropout.map(|stream| Dropout { stream, first: self.first }),
            ..Condition::default()
        };
        let upload = |values: Vec<f32>| {
            let width = values.len() / count.max(1);
            Tensor::<2>::from_data(TensorData::new(values, [count, width]), device)
        };
        BatchTensors {
            x: upload(self.x),
            z: upload(self.z),
            target: upload(self.target),
            weight: upload(self.weight),
            condition,
        }
    }

    /// The batch in pieces of `rows` points, the last one maybe shorter.
    pub fn shards(&self, rows: usize) -> Vec<Self> {
        fn part<T: Copy>(values: &[T], rows: usize, range: &Range<usize>) -> Vec<T> {
            let width = values.len() / rows;
            values[range.start * width..range.end * width].to_vec()
        }
        let (all, rows) = (self.len(), rows.max(1));
        let cut = |start: usize| {
            let range = start..(start + rows).min(all);
            Self {
                x: part(&self.x, all, &range),
                z: part(&self.z, all, &range),
                target: part(&self.target, all, &range),
                weight: part(&self.weight, all, &range),
                class: part(&self.class, all, &range),
                first: self.first + start as u64,
            }
        };
        (0..all).step_by(rows).map(cut).collect()
    }
}
