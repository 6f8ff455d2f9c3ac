use burn::tensor::Device;
use efm_core::streams;
use efm_core::{Capacitor, Seed, Side};
use efm_field::{ExactField, Field, Summation};

use crate::config::Charges;
use crate::{Error, Prepared};

/// The field of so many charges on each plate, to a relative error if one is given.
///
/// # Errors
/// [`Error::Argument`] for an accuracy out of range, and data that fail.
pub fn exact(prepared: &Prepared, charges: Charges, accuracy: Option<f64>) -> Result<ExactField, Error> {
    let seed = Seed(prepared.config.seed);
    let setup = &prepared.setup;
    let plate = |side: Side, stream: &str| setup.plate(side).charges(charges, &seed.stream(stream), 0);
    let (source, target) = (plate(Side::Source, streams::MAP_SOURCE)?, plate(Side::Target, streams::MAP_TARGET)?);
    let capacitor = Capacitor::new(source, target, setup.gap())?;
    let summation = accuracy.map_or(Summation::Auto, |error| Summation::Within { error });
    ExactField::new(capacitor, setup.law())
        .with_summation(summation)
        .map_err(|error| Error::argument("accuracy", "", error.to_string(), "give e.g. 1e-3"))
}

/// The same field summed on `device`, where that is not the host and has a kernel for it.
pub fn summed_on(field: &ExactField, device: &Device) -> Option<Box<dyn Field>> {
    efm_backend::device::field(field.capacitor(), field.law(), device)
}
