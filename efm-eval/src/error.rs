use std::path::PathBuf;

/// Why a measure could not be taken or a picture not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvalError {
    /// A cloud has no points, so no measure of it exists.
    #[error("{what} holds no points; a measure needs at least one")]
    Empty {
        /// Which cloud.
        what: &'static str,
    },
    /// Two clouds live in different spaces.
    #[error("one cloud has D = {left}, the other D = {right}; both need the same D")]
    DimensionMismatch {
        /// D of the first cloud.
        left: usize,
        /// D of the second cloud.
        right: usize,
    },
    /// Two lists that belong together have different lengths.
    #[error("{left} starts do not pair with {right} ends; both clouds need the same number of points")]
    Unpaired {
        /// Number of starts.
        left: usize,
        /// Number of ends.
        right: usize,
    },
    /// The assignment would need more memory than allowed.
    #[error(
        "matching {points} points exactly needs {needed} bytes, {limit} are allowed; use fewer points or the sliced W2"
    )]
    TooLarge {
        /// Points in each cloud.
        points: usize,
        /// Bytes the assignment needs, see [`crate::assignment_memory`].
        needed: u64,
        /// Bytes that were allowed.
        limit: u64,
    },
    /// A number asked for makes no sense.
    #[error("{what} is {value}; it must be at least {least}")]
    TooSmall {
        /// What was asked for.
        what: &'static str,
        /// The value given.
        value: usize,
        /// The least value that works.
        least: usize,
    },
    /// Points do not have the shape of an image.
    #[error("{height} × {width} × {channels} values make an image, but points have D = {dim}")]
    NotAnImage {
        /// Rows of an image.
        height: usize,
        /// Columns of an image.
        width: usize,
        /// Channels of an image.
        channels: usize,
        /// D of the points.
        dim: usize,
    },
    /// These points have no such measure.
    #[error("there is no {what}")]
    Undefined {
        /// What there is not.
        what: &'static str,
    },
    /// Two measures have one name, so their figures could not be told apart.
    #[error("two measures are called `{name}`; each needs a name of its own")]
    SameName {
        /// The name.
        name: String,
    },
    /// An error of a measure, or of draws, from outside; see [`EvalError::own`].
    #[error(transparent)]
    Own(Box<dyn std::error::Error + Send + Sync>),
    /// Data are no valid points.
    #[error(transparent)]
    Core(#[from] efm_core::CoreError),
    /// A file could not be read or written.
    #[error("{path}: {error}", path = .path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        error: std::io::Error,
    },
    /// A file is no metrics file.
    #[error("{path}: {error}", path = .path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What the parser said, with line and column.
        #[source]
        error: serde_json::Error,
    },
    /// A picture could not be encoded.
    #[error("{path}: cannot encode the picture: {message}", path = .path.display())]
    Encode {
        /// The file.
        path: PathBuf,
        /// What the encoder said.
        message: String,
    },
}

impl EvalError {
    /// An error of another crate, as a measure or a draw of one's own returns it; a text will do.
    pub fn own(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Own(error.into())
    }

    /// Whether the points have no such measure, so that it is left out and the others are taken.
    pub(crate) fn leaves_out(&self) -> bool {
        matches!(self, Self::TooSmall { .. } | Self::TooLarge { .. } | Self::Undefined { .. })
    }
}
