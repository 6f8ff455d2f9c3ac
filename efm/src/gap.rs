use efm_core::Points;
use serde::Serialize;

use crate::config::MapKind;

/// The gap for two scaled clouds when none is given: see [`GapRule`].
pub fn automatic_gap(source: &Points, target: &Points) -> f64 {
    GapRule::of(source, target).gap
}

/// The automatic gap and what it comes from: 4.24 √D times the larger of the clouds' spreads and of the distance
/// between them (six times in the plane), so that lines neither crowd along the plates (L too small) nor forget where
/// they started (L too large).
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct GapRule {
    /// Root mean square distance of a source coordinate from the cloud's mean.
    pub source_spread: f64,
    /// The same of the target.
    pub target_spread: f64,
    /// Distance of the clouds: that of their quantile functions per coordinate, the largest; it also sees two modes far
    /// from a centred source.
    pub distance: f64,
    /// L in the units of the clouds; 1 for clouds without any width.
    pub gap: f64,
}

impl GapRule {
    /// The rule for two scaled clouds of the same D.
    pub fn of(source: &Points, target: &Points) -> Self {
        let (source_spread, target_spread) = (source.spread(), target.spread());
        let distances = (0..source.dim()).map(|coordinate| quantile_distance(source, target, coordinate));
        let distance = distances.fold(0.0_f64, f64::max);
        let root = (source.dim() as f64 / 2.0).sqrt();
        let gap = GAP_PER_SPREAD * root * source_spread.max(target_spread).max(distance);
        let gap = if gap.is_finite() && gap > 0.0 { gap } else { 1.0 };
        Self { source_spread, target_spread, distance, gap }
    }

    /// The same for lines that follow `rule`: half as long where they may pass behind the plates or be dropped, since no
    /// images crowd those of the tails there, and the shares of the plates are the easier to learn the nearer both are.
    #[must_use]
    pub fn under(self, rule: MapKind) -> Self {
        match rule {
            MapKind::Loops | MapKind::Accept => Self { gap: 0.5 * self.gap, ..self },
            _ => self,
        }
    }
}

/// Gap for D = 2 in units of the larger spread; chosen on the toy presets. E_z decays as exp(−πr/L) far outside, E_x by a
/// power: at L = 3 spreads the lines of the tails run far along the plates, at 6 they do no longer. Lines spread by about
/// z√D, so r and with it L grow as √D.
const GAP_PER_SPREAD: f64 = 6.0;

/// Root mean square difference of the two quantile functions of one coordinate: the one-dimensional W2.
fn quantile_distance(source: &Points, target: &Points, coordinate: usize) -> f64 {
    const LEVELS: usize = 64;
    let sorted = |points: &Points| {
        let mut values: Vec<f32> = points.iter().map(|point| point[coordinate]).collect();
        values.sort_by(f32::total_cmp);
        values
    };
    let at = |values: &[f32], level: usize| f64::from(values[(2 * level + 1) * values.len() / (2 * LEVELS)]);
    let (source, target) = (sorted(source), sorted(target));
    let sum: f64 = (0..LEVELS).map(|level| (at(&source, level) - at(&target, level)).powi(2)).sum();
    (sum / LEVELS as f64).sqrt()
}
