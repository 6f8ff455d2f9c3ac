use crate::TableauError;

/// An explicit Runge-Kutta method as numbers.
///
/// k_i = f(t + c_i h, y + h Σ_j a_ij k_j), y₁ = y + h Σ_i b_i k_i. A [`crate::Tracer`] takes any of them:
///
/// ```
/// use efm_integrate::{StepControl, Tableau, Tracer};
///
/// // A. Ralston, Math. Comp. 16 (1962) 431-437: of all methods of order 2 with two stages that with the least error.
/// let ralston = Tableau {
///     citation: "Ralston 1962".into(),
///     order: 2,
///     nodes: vec![0.0, 2.0 / 3.0],
///     rows: vec![vec![], vec![2.0 / 3.0]],
///     weights: vec![0.25, 0.75],
///     ..Tableau::default()
/// };
/// ralston.check()?;
/// let tracer = Tracer { tableau: ralston.into(), step: StepControl::Fixed { steps: 20 }, ..Tracer::default() };
/// # let field = efm_integrate::problems::Contraction { dim: 1, gap: 2.0, rate: 1.0 };
/// # let mut starts = efm_core::Augmented::new(1);
/// # starts.push(&[3.0], 0.0);
/// let lines = tracer.trace(&field, &starts)?;
/// # assert!((lines.ends.x(0)[0] - 3.0 * (-2.0_f64).exp()).abs() < 1e-2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tableau {
    /// Where the numbers come from.
    pub citation: String,
    /// Order of y₁: the global error falls as h^order.
    pub order: u32,
    /// c, one per stage; the first one is 0.
    pub nodes: Vec<f64>,
    /// a, the rows below the diagonal: row i holds i numbers, row 0 is empty.
    pub rows: Vec<Vec<f64>>,
    /// b, one per stage.
    pub weights: Vec<f64>,
    /// b − b̂ of the embedded method, whose order is one lower; empty where there is none, and then steps cannot adapt to
    /// the error.
    pub error: Vec<f64>,
    /// Weights d of the term θ²(1−θ)² h Σ d_i k_i that lifts cubic Hermite interpolation to the fourth order; empty for
    /// plain Hermite.
    pub dense: Vec<f64>,
}

/// How far a sum of numbers of a tableau may be from what it must be, relative to the size of its terms: numbers that
/// were typed with ten digits pass.
const SUM: f64 = 1e-9;

impl Tableau {
    /// Number of slopes, s.
    pub fn stages(&self) -> usize {
        self.nodes.len()
    }

    /// Whether the last slope is the first of the next step ("first same as last").
    pub fn fsal(&self) -> bool {
        match (self.rows.split_last(), self.weights.split_last()) {
            (Some((row, [_, ..])), Some((&0.0, weights))) => row == weights,
            _ => false,
        }
    }

    /// Whether the numbers are those of an explicit method of at least the first order.
    ///
    /// Looked at are the lengths, Σ_j a_ij = c_i, Σ b = 1, Σ (b − b̂) = 0, and of the conditions of the order those of
    /// quadrature, Σ b c^k = 1/(k+1) for k below it. A method that passes may still be of lower order than it says.
    ///
    /// # Errors
    /// [`TableauError`] names what does not fit.
    pub fn check(&self) -> Result<(), TableauError> {
        let stages = self.stages();
        if stages == 0 || self.order == 0 {
            return Err(TableauError::Empty);
        }
        for (part, found) in [("rows", self.rows.len()), ("weights", self.weights.len())] {
            if found != stages {
                return Err(TableauError::Length { part, found, stages });
            }
        }
        for (part, found) in [("error", self.error.len()), ("dense", self.dense.len())] {
            if found != 0 && found != stages {
                return Err(TableauError::Length { part, found, stages });
            }
        }
        if let Some(row) = (0..stages).find(|&row| self.rows[row].len() != row) {
            return Err(TableauError::Row { row, found: self.rows[row].len() });
        }
        let numbers = self.rows.iter().flatten().chain(&self.nodes).chain(&self.weights);
        if numbers.chain(&self.error).chain(&self.dense).any(|number| !number.is_finite()) {
            return Err(TableauError::NotFinite);
        }
        for (row, (numbers, &node)) in self.rows.iter().zip(&self.nodes).enumerate() {
            expect(numbers.iter().copied(), node, || format!("row {row} of a"))?;
        }
        expect(self.error.iter().copied(), 0.0, || "b − b̂".into())?;
        for power in 0..self.order {
            let terms = self.weights.iter().zip(&self.nodes).map(|(b, c)| b * c.powi(power as i32));
            expect(terms, 1.0 / f64::from(power + 1), || match power {
                0 => "b".into(),
                _ => format!("b c^{power} of a method of order {}", self.order),
            })?;
        }
        Ok(())
    }
}

/// Refuses a sum that is not what it must be.
fn expect(terms: impl Iterator<Item = f64>, wanted: f64, what: impl Fn() -> String) -> Result<(), TableauError> {
    let (sum, size) = terms.fold((0.0, wanted.abs().max(1.0)), |(sum, size), term| (sum + term, size + term.abs()));
    if (sum - wanted).abs() > SUM * size {
        return Err(TableauError::Sum { what: what(), sum, wanted });
    }
    Ok(())
}
