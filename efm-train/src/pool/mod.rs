mod tube;

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use burn::tensor::Device;
use efm_core::{Augmented, Capacitor, Seed, Stream};
use efm_field::{ExactField, Field, InterPlate, Law, PointSampler, isotropic_steps};
use efm_models::{FluxTube, Geometry, device};
use rand::RngExt;

use crate::config::{Charges, Objective, TrainConfig};
use crate::flow_matching::paths;
use crate::objective::{PlateTargets, directions, gap_directions};
use crate::{PlateData, Setup, TrainError};

/// Makes pools of inter-plate points with the exact field's targets.
pub struct PoolSource {
    setup: Arc<Setup>,
    charges: Charges,
    points: InterPlate,
    objective: Objective,
    size: usize,
    unconditional: f64,
    seed: Seed,
    device: Option<Device>,
    /// What networks of slopes correct; the same for all pools.
    tube: OnceLock<FluxTube>,
}

/// Inter-plate points with what the network should give there.
#[derive(Debug, Clone, Default)]
pub struct Pool {
    dim: usize,
    x: Vec<f32>,
    z: Vec<f32>,
    target: Vec<f32>,
    weight: Vec<f32>,
    class: Vec<u32>,
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
    /// `[B, 1]`; `[B, 2]` for the parts of [`efm_models::Head::Plates`], for errors of [`efm_models::Head::Slope`] across and along x,
    /// and for those of [`efm_models::Head::Ends`] on source and target.
    pub weight: Vec<f32>,
    /// Class of every point, the number of classes for the field of the whole target; empty where no classes are learned.
    pub class: Vec<u32>,
    /// Number of the first row in the whole training, which noise is keyed by.
    pub first: u64,
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
        fn part<T: Copy>(values: &[T], rows: usize, range: &Range<usize>) -> Vec<T> {
            let width = values.len() / rows;
            values[range.start * width..range.end * width].to_vec()
        }
        let all = self.len();
        let cut = |start: usize| {
            let range = start..(start + rows).min(self.len());
            Self {
                x: part(&self.x, all, &range),
                z: part(&self.z, all, &range),
                target: part(&self.target, all, &range),
                weight: part(&self.weight, all, &range),
                class: part(&self.class, all, &range),
                first: self.first + start as u64,
            }
        };
        (0..self.len()).step_by(rows.max(1)).map(cut).collect()
    }
}

