//! Why a line ended.

use std::fmt;

use arrayvec::ArrayString;
use serde::{Deserialize, Serialize};

use crate::TraceError;

/// Why a line ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Stop {
    /// It reached the plate it was headed for.
    Landed,
    /// It came within the capture radius of a charge.
    Captured,
    /// A map that keeps a part of its lines arrived with this one and did not keep it: neither an arrival nor a loss.
    Rejected,
    /// It left the domain.
    Escaped,
    /// It used up its evaluations of the field.
    TooManyEvaluations,
    /// Its step fell below what f64 resolves: the field changes too abruptly for the tolerance.
    StepTooSmall,
    /// E_z ≤ 0, or next to nothing, in a form that lives in the gap.
    TurnedBack,
    /// The field's direction or the line's position became NaN or infinite.
    NotFinite,
    /// The caller asked for an end.
    Cancelled,
    /// An event that is not ours ended it, see [`Stop::own`].
    Own(OwnStop),
}

/// What a reason to stop says about the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It got to where it was going.
    Arrived,
    /// It should have arrived and did not.
    Lost,
    /// It counts as neither.
    Neither,
}

/// Most bytes that the name of an own reason has.
const LONGEST_NAME: usize = 31;

/// A reason to stop with a name that is not ours: what an [`crate::Event`] of your own ends a line with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct OwnStop {
    name: ArrayString<LONGEST_NAME>,
    outcome: Outcome,
}

/// [`OwnStop`] as it stands in files, not yet checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    outcome: Outcome,
}

impl TryFrom<Written> for OwnStop {
    type Error = TraceError;

    fn try_from(written: Written) -> Result<Self, TraceError> {
        Self::new(&written.name, written.outcome)
    }
}

impl OwnStop {
    /// A reason called `name`, and what it says about a line that ended so.
    ///
    /// # Errors
    /// [`TraceError::BadName`] for an empty name, one of more than 31 bytes, and that of a reason of ours.
    pub fn new(name: &str, outcome: Outcome) -> Result<Self, TraceError> {
        let bad = |wanted| Err(TraceError::BadName { name: name.to_owned(), wanted });
        if name.is_empty() {
            return bad("it must not be empty");
        }
        if Stop::ALL.iter().any(|stop| stop.name() == name) {
            return bad("a reason of that name exists");
        }
        match ArrayString::from(name) {
            Ok(name) => Ok(Self { name, outcome }),
            Err(_) => bad("it must have no more than 31 bytes"),
        }
    }
}

impl Stop {
    /// All reasons of ours.
    pub const ALL: [Self; 9] = [
        Self::Landed,
        Self::Captured,
        Self::Rejected,
        Self::Escaped,
        Self::TooManyEvaluations,
        Self::StepTooSmall,
        Self::TurnedBack,
        Self::NotFinite,
        Self::Cancelled,
    ];

    /// A reason of your own, for an event that ends lines: its name, and what it says about a line that ended so. Shares
    /// of landed and lost lines heed it.
    ///
    /// # Errors
    /// As [`OwnStop::new`].
    pub fn own(name: &str, outcome: Outcome) -> Result<Self, TraceError> {
        OwnStop::new(name, outcome).map(Self::Own)
    }

    /// What the reason says about the line.
    pub fn outcome(self) -> Outcome {
        match self {
            Self::Landed | Self::Captured => Outcome::Arrived,
            Self::Rejected => Outcome::Neither,
            Self::Escaped
            | Self::TooManyEvaluations
            | Self::StepTooSmall
            | Self::TurnedBack
            | Self::NotFinite
            | Self::Cancelled => Outcome::Lost,
            Self::Own(own) => own.outcome,
        }
    }

    /// Whether the line got to where it was going: the plate, one of its charges, or where an own reason says so.
    pub fn arrived(self) -> bool {
        self.outcome() == Outcome::Arrived
    }

    /// Whether the line should have arrived and did not. Rejected lines are not lost.
    pub fn is_lost(self) -> bool {
        self.outcome() == Outcome::Lost
    }

    /// The name used in files and tables.
    pub fn name(&self) -> &str {
        match self {
            Self::Landed => "landed",
            Self::Captured => "captured",
            Self::Rejected => "rejected",
            Self::Escaped => "escaped",
            Self::TooManyEvaluations => "too-many-evaluations",
            Self::StepTooSmall => "step-too-small",
            Self::TurnedBack => "turned-back",
            Self::NotFinite => "not-finite",
            Self::Cancelled => "cancelled",
            Self::Own(own) => &own.name,
        }
    }
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
