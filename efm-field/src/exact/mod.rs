//! Exact sums over all charges: one engine, three laws.

mod choice;
mod form;
mod frame;
mod images;
mod large;
mod medium;
mod multiply;
mod panels;
mod per_plate;
mod product;
mod profile;
pub mod reference;
mod simd;
mod small;
mod sums;
mod table;
mod tree;
mod weigh;

use std::ops::Range;
use std::sync::OnceLock;

use efm_core::{Augmented, Capacitor, Side};
use rayon::prelude::*;

use crate::{Field, FieldError, FieldValues, Law, ParameterError, Precision};
pub use choice::Summation;
pub use form::ImageForm;
use frame::Frame;
use images::Images;
use large::Large;
use medium::Medium;
use product::Product;
use simd::Real;
use small::{MIRRORED, Small, Vector};
use sums::{PlateSum, combine};
pub(crate) use sums::{length, normalise};
use table::Table;
use tree::Forest;

/// Queries per tile of the small kernel.
const TILE: usize = 16;
/// Farther than this many units from the charges a query goes to the reference.
const FAR: f64 = 1e6;
/// Sums outside this range have met the limits of f32, or of f64.
const SAFE: Range<f64> = 1e-30..1e30;
/// Where the plates cancel to less than this share, the f32 kernel leaves the query to the f64 one, and that to the
/// reference.
const CANCELS: [f64; 2] = [0.03, 1e-9];

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
    summation: Summation,
    frame: Frame,
    images: Images,
    kernel: Kernel,
    apart: Apart,
}

#[derive(Debug, Clone)]
enum Kernel {
    /// With the f64 kernel for queries that f32 cannot resolve.
    Small32(Small<f32>, Small<f64>),
    Small64(Small<f64>),
    Medium(Medium, Backup),
    Product(Product, Backup),
    /// Each plate on its own.
    Apart(Box<[Product; 2]>, Backup),
    Large64(Large<f64>),
    Tree(Box<Forest>),
    Reference,
}

/// The f64 kernel for queries that f32 cannot resolve, laid out at its first use.
type Backup = OnceLock<Box<Large<f64>>>;
/// The plates each on its own where the kernel sums both in one, laid out at their first use.
type Apart = OnceLock<Box<[Product; 2]>>;
/// Takes the sums of both plates of one query of a tile; `None` where f32 does not suffice.
type Each<'a> = dyn FnMut(usize, Option<[PlateSum; 2]>) + 'a;

impl ExactField {
    /// The field of `capacitor` under `law`, with f32 kernels.
    pub fn new(capacitor: Capacitor, law: Law) -> Self {
        let frame = Frame::new(&capacitor, law);
        let images = Images::new(capacitor.dim());
        let (precision, summation) = (Precision::F32, Summation::Auto);
        let (kernel, apart) = (Kernel::Reference, Apart::new());
        Self { capacitor, law, precision, summation, frame, images, kernel, apart }.with_kernel()
    }

    /// The same field with kernels of another precision.
    #[must_use]
    pub fn with_precision(self, precision: Precision) -> Self {
        if precision == self.precision { self } else { Self { precision, ..self }.with_kernel() }
    }

    /// The same field summed in another way.
    ///
    /// # Errors
    /// [`ParameterError`] if the allowed error is out of range.
    pub fn with_summation(self, summation: Summation) -> Result<Self, ParameterError> {
        summation.check()?;
        Ok(if summation == self.summation { self } else { Self { summation, ..self }.with_kernel() })
    }

    fn with_kernel(mut self) -> Self {
        let charges = Side::BOTH.map(|side| self.capacitor.plate(side).len()).iter().sum();
        let error = self.summation.tree(self.law, self.precision, self.capacitor.dim(), charges);
        self.kernel = match error {
            Some(error) if !self.frame.is_wild() => {
                Kernel::Tree(Box::new(Forest::new(&self.capacitor, &self.frame, self.precision, error)))
            }
            _ => Kernel::new(&self.capacitor, self.law, self.precision, &self.frame, &self.images),
        };
        self
    }

    /// How the sums are made.
    pub fn summation(&self) -> Summation {
        self.summation
    }

    /// The charges.
    pub fn capacitor(&self) -> &Capacitor {
        &self.capacitor
    }

    /// How they act.
    pub fn law(&self) -> Law {
        self.law
    }

