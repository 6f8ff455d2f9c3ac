use std::fmt;

/// An explicit Runge-Kutta method as numbers.
///
/// k_i = f(t + c_i h, y + h Σ_j a_ij k_j), y₁ = y + h Σ_i b_i k_i.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tableau {
    /// Where the numbers come from.
    pub citation: &'static str,
    /// Order of y₁: the global error falls as h^order.
    pub order: u32,
    /// c, one per stage.
    pub nodes: &'static [f64],
    /// a, the rows below the diagonal; row 0 is empty.
    pub rows: &'static [&'static [f64]],
    /// b.
    pub weights: &'static [f64],
    /// b − b̂ of the embedded method, whose order is one lower; empty where there is none.
    pub error: &'static [f64],
    /// Weights d of the term θ²(1−θ)² h Σ d_i k_i that lifts cubic Hermite interpolation to the fourth order; empty for
    /// plain Hermite.
    pub dense: &'static [f64],
}

impl Tableau {
    /// Number of slopes, s.
    pub fn stages(&self) -> usize {
        self.nodes.len()
    }

    /// Whether the last slope is the first of the next step ("first same as last").
    pub fn fsal(&self) -> bool {
        let last = self.stages() - 1;
        last > 0 && self.weights[last] == 0.0 && self.rows[last] == &self.weights[..last]
    }
}

/// Euler's method.
const EULER: Tableau = Tableau {
    citation: "L. Euler, Institutionum calculi integralis I (1768), § 650",
    order: 1,
    nodes: &[0.0],
    rows: &[&[]],
    weights: &[1.0],
    error: &[],
    dense: &[],
};

/// Heun's method (the explicit trapezoidal rule) with Euler's method embedded.
const HEUN: Tableau = Tableau {
    citation: "K. Heun, Z. Math. Phys. 45 (1900) 23-38; Hairer, Nørsett, Wanner, Solving ODEs I, 2nd ed., sec. II.1",
    order: 2,
    nodes: &[0.0, 1.0],
    rows: &[&[], &[1.0]],
    weights: &[0.5, 0.5],
    error: &[-0.5, 0.5],
    dense: &[],
};

/// The classical method of order 4.
const RK4: Tableau = Tableau {
    citation: "W. Kutta, Z. Math. Phys. 46 (1901) 435-453; Hairer, Nørsett, Wanner, Solving ODEs I, table II.1.2",
    order: 4,
    nodes: &[0.0, 0.5, 0.5, 1.0],
    rows: &[&[], &[0.5], &[0.0, 0.5], &[0.0, 0.0, 1.0]],
    weights: &[1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0],
    error: &[],
    dense: &[],
};

/// Bogacki and Shampine's pair of orders 3 and 2.
const BOSH3: Tableau = Tableau {
    citation: "P. Bogacki, L. F. Shampine, A 3(2) pair of Runge-Kutta formulas, Appl. Math. Lett. 2 (1989) 321-325",
    order: 3,
    nodes: &[0.0, 1.0 / 2.0, 3.0 / 4.0, 1.0],
    rows: &[&[], &[1.0 / 2.0], &[0.0, 3.0 / 4.0], &[2.0 / 9.0, 1.0 / 3.0, 4.0 / 9.0]],
    weights: &[2.0 / 9.0, 1.0 / 3.0, 4.0 / 9.0, 0.0],
    error: &[
        2.0 / 9.0 - 7.0 / 24.0, //
        1.0 / 3.0 - 1.0 / 4.0,
        4.0 / 9.0 - 1.0 / 3.0,
        -1.0 / 8.0,
    ],
    dense: &[],
};

/// Dormand and Prince's pair of orders 5 and 4, with its continuous extension of order 4.
const DOPRI5: Tableau = Tableau {
    citation: "J. R. Dormand, P. J. Prince, A family of embedded Runge-Kutta formulae, J. Comput. Appl. Math. 6 (1980) \
               19-26; dense output: Hairer, Nørsett, Wanner, Solving ODEs I, 2nd ed., eqs. (II.6.14)-(II.6.15)",
    order: 5,
    nodes: &[0.0, 1.0 / 5.0, 3.0 / 10.0, 4.0 / 5.0, 8.0 / 9.0, 1.0, 1.0],
    rows: &[
        &[],
        &[1.0 / 5.0],
        &[3.0 / 40.0, 9.0 / 40.0],
        &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
        &[19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0],
        &[9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0],
        &[35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0],
    ],
    weights: &[35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0, 0.0],
    error: &[
        35.0 / 384.0 - 5179.0 / 57600.0,
        0.0,
        500.0 / 1113.0 - 7571.0 / 16695.0,
        125.0 / 192.0 - 393.0 / 640.0,
        -2187.0 / 6784.0 + 92097.0 / 339200.0,
        11.0 / 84.0 - 187.0 / 2100.0,
        -1.0 / 40.0,
    ],
    dense: &[
        -12715105075.0 / 11282082432.0,
        0.0,
        87487479700.0 / 32700410799.0,
        -10690763975.0 / 1880347072.0,
        701980252875.0 / 199316789632.0,
        -1453857185.0 / 822651844.0,
        69997945.0 / 29380423.0,
    ],
};

/// How one step is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Method {
    /// Euler, order 1: one evaluation per step.
    Euler,
    /// Heun, order 2 with an embedded error estimate: two evaluations per step.
    Heun,
    /// The classical Runge-Kutta method, order 4: four evaluations per step, fixed steps only.
    Rk4,
    /// Bogacki–Shampine 3(2): three evaluations per step.
    Bosh3,
    /// Dormand–Prince 5(4): six evaluations per step.
    #[default]
    Dopri5,
}

impl Method {
    /// All methods, by order.
    pub const ALL: [Self; 5] = [Self::Euler, Self::Heun, Self::Bosh3, Self::Rk4, Self::Dopri5];

    /// The numbers of the method.
    pub fn tableau(self) -> &'static Tableau {
        match self {
            Self::Euler => &EULER,
            Self::Heun => &HEUN,
            Self::Rk4 => &RK4,
            Self::Bosh3 => &BOSH3,
            Self::Dopri5 => &DOPRI5,
        }
    }

    /// The name used in configurations.
    pub fn name(self) -> &'static str {
        match self {
            Self::Euler => "euler",
            Self::Heun => "heun",
            Self::Rk4 => "rk4",
            Self::Bosh3 => "bosh3",
            Self::Dopri5 => "dopri5",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
