use std::sync::Arc;

use efm_core::Capacitor;
use efm_field::Law;

use crate::Tracer;
use crate::maps::{Accept, FluxRule, Forward, Lift, Map, PointCharges};

/// The maps by name, for configurations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum MapKind {
    /// [`Forward`] in the field of the mirror capacitor: exact, and without noise but that of the lift.
    #[default]
    Mirror,
    /// [`Forward`] in the field of the two plates: the paper's Algorithm 2, biased unless L is large.
    Forward,
    /// [`FluxRule`].
    Flux,
    /// [`PointCharges`].
    Charges,
    /// [`Accept`].
    Accept,
}

impl MapKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Mirror, Self::Forward, Self::Flux, Self::Charges, Self::Accept];

    /// The law of the field in which the map is meant to be used.
    pub fn law(self) -> Law {
        match self {
            Self::Mirror => Law::Mirror,
            Self::Forward | Self::Flux | Self::Charges | Self::Accept => Law::Coulomb,
        }
    }

    /// The map in the field of the charges of `plates`, which lifts by `lift` where it lifts at all; lines leave the plates and reach them at
    /// `height`, in data units (not [`PointCharges`], whose lines go from charge to charge).
    pub fn map(self, tracer: Tracer, height: f64, lift: Lift, plates: &Capacitor) -> Box<dyn Map> {
        match self {
            Self::Mirror | Self::Forward => {
                Box::new(Forward { tracer, start_height: height, stop_height: height, lift })
            }
            Self::Flux => Box::new(FluxRule {
                tracer,
                height,
                lift,
                plates: Some(Arc::new(plates.clone())),
                ..FluxRule::default()
            }),
            Self::Charges => Box::new(PointCharges::new(tracer, plates)),
            Self::Accept => Box::new(Accept::new(tracer, height, plates.clone()).on_charges()),
        }
    }
}
