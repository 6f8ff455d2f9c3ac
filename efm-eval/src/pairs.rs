use efm_core::Points;
use serde::{Deserialize, Serialize};

use crate::EvalError;

/// How far transported points are from where they belong, where that is known: root mean square differences of a coordinate, in
/// data units, mean over the points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PairDistances {
    /// Number of pairs.
    pub count: usize,
    /// Between a transported point and its partner.
    pub transported: f64,
    /// Between a point before it was transported and its partner: what doing nothing gets.
    pub before: f64,
    /// Between a point's partner and those of others: what a target at random gets.
    pub random: f64,
    /// Share of the points that are nearer to their partner than they were.
    pub nearer: f64,
    /// Share of the points whose partner is the nearest of all partners; 1/count by chance.
    pub matched: f64,
    /// Lines whose ends were averaged for `of_means`.
    #[serde(default = "one")]
    pub lines: usize,
    /// Between the mean end of several lines of a point and its partner; null where one line was followed.
    #[serde(default)]
    pub of_means: Option<f64>,
}

fn one() -> usize {
    1
}

/// Compares `ends`, where `starts` went, with their `partners`, row by row.
///
/// # Errors
/// [`EvalError::Unpaired`], [`EvalError::DimensionMismatch`] and [`EvalError::Empty`].
pub fn pair_distances(starts: &Points, ends: &Points, partners: &Points) -> Result<PairDistances, EvalError> {
    for other in [starts, ends] {
        crate::cloud::check_pair(other, partners)?;
        if other.len() != partners.len() {
            return Err(EvalError::Unpaired { left: other.len(), right: partners.len() });
        }
    }
    let (count, dim) = (partners.len(), partners.dim() as f64);
    let between = |a: &[f32], b: &[f32]| {
        let square: f64 = a.iter().zip(b).map(|(a, b)| (f64::from(*a) - f64::from(*b)).powi(2)).sum();
        (square / dim).sqrt()
    };
    let nothing = PairDistances {
        count,
        transported: 0.0,
        before: 0.0,
        random: 0.0,
        nearer: 0.0,
        matched: 0.0,
        lines: 1,
        of_means: None,
    };
    let mut sums = nothing;
    for row in 0..count {
        let (end, partner) = (ends.point(row), partners.point(row));
        let (after, before) = (between(end, partner), between(starts.point(row), partner));
        let others = || (0..count).filter(|&other| other != row).map(|other| partners.point(other));
        sums.transported += after;
        sums.before += before;
        sums.random += others().map(|other| between(other, partner)).sum::<f64>() / (count - 1).max(1) as f64;
        sums.nearer += f64::from(u8::from(after < before));
        sums.matched += f64::from(u8::from(others().all(|other| between(end, other) >= after)));
    }
    let mean = |sum: f64| sum / count as f64;
    Ok(PairDistances {
        count,
        transported: mean(sums.transported),
        before: mean(sums.before),
        random: mean(sums.random),
        nearer: mean(sums.nearer),
        matched: mean(sums.matched),
        ..nothing
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_of_pairs_by_hand() {
        let points = |values: &[f32]| Points::from_values(2, values.to_vec()).expect("finite");
        let partners = points(&[0.0, 0.0, 3.0, 3.0, 0.0, 6.0]);
        let starts = points(&[1.0, 1.0, 3.0, 3.0, 2.0, 6.0]);
        // The second went to the third's partner, the others went home.
        let ends = points(&[0.0, 0.0, 0.0, 6.0, 0.0, 6.0]);
        let found = pair_distances(&starts, &ends, &partners).expect("pairs");
        let third = 1.0 / 3.0;
        let (near, far) = (3.0, 18.0_f64.sqrt());
        assert!((found.transported - near * third).abs() < 1e-12);
        assert!((found.before - (1.0 + 0.0 + 2.0_f64.sqrt()) * third).abs() < 1e-12);
        // Partners are 3, √18 and 3 apart.
        assert!((found.random - (near + far + 2.0 * near + near + far) / 2.0 * third).abs() < 1e-12, "{found:?}");
        assert_eq!((found.count, found.nearer, found.matched), (3, 2.0 * third, 2.0 * third));
        assert!(pair_distances(&starts, &points(&[0.0, 0.0]), &partners).is_err());
    }
}
