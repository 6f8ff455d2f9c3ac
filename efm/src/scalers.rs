use efm_core::{Points, Side};
use efm_data::{ColourWeight, DataError, Scaler, Scaling};
use serde::{Deserialize, Serialize};

use crate::Error;

/// The scaling of each plate.
///
/// A line starts in the scaled units of one plate and ends in those of the other, so a map between scaled clouds is a
/// map between the clouds themselves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Record")]
pub struct Scalers {
    source: Scaler,
    target: Scaler,
}

/// What is read back from disk, before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    source: Scaler,
    target: Scaler,
}

impl TryFrom<Record> for Scalers {
    type Error = Error;

    fn try_from(record: Record) -> Result<Self, Error> {
        Self::new(record.source, record.target)
    }
}

impl Scalers {
    /// One scaling for each plate.
    ///
    /// # Errors
    /// [`Error::Data`] for scalings of different dimension.
    pub fn new(source: Scaler, target: Scaler) -> Result<Self, Error> {
        same_dim(source.dim(), target.dim())?;
        Ok(Self { source, target })
    }

    /// Learns the scaling: of each plate by itself (`align`), or one for both; `colour` says how colours of images are weighed.
    ///
    /// # Errors
    /// [`Error::Data`] for clouds without points or of different dimension, and for weights of other images.
    pub fn fit(
        scaling: Scaling,
        align: bool,
        colour: Option<ColourWeight>,
        source: &Points,
        target: &Points,
    ) -> Result<Self, Error> {
        let fit = |a: &Points, b: &Points| {
            let plain = Scaler::fit(scaling, a, b)?;
            match colour {
                Some(colour) => plain.weighing(colour, a, b),
                None => Ok(plain),
            }
        };
        same_dim(source.dim(), target.dim())?;
        if align {
            let own = |points| fit(points, points);
            Ok(Self { source: own(source)?, target: own(target)? })
        } else {
            let both = fit(source, target)?;
            Ok(Self { source: both.clone(), target: both })
        }
    }

    /// With the target about `centre`, in scaled units, instead of about its own middle.
    ///
    /// # Errors
    /// [`Error::Data`] where that leaves the range of f32.
    pub fn about(&self, centre: &[f32]) -> Result<Self, Error> {
        Ok(Self { source: self.source.clone(), target: self.target.centred(centre)? })
    }

    /// The scaling of one plate.
    pub fn plate(&self, side: Side) -> &Scaler {
        match side {
            Side::Source => &self.source,
            Side::Target => &self.target,
        }
    }
}

fn same_dim(source_dim: usize, target_dim: usize) -> Result<(), DataError> {
    if source_dim == target_dim {
        return Ok(());
    }
    Err(DataError::UnequalDims { place: "scalers", source_dim, target_dim })
}
