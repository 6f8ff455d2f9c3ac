//! Plates that are aligned anew for every class of the target.

use efm_core::Seed;
use efm_core::streams;
use efm_data::Scaler;
use efm_train::PlateData;

use crate::Error;
use crate::config::Charges;

/// Points of a class that its middle is taken from.
const OF_CLASS: usize = 4_096;

/// Every class of `target`, which has the scaling `scaler`, about its own middle, and these middles, `[C, D]`.
///
/// A tube carries p to q when both have the same middle: the further apart these are, the more lines leave it. So for every class
/// the plates are aligned anew.
///
/// # Errors
/// As [`PlateData::charges`].
pub fn centred_classes(target: &PlateData, scaler: &Scaler, seed: Seed) -> Result<(Vec<PlateData>, Vec<f32>), Error> {
    let (mut clouds, mut middles) = (Vec::new(), Vec::new());
    for (index, cloud) in (0..target.classes().len()).filter_map(|class| target.of_class(class)).enumerate() {
        let points = cloud.charges(Charges::Count(OF_CLASS), &seed.stream(&streams::middle_of(index)), 0)?;
        let middle: Vec<_> = points.mean().into_iter().map(|mean| mean as f32).collect();
        clouds.push(cloud.scaled(&scaler.centred(&middle)?)?);
        middles.extend(middle);
    }
    Ok((clouds, middles))
}
