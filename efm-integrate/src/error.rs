use efm_core::OwnError;
use efm_field::FieldError;

use crate::Solver;

/// Misuse of a tracer, or a field that failed. What happens to a single line is a [`crate::Stop`], not an error.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// The starts live in another space than the field.
    #[error("starts have D = {starts_dim}, the field has D = {field_dim}")]
    DimensionMismatch {
        /// D of the starts.
        starts_dim: usize,
        /// D of the field.
        field_dim: usize,
    },
    /// An event that asks for other points than those of the lines.
    #[error("an event is made for points of D = {event_dim}, the field has D = {field_dim}")]
    EventDimension {
        /// D of the event.
        event_dim: usize,
        /// D of the field.
        field_dim: usize,
    },
    /// A start has a NaN or infinite coordinate.
    #[error("line {line} starts at a point that is not finite")]
    NonFiniteStart {
        /// Index of the line, from 0.
        line: usize,
    },
    /// A form that lives in the gap was given a start outside, or past the end of the line.
    #[error("line {line} starts at z = {z}; this form of the line equation needs {low} ≤ z ≤ {high}")]
    StartOutside {
        /// Index of the line, from 0.
        line: usize,
        /// Its height.
        z: f64,
        /// Lowest height allowed.
        low: f64,
        /// Greatest height allowed.
        high: f64,
    },
    /// Adaptive steps need an embedded error estimate.
    #[error(
        "the method {method} estimates no error, so its steps cannot adapt; use fixed steps, or heun, bosh3, dopri5"
    )]
    NoErrorEstimate {
        /// The method asked for.
        method: Solver,
    },
    /// The numbers of a Runge-Kutta method do not fit together.
    #[error("the tableau is none of an explicit Runge-Kutta method: {0}")]
    Tableau(#[from] TableauError),
    /// A rule of step control asked for a step of no length.
    #[error("the step control asked for a step of length {length}; it must be finite and positive")]
    BadStep {
        /// The length it asked for.
        length: f64,
    },
    /// A reason to stop was given a name that cannot be told from others.
    #[error("`{name}` cannot name a reason to stop: {wanted}")]
    BadName {
        /// The name.
        name: String,
        /// What is allowed.
        wanted: &'static str,
    },
    /// A setting is out of its range.
    #[error("{setting} is {value}; it must be {wanted}")]
    BadSetting {
        /// Name of the setting.
        setting: &'static str,
        /// Its value.
        value: f64,
        /// What is allowed.
        wanted: &'static str,
    },
    /// Strengths were asked of a field that has none.
    #[error("the field knows its direction but not its strength; take the divergence of its lines instead")]
    NoStrength,
    /// The field could not be evaluated, or what it gave is not what a field gives.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// A part that is not ours failed: a map, an event, a step control. [`TraceError::own`] makes one.
    #[error(transparent)]
    Own(OwnError),
}

impl TraceError {
    /// An error of your own, or a text that says what is wrong.
    pub fn own(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Own(OwnError::new(error))
    }
}

/// What does not fit in a [`crate::Tableau`].
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TableauError {
    /// No stage, or of order 0.
    #[error("it has no stages or is of order 0")]
    Empty,
    /// A part is too long or too short.
    #[error("`{part}` holds {found} numbers, and there are {stages} stages")]
    Length {
        /// Name of the field.
        part: &'static str,
        /// Its length.
        found: usize,
        /// Number of nodes.
        stages: usize,
    },
    /// A row does not stand below the diagonal.
    #[error("row {row} of `rows` holds {found} numbers; in an explicit method it holds {row}")]
    Row {
        /// Index of the row, from 0.
        row: usize,
        /// Its length.
        found: usize,
    },
    /// A number is NaN or infinite.
    #[error("it holds numbers that are not finite")]
    NotFinite,
    /// Numbers do not sum to what they must.
    #[error("the sum over {what} is {sum}; it must be {wanted}")]
    Sum {
        /// Which numbers.
        what: String,
        /// Their sum.
        sum: f64,
        /// What it must be.
        wanted: f64,
    },
}