impl PoolSource {
    /// Pools as the training configuration wants them.
    pub fn new(setup: impl Into<Arc<Setup>>, train: &TrainConfig, seed: Seed) -> Self {
        Self {
            setup: setup.into(),
            charges: train.charges,
            points: train.points.clone(),
            objective: train.objective,
            size: train.pool,
            unconditional: train.unconditional,
            seed,
            device: None,
            tube: OnceLock::new(),
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
        let first = index * self.size as u64;
        let stream = self.seed.stream(stream);
        let classes = self.setup.classes();
        if classes.is_empty() {
            let target = (self.setup.target(), self.seed.stream("charges/target"));
            return self.part(target, index, &stream, first, self.size);
        }
        // Every class has charges of its own, and with them a field; all together have that of the whole target.
        let mut pool = Pool::default();
        for (class, count) in shares(self.size, classes.len(), self.unconditional).into_iter().enumerate() {
            let target = match classes.get(class) {
                Some(data) => (data, self.seed.stream(&format!("charges/target/{class}"))),
                None => (self.setup.target(), self.seed.stream("charges/target")),
            };
            if count > 0 {
                let part = self.part(target, index, &stream, first + pool.len() as u64, count)?;
                pool.append(part, class as u32);
            }
        }
        Ok(pool)
    }

    /// Points number `first` and following of `stream` in the field of fresh charges of the source and of `data` of the
    /// target, drawn from the stream `charges`.
    fn part(
        &self,
        (data, charges): (&PlateData, Stream),
        index: u64,
        stream: &Stream,
        first: u64,
        count: usize,
    ) -> Result<Pool, TrainError> {
        let (law, geometry) = (self.setup.law(), &self.setup.geometry());
        if self.objective == Objective::FlowMatching {
            let source = self.setup.source().draw(&self.seed.stream("charges/source"), first, count)?;
            let target = data.draw(&charges, first, count)?;
            let (points, velocities) = paths(&source, &target, self.setup.gap(), stream, first);
            return Ok(Pool { target: velocities, weight: vec![1.0; count], ..Pool::at(&points) });
        }
        let source = self.setup.source().charges(self.charges, &self.seed.stream("charges/source"), index)?;
        let target = data.charges(self.charges, &charges, index)?;
        let capacitor = Capacitor::new(source, target, self.setup.gap())?;
        match self.objective {
            Objective::Posterior => {
                let drawn = self.points.draw_checked(&capacitor, law, stream, first, count)?;
                let (points, origins) = (drawn.points, drawn.origins.ok_or(TrainError::NoOrigins)?);
                Ok(Pool::of_plates(&points, PlateTargets::drawn(&capacitor, &points, &origins, geometry)))
            }
            Objective::Ends => {
                let points = self.points.draw_checked(&capacitor, law, stream, first, count)?.points;
                let device = self.host_or_device()?;
                let tube = self.tube.get_or_init(|| FluxTube::new(geometry, 0, &device));
                Pool::of_ends(&ExactField::new(capacitor, law), &points, tube, &device)
            }
            Objective::Shares => {
                let points = self.points.draw_checked(&capacitor, law, stream, first, count)?.points;
                let targets = PlateTargets::summed(&ExactField::new(capacitor, law), &points, geometry)?;
                Ok(Pool::of_plates(&points, targets))
            }
            Objective::Isotropic => Pool::of_steps(&capacitor, law, geometry, stream, first, count),
            Objective::Slope => {
                let points = self.points.draw_checked(&capacitor, law, stream, first, count)?.points;
                let (directions, _) = match self.device_field(&capacitor) {
                    Some(field) => gap_directions(&field, &points)?,
                    None => directions(&ExactField::new(capacitor, law), &points, false)?,
                };
                let device = self.host_or_device()?;
                let tube = self.tube.get_or_init(|| FluxTube::new(geometry, 0, &device));
                Pool::of_slopes(&directions, &points, tube, &device)
            }
            Objective::Flux | Objective::Direction | Objective::FlowMatching => {
                let points = self.points.draw_checked(&capacitor, law, stream, first, count)?.points;
                let everywhere = geometry.head.is_everywhere();
                let values = match self.device_field(&capacitor).filter(|_| !everywhere) {
                    Some(field) => gap_directions(&field, &points)?,
                    None => directions(&ExactField::new(capacitor, law), &points, everywhere)?,
                };
                Ok(Pool::of_directions(values, &points, self.objective, geometry))
            }
        }
    }

    /// Where the tube is computed.
    fn host_or_device(&self) -> Result<Device, TrainError> {
        Ok(self.device.clone().map_or_else(|| device::parse("cpu"), |device| Ok(device.inner()))?)
    }

    /// The field on the device, if that is not the host and there is a kernel for it.
    fn device_field(&self, capacitor: &Capacitor) -> Option<Box<dyn Field>> {
        device::field(capacitor, self.setup.law(), self.device.as_ref()?)
    }
}

/// Points of a pool of `size` for each of `classes` classes, as many for all, and last those of the whole target.
fn shares(size: usize, classes: usize, unconditional: f64) -> Vec<usize> {
    let whole = ((size as f64 * unconditional).round() as usize).min(size);
    let (each, rest) = ((size - whole) / classes, (size - whole) % classes);
    (0..classes).map(|class| each + usize::from(class < rest)).chain([whole]).collect()
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

    /// Adds points that all belong to `class`.
    fn append(&mut self, other: Self, class: u32) {
        self.class.extend(std::iter::repeat_n(class, other.len()));
        self.dim = other.dim;
        self.x.extend(other.x);
        self.z.extend(other.z);
        self.target.extend(other.target);
        self.weight.extend(other.weight);
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
    ) -> Result<Self, TrainError> {
        let size = geometry.gap + geometry.source_spread.max(geometry.target_spread);
        let range = [STEPS[0] * geometry.gap, STEPS[1] * size];
        let steps = isotropic_steps(capacitor, law, range, stream, first, count)?;
        let scale = (capacitor.dim() as f64 + 1.0).sqrt();
        let target = steps.pulls.as_slice().iter().map(|pull| (scale * pull) as f32).collect();
        Ok(Self { target, weight: vec![1.0; count], ..Self::at(&steps.points) })
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
        Batch { first: step as u64 * count as u64, ..self.gather(&indices) }
    }

    /// The points with these indices.
    pub fn gather(&self, indices: &[usize]) -> Batch {
        fn pick<T: Copy>(values: &[T], rows: usize, indices: &[usize]) -> Vec<T> {
            let width = values.len() / rows;
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

    /// Number of coordinates of the data, D.
    pub fn dim(&self) -> usize {
        self.dim
    }
}
