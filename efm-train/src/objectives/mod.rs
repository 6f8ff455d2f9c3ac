//! What a network learns: a trait, one file per objective of ours.
//!
//! An [`Objective`] makes the targets of a pool of points and says how far a network is from them. [`Field`] and
//! [`Direction`] regress the exact field, [`Slope`] and [`Ends`] lines of a flux tube, [`Shares`] and [`Posterior`] what
//! either of two plates contributes, [`Isotropic`] and [`FlowMatching`] need no sums over charges.
//! [`crate::config::Objective`] names them in configurations. The losses they share are functions in [`losses`].

mod direction;
mod draw;
mod ends;
mod field;
mod flow_matching;
mod isotropic;
pub mod losses;
mod plates;
mod posterior;
mod shares;
mod slope;
mod sums;
mod tube;

use std::fmt::Debug;
use std::sync::Arc;

use burn::tensor::Tensor;
use efm_field::{Law, PointSampler};
use efm_models::{FieldNet, Head};

use crate::{BatchTensors, Misfit, Pool, TrainError};
pub use direction::Direction;
pub use draw::PoolDraw;
pub use ends::Ends;
pub use field::Field;
pub use flow_matching::FlowMatching;
pub use isotropic::Isotropic;
pub use plates::PlateTargets;
pub use posterior::Posterior;
pub use shares::Shares;
pub use slope::Slope;
pub use sums::{Target, directions, gap_directions};

/// What a network is asked to reproduce at points between the plates.
pub trait Objective: Debug + Send + Sync {
    /// Its name in messages and fingerprints.
    fn name(&self) -> &str;

    /// The head that a network needs for this objective at these points.
    fn head(&self, points: &dyn PointSampler) -> Head;

    /// Whether axial parts are regressed in units of [`efm_models::Geometry::axial_unit`], which a network has to know. No by
    /// default.
    fn stretched(&self) -> bool {
        false
    }

    /// Whether this can be learned in the field of `law` at these points; everywhere by default.
    ///
    /// # Errors
    /// [`Misfit`] says what it needs.
    fn check(&self, law: Law, points: &dyn PointSampler) -> Result<(), Misfit> {
        let _ = (law, points);
        Ok(())
    }

    /// `draw.count()` points with what the network should give there.
    ///
    /// # Errors
    /// When the charges make no capacitor or their field fails.
    fn pool(&self, draw: &PoolDraw<'_>) -> Result<Pool, TrainError>;

    /// The loss of a batch, summed over its rows: what the network gives there against `batch.target`, by `batch.weight`. It
    /// is called for parts of a batch as well, whose losses are added.
    ///
    /// # Errors
    /// [`TrainError::Misfit`] for networks that do not give what is needed.
    fn loss(&self, network: &dyn FieldNet, batch: &BatchTensors) -> Result<Tensor<1>, TrainError>;
}

impl<O: Objective + ?Sized> Objective for Arc<O> {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn head(&self, points: &dyn PointSampler) -> Head {
        (**self).head(points)
    }

    fn stretched(&self) -> bool {
        (**self).stretched()
    }

    fn check(&self, law: Law, points: &dyn PointSampler) -> Result<(), Misfit> {
        (**self).check(law, points)
    }

    fn pool(&self, draw: &PoolDraw<'_>) -> Result<Pool, TrainError> {
        (**self).pool(draw)
    }

    fn loss(&self, network: &dyn FieldNet, batch: &BatchTensors) -> Result<Tensor<1>, TrainError> {
        (**self).loss(network, batch)
    }
}

/// Whether `objective` can be learned in the field of `law` at `points`, whose parameters are checked as well.
///
/// # Errors
/// [`Misfit`] of the fields `objective` and `points`.
pub fn check(objective: &dyn Objective, law: Law, points: &dyn PointSampler) -> Result<(), Misfit> {
    points.check().map_err(|error| {
        Misfit::new(format!("points.{}", error.name), error.value, format!("it must be {}", error.rule))
    })?;
    objective.check(law, points)?;
    if points.reaches_behind() && law != Law::Coulomb {
        let why = "points behind the plates need two plates without images: plates.law = \"coulomb\"";
        return Err(Misfit::new("points", format!("{points:?}"), why));
    }
    Ok(())
}

/// `objective` needs what `needs` says.
fn misfit(objective: &dyn Objective, needs: &str) -> Misfit {
    Misfit::new("objective", format!("{:?}", objective.name()), needs)
}

/// The head of a field given by its direction.
fn of_directions(points: &dyn PointSampler) -> Head {
    if points.reaches_behind() { Head::Free } else { Head::Forward }
}
