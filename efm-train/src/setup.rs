use efm_core::Side;
use efm_field::Law;
use efm_models::{Geometry, Head};

use crate::{Misfit, PlateData, TrainError};

/// What a network is trained on: the data of both plates, the law of their field, and all lengths. Checked once, here.
///
/// The gap between the plates is that of the geometry; there is no other.
#[derive(Debug, Clone)]
pub struct Setup {
    source: PlateData,
    target: PlateData,
    law: Law,
    geometry: Geometry,
    classes: Vec<PlateData>,
    middles: Vec<f32>,
}

impl Setup {
    /// Charges of `source` at z = 0 and of `target` at z = L, whose field follows `law`. The lengths of `geometry` are in
    /// the units of the scaled data.
    ///
    /// # Errors
    /// [`TrainError::Misfit`] for data of another dimension than the geometry's, for a plate without points, and for a gap
    /// or a spread that is no length.
    pub fn new(source: PlateData, target: PlateData, law: Law, geometry: Geometry) -> Result<Self, TrainError> {
        Self::check_lengths(&geometry)?;
        fits("source", &source, geometry.dim)?;
        fits("target", &target, geometry.dim)?;
        Ok(Self { source, target, law, geometry, classes: Vec::new(), middles: Vec::new() })
    }

    /// Fields of classes are learned beside that of the whole target: `classes` are the targets of every class alone.
    ///
    /// # Errors
    /// [`TrainError::Misfit`] as for [`Setup::new`].
    pub fn with_classes(self, classes: Vec<PlateData>) -> Result<Self, TrainError> {
        for (index, class) in classes.iter().enumerate() {
            fits(&format!("classes[{index}]"), class, self.geometry.dim)?;
        }
        Ok(Self { classes, middles: Vec::new(), ..self })
    }

    /// As [`Setup::with_classes`], for classes that are clouds about their own middles: `middles` has these in the scaled units
    /// of the whole target, `[C, D]`.
    ///
    /// # Errors
    /// [`TrainError::Misfit`] as for [`Setup::new`], and for other than D finite numbers per class.
    pub fn with_centred_classes(self, classes: Vec<PlateData>, middles: Vec<f32>) -> Result<Self, TrainError> {
        let setup = self.with_classes(classes)?;
        let expected = setup.classes.len() * setup.geometry.dim;
        if middles.len() != expected {
            let why = format!("it must have D = {} for each of {} classes", setup.geometry.dim, setup.classes.len());
            return Err(Misfit::new("middles", format!("{} numbers", middles.len()), why).into());
        }
        if let Some(value) = middles.iter().find(|value| !value.is_finite()) {
            return Err(Misfit::new("middles", value, "it must hold finite numbers").into());
        }
        Ok(Self { middles, ..setup })
    }

    /// The same data with the plates `gap` apart.
    ///
    /// # Errors
    /// [`TrainError::Misfit`] for a gap that is no length.
    pub fn with_gap(self, gap: f64) -> Result<Self, TrainError> {
        let geometry = Geometry { gap, ..self.geometry };
        Self::check_lengths(&geometry)?;
        Ok(Self { geometry, ..self })
    }

    /// The same data for a network with this head, whose axial parts are in units of [`Geometry::axial_unit`] or plain.
    #[must_use]
    pub fn learning(self, head: Head, stretched: bool) -> Self {
        Self { geometry: Geometry { head, stretched, ..self.geometry }, ..self }
    }

    fn check_lengths(geometry: &Geometry) -> Result<(), Misfit> {
        let Geometry { dim, gap, source_spread, target_spread, .. } = *geometry;
        if dim == 0 {
            return Err(Misfit::new("geometry.dim", dim, "it must be at least 1"));
        }
        if !(gap.is_finite() && gap > 0.0) {
            return Err(Misfit::new("geometry.gap", gap, "it must be a positive length"));
        }
        for (key, spread) in [("geometry.source_spread", source_spread), ("geometry.target_spread", target_spread)] {
            if !(spread.is_finite() && spread >= 0.0) {
                return Err(Misfit::new(key, spread, "it must be a length, 0 for a single point"));
            }
        }
        Ok(())
    }

    /// Source distribution or data.
    pub fn source(&self) -> &PlateData {
        &self.source
    }

    /// Target distribution or data.
    pub fn target(&self) -> &PlateData {
        &self.target
    }

    /// The data of one plate.
    pub fn plate(&self, side: Side) -> &PlateData {
        match side {
            Side::Source => &self.source,
            Side::Target => &self.target,
        }
    }

    /// Which field the charges make.
    pub fn law(&self) -> Law {
        self.law
    }

    /// Sizes in scaled units, and what a network gives.
    pub fn geometry(&self) -> Geometry {
        self.geometry
    }

    /// Distance between the plates, L, in scaled units.
    pub fn gap(&self) -> f64 {
        self.geometry.gap
    }

    /// Number of coordinates of the data, D.
    pub fn dim(&self) -> usize {
        self.geometry.dim
    }

    /// The target of every class alone, where fields of classes are learned as well; none otherwise.
    pub fn classes(&self) -> &[PlateData] {
        &self.classes
    }

    /// Middles of the classes in the scaled units of the whole target, `[C, D]`, where the classes are clouds about their own
    /// middles; empty where they are parts of the target.
    pub fn middles(&self) -> &[f32] {
        &self.middles
    }
}

/// Points of R^`dim`, and some.
fn fits(key: &str, plate: &PlateData, dim: usize) -> Result<(), Misfit> {
    if plate.dim() != dim {
        let value = format!("of dimension {}", plate.dim());
        return Err(Misfit::new(key, value, format!("geometry.dim is {dim}, and both must agree")));
    }
    match plate {
        PlateData::Finite(points) if points.is_empty() => Err(Misfit::new(key, "empty", "it must have points")),
        PlateData::Endless { sampler, scaler } if sampler.dim() != scaler.dim() => {
            let value = format!("of dimension {}", sampler.dim());
            Err(Misfit::new(key, value, format!("its scaler is of dimension {}, and both must agree", scaler.dim())))
        }
        _ => Ok(()),
    }
}
