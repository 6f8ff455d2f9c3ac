//! Exact sums over all charges: one engine, three laws.

mod frame;
mod images;
mod large;
pub mod reference;
mod simd;
mod small;
mod sums;
mod table;

use efm_core::{Augmented, Capacitor};
use rayon::prelude::*;

use crate::{Field, FieldError, FieldValues, Law, Precision};
use frame::Frame;
use images::Images;
use large::Large;
use small::Small;
use sums::combine;
pub(crate) use sums::{length, normalise};
use table::Table;

/// Queries per tile of the small kernel.
const TILE: usize = 16;
/// Farther than this many units from the charges a query goes to the reference.
const FAR: f64 = 1e6;
/// Sums outside this range have met the limits of f32, or of f64.
const SAFE: std::ops::Range<f64> = 1e-30..1e30;
/// Where the plates cancel to less than this share, f32 and f64 kernels leave the query to the reference.
const CANCELS: [f64; 2] = [1e-3, 1e-9];

/// The field of a capacitor by summing over all of its charges.
///
/// Values at a point depend on nothing but the point: neither on the batch nor on the number of threads. Directions are
/// finite unit vectors everywhere; a charge exactly at the query contributes nothing, and where nothing contributes
/// the direction is +z and ln |E| = −∞. Work is shared among rayon's threads, query by query.
#[derive(Debug, Clone)]
pub struct ExactField {
    capacitor: Capacitor,
    law: Law,
    precision: Precision,
    frame: Frame,
    images: Images,
    kernel: Kernel,
}

#[derive(Debug, Clone)]
enum Kernel {
    Small32(Small<f32>),
    Small64(Small<f64>),
    Large32(Large<f32>),
    Large64(Large<f64>),
    Reference,
}

impl ExactField {
    /// The field of `capacitor` under `law`, with f32 kernels.
    pub fn new(capacitor: Capacitor, law: Law) -> Self {
        let frame = Frame::new(&capacitor, law);
        let images = Images::new(capacitor.dim());
        let kernel = Kernel::new(&capacitor, law, Precision::F32, &frame, &images);
        Self { capacitor, law, precision: Precision::F32, frame, images, kernel }
    }

    /// The same field with kernels of another precision.
    #[must_use]
    pub fn with_precision(mut self, precision: Precision) -> Self {
        if precision != self.precision {
            self.precision = precision;
            self.kernel = Kernel::new(&self.capacitor, self.law, precision, &self.frame, &self.images);
        }
        self
    }

    /// The charges.
    pub fn capacitor(&self) -> &Capacitor {
        &self.capacitor
    }

    /// How they act.
    pub fn law(&self) -> Law {
        self.law
    }

    /// Precision of the kernels.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Effective number of charges at each point: (Σw)²/Σw² over both plates, w = |field of the charge, images
    /// included|. 1 means that a single charge decides the direction (physics of high D), N that all count equally; 0
    /// where nothing contributes. Log-space in f64, for any D.
    ///
    /// # Errors
    /// As [`Field::evaluate_into`].
    pub fn effective_charges(&self, at: &Augmented) -> Result<Vec<f64>, FieldError> {
        check(self.capacitor.dim(), at)?;
        let dim = self.capacitor.dim();
        let kernel = Large::<f64>::new(&self.capacitor, &self.frame, self.law, &self.images);
        let one = |index: usize| {
            let (places, heights) = self.place(at, index..index + 1);
            kernel.effective_charges(&places[..dim], &heights)
        };
        Ok((0..at.len()).into_par_iter().flat_map_iter(one).collect())
    }

    /// Places in the frame and heights above the plates.
    fn place(&self, at: &Augmented, range: std::ops::Range<usize>) -> (Vec<f64>, Vec<[f64; 2]>) {
        let place = |index| at.x(index).iter().enumerate().map(|(axis, &x)| self.frame.place(axis, x));
        let places = range.clone().flat_map(place).collect();
        (places, range.map(|index| self.frame.heights(self.law, at.z(index))).collect())
    }

    /// Whether a query is near enough for a kernel.
    fn is_near(&self, place: &[f64], heights: [f64; 2]) -> bool {
        let limit = FAR * (self.frame.extent + self.frame.gap);
        place.iter().chain(&heights).all(|value| value.abs() <= limit)
    }

    fn ask_reference(&self, point: &[f64], direction: &mut [f64]) -> f64 {
        reference::evaluate(&self.capacitor, self.law, &self.images, point, direction)
    }

    fn strength(&self, ln_sum: f64) -> f64 {
        reference::ln_strength(self.law, self.capacitor.dim(), self.frame.unit, ln_sum)
    }

    /// Values of one tile of queries; `directions` and `logs` belong to it.
    fn tile(&self, at: &Augmented, first: usize, directions: &mut [f64], logs: &mut [f64]) {
        let range = first..first + logs.len();
        match &self.kernel {
            Kernel::Small32(kernel) => self.small_tile(kernel, at, range, directions, logs),
            Kernel::Small64(kernel) => self.small_tile(kernel, at, range, directions, logs),
            Kernel::Large32(kernel) => self.large_tile(kernel, at, range, directions, logs),
            Kernel::Large64(kernel) => self.large_tile(kernel, at, range, directions, logs),
            Kernel::Reference => {
                for ((index, direction), ln) in range.zip(directions.chunks_exact_mut(at.dim() + 1)).zip(logs) {
                    *ln = self.ask_reference(at.point(index), direction);
                }
            }
        }
    }

