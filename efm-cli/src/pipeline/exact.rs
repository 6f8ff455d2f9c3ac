use efm_core::{Capacitor, Seed, Side};
use efm_field::{ExactField, Summation};
use efm_train::config::Charges;

use crate::failure::Failure;
use crate::pipeline::Prepared;

/// The field of so many charges on each plate, to a relative error if one is given.
pub fn exact(prepared: &Prepared, charges: Charges, accuracy: Option<f64>) -> Result<ExactField, Failure> {
    let seed = Seed(prepared.config.seed);
    let plates = &prepared.plates;
    let cloud = |side: Side| match side {
        Side::Source => plates.source.charges(charges, &seed.stream("map/source"), 0),
        Side::Target => plates.target.charges(charges, &seed.stream("map/target"), 0),
    };
    let capacitor = Capacitor::new(cloud(Side::Source)?, cloud(Side::Target)?, plates.gap)?;
    let summation = accuracy.map_or(Summation::Auto, |error| Summation::Within { error });
    ExactField::new(capacitor, plates.law)
        .with_summation(summation)
        .map_err(|error| Failure::usage(format!("--accuracy: {error}"), "write e.g. --accuracy 1e-3"))
}
