use efm_core::Points;

/// The modes of a mixture: where they are and how much of the mass each holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Modes {
    centres: Points,
    weights: Vec<f64>,
}

impl Modes {
    /// `weights` are shares of the mass, one per centre, normalised by the caller.
    pub(crate) fn new(centres: Points, weights: Vec<f64>) -> Self {
        debug_assert_eq!(centres.len(), weights.len());
        Self { centres, weights }
    }

    /// All modes with the same share.
    pub(crate) fn equal(centres: Points) -> Self {
        let share = 1.0 / centres.len() as f64;
        let weights = vec![share; centres.len()];
        Self::new(centres, weights)
    }

    /// The centres, one point per mode, in data units.
    pub fn centres(&self) -> &Points {
        &self.centres
    }

    /// The share of the mass in each mode; the shares add up to 1.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The mode whose centre is nearest to `point`, the first of several. Coordinates beyond the shorter of the two
    /// are ignored.
    pub fn label(&self, point: &[f32]) -> usize {
        let mut nearest = (0, f64::INFINITY);
        for (label, centre) in self.centres.iter().enumerate() {
            let distance: f64 = centre.iter().zip(point).map(|(c, p)| (f64::from(*c) - f64::from(*p)).powi(2)).sum();
            if distance < nearest.1 {
                nearest = (label, distance);
            }
        }
        nearest.0
    }

    /// The label of every point.
    pub fn labels(&self, points: &Points) -> Vec<usize> {
        points.iter().map(|point| self.label(point)).collect()
    }

    /// How many points fall to each mode.
    pub fn counts(&self, points: &Points) -> Vec<usize> {
        let mut counts = vec![0; self.centres.len()];
        for point in points.iter() {
            counts[self.label(point)] += 1;
        }
        counts
    }
}
