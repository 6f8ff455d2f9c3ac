//! Points between the plates with what a network should give there.

mod batch;
mod source;

use efm_core::streams;
use efm_core::{Augmented, Seed};
use rand::RngExt;

use crate::{Misfit, TrainError};
pub use batch::{Batch, BatchTensors};
pub use source::PoolSource;

/// Points between the plates with what the network should give there.
#[derive(Debug, Clone, Default)]
pub struct Pool {
    dim: usize,
    x: Vec<f32>,
    z: Vec<f32>,
    target: Vec<f32>,
    weight: Vec<f32>,
    class: Vec<u32>,
}

impl Pool {
    /// Points of a tube that are worked on at once.
    pub const AT_ONCE: usize = 1_024;

    /// N points with their targets, `[N, W]`, and weights, `[N, V]`: as many of each as the loss of the objective takes, at
    /// least one.
    ///
    /// # Errors
    /// [`TrainError::Misfit`] when these are no whole rows.
    pub fn new(points: &Augmented, target: Vec<f32>, weight: Vec<f32>) -> Result<Self, TrainError> {
        let count = points.len();
        for (key, values) in [("target", &target), ("weight", &weight)] {
            if count > 0 && (values.is_empty() || !values.len().is_multiple_of(count)) {
                let why = format!("it must have the same number for each of {count} points");
                return Err(Misfit::new(key, format!("{} numbers", values.len()), why).into());
            }
        }
        Ok(Self {
            dim: points.dim(),
            x: (0..count).flat_map(|index| points.x(index).iter().map(|&x| x as f32)).collect(),
            z: (0..count).map(|index| points.z(index) as f32).collect(),
            target,
            weight,
            class: Vec::new(),
        })
    }

    /// Adds points that all belong to `class`. All points of a pool have classes or none has.
    ///
    /// # Errors
    /// [`TrainError::Misfit`] for points of another dimension, with targets or weights of another width, or where points are
    /// present without a class.
    pub fn append(&mut self, other: Self, class: u32) -> Result<(), TrainError> {
        if self.is_empty() {
            self.dim = other.dim;
        } else if !other.is_empty() {
            let widths = |pool: &Self| [pool.dim, pool.target.len() / pool.len(), pool.weight.len() / pool.len()];
            let (here, there) = (widths(self), widths(&other));
            if here != there {
                let why = format!("dimension, width of targets and width of weights are {here:?} here");
                return Err(Misfit::new("points of a class", format!("{there:?}"), why).into());
            }
        }
        if self.class.len() != self.len() {
            return Err(Misfit::new("class", class, "the points that are there have none").into());
        }
        self.class.extend(std::iter::repeat_n(class, other.len()));
        self.x.extend(other.x);
        self.z.extend(other.z);
        self.target.extend(other.target);
        self.weight.extend(other.weight);
        Ok(())
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.z.len()
    }

    /// Whether there are no points.
    pub fn is_empty(&self) -> bool {
        self.z.is_empty()
    }

    /// Number of coordinates of the data, D.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// Batch number `step` of `count` points, drawn with replacement; an empty one of an empty pool.
    pub fn batch(&self, seed: Seed, step: usize, count: usize) -> Batch {
        let count = if self.is_empty() { 0 } else { count };
        let mut random = seed.stream(streams::BATCHES).at(step as u64);
        let indices: Vec<_> = (0..count).map(|_| random.random_range(0..self.len())).collect();
        Batch { first: step as u64 * count as u64, ..self.select(&indices) }
    }

    /// The points with these indices.
    ///
    /// # Panics
    /// For an index that is not below [`Pool::len`].
    pub fn select(&self, indices: &[usize]) -> Batch {
        fn pick<T: Copy>(values: &[T], rows: usize, indices: &[usize]) -> Vec<T> {
            let width = values.len() / rows.max(1);
            indices.iter().flat_map(|&i| values[i * width..(i + 1) * width].iter().copied()).collect()
        }
        let all = self.len();
        Batch {
            x: pick(&self.x, all, indices),
            z: pick(&self.z, all, indices),
            target: pick(&self.target, all, indices),
            weight: pick(&self.weight, all, indices),
            class: pick(&self.class, all, indices),
            first: 0,
        }
    }

    /// All points, in their order.
    pub fn all(&self) -> Batch {
        self.select(&(0..self.len()).collect::<Vec<_>>())
    }
}
