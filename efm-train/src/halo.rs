use efm_core::{Augmented, Stream};
use rand::RngExt;
use rand_distr::{Distribution, StandardNormal};

/// Points beside the flux.
///
/// Where no flux runs, flux-weighted points never come, and a line that strays there would meet a network that was
/// never asked. A share of the points is therefore moved off sideways, by distances from a hundredth of the
/// width that lines have at their height to all of it. Their weight is small: where flux runs, the unbiased flux points decide; in the voids between
/// the data, where the field is smooth, these do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Halo {
    /// Share of the points that are moved.
    pub share: f64,
    /// Root mean square coordinate of the data.
    pub spread: f64,
    /// Distance between the plates.
    pub gap: f64,
}

/// Smallest and largest displacement per coordinate, in widths.
const DISTANCES: (f64, f64) = (0.01, 1.0);

impl Halo {
    /// Weight of a moved point, as a share of that of a flux point.
    pub const WEIGHT: f64 = 0.2;

    /// Moves the last `share` of `points`; returns how many.
    pub fn spread(&self, points: &mut Augmented, stream: &Stream, first: u64) -> usize {
        let count = (self.share * points.len() as f64).round() as usize;
        for index in points.len() - count..points.len() {
            let mut random = stream.at(first + index as u64);
            let (least, most) = DISTANCES;
            let z = points.z(index).clamp(0.0, self.gap);
            let width = (self.spread.powi(2) + z * (self.gap - z)).sqrt();
            let distance = width * least * (most / least).powf(random.random::<f64>());
            for x in points.x_mut(index) {
                let normal: f64 = StandardNormal.sample(&mut random);
                *x += distance * normal;
            }
        }
        count
    }
}
