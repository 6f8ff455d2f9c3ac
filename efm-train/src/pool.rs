use std::ops::Range;

use burn::tensor::Device;
use efm_core::{Augmented, Capacitor, Seed, Stream};
use efm_field::{ExactField, Field, InterPlate, Law, isotropic_step};
use efm_models::{Geometry, device};
use rand::RngExt;
use rayon::prelude::*;

use crate::TrainError;
use crate::cloud::Cloud;
use crate::config::{Charges, Objective, TrainConfig};
use crate::objective::{PlateTargets, directions, gap_directions};

/// Where the charges of both plates come from, and the field they make.
pub struct Plates {
    /// Source distribution or data.
    pub source: Cloud,
    /// Target distribution or data.
    pub target: Cloud,
    /// Distance between the plates in scaled units.
    pub gap: f64,
    /// Which field the charges make.
    pub law: Law,
    /// Sizes in scaled units.
    pub geometry: Geometry,
}

/// Makes pools of inter-plate points with the exact field's targets.
pub struct PoolSource<'a> {
    plates: &'a Plates,
    charges: Charges,
    points: InterPlate,
    objective: Objective,
    size: usize,
    seed: Seed,
    device: Option<Device>,
}

/// Inter-plate points with what the network should give there.
#[derive(Debug, Clone, Default)]
pub struct Pool {
    dim: usize,
    x: Vec<f32>,
    z: Vec<f32>,
    target: Vec<f32>,
    weight: Vec<f32>,
}

/// One minibatch on the host, ready for upload.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// `[B, D]`.
    pub x: Vec<f32>,
    /// `[B, 1]`.
    pub z: Vec<f32>,
    /// `[B, W]`, W that of the head: what the network should give.
    pub target: Vec<f32>,
    /// `[B, 1]`, or `[B, 2]` for the parts of [`efm_models::Head::Plates`].
    pub weight: Vec<f32>,
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

    /// The batch in pieces of `rows` points, the last one maybe shorter.
    pub fn shards(&self, rows: usize) -> Vec<Self> {
        let part = |values: &[f32], range: &Range<usize>| {
            let width = values.len() / self.len();
            values[range.start * width..range.end * width].to_vec()
        };
        let cut = |start: usize| {
            let range = start..(start + rows).min(self.len());
            Self {
                x: part(&self.x, &range),
                z: part(&self.z, &range),
                target: part(&self.target, &range),
                weight: part(&self.weight, &range),
            }
        };
        (0..self.len()).step_by(rows.max(1)).map(cut).collect()
    }
}

impl<'a> PoolSource<'a> {
    /// Pools as the training configuration wants them.
    pub fn new(plates: &'a Plates, train: &TrainConfig, seed: Seed) -> Self {
        Self {
            plates,
            charges: train.charges,
            points: train.points.clone(),
            objective: train.objective,
            size: train.pool,
            seed,
            device: None,
        }
    }

    /// The same pools, their fields summed on `device` where it has a kernel for that.
    #[must_use]
    pub fn on(self, device: &Device) -> Self {
        Self { device: Some(device.clone()), ..self }
    }

    /// Pool number `index`: fresh charges, fresh points, the exact field of all these charges at all these points.
    ///
    /// # Errors
    /// When the charges make no capacitor or the field fails.
    pub fn pool(&self, index: u64) -> Result<Pool, TrainError> {
        self.build("points", index)
    }

    /// A pool that training never sees.
    ///
    /// # Errors
    /// As [`PoolSource::pool`].
    pub fn validation(&self) -> Result<Pool, TrainError> {
        // Draws are numbered from 0; the last number is never reached by training.
        self.build("points/validation", u64::from(u32::MAX))
    }

    fn build(&self, stream: &str, index: u64) -> Result<Pool, TrainError> {
        let source = self.plates.source.charges(self.charges, &self.seed.stream("charges/source"), index)?;
        let target = self.plates.target.charges(self.charges, &self.seed.stream("charges/target"), index)?;
        let capacitor = Capacitor::new(source, target, self.plates.gap)?;
        let first = index * self.size as u64;
        let stream = self.seed.stream(stream);
        let (law, geometry) = (self.plates.law, &self.plates.geometry);
        match self.objective {
            Objective::Posterior => {
                let drawn = self.points.draw_with_origins(&capacitor, law, &stream, first, self.size);
                let (points, origins) = drawn.ok_or(TrainError::NoOrigins)?;
                Ok(Pool::of_plates(&points, PlateTargets::drawn(&capacitor, &points, &origins, geometry)))
            }
            Objective::Shares => {
                let points = self.points.draw(&capacitor, law, &stream, first, self.size);
                let targets = PlateTargets::summed(&ExactField::new(capacitor, law), &points, geometry)?;
                Ok(Pool::of_plates(&points, targets))
            }
            Objective::Isotropic => Ok(Pool::of_steps(&capacitor, law, geometry, &stream, first, self.size)),
            Objective::Flux | Objective::Direction => {
                let points = self.points.draw(&capacitor, law, &stream, first, self.size);
                let everywhere = geometry.head.is_everywhere();
                let values = match self.device_field(&capacitor).filter(|_| !everywhere) {
                    Some(field) => gap_directions(&field, &points)?,
                    None => directions(&ExactField::new(capacitor, law), &points, everywhere)?,
                };
                Ok(Pool::of_directions(values, &points, self.objective, geometry))
            }
        }
    }

