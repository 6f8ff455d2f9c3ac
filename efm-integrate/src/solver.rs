//! The Runge-Kutta methods by name.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

use crate::Tableau;

/// Euler's method.
static EULER: LazyLock<Tableau> = LazyLock::new(|| Tableau {
    citation: "L. Euler, Institutionum calculi integralis I (1768), § 650".into(),
    order: 1,
    nodes: vec![0.0],
    rows: vec![vec![]],
    weights: vec![1.0],
    error: vec![],
    dense: vec![],
});

/// Heun's method (the explicit trapezoidal rule) with Euler's method embedded.
static HEUN: LazyLock<Tableau> = LazyLock::new(|| Tableau {
    citation: "K. Heun, Z. Math. Phys. 45 (1900) 23-38; Hairer, Nørsett, Wanner, Solving ODEs I, 2nd ed., sec. II.1"
        .into(),
    order: 2,
    nodes: vec![0.0, 1.0],
    rows: vec![vec![], vec![1.0]],
    weights: vec![0.5, 0.5],
    error: vec![-0.5, 0.5],
    dense: vec![],
});

/// The classical method of order 4.
static RK4: LazyLock<Tableau> = LazyLock::new(|| Tableau {
    citation: "W. Kutta, Z. Math. Phys. 46 (1901) 435-453; Hairer, Nørsett, Wanner, Solving ODEs I, table II.1.2"
        .into(),
    order: 4,
    nodes: vec![0.0, 0.5, 0.5, 1.0],
    rows: vec![vec![], vec![0.5], vec![0.0, 0.5], vec![0.0, 0.0, 1.0]],
    weights: vec![1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0],
    error: vec![],
    dense: vec![],
});

/// Bogacki and Shampine's pair of orders 3 and 2.
static BOSH3: LazyLock<Tableau> = LazyLock::new(|| Tableau {
    citation: "P. Bogacki, L. F. Shampine, A 3(2) pair of Runge-Kutta formulas, Appl. Math. Lett. 2 (1989) 321-325"
        .into(),
    order: 3,
    nodes: vec![0.0, 1.0 / 2.0, 3.0 / 4.0, 1.0],
    rows: vec![vec![], vec![1.0 / 2.0], vec![0.0, 3.0 / 4.0], vec![2.0 / 9.0, 1.0 / 3.0, 4.0 / 9.0]],
    weights: vec![2.0 / 9.0, 1.0 / 3.0, 4.0 / 9.0, 0.0],
    error: vec![
        2.0 / 9.0 - 7.0 / 24.0, //
        1.0 / 3.0 - 1.0 / 4.0,
        4.0 / 9.0 - 1.0 / 3.0,
        -1.0 / 8.0,
    ],
    dense: vec![],
});

/// Dormand and Prince's pair of orders 5 and 4, with its continuous extension of order 4.
static DOPRI5: LazyLock<Tableau> = LazyLock::new(|| Tableau {
    citation:
        "J. R. Dormand, P. J. Prince, A family of embedded Runge-Kutta formulae, J. Comput. Appl. Math. 6 (1980) \
               19-26; dense output: Hairer, Nørsett, Wanner, Solving ODEs I, 2nd ed., eqs. (II.6.14)-(II.6.15)"
            .into(),
    order: 5,
    nodes: vec![0.0, 1.0 / 5.0, 3.0 / 10.0, 4.0 / 5.0, 8.0 / 9.0, 1.0, 1.0],
    rows: vec![
        vec![],
        vec![1.0 / 5.0],
        vec![3.0 / 40.0, 9.0 / 40.0],
        vec![44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
        vec![19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0],
        vec![9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0],
        vec![35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0],
    ],
    weights: vec![35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0, 0.0],
    error: vec![
        35.0 / 384.0 - 5179.0 / 57600.0,
        0.0,
        500.0 / 1113.0 - 7571.0 / 16695.0,
        125.0 / 192.0 - 393.0 / 640.0,
        -2187.0 / 6784.0 + 92097.0 / 339200.0,
        11.0 / 84.0 - 187.0 / 2100.0,
        -1.0 / 40.0,
    ],
    dense: vec![
        -12715105075.0 / 11282082432.0,
        0.0,
        87487479700.0 / 32700410799.0,
        -10690763975.0 / 1880347072.0,
        701980252875.0 / 199316789632.0,
        -1453857185.0 / 822651844.0,
        69997945.0 / 29380423.0,
    ],
});

/// The Runge-Kutta method a [`crate::Tracer`] takes: one of ours by its name, which is what configurations hold, or a
/// [`Tableau`] of your own.
///
/// It can be used wherever a `&Tableau` is wanted.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Solver {
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
    /// Numbers of your own, checked when a trace begins. Not part of a configuration.
    #[serde(skip)]
    Own(Arc<Tableau>),
}

impl Solver {
    /// All methods with a name, by order.
    pub const ALL: [Self; 5] = [Self::Euler, Self::Heun, Self::Bosh3, Self::Rk4, Self::Dopri5];

    /// The numbers of the method.
    pub fn tableau(&self) -> &Tableau {
        match self {
            Self::Euler => &EULER,
            Self::Heun => &HEUN,
            Self::Rk4 => &RK4,
            Self::Bosh3 => &BOSH3,
            Self::Dopri5 => &DOPRI5,
            Self::Own(tableau) => tableau,
        }
    }

    /// The name used in configurations; `own` for a tableau of your own, which has none there.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Euler => "euler",
            Self::Heun => "heun",
            Self::Rk4 => "rk4",
            Self::Bosh3 => "bosh3",
            Self::Dopri5 => "dopri5",
            Self::Own(_) => "own",
        }
    }
}

impl From<Tableau> for Solver {
    fn from(tableau: Tableau) -> Self {
        Self::Own(Arc::new(tableau))
    }
}

impl Deref for Solver {
    type Target = Tableau;

    fn deref(&self) -> &Tableau {
        self.tableau()
    }
}

impl fmt::Display for Solver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
