use efm_core::{Augmented, Points};
use efm_field::{Field, FieldValues, gauss_legendre};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;

use super::jacobian::{Differences, Rows, Slope};
use super::{Carried, Divergence, Volume};
use crate::maps::{Lift, Map, Noise};
use crate::{Lines, Save, Stop, TraceError, Watch, checked};

/// Probes draw from indices that no line's lift uses.
const PROBES: u64 = 1 << 63;

/// Heights of one block: nodes with their weights dz, and the ends of the pieces.
struct Heights {
    nodes: Vec<(f64, f64)>,
    /// Where lines begin and end.
    ends: [f64; 2],
    /// The same, kept away from the plates by the edge.
    inner: [f64; 2],
}

impl Heights {
    /// Gauss–Legendre in s = ln(z/(L − z)); weights carry dz/ds and the sign of the way.
    fn new(ends: [f64; 2], edge: f64, gap: f64, count: usize) -> Self {
        let inner = ends.map(|z| z.clamp(edge, gap - edge));
        let [from, to] = inner.map(|z| (z / (gap - z)).ln());
        let node = |(u, weight): (f64, f64)| {
            let z = gap / (1.0 + (-(from + u * (to - from))).exp());
            (z, weight * (to - from) * z * (gap - z) / gap)
        };
        Self { nodes: gauss_legendre(count).into_iter().map(node).collect(), ends, inner }
    }

    /// All of them, for [`Save::Heights`]: nodes, ends, inner ends.
    fn list(&self) -> Vec<f64> {
        self.nodes.iter().map(|node| node.0).chain(self.ends).chain(self.inner).collect()
    }
}

/// The lines of a block that landed, and where they pass each height.
struct Passing {
    /// Index of each line in its block.
    rows: Vec<usize>,
    /// Points of these lines at each height of the list.
    at: Vec<Augmented>,
}

impl Passing {
    fn new(lines: &Lines, heights: usize, dim: usize) -> Self {
        let mut passing = Self { rows: Vec::new(), at: vec![Augmented::new(dim); heights] };
        let Some(paths) = &lines.path else { return passing };
        for row in (0..lines.len()).filter(|&row| lines.stops[row] == Stop::Landed) {
            let mut places = vec![None; heights];
            let mut once = true;
            for (&mark, point) in paths.marks(row).iter().zip(paths.line(row)) {
                once &= places[mark as usize].replace(point).is_none();
            }
            // A line that turned on its way has no place of its own at a height.
            if let (true, Some(places)) = (once, places.into_iter().collect::<Option<Vec<_>>>()) {
                passing.rows.push(row);
                passing.at.iter_mut().zip(places).for_each(|(at, place)| at.push_point(place));
            }
        }
        passing
    }

    /// Where the lines are at the height number `index`, counted as if at height `z`.
    fn moved(&self, index: usize, z: f64) -> Augmented {
        let mut points = self.at[index].clone();
        (0..points.len()).for_each(|row| points.set_z(row, z));
        points
    }
}

/// Adds up pieces of ln |det| for every line, one sum per probe.
struct Sums<'a> {
    differences: Differences<'a>,
    /// Random signs of each line, and how many sums there are per line.
    probes: Option<(Vec<ChaCha8Rng>, usize)>,
    values: Rows,
}

impl Sums<'_> {
    fn add(&mut self, weight: f64, pieces: &[f64]) {
        self.values.iter_mut().zip(pieces).for_each(|(sum, piece)| *sum += weight * piece);
    }

    /// Fresh random signs: `per` directions for every line.
    fn signs(generators: &mut [ChaCha8Rng], per: usize, dim: usize) -> Rows {
        let sign = |generator: &mut ChaCha8Rng| if generator.random::<bool>() { 1.0 } else { -1.0 };
        generators
            .iter_mut()
            .flat_map(|generator| (0..per * dim).map(|_| sign(generator)).collect::<Vec<_>>())
            .collect()
    }

    /// ∫ div v dz over one node.
    fn node(&mut self, at: &Augmented, weight: f64) -> Result<(), TraceError> {
        let pieces = match &mut self.probes {
            None => self.differences.divergences(at)?,
            Some((generators, per)) => {
                let signs = Self::signs(generators, *per, at.dim());
                self.differences.probe_divergences(at, &signs, *per)?
            }
        };
        self.add(weight, &pieces);
        Ok(())
    }

    /// A straight piece x ↦ x + rise·v.
    fn straight(&mut self, at: &Augmented, rise: f64, slope: Slope) -> Result<(), TraceError> {
        if rise == 0.0 {
            return Ok(());
        }
        let pieces = match &mut self.probes {
            None => self.differences.shifts(at, rise, slope)?,
            Some((generators, per)) => {
                let signs = Self::signs(generators, *per, at.dim());
                self.differences.probe_shifts(at, &signs, *per, rise, slope)?
            }
        };
        self.add(1.0, &pieces);
        Ok(())
    }
}

