//! The exact field summed on a device: tensors in, tensors out.

mod combine;
mod extension;
mod field;
mod kernel;
mod shape;
mod tile;
mod weight;

use burn::backend::Dispatch;
use burn::tensor::{Device, Tensor, TensorData};
use efm_core::{Capacitor, Side};
use efm_field::{ExactField, ImageForm, Law, ln_sphere_area};

use extension::{FieldSums, Sum};
use shape::{DEGREES, HEIGHTS, Mirror};

/// Most numbers that lie between the two kernels: 64 MiB, half of what WebGPU guarantees for a buffer.
const SCRATCH: usize = 16 << 20;
/// Most points at once; WebGPU starts no more cubes in a row.
const MOST_POINTS: usize = 32_768;

/// Farther from the charges than this many of their distances f32 does not tell the plates apart.
const FAR: f64 = 1e6;

/// The field of a capacitor, summed over all of its charges by a kernel on a device that CubeCL drives (CUDA, wgpu).
///
/// Sums are f32 with the rounding of squared distances carried along (never TF32). Measured against f64 on software Vulkan,
/// directions are off by at most 5e-6 and ln |E| by at most 2e-5, both at D = 3072, wherever the plates do not cancel; see
/// `tests/device_field.rs`. A point's values do not depend
/// on its batch. As a [`efm_field::Field`] the few points that f32 cannot resolve are handed to [`ExactField`].
#[derive(Debug)]
pub struct DeviceField {
    host: ExactField,
    device: Device,
    /// x is `centre` + `unit`·place.
    centre: Vec<f64>,
    unit: f64,
    /// Farther from the centre, in units, than this a point is left to the host.
    limit: f64,
    /// `[1, D]`.
    centre_there: Tensor<2>,
    charges: Tensor<2>,
    table: Tensor<1>,
    sum: Sum,
}

/// Values at B points on a device.
#[derive(Debug, Clone)]
pub struct DeviceValues {
    /// Unit vectors E/|E|, `[B, D + 1]`, z last.
    pub directions: Tensor<2>,
    /// ln |E|, `[B, 1]`; −∞ where nothing contributes. As f32: 1e-7 of the logarithm itself.
    pub ln_strengths: Tensor<2>,
}

impl DeviceField {
    /// The field of `capacitor` under `law` on `device`. `None` where there is no kernel for it: on the host, for
    /// [`Law::Published`], and for capacitors whose lengths leave the range of f32. [`ExactField`] sums all of these.
    pub fn new(capacitor: Capacitor, law: Law, device: &Device) -> Option<Self> {
        let device = device.clone().inner();
        if crate::device::is_host(&device) || law == Law::Published {
            return None;
        }
        let dim = capacitor.dim();
        let [centre, unit, extent] = frame(&capacitor, law);
        let (unit, extent) = (unit[0], extent[0]);
        let range = 1e-6..=1e6;
        let tame = (extent == 0.0 || range.contains(&extent)) && range.contains(&(capacitor.gap() / unit));
        if !tame || !(1e-37..1e37).contains(&unit) {
            return None;
        }
        let mut places =
            Vec::with_capacity(Side::BOTH.iter().map(|&side| capacitor.plate(side).as_slice().len()).sum());
        for side in Side::BOTH {
            for point in capacitor.plate(side).iter() {
                places.extend(point.iter().zip(&centre).map(|(&x, middle)| ((f64::from(x) - middle) / unit) as f32));
            }
        }
        let counts = Side::BOTH.map(|side| capacitor.plate(side).len());
        let charges = Tensor::from_data(TensorData::new(places, [counts[0] + counts[1], dim]), &device);
        let mut sum = Sum {
            counts,
            charges: Side::BOTH.map(|side| capacitor.charge(side) as f32),
            mirror: Mirror::Absent,
            far2: 0.0,
            ln_mean: 0.0,
            turn2: 0.0,
        };
        let mut table = vec![0.0];
        if law == Law::Mirror {
            match ImageForm::new(dim) {
                ImageForm::Polynomial { turn, coefficients } => {
                    assert_eq!(coefficients.len(), 2 * HEIGHTS * DEGREES, "sizes of the table of images");
                    (sum.mirror, sum.turn2, table) = (Mirror::Polynomial, turn * turn, coefficients);
                }
                ImageForm::OneByOne { far, ln_mean } => {
                    (sum.mirror, sum.far2, sum.ln_mean) = (Mirror::OneByOne, far * far, ln_mean);
                }
            }
        }
        let limit = FAR * (extent + capacitor.gap() / unit);
        let rounded: Vec<_> = centre.iter().map(|&value| value as f32).collect();
        Some(Self {
            centre_there: Tensor::from_data(TensorData::new(rounded, [1, dim]), &device),
            table: Tensor::from_data(TensorData::new(table.clone(), [table.len()]), &device),
            host: ExactField::new(capacitor, law),
            device,
            centre,
            unit,
            limit,
            charges,
            sum,
        })
    }

