use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// An error of a part that somebody else wrote, to be handed through errors of ours: cheap to clone, and equal to its
/// clones alone.
///
/// It reads as the error it was made of, causes included.
#[derive(Clone)]
pub struct OwnError(Arc<dyn Error + Send + Sync>);

impl OwnError {
    /// Of any error, or of a text.
    pub fn new(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Arc::from(error.into()))
    }

    /// The error it was made of.
    pub fn get(&self) -> &(dyn Error + Send + Sync + 'static) {
        &*self.0
    }
}

impl PartialEq for OwnError {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl fmt::Debug for OwnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl fmt::Display for OwnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl Error for OwnError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.0.source()
    }
}
