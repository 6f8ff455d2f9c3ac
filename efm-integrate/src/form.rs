use std::fmt;

/// Which equation of a field line is solved. All need the direction n = E/|E| only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Form {
    /// dx/dz = n_x/n_z, z from plate to plate. In the gap only.
    ///
    /// On a plate of samples n_z vanishes between the charges. A line that finds it so at the end of its last step goes
    /// straight to the plate if it is within [`crate::Tracer::edge`] of it and the way is no longer, in x, than the
    /// step control neglects. Equal steps longer than the edge turn back there: take [`Form::Graded`], or a margin.
    Z,
    /// s = ln(z/(L−z)), dx/ds = (z(L−z)/L) n_x/n_z. In the gap only; steps shrink towards both plates, where the
    /// field of samples is that of separate atoms. Within [`crate::Tracer::edge`] of a plate the line is straight.
    #[default]
    LogitZ,
    /// As [`Form::Z`], for few steps: equal steps are equal in (z/L)^{1/7} − ((L−z)/L)^{1/7}, so that heights crowd towards both
    /// plates as noise levels do towards the data in Karras et al. 2022 (arXiv 2206.00364, eq. 5, ρ = 7). Each step goes
    /// straight in z, as lines do near a plate, and within [`crate::Tracer::edge`] of one the line is straight.
    Graded,
    /// d(x,z)/dσ = n: unit speed, everywhere. The only form for lines behind the plates.
    Unit,
}

/// Which way the lines are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Heading {
    /// Along the field, to the target plate.
    #[default]
    Forward,
    /// Against the field, to the source plate.
    Reverse,
}

impl Heading {
    /// The other way.
    pub fn reversed(self) -> Self {
        match self {
            Self::Forward => Self::Reverse,
            Self::Reverse => Self::Forward,
        }
    }

    /// +1 or −1.
    pub(crate) fn sign(self) -> f64 {
        match self {
            Self::Forward => 1.0,
            Self::Reverse => -1.0,
        }
    }
}

impl Form {
    /// All forms.
    pub const ALL: [Self; 4] = [Self::Z, Self::LogitZ, Self::Graded, Self::Unit];

    /// The name used in configurations.
    pub fn name(self) -> &'static str {
        match self {
            Self::Z => "z",
            Self::LogitZ => "logit-z",
            Self::Graded => "graded",
            Self::Unit => "unit",
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use crate::{Form, Solver, Stop};

    /// A new case does not compile here before it has a place, and its place must be in the list.
    #[test]
    fn the_lists_are_complete() {
        let form = |form| match form {
            Form::Z => 0,
            Form::LogitZ => 1,
            Form::Graded => 2,
            Form::Unit => 3,
        };
        assert_eq!(Form::ALL.map(form), std::array::from_fn(|place| place));
        let solver = |solver| match solver {
            Solver::Euler => 0,
            Solver::Heun => 1,
            Solver::Bosh3 => 2,
            Solver::Rk4 => 3,
            Solver::Dopri5 => 4,
            Solver::Own(_) => usize::MAX,
        };
        assert_eq!(Solver::ALL.map(solver), std::array::from_fn(|place| place));
        let stop = |stop| match stop {
            Stop::Landed => 0,
            Stop::Captured => 1,
            Stop::Rejected => 2,
            Stop::Escaped => 3,
            Stop::TooManyEvaluations => 4,
            Stop::StepTooSmall => 5,
            Stop::TurnedBack => 6,
            Stop::NotFinite => 7,
            Stop::Cancelled => 8,
            Stop::Own(_) => usize::MAX,
        };
        assert_eq!(Stop::ALL.map(stop), std::array::from_fn(|place| place));
    }
}