    /// The same sum over the charges on the host.
    pub fn host(&self) -> &ExactField {
        &self.host
    }

    /// The values at the points (x, z), `x` `[B, D]` and `z` `[B, 1]` in data units, without a detour over the host.
    ///
    /// Where the fields of the plates cancel to less than a hundredth, digits are lost; so are points farther from the
    /// charges than 1e6 of their distances. As a [`efm_field::Field`] this field hands such points to the host.
    ///
    /// # Panics
    /// If shapes do not fit, or the device fails.
    pub fn evaluate_tensors(&self, x: Tensor<2>, z: Tensor<2>) -> DeviceValues {
        let [points, dim] = x.dims();
        assert_eq!(dim, self.centre.len(), "x must be [B, D]");
        assert_eq!(z.dims(), [points, 1], "z must be [B, 1]");
        let gap = self.host.capacitor().gap();
        let places = (x - self.centre_there.clone()) / self.unit;
        let z = z / self.unit;
        let heights = if self.sum.mirror == Mirror::Absent {
            // z − L and what its rounding took.
            let gap = gap / self.unit;
            let above = z.clone() - gap;
            let back = above.clone() - z.clone();
            let rest = (z.clone() - (above.clone() - back.clone())) - (back + gap);
            Tensor::cat(vec![z.clone(), z.zeros_like(), above, rest], 1)
        } else {
            let wrap = |z: Tensor<2>| z.clone() - (z / 2.0).round() * 2.0;
            let zero = z.zeros_like();
            Tensor::cat(vec![wrap(z.clone()), zero.clone(), wrap(z - 1.0), zero], 1)
        };
        let sums = self.sums(places, heights);
        let directions = sums.clone().narrow(1, 0, dim + 1);
        let measure = |index: usize| sums.clone().narrow(1, dim + 1 + index, 1);
        let ln_strengths = measure(0).log() - measure(3).log() * (0.5 * dim as f64) + self.ln_unit();
        DeviceValues { directions, ln_strengths }
    }

    /// ln |E| − ln |Σ| where the sum is in this field's units.
    fn ln_unit(&self) -> f64 {
        let dim = self.centre.len();
        let twice = if self.host.law() == Law::Mirror { std::f64::consts::LN_2 } else { 0.0 };
        twice - ln_sphere_area(dim) - dim as f64 * self.unit.ln()
    }

    /// Directions and measures, `[B, D + 1 + MEASURES]`.
    fn sums(&self, places: Tensor<2>, heights: Tensor<2>) -> Tensor<2> {
        let [points, dim] = places.dims();
        // Rows at once depend on the field only, and no row's values on the others.
        let rows = (SCRATCH / self.sum.scratch(dim)).clamp(1, MOST_POINTS);
        let parts: Vec<_> = (0..points)
            .step_by(rows)
            .map(|first| {
                let count = rows.min(points - first);
                let [places, heights] = [&places, &heights].map(|all| all.clone().narrow(0, first, count));
                Tensor::from_dispatch(<Dispatch as FieldSums>::field_sums(
                    places.into_dispatch(),
                    heights.into_dispatch(),
                    self.charges.clone().into_dispatch(),
                    self.table.clone().into_dispatch(),
                    self.sum,
                ))
            })
            .collect();
        if parts.is_empty() {
            Tensor::zeros([0, dim + 1 + shape::MEASURES], &self.device)
        } else {
            Tensor::cat(parts, 0)
        }
    }
}

/// Mean of both plates' centres, the unit of length, and the largest coordinate in it.
fn frame(capacitor: &Capacitor, law: Law) -> [Vec<f64>; 3] {
    let mut centre = vec![0.0; capacitor.dim()];
    for side in Side::BOTH {
        let share = 0.5 / capacitor.plate(side).len() as f64;
        for point in capacitor.plate(side).iter() {
            centre.iter_mut().zip(point).for_each(|(sum, &x)| *sum += share * f64::from(x));
        }
    }
    let points = Side::BOTH.iter().flat_map(|&side| capacitor.plate(side).iter());
    let reach = points
        .flat_map(|point| point.iter().zip(&centre).map(|(&x, middle)| (f64::from(x) - middle).abs()))
        .fold(0.0, f64::max);
    let unit = match law {
        Law::Mirror => capacitor.gap(),
        // A power of two, so that dividing by it is exact.
        _ => reach.max(capacitor.gap()).log2().ceil().exp2(),
    };
    [centre, vec![unit], vec![reach / unit]]
}
