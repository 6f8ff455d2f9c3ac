use efm_core::streams;
use efm_core::{Augmented, Points, Seed};
use nalgebra::DMatrix;
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
        if target.dim() <= 2 {
            let mean = vec![0.0; target.dim()];
            return Self { components: None, mean, labels: ["x₀".into(), "x₁".into()] };
        }
        let count = target.len().min(POINTS);
        let chosen = (0..count).flat_map(|k| target.point(k * target.len() / count)).map(|&value| f64::from(value));
        let mut points = DMatrix::from_iterator(target.dim(), count, chosen);
        let mean = points.column_mean();
        points.column_iter_mut().for_each(|mut point| point -= &mean);
        let (components, shares) = components(&points);
        let labels = [0, 1].map(|k| {
            let share = shares[k];
            let percent = if share.is_finite() { format!(" ({:.0} %)", 100.0 * share) } else { String::new() };
            format!("target's principal component {}{percent}", k + 1)
        });
        Self { components: Some(components), mean: mean.as_slice().to_vec(), labels }
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

/// The two directions of most variance of centred points, one to a column, and their shares of it, by subspace iteration on
/// the covariance, which is never formed: V ← orthonormal columns of X (Xᵀ V).
fn components(centred: &DMatrix<f64>) -> ([Vec<f64>; 2], [f64; 2]) {
    let mut generator = Seed(0).stream(streams::PRINCIPAL_COMPONENTS).at(0);
    let start = DMatrix::from_fn(centred.nrows(), 2, |_, _| StandardNormal.sample(&mut generator));
    let mut basis = start.qr().q();
    let mut along = centred.tr_mul(&basis);
    for _ in 0..ROUNDS {
        basis = (centred * &along).qr().q();
        along = centred.tr_mul(&basis);
    }
    let total = centred.norm_squared();
    let component = |k: usize| {
        let column = basis.column(k);
        // A sign of its own: the largest entry is positive.
        let sign = if column[column.icamax()] < 0.0 { -1.0 } else { 1.0 };
        column.iter().map(|value| sign * value).collect()
    };
    ([component(0), component(1)], [0, 1].map(|k| along.column(k).norm_squared() / total))
}
