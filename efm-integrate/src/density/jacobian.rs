use efm_core::Augmented;
use efm_field::{Field, FieldValues};
use nalgebra::DMatrix;

use crate::maps::bounded;
use crate::{TraceError, checked};

/// Which slope of the lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slope {
    /// n_x/n_z.
    Plain,
    /// As much of it as a lift along the field takes.
    Lift,
}

/// Derivatives of the slopes v(x, z) of a field's lines along given directions, by central differences.
pub(super) struct Differences<'a> {
    pub field: &'a dyn Field,
    pub step: f64,
    /// Evaluations so far.
    pub evaluations: u64,
}

/// Numbers per point or direction, one row of `width` after another.
pub(super) type Rows = Vec<f64>;

impl Differences<'_> {
    /// v at each point, D numbers each; NaN where the field points along the plates or back.
    fn slopes(&mut self, at: &Augmented, slope: Slope) -> Result<Rows, TraceError> {
        let mut values = FieldValues::default();
        checked::evaluate(self.field, at, &mut values)?;
        self.evaluations += at.len() as u64;
        let mut rows = Vec::with_capacity(at.len() * at.dim());
        for index in 0..at.len() {
            let (axial, lateral) = (values.directions.z(index), values.directions.x(index));
            let divisor = if slope == Slope::Lift { bounded(axial, lateral) } else { axial };
            let usable = divisor > 0.0;
            rows.extend(lateral.iter().map(|n| if usable { n / divisor } else { f64::NAN }));
        }
        Ok(rows)
    }

    /// (∂v/∂x)·d for each direction d: `directions` holds `per` of them for each point, D numbers each.
    pub fn products(
        &mut self,
        at: &Augmented,
        directions: &[f64],
        per: usize,
        slope: Slope,
    ) -> Result<Rows, TraceError> {
        let (dim, step) = (at.dim(), self.step);
        let mut pairs = Augmented::new(dim);
        let mut moved = vec![0.0; dim];
        for (row, direction) in directions.chunks_exact(dim).enumerate() {
            let (x, z) = (at.x(row / per), at.z(row / per));
            for sign in [step, -step] {
                moved.iter_mut().zip(x.iter().zip(direction)).for_each(|(to, (x, d))| *to = x + sign * d);
                pairs.push(&moved, z);
            }
        }
        let slopes = self.slopes(&pairs, slope)?;
        let difference = |pair: &[f64]| {
            let (above, below) = pair.split_at(dim);
            above.iter().zip(below).map(|(a, b)| (a - b) / (2.0 * step)).collect::<Vec<_>>()
        };
        Ok(slopes.chunks_exact(2 * dim).flat_map(difference).collect())
    }

    /// div v at each point.
    pub fn divergences(&mut self, at: &Augmented) -> Result<Rows, TraceError> {
        let dim = at.dim();
        let products = self.products(at, &axes(dim, at.len()), dim, Slope::Plain)?;
        Ok(products.chunks_exact(dim * dim).map(|rows| (0..dim).map(|j| rows[j * dim + j]).sum()).collect())
    }

    /// ln |det(I + rise·∂v/∂x)| at each point: the volume under x ↦ x + rise·v.
    pub fn shifts(&mut self, at: &Augmented, rise: f64, slope: Slope) -> Result<Rows, TraceError> {
        let dim = at.dim();
        let products = self.products(at, &axes(dim, at.len()), dim, slope)?;
        let ln_det = |rows: &[f64]| {
            let jacobian = DMatrix::from_row_slice(dim, dim, rows);
            (DMatrix::identity(dim, dim) + jacobian * rise).determinant().abs().ln()
        };
        Ok(products.chunks_exact(dim * dim).map(ln_det).collect())
    }

    /// εᵀ(∂v/∂x)ε for each of the `per` probes of each point.
    pub fn probe_divergences(&mut self, at: &Augmented, probes: &[f64], per: usize) -> Result<Rows, TraceError> {
        let products = self.products(at, probes, per, Slope::Plain)?;
        Ok(inner(&products, probes, at.dim()))
    }

    /// Estimates of ln |det(I + rise·J)| to second order in `rise`, rise·tr J − ½ rise² tr J², one per probe.
    pub fn probe_shifts(
        &mut self,
        at: &Augmented,
        probes: &[f64],
        per: usize,
        rise: f64,
        slope: Slope,
    ) -> Result<Rows, TraceError> {
        let dim = at.dim();
        let once = self.products(at, probes, per, slope)?;
        // Unit length per coordinate, so that the difference is taken over `step` again.
        let lengths: Vec<f64> = once
            .chunks_exact(dim)
            .map(|row| (row.iter().map(|v| v * v).sum::<f64>() / dim as f64).sqrt().max(f64::MIN_POSITIVE))
            .collect();
        let unit: Vec<f64> = once.iter().enumerate().map(|(index, v)| v / lengths[index / dim]).collect();
        let twice = self.products(at, &unit, per, slope)?;
        let (first, second) = (inner(&once, probes, dim), inner(&twice, probes, dim));
        let sum = |(index, first): (usize, &f64)| rise * first - 0.5 * rise * rise * second[index] * lengths[index];
        Ok(first.iter().enumerate().map(sum).collect())
    }
}

/// The D coordinate directions, `count` times over.
fn axes(dim: usize, count: usize) -> Rows {
    let mut rows = vec![0.0; count * dim * dim];
    for (index, row) in rows.chunks_exact_mut(dim).enumerate() {
        row[index % dim] = 1.0;
    }
    rows
}

/// Inner products of rows.
fn inner(one: &[f64], other: &[f64], dim: usize) -> Rows {
    let product = |(a, b): (&[f64], &[f64])| a.iter().zip(b).map(|(a, b)| a * b).sum();
    one.chunks_exact(dim).zip(other.chunks_exact(dim)).map(product).collect()
}
