use efm_core::{Augmented, Points, Seed};
use rand_distr::{Distribution, StandardNormal};

/// Points that the components are computed from, and rounds of subspace iteration.
const POINTS: usize = 2_000;
const ROUNDS: usize = 40;

/// A map of points onto two coordinates for drawing: the coordinates themselves for D ≤ 2, and otherwise the first two
/// principal components of a cloud.
#[derive(Debug, Clone)]
pub struct View {
    components: Option<[Vec<f64>; 2]>,
    mean: Vec<f64>,
    labels: [String; 2],
}

impl View {
    /// The view that `target` fixes.
    pub fn of(target: &Points) -> Self {
        let mean = vec![0.0; target.dim()];
        if target.dim() <= 2 {
            return Self { components: None, mean, labels: ["x₀".into(), "x₁".into()] };
        }
        let count = target.len().min(POINTS);
        let chosen: Vec<usize> = (0..count).map(|k| k * target.len() / count).collect();
        let mut view = Self { components: None, mean, labels: Default::default() };
        for &index in &chosen {
            for (sum, &value) in view.mean.iter_mut().zip(target.point(index)) {
                *sum += f64::from(value) / count as f64;
            }
        }
        let (components, shares) = view.iterate(target, &chosen);
        view.components = Some(components);
        view.labels = [1, 2].map(|k| {
            let share = shares[k - 1];
            let percent = if share.is_finite() { format!(" ({:.0} %)", 100.0 * share) } else { String::new() };
            format!("target's principal component {k}{percent}")
        });
        view
    }

    /// The vertices (x, x′, z) of a line, thinned out evenly to `most` of them, the last one kept.
    pub(crate) fn place_line(&self, line: &Augmented, most: usize) -> Vec<[f64; 3]> {
        let count = line.len().min(most);
        (0..count)
            .map(|k| {
                let index = if count > 1 { k * (line.len() - 1) / (count - 1) } else { 0 };
                let [x, y] = self.place(line.x(index));
                [x, y, line.z(index)]
            })
            .collect()
    }

    /// Subspace iteration on the covariance, never formed: v ← Σ (x − μ) ⟨x − μ, v⟩, orthonormalised. Returns the two
    /// components and their shares of the variance.
    fn iterate(&self, target: &Points, chosen: &[usize]) -> ([Vec<f64>; 2], [f64; 2]) {
        let mut generator = Seed(0).stream("principal components").at(0);
        let mut basis: [Vec<f64>; 2] =
            std::array::from_fn(|_| (0..target.dim()).map(|_| StandardNormal.sample(&mut generator)).collect());
        orthonormalise(&mut basis);
        let mut strengths = [0.0; 2];
        let mut total = 0.0;
        for _ in 0..ROUNDS {
            let mut next = [vec![0.0; target.dim()], vec![0.0; target.dim()]];
            strengths = [0.0; 2];
            total = 0.0;
            for &index in chosen {
                let centred: Vec<f64> = self.centred(target.point(index)).collect();
                total += dot(&centred, &centred);
                for k in 0..2 {
                    let along = dot(&centred, &basis[k]);
                    strengths[k] += along * along;
                    for (sum, value) in next[k].iter_mut().zip(&centred) {
                        *sum += along * value;
                    }
                }
            }
            orthonormalise(&mut next);
            basis = next;
        }
        for component in &mut basis {
            // A sign of its own: the largest entry is positive.
            let largest = component.iter().copied().fold(0.0, |a: f64, b| if b.abs() > a.abs() { b } else { a });
            if largest < 0.0 {
                component.iter_mut().for_each(|value| *value = -*value);
            }
        }
        (basis, strengths.map(|strength| strength / total))
    }

    fn centred<'a>(&'a self, point: &'a [f32]) -> impl Iterator<Item = f64> + 'a {
        point.iter().zip(&self.mean).map(|(&value, mean)| f64::from(value) - mean)
    }

    /// Where two coordinates of the view lie in R^D: for D > 2 in the plane of the components through the target's mean.
    pub fn lift(&self, at: [f64; 2]) -> Vec<f64> {
        match &self.components {
            None => at[..self.mean.len().min(2)].to_vec(),
            Some([first, second]) => {
                let parts = self.mean.iter().zip(first.iter().zip(second));
                parts.map(|(mean, (a, b))| mean + at[0] * a + at[1] * b).collect()
            }
        }
    }

    /// The components of a vector at any place.
    pub fn turn(&self, vector: &[f64]) -> [f64; 2] {
        match &self.components {
            None => [vector.first().copied().unwrap_or(0.0), vector.get(1).copied().unwrap_or(0.0)],
            Some([first, second]) => [dot(vector, first), dot(vector, second)],
        }
    }

    /// Names of the two axes.
    pub fn labels(&self) -> &[String; 2] {
        &self.labels
    }

    /// Two coordinates of a point; the second is 0 for D = 1.
    pub fn place(&self, x: &[f64]) -> [f64; 2] {
        match &self.components {
            None => [x.first().copied().unwrap_or(0.0), x.get(1).copied().unwrap_or(0.0)],
            Some(components) => {
                let centred: Vec<f64> = x.iter().zip(&self.mean).map(|(value, mean)| value - mean).collect();
                [dot(&centred, &components[0]), dot(&centred, &components[1])]
            }
        }
    }

    /// Two coordinates of up to `most` points, spread evenly over the cloud's order.
    pub fn place_all(&self, points: &Points, most: usize) -> Vec<[f64; 2]> {
        let count = points.len().min(most);
        (0..count)
            .map(|k| {
                let point: Vec<f64> = points.point(k * points.len() / count).iter().map(|&x| f64::from(x)).collect();
                self.place(&point)
            })
            .collect()
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// Gram–Schmidt; a vector that vanishes is replaced by a coordinate axis.
fn orthonormalise(basis: &mut [Vec<f64>; 2]) {
    let [first, second] = basis;
    normalise(first, 0);
    for _ in 0..2 {
        let along = dot(first, second);
        second.iter_mut().zip(&*first).for_each(|(value, other)| *value -= along * other);
        normalise(second, 1);
    }
}

fn normalise(vector: &mut [f64], axis: usize) {
    let largest = vector.iter().fold(0.0, |a: f64, b| a.max(b.abs()));
    if largest > 0.0 && largest.is_finite() {
        vector.iter_mut().for_each(|value| *value /= largest);
        let length = dot(vector, vector).sqrt();
        vector.iter_mut().for_each(|value| *value /= length);
    } else {
        vector.fill(0.0);
        vector[axis] = 1.0;
    }
}