impl Volume {
    /// [`Volume::carry`] for points that are held at once.
    pub(super) fn block(
        &self,
        field: &dyn Field,
        starts: &Points,
        noise: Noise,
        watch: &mut Watch<'_>,
    ) -> Result<Carried, TraceError> {
        let (dim, gap) = (field.dim(), field.gap());
        let (begin, end) = self.map.ends(gap);
        let count = if self.divergence == Divergence::Strength { 0 } else { self.nodes };
        let heights = Heights::new([begin, end], self.edge() * gap, gap, count);
        let list = heights.list();
        let mut map = self.map.clone();
        map.tracer.save = Save::Heights(list.clone());
        let lines = map.transport_with(field, starts, noise, watch)?;
        let passing = Passing::new(&lines, list.len(), dim);

        let generator = |&row: &usize| noise.stream.at(PROBES | noise.first.wrapping_add(row as u64));
        let probes = match self.divergence {
            Divergence::Probes(per) => Some((passing.rows.iter().map(generator).collect(), per)),
            Divergence::Full | Divergence::Strength => None,
        };
        let per = probes.as_ref().map_or(1, |&(_, per)| per);
        let differences = Differences { field, step: self.step, evaluations: 0 };
        let mut sums = Sums { differences, probes, values: vec![0.0; passing.rows.len() * per] };
        self.add_lifts(&mut sums, starts, &passing, &heights)?;
        // From the plate to the edge and from the edge to the plate.
        let ([begin, end], [first, last]) = (heights.ends, heights.inner);
        sums.straight(&passing.moved(count, first), first - begin, Slope::Plain)?;
        sums.straight(&passing.at[count + 3], end - last, Slope::Plain)?;
        for (index, &(_, weight)) in heights.nodes.iter().enumerate() {
            sums.node(&passing.at[index], weight)?;
        }
        if self.divergence == Divergence::Strength {
            let from = ln_axial(field, &passing.at[count + 2])?;
            let to = ln_axial(field, &passing.at[count + 3])?;
            sums.add(1.0, &from);
            sums.add(-1.0, &to);
            sums.differences.evaluations += 2 * passing.rows.len() as u64;
        }
        let evaluations = lines.evaluations.iter().map(|&count| u64::from(count)).sum::<u64>();
        let mut carried = Carried {
            ln_volumes: vec![f64::NAN; starts.len()],
            standard_errors: vec![f64::NAN; starts.len()],
            evaluations: evaluations + sums.differences.evaluations,
            ends: lines.ends,
            stops: lines.stops,
        };
        for (&row, values) in passing.rows.iter().zip(sums.values.chunks_exact(per)) {
            (carried.ln_volumes[row], carried.standard_errors[row]) = mean_and_error(values, self.divergence);
        }
        Ok(carried)
    }

    /// The lift at the start, and its reverse at the end.
    fn add_lifts(
        &self,
        sums: &mut Sums<'_>,
        starts: &Points,
        passing: &Passing,
        heights: &Heights,
    ) -> Result<(), TraceError> {
        if self.map.lift != Lift::Along {
            return Ok(());
        }
        let sign = self.map.tracer.heading.sign();
        let (rise, fall) = self.map.heights();
        let lifted = Augmented::lift(&starts.select(&passing.rows), heights.ends[0]);
        sums.straight(&lifted, sign * rise, Slope::Lift)?;
        sums.straight(&passing.at[heights.nodes.len() + 1], sign * fall, Slope::Lift)
    }
}

/// ln E_z at each point.
fn ln_axial(field: &dyn Field, at: &Augmented) -> Result<Rows, TraceError> {
    let mut values = FieldValues::default();
    checked::evaluate(field, at, &mut values)?;
    if values.ln_strengths.len() != at.len() {
        return Err(TraceError::NoStrength);
    }
    Ok((0..at.len()).map(|index| values.ln_strengths[index] + values.directions.z(index).ln()).collect())
}

/// Mean over the probes and its standard error; NaN for both where a value is not finite.
fn mean_and_error(values: &[f64], divergence: Divergence) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    if !mean.is_finite() {
        return (f64::NAN, f64::NAN);
    }
    let square = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
    let error = if matches!(divergence, Divergence::Probes(_)) { (square / (count - 1.0) / count).sqrt() } else { 0.0 };
    (mean, error)
}
