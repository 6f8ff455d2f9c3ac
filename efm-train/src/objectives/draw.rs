use std::ops::Range;
use std::sync::OnceLock;

use burn::tensor::{Device, Tensor, TensorData};
use efm_core::{Augmented, Capacitor, Points, Stream};
use efm_field::points::Drawn;
use efm_field::{ExactField, Field, Law, PointSampler};
use efm_models::{FluxTube, Geometry, TubeParts, device};

use crate::config::Charges;
use crate::{PlateData, Setup, TrainError};

/// One pool, or the part of it that belongs to one class, before its targets are known: charges, points and the exact
/// field, each drawn when asked for. Asked again, the same are drawn.
#[derive(Debug, Clone, Copy)]
pub struct PoolDraw<'a> {
    pub(crate) setup: &'a Setup,
    /// Data of the target: of a class, or of all of it.
    pub(crate) target: &'a PlateData,
    pub(crate) charges: Charges,
    /// Where the charges of source and target come from.
    pub(crate) streams: [Stream; 2],
    /// Number of the pool.
    pub(crate) index: u64,
    pub(crate) points: &'a dyn PointSampler,
    /// Where the points come from.
    pub(crate) stream: &'a Stream,
    pub(crate) first: u64,
    pub(crate) count: usize,
    pub(crate) device: Option<&'a Device>,
    pub(crate) tube: &'a OnceLock<FluxTube>,
}

impl PoolDraw<'_> {
    /// Which field the charges make.
    pub fn law(&self) -> Law {
        self.setup.law()
    }

    /// Sizes in scaled units, and what the network gives.
    pub fn geometry(&self) -> Geometry {
        self.setup.geometry()
    }

    /// Where the randomness of the points comes from: that of row i is `stream.at(first + i)`.
    pub fn stream(&self) -> &Stream {
        self.stream
    }

    /// Number of the first row in the whole training.
    pub fn first(&self) -> u64 {
        self.first
    }

    /// Number of points wanted.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The charges of this pool.
    ///
    /// # Errors
    /// When they cannot be drawn, or make no capacitor.
    pub fn charges(&self) -> Result<Capacitor, TrainError> {
        let [of_source, of_target] = &self.streams;
        let source = self.setup.source().charges(self.charges, of_source, self.index)?;
        let target = self.target.charges(self.charges, of_target, self.index)?;
        Ok(Capacitor::new(source, target, self.setup.gap())?)
    }

    /// The points of this pool among these charges.
    ///
    /// # Errors
    /// As [`PointSampler::draw_checked`].
    pub fn points(&self, capacitor: &Capacitor) -> Result<Drawn, TrainError> {
        Ok(self.points.draw_checked(capacitor, self.law(), self.stream, self.first, self.count)?)
    }

    /// The charges of this pool and its points.
    ///
    /// # Errors
    /// As [`PoolDraw::charges`] and [`PoolDraw::points`].
    pub fn charges_and_points(&self) -> Result<(Capacitor, Augmented), TrainError> {
        let capacitor = self.charges()?;
        let points = self.points(&capacitor)?.points;
        Ok((capacitor, points))
    }

    /// The exact field of these charges, summed on the training's device where that has a kernel for it.
    pub fn field(&self, capacitor: Capacitor) -> Box<dyn Field> {
        let on_device = self.device.and_then(|device| device::field(&capacitor, self.law(), device));
        on_device.unwrap_or_else(|| Box::new(self.exact(capacitor)))
    }

    /// The exact field of these charges, summed on the host: knows the field of either plate alone.
    pub fn exact(&self, capacitor: Capacitor) -> ExactField {
        ExactField::new(capacitor, self.law())
    }

    /// Independent points of source and target, one of each for every row.
    ///
    /// # Errors
    /// As [`PlateData::draw`].
    pub fn pairs(&self) -> Result<(Points, Points), TrainError> {
        let [of_source, of_target] = &self.streams;
        let source = self.setup.source().draw(of_source, self.first, self.count)?;
        Ok((source, self.target.draw(of_target, self.first, self.count)?))
    }

    /// What is known of the lines of a flux tube through these of the points.
    pub(super) fn known(&self, points: &Augmented, rows: &Range<usize>) -> Result<TubeParts, TrainError> {
        let device = self.device.map_or_else(|| device::parse("cpu"), |device| Ok(device.clone().inner()))?;
        // The same for all pools.
        let tube = self.tube.get_or_init(|| FluxTube::new(&self.geometry(), 0, &device));
        let upload = |values: Vec<f32>, width: usize| {
            Tensor::<2>::from_data(TensorData::new(values, [rows.len(), width]), &device)
        };
        let x = rows.clone().flat_map(|index| points.x(index)).map(|&x| x as f32).collect();
        let z = rows.clone().map(|index| points.z(index) as f32).collect();
        Ok(tube.parts(&upload(x, points.dim()), &upload(z, 1)))
    }
}