    fn small_tile<T: simd::Real>(
        &self,
        kernel: &Small<T>,
        at: &Augmented,
        range: std::ops::Range<usize>,
        directions: &mut [f64],
        logs: &mut [f64],
    ) {
        let dim = at.dim();
        let (mut places, mut heights) = self.place(at, range.clone());
        let near: Vec<bool> =
            places.chunks_exact(dim).zip(&heights).map(|(place, &heights)| self.is_near(place, heights)).collect();
        for ((place, height), &near) in places.chunks_exact_mut(dim).zip(&mut heights).zip(&near) {
            if !near {
                place.fill(0.0);
                *height = [0.5, -0.5];
            }
        }
        let mut sums = vec![[[0.0; 9]; 2]; heights.len()];
        kernel.sums(dim, &places, &heights, &mut sums);
        let out = directions.chunks_exact_mut(dim + 1).zip(logs);
        for (((index, near), sum), (direction, ln)) in range.zip(near).zip(&sums).zip(out) {
            let pack = |side: &[f64; 9]| {
                let mut vector = [0.0; 9];
                vector[..dim].copy_from_slice(&side[..dim]);
                vector[dim] = side[8];
                vector
            };
            let plates = [pack(&sum[0]), pack(&sum[1])];
            let lengths = [length(&plates[0]), length(&plates[1])];
            let total = (0..=dim).map(|axis| (plates[0][axis] + plates[1][axis]).powi(2)).sum::<f64>().sqrt();
            let safe = |value: f64| SAFE.contains(&value);
            let trusted = near
                && match self.law {
                    Law::Published => safe(lengths[0]) && safe(lengths[1]),
                    _ => safe(total) && total > CANCELS[self.precision as usize] * (lengths[0] + lengths[1]),
                };
            *ln = if trusted {
                let plates = [(0.0, &plates[0][..=dim]), (0.0, &plates[1][..=dim])];
                self.strength(combine(self.law, plates, direction))
            } else {
                self.ask_reference(at.point(index), direction)
            };
        }
    }

    fn large_tile<T: simd::Real>(
        &self,
        kernel: &Large<T>,
        at: &Augmented,
        range: std::ops::Range<usize>,
        directions: &mut [f64],
        logs: &mut [f64],
    ) {
        let dim = at.dim();
        let (mut places, mut heights) = self.place(at, range.clone());
        let mut near = Vec::with_capacity(heights.len());
        for (place, height) in places.chunks_exact_mut(dim).zip(&mut heights) {
            near.push(self.is_near(place, *height));
            if !near[near.len() - 1] {
                place.fill(0.0);
                *height = [0.5, -0.5];
            }
        }
        kernel.sums(&places, &heights, |row, sums| {
            let direction = &mut directions[row * (dim + 1)..(row + 1) * (dim + 1)];
            logs[row] = if near[row] {
                let plates = [(sums[0].ln_scale, &sums[0].vector[..]), (sums[1].ln_scale, &sums[1].vector[..])];
                self.strength(combine(self.law, plates, direction))
            } else {
                self.ask_reference(at.point(range.start + row), direction)
            };
        });
    }
}

impl Kernel {
    fn new(capacitor: &Capacitor, law: Law, precision: Precision, frame: &Frame, images: &Images) -> Self {
        if frame.is_wild() {
            return Self::Reference;
        }
        if capacitor.dim() > small::LARGEST {
            return match precision {
                Precision::F32 => Self::Large32(Large::new(capacitor, frame, law, images)),
                Precision::F64 => Self::Large64(Large::new(capacitor, frame, law, images)),
            };
        }
        let degree = match precision {
            Precision::F32 => 18,
            Precision::F64 => table::MOST - 1,
        };
        let table = (law == Law::Mirror).then(|| Table::new(capacitor.dim(), images, degree));
        match precision {
            Precision::F32 => Self::Small32(Small::new(capacitor, frame, table)),
            Precision::F64 => Self::Small64(Small::new(capacitor, frame, table)),
        }
    }

    fn tile(&self) -> usize {
        match self {
            Self::Small32(_) | Self::Small64(_) => TILE,
            Self::Large32(kernel) => kernel.tile(),
            Self::Large64(kernel) => kernel.tile(),
            Self::Reference => 1,
        }
    }
}

impl Field for ExactField {
    fn dim(&self) -> usize {
        self.capacitor.dim()
    }

    fn gap(&self) -> f64 {
        self.capacitor.gap()
    }

    fn evaluate_into(&self, at: &Augmented, out: &mut FieldValues) -> Result<(), FieldError> {
        check(self.dim(), at)?;
        let dim = self.dim();
        let len = at.len();
        out.prepare(dim, len, true);
        // Small batches get small tiles, so that every thread has work.
        let tile = self.kernel.tile().min(len.div_ceil(rayon::current_num_threads())).max(1);
        let directions = out.directions.as_mut_slice();
        if len <= tile {
            self.tile(at, 0, directions, &mut out.ln_strengths);
        } else {
            directions
                .par_chunks_mut(tile * (dim + 1))
                .zip(out.ln_strengths.par_chunks_mut(tile))
                .enumerate()
                .for_each(|(index, (directions, logs))| self.tile(at, index * tile, directions, logs));
        }
        if self.law == Law::Published {
            out.ln_strengths.clear();
        }
        Ok(())
    }
}

/// The checks every field makes on its queries.
pub(crate) fn check(dim: usize, at: &Augmented) -> Result<(), FieldError> {
    if at.dim() != dim {
        return Err(FieldError::DimensionMismatch { query_dim: at.dim(), field_dim: dim });
    }
    match at.as_slice().iter().position(|value| !value.is_finite()) {
        Some(bad) => Err(FieldError::NonFiniteQuery { point: bad / (dim + 1) }),
        None => Ok(()),
    }
}
