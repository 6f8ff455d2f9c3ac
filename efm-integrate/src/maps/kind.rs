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
    /// [`FluxRule`]: lines of the gap and the loops behind both plates.
    #[serde(alias = "flux")]
    Loops,
    /// [`PointCharges`].
    Charges,
    /// [`Accept`].
    Accept,
}

impl MapKind {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Mirror, Self::Forward, Self::Loops, Self::Charges, Self::Accept];

    /// The name in configurations, on the command line and in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mirror => "mirror",
            Self::Forward => "forward",
            Self::Loops => "loops",
            Self::Charges => "charges",
            Self::Accept => "accept",
        }
    }

    /// One line on what it is.
    pub fn about(self) -> &'static str {
        match self {
            Self::Mirror => "forward lines of the mirror capacitor: exact for every gap",
            Self::Forward => "the paper's Algorithm 2: forward lines of the two plates alone; biased for small gaps",
            Self::Loops => "lines of the two plates, around them too, stopped by flux: exact for every gap",
            Self::Charges => {
                "lines from charge to charge, in all directions: exact for every gap; the samples are charges of the source"
            }
            Self::Accept => {
                "draws of the target from lines of the gap, half of them kept: exact for every gap; no pairs"
            }
        }
    }

    /// The law of the field in which the map is meant to be used.
    pub fn law(self) -> Law {
        match self {
            Self::Mirror => Law::Mirror,
            Self::Forward | Self::Loops | Self::Charges | Self::Accept => Law::Coulomb,
        }
    }

    /// The map in the field of the charges of `plates`, which lifts by `lift` where it lifts at all; lines leave the plates and reach them at
    /// `height`, in data units (not [`PointCharges`], whose lines go from charge to charge).
    pub fn map(self, tracer: Tracer, height: f64, lift: Lift, plates: &Capacitor) -> Box<dyn Map> {
        match self {
            Self::Mirror | Self::Forward => {
                Box::new(Forward { tracer, start_height: height, stop_height: height, lift })
            }
            Self::Loops => Box::new(FluxRule {
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