    /// Name of the kernel that sums: `direct` (small D), `product` (larger D), `pairwise` (D > 8 in f64), `tree`
    /// (see [`Summation`]) or `reference`.
    pub fn kernel_name(&self) -> &'static str {
        match self.kernel {
            Kernel::Small32(..) | Kernel::Small64(_) | Kernel::Medium(..) => "direct",
            Kernel::Product(..) | Kernel::Apart(..) => "product",
            Kernel::Large64(_) => "pairwise",
            Kernel::Tree(_) => "tree",
            Kernel::Reference => "reference",
        }
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
        FieldError::check_queries(self.capacitor.dim(), at)?;
        let dim = self.capacitor.dim();
        let kernel = Large::<f64>::new(&self.capacitor, &self.frame, self.law, &self.images);
        let one = |index: usize| {
            let (places, heights) = self.place(at, index..index + 1);
            kernel.effective_charges(&places[..dim], &heights)
        };
        Ok((0..at.len()).into_par_iter().flat_map_iter(one).collect())
    }

    /// Places in the frame and heights above the plates.
    fn place(&self, at: &Augmented, range: Range<usize>) -> (Vec<f64>, Vec<[f64; 2]>) {
        let place = |index| at.x(index).iter().enumerate().map(|(axis, &x)| self.frame.place(axis, x));
        let places = range.clone().flat_map(place).collect();
        (places, range.map(|index| self.frame.heights(self.law, at.z(index))).collect())
    }

    /// As [`Self::place`], and which queries are near enough for a kernel; the others are put where they do no harm.
    fn near_places(&self, at: &Augmented, range: Range<usize>) -> (Vec<f64>, Vec<[f64; 2]>, Vec<bool>) {
        let (mut places, mut heights) = self.place(at, range);
        let limit = FAR * (self.frame.extent + self.frame.gap);
        let near = places.chunks_exact_mut(at.dim()).zip(&mut heights).map(|(place, heights)| {
            let near = place.iter().chain(heights.iter()).all(|value| value.abs() <= limit);
            if !near {
                place.fill(0.0);
                *heights = [0.5, -0.5];
            }
            near
        });
        let near = near.collect();
        (places, heights, near)
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
            Kernel::Small32(kernel, backup) => self.small_tile(kernel, Some(backup), at, range, directions, logs),
            Kernel::Small64(kernel) => self.small_tile(kernel, None, at, range, directions, logs),
            Kernel::Medium(kernel, backup) => {
                let sums = |places: &[f64], heights: &[_], each: &mut Each| kernel.sums(places, heights, each);
                self.backed_tile(sums, backup, at, range, directions, logs);
            }
            Kernel::Product(kernel, backup) => {
                let sums = |places: &[f64], heights: &[_], each: &mut Each| {
                    let nothing = PlateSum::zero(at.dim());
                    kernel.sums(places, heights, |row, sum| each(row, sum.map(|sum| [sum, nothing.clone()])));
                };
                self.backed_tile(sums, backup, at, range, directions, logs);
            }
            Kernel::Apart(kernels, backup) => {
                let sums = |places: &[f64], heights: &[_], each: &mut Each| {
                    let mut sources = Vec::with_capacity(heights.len());
                    kernels[0].sums(places, heights, |_, sum| sources.push(sum));
                    kernels[1].sums(places, heights, |row, target| {
                        each(row, sources[row].take().zip(target).map(|(source, target)| [source, target]));
                    });
                };
                self.backed_tile(sums, backup, at, range, directions, logs);
            }
            Kernel::Large64(kernel) => self.large_tile(kernel, at, range, directions, logs),
            // Trees take whole batches.
            Kernel::Tree(_) | Kernel::Reference => {
                for ((index, direction), ln) in range.zip(directions.chunks_exact_mut(at.dim() + 1)).zip(logs) {
                    *ln = self.ask_reference(at.point(index), direction);
                }
            }
        }
    }

    /// The sums go from the kernel to `backup` in f64 to the reference, query by query, until one is trusted.
    fn small_tile<T: Real>(
        &self,
        kernel: &Small<T>,
        backup: Option<&Small<f64>>,
        at: &Augmented,
        range: Range<usize>,
        directions: &mut [f64],
        logs: &mut [f64],
    ) {
        let dim = at.dim();
        let (places, heights, near) = self.near_places(at, range.clone());
        let mut sums = vec![[[0.0; MIRRORED + 1]; 2]; heights.len()];
        kernel.sums(dim, &places, &heights, &mut sums);
        for (row, index) in range.enumerate() {
            let direction = &mut directions[row * (dim + 1)..(row + 1) * (dim + 1)];
            let mut ln_sum = None;
            if near[row] {
                ln_sum = self.accept(&sums[row], CANCELS[self.precision as usize], direction);
                if let (None, Some(backup)) = (ln_sum, backup) {
                    let mut again = [[[0.0; MIRRORED + 1]; 2]];
                    backup.sums(dim, &places[row * dim..(row + 1) * dim], &heights[row..=row], &mut again);
                    ln_sum = self.accept(&again[0], CANCELS[1], direction);
                }
            }
            logs[row] = match ln_sum {
                Some(ln_sum) => self.strength(ln_sum),
                None => self.ask_reference(at.point(index), direction),
            };
        }
    }

    /// Combines the sums of the small kernel, unless they left the scalar's range or cancel.
    fn accept(&self, sums: &[Vector; 2], cancels: f64, direction: &mut [f64]) -> Option<f64> {
        let dim = direction.len() - 1;
        let vectors = sums.map(|side| {
            let mut vector = [0.0; MIRRORED + 1];
            vector[..dim].copy_from_slice(&side[..dim]);
            vector[dim] = side[MIRRORED];
            vector
        });
        let lengths = [length(&vectors[0]), length(&vectors[1])];
        let total = (0..=dim).map(|axis| (vectors[0][axis] + vectors[1][axis]).powi(2)).sum::<f64>().sqrt();
        let trusted = match self.law {
            Law::Published => SAFE.contains(&lengths[0]) && SAFE.contains(&lengths[1]),
            _ => SAFE.contains(&total) && total > cancels * (lengths[0] + lengths[1]),
        };
        trusted.then(|| combine(self.law, [(0.0, &vectors[0][..=dim]), (0.0, &vectors[1][..=dim])], direction))
    }

    /// The sums go from an f32 kernel to the f64 kernel to the reference, query by query.
    fn backed_tile(
        &self,
        sums: impl FnOnce(&[f64], &[[f64; 2]], &mut Each),
        backup: &Backup,
        at: &Augmented,
        range: Range<usize>,
        directions: &mut [f64],
        logs: &mut [f64],
    ) {
        let dim = at.dim();
        let (places, heights, near) = self.near_places(at, range.clone());
        sums(&places, &heights, &mut |row, sums| {
            let direction = &mut directions[row * (dim + 1)..(row + 1) * (dim + 1)];
            let index = range.start + row;
            logs[row] = match sums.filter(|sums| self.law == Law::Published || cancels(sums) > CANCELS[0]) {
                _ if !near[row] => self.ask_reference(at.point(index), direction),
                Some([source, target]) => {
                    let plates = [(source.ln_scale, &source.vector[..]), (target.ln_scale, &target.vector[..])];
                    self.strength(combine(self.law, plates, direction))
                }
                None => {
                    let new = || Box::new(Large::new(&self.capacitor, &self.frame, self.law, &self.images));
                    self.large_tile(backup.get_or_init(new), at, index..index + 1, direction, &mut logs[row..=row]);
                    logs[row]
                }
            };
        });
    }

    fn large_tile<T: Real>(
        &self,
        kernel: &Large<T>,
        at: &Augmented,
        range: Range<usize>,
        directions: &mut [f64],
        logs: &mut [f64],
    ) {
        let dim = at.dim();
        let (places, heights, near) = self.near_places(at, range.clone());
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
        let (dim, product) = (capacitor.dim(), |sides: &[Side]| Product::new(capacitor, frame, law, images, sides));
        match precision {
            _ if dim <= small::LARGEST => {}
            Precision::F32 if law == Law::Mirror && dim <= MIRRORED => {}
            Precision::F32 if law != Law::Mirror && dim <= medium::LARGEST => {
                return Self::Medium(Medium::new(capacitor, frame, images), Backup::new());
            }
            Precision::F32 if law == Law::Published => {
                return Self::Apart(Box::new(Side::BOTH.map(|side| product(&[side]))), Backup::new());
            }
            Precision::F32 => return Self::Product(product(&Side::BOTH), Backup::new()),
            Precision::F64 => return Self::Large64(Large::new(capacitor, frame, law, images)),
        }
        let table = |precision| (law == Law::Mirror).then(|| Table::shared(capacitor.dim(), images, precision));
        let exact = Small::new(capacitor, frame, table(Precision::F64));
        match precision {
            Precision::F32 => Self::Small32(Small::new(capacitor, frame, table(Precision::F32)), exact),
            Precision::F64 => Self::Small64(exact),
        }
    }

    fn tile(&self) -> usize {
        match self {
            Self::Small32(..) | Self::Small64(_) => TILE,
            Self::Medium(..) => medium::TILE,
            Self::Product(..) | Self::Apart(..) => product::TILE,
            Self::Large64(kernel) => kernel.tile(),
            Self::Tree(_) | Self::Reference => 1,
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
        FieldError::check_queries(self.dim(), at)?;
        let dim = self.dim();
        let len = at.len();
        out.prepare(dim, len, true);
        if let Kernel::Tree(forest) = &self.kernel {
            self.forest_values(forest, at, out);
            return Ok(());
        }
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

/// Length of the sum over both plates, as a share of the sum of their lengths; 1 without any contribution.
fn cancels(plates: &[PlateSum; 2]) -> f64 {
    let top = plates[0].ln_scale.max(plates[1].ln_scale);
    let factors =
        [0, 1].map(|side: usize| if plates[side].ln_scale == top { 1.0 } else { (plates[side].ln_scale - top).exp() });
    let apart = factors[0] * length(&plates[0].vector) + factors[1] * length(&plates[1].vector);
    let pairs = plates[0].vector.iter().zip(&plates[1].vector);
    let together = pairs.map(|(a, b)| (factors[0] * a + factors[1] * b).powi(2)).sum::<f64>().sqrt();
    if apart > 0.0 { together / apart } else { 1.0 }
}
