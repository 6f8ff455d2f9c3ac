use efm_core::{Capacitor, Stream};
use serde::{Deserialize, Serialize};

use super::{Around, Chord, Drawn, Flux, Mesh, Mixing, ParameterError, PointSampler, Radial, Tube};
use crate::{FieldError, Law};

/// The names of the point samplers in configurations: `kind` says which one, the other keys are its parameters.
///
/// ```
/// use efm_field::points::{Chord, InterPlate};
///
/// let points: InterPlate = serde_json::from_str(r#"{ "kind": "chord", "noise": 0.1 }"#)?;
/// assert_eq!(points, InterPlate::Chord(Chord { noise: 0.1 }));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum InterPlate {
    /// [`Flux`].
    Flux(Flux),
    /// [`Tube`].
    Tube(Tube),
    /// [`Around`].
    Around(Around),
    /// [`Chord`].
    Chord(Chord),
    /// [`Mesh`].
    Mesh(Mesh),
    /// [`Radial`].
    Radial(Radial),
    /// [`Mixing`].
    Mixing(Mixing),
}

impl InterPlate {
    /// The sampler itself.
    pub fn sampler(&self) -> &dyn PointSampler {
        match self {
            Self::Flux(points) => points,
            Self::Tube(points) => points,
            Self::Around(points) => points,
            Self::Chord(points) => points,
            Self::Mesh(points) => points,
            Self::Radial(points) => points,
            Self::Mixing(points) => points,
        }
    }
}

impl Default for InterPlate {
    fn default() -> Self {
        Self::Flux(Flux::default())
    }
}

impl PointSampler for InterPlate {
    fn draw(
        &self,
        capacitor: &Capacitor,
        law: Law,
        stream: &Stream,
        first: u64,
        count: usize,
    ) -> Result<Drawn, FieldError> {
        self.sampler().draw(capacitor, law, stream, first, count)
    }

    fn check(&self) -> Result<(), ParameterError> {
        self.sampler().check()
    }

    fn has_origins(&self) -> bool {
        self.sampler().has_origins()
    }

    fn reaches_behind(&self) -> bool {
        self.sampler().reaches_behind()
    }
}
