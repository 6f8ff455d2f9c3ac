use efm_core::streams;
use efm_core::{Augmented, Capacitor, Points, Seed, Side};
use efm_field::{ExactField, Field, Law, on_flux};
use efm_train::Setup;
use rand_distr::{Distribution, StandardNormal};
use serde::Serialize;

use super::cloud::median;
use crate::Error;
use crate::config::Charges;

/// What the field between two plates is like.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LinesCheck {
    /// Charges per plate in the field that was looked at: source, target.
    pub charges: [usize; 2],
    /// Share of the lines of the source that set out towards the target in the field of the two plates alone; in the
    /// mirror capacitor it is 1.
    pub forward_share: f64,
    /// √2 σ D^(−1/4), σ the larger spread: only for gaps many times as long is forward-only transport in the field of the
    /// two plates alone unbiased.
    pub bias_length: f64,
    /// How many charges decide the direction where lines run, at some heights.
    pub effective: Vec<EffectiveCharges>,
    /// Median distance of the lines from the middle of both clouds at half the gap.
    pub radius_midway: f64,
    /// The same of the points of the plates.
    pub radius_plates: f64,
}

/// How many charges decide the direction of the field at one height: (Σw)²/Σw² at points where lines run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct EffectiveCharges {
    /// z in scaled units.
    pub height: f64,
    /// Median over the points.
    pub median: f64,
    /// One point in ten has fewer.
    pub low: f64,
}

/// Heights looked at, as shares of the gap.
const SHARES: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];

/// Bounds the number of points per height: pairs of point and charge, times D where that is more than [`LEAST`].
const EFFORT: usize = 1 << 25;

/// A mirror pair costs as much as so many coordinates.
const LEAST: usize = 64;

impl LinesCheck {
    /// Looks at the field of `charges` charges per plate. Forward shares are taken at `near`, the distance of
    /// neighbours on the source (scaled units), effective charges also at the height `start` where lines begin.
    ///
    /// # Errors
    /// When the charges make no capacitor or the field fails.
    pub fn of(setup: &Setup, charges: Charges, near: f64, start: f64, seed: Seed) -> Result<Self, Error> {
        let source = setup.source().charges(charges, &seed.stream(streams::CHECKUP_SOURCE), 0)?;
        let target = setup.target().charges(charges, &seed.stream(streams::CHECKUP_TARGET), 0)?;
        let counts = [source.len(), target.len()];
        let capacitor = Capacitor::new(source, target, setup.gap())?;
        let (gap, dim) = (setup.gap(), capacitor.dim());
        let points = (EFFORT / ((counts[0] + counts[1]) * dim.max(LEAST))).clamp(20, 120);
        let field = ExactField::new(capacitor.clone(), setup.law());
        let mut heights: Vec<f64> = SHARES.iter().map(|share| share * gap).collect();
        if start > 0.0 && start < gap {
            heights.push(start);
            heights.sort_by(f64::total_cmp);
        }
        let mut effective = Vec::new();
        for height in heights {
            let at = on_lines(&capacitor, setup.law(), height, points, seed);
            let mut counts = field.effective_charges(&at)?;
            let median = median(&mut counts);
            effective.push(EffectiveCharges { height, median, low: counts[counts.len() / 10] });
        }
        let middle = middle(&capacitor);
        let radius =
            |x: &mut dyn Iterator<Item = f64>| x.zip(&middle).map(|(x, m)| (x - m).powi(2)).sum::<f64>().sqrt();
        let midway = on_lines(&capacitor, setup.law(), 0.5 * gap, 1_000, seed);
        let mut out: Vec<f64> = (0..midway.len()).map(|i| radius(&mut midway.x(i).iter().copied())).collect();
        let on_plates = Side::BOTH.into_iter().flat_map(|side| capacitor.plate(side).iter());
        let mut on: Vec<f64> = on_plates.map(|point| radius(&mut point.iter().map(|&x| f64::from(x)))).collect();
        let spread = setup.geometry().source_spread.max(setup.geometry().target_spread);
        Ok(Self {
            charges: counts,
            forward_share: forward_share(capacitor, near, points, seed)?,
            bias_length: std::f64::consts::SQRT_2 * spread * (dim as f64).powf(-0.25),
            effective,
            radius_midway: median(&mut out),
            radius_plates: median(&mut on),
        })
    }
}

/// Points where the lines of `law` run at one height.
fn on_lines(capacitor: &Capacitor, law: Law, height: f64, count: usize, seed: Seed) -> Augmented {
    let stream = seed.stream(streams::CHECKUP_LINES);
    let mut at = Augmented::new(capacitor.dim());
    let mut x = vec![0.0; capacitor.dim()];
    for index in 0..count as u64 {
        on_flux(capacitor, law, height, &mut stream.at(index), &mut x);
        at.push(&x, height);
    }
    at
}

/// Mean of both plates.
fn middle(capacitor: &Capacitor) -> Vec<f64> {
    let mut sum = vec![0.0; capacitor.dim()];
    for side in Side::BOTH {
        let plate = capacitor.plate(side);
        let weight = 0.5 / plate.len() as f64;
        let mut add = |point: &[f32]| sum.iter_mut().zip(point).for_each(|(sum, x)| *sum += weight * f64::from(*x));
        plate.iter().for_each(&mut add);
    }
    sum
}

/// Mean of min(1, f/p) with f the flux E_z just above the source plate and p = f − b what enters on both sides, at a
/// height `near` on either side, where lines that leave a charge isotropically are: x + near·C, C Cauchy.
fn forward_share(capacitor: Capacitor, near: f64, count: usize, seed: Seed) -> Result<f64, Error> {
    let stream = seed.stream(streams::CHECKUP_FORWARD);
    let source: Points = capacitor.plate(Side::Source).clone();
    let near = if near > 0.0 { near.min(0.25 * capacitor.gap()) } else { 1e-3 * capacitor.gap() };
    let (mut above, mut below) = (Augmented::new(source.dim()), Augmented::new(source.dim()));
    for index in 0..count {
        let mut random = stream.at(index as u64);
        let mut normal = || -> f64 { StandardNormal.sample(&mut random) };
        let scale = near / normal().abs().max(f64::MIN_POSITIVE);
        let point = source.point(index * source.len() / count);
        let x: Vec<f64> = point.iter().map(|&x| f64::from(x) + scale * normal()).collect();
        if x.iter().all(|x| x.is_finite()) {
            above.push(&x, near);
            below.push(&x, -near);
        }
    }
    let field = ExactField::new(capacitor, Law::Coulomb);
    let (above, below) = (field.evaluate(&above)?, field.evaluate(&below)?);
    let share = |index: usize| {
        let front = above.directions.z(index);
        let back = below.directions.z(index) * (below.ln_strengths[index] - above.ln_strengths[index]).exp();
        let share = front / (front - back);
        if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.5 }
    };
    let shares: Vec<f64> = (0..above.directions.len()).map(share).collect();
    Ok(shares.iter().sum::<f64>() / shares.len().max(1) as f64)
}