    /// The field on the device, if that is not the host and there is a kernel for it.
    fn device_field(&self, capacitor: &Capacitor) -> Option<Box<dyn Field>> {
        device::field(capacitor, self.plates.law, self.device.as_ref()?)
    }
}

/// Isotropic steps have at least this share of the gap, which resolves both plates, and at most this many sizes of the
/// capacitor: what is learned is the field of the charges within that distance.
const STEPS: [f64; 2] = [0.003, 4.0];

impl Pool {
    fn at(points: &Augmented) -> Self {
        Self {
            dim: points.dim(),
            x: (0..points.len()).flat_map(|index| points.x(index).iter().map(|&x| x as f32)).collect(),
            z: (0..points.len()).map(|index| points.z(index) as f32).collect(),
            ..Self::default()
        }
    }

    fn of_plates(points: &Augmented, targets: PlateTargets) -> Self {
        Self { target: targets.values, weight: targets.weights, ..Self::at(points) }
    }

    fn of_steps(
        capacitor: &Capacitor,
        law: Law,
        geometry: &Geometry,
        stream: &Stream,
        first: u64,
        count: usize,
    ) -> Self {
        let width = capacitor.dim() + 1;
        let size = geometry.gap + geometry.source_spread.max(geometry.target_spread);
        let range = [STEPS[0] * geometry.gap, STEPS[1] * size];
        let mut points = Augmented::zeros(capacitor.dim(), count);
        let mut pulls = points.clone();
        let both = points.as_mut_slice().par_chunks_mut(width).zip(pulls.as_mut_slice().par_chunks_mut(width));
        both.enumerate().for_each(|(index, (point, pull))| {
            let mut generator = stream.at(first.wrapping_add(index as u64));
            isotropic_step(capacitor, law, range, &mut generator, point, pull);
        });
        let scale = (width as f64).sqrt();
        let target = pulls.as_slice().iter().map(|pull| (scale * pull) as f32).collect();
        Self { target, weight: vec![1.0; count], ..Self::at(&points) }
    }

    fn of_directions(
        (directions, flux): (Augmented, Vec<f64>),
        points: &Augmented,
        objective: Objective,
        geometry: &Geometry,
    ) -> Self {
        let dim = points.dim();
        let mut pool = Self::at(points);
        for (index, flux) in flux.into_iter().enumerate() {
            let direction = directions.point(index);
            let target = objective.target(direction, flux, points.x(index), points.z(index), geometry);
            pool.target.extend(direction[..dim].iter().map(|&n| (target.scale * n) as f32));
            pool.target.push((target.scale * direction[dim] / target.unit) as f32);
            pool.weight.push(target.weight as f32);
        }
        pool
    }

    /// Number of points.
    pub fn len(&self) -> usize {
        self.z.len()
    }

    /// Whether there are no points.
    pub fn is_empty(&self) -> bool {
        self.z.is_empty()
    }

    /// Batch number `step` of `count` points, drawn with replacement.
    pub fn batch(&self, seed: Seed, step: usize, count: usize) -> Batch {
        let mut random = seed.stream("batches").at(step as u64);
        let indices: Vec<_> = (0..count).map(|_| random.random_range(0..self.len())).collect();
        self.gather(&indices)
    }

    /// The points with these indices.
    pub fn gather(&self, indices: &[usize]) -> Batch {
        let pick = |values: &[f32]| {
            let width = values.len() / self.len();
            indices.iter().flat_map(|&i| values[i * width..(i + 1) * width].iter().copied()).collect::<Vec<_>>()
        };
        Batch { x: pick(&self.x), z: pick(&self.z), target: pick(&self.target), weight: pick(&self.weight) }
    }

    /// Number of coordinates of the data, D.
    pub fn dim(&self) -> usize {
        self.dim
    }
}
