//! What a user has to know of two data sets before a field is trained between them.

mod advice;
mod cloud;
mod examine;
mod lines;
mod pace;
mod page;

use serde::Serialize;

pub use advice::Advice;
pub use cloud::CloudCheck;
pub use examine::{Examined, examine};
pub use lines::{EffectiveCharges, LinesCheck};
pub use pace::{Pace, pace};

use crate::GapRule;
use crate::config::RunConfig;

/// Numbers about two clouds and the field between them, and what follows from them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Checkup {
    /// Name of the experiment.
    pub name: String,
    /// Name of the method.
    pub method: &'static str,
    /// The source's points.
    pub source: CloudCheck,
    /// The target's points.
    pub target: CloudCheck,
    /// What `plates.gap = "auto"` gives for these clouds.
    pub gap: GapRule,
    /// L in use: the automatic one, unless the configuration sets another.
    pub gap_in_use: f64,
    /// Height above the source where lines begin, in scaled units.
    pub start_height: f64,
    /// The field between the plates at the gap in use.
    pub lines: LinesCheck,
    /// What to look into, the gravest first.
    pub advice: Vec<Advice>,
}

impl Checkup {
    /// Puts the parts together and draws conclusions; `gap_in_use` and the lines belong to `config`.
    pub fn new(config: &RunConfig, clouds: [CloudCheck; 2], gap: GapRule, gap_in_use: f64, lines: LinesCheck) -> Self {
        let [source, target] = clouds;
        let mut checkup = Self {
            name: config.name.clone(),
            method: config.method.name(),
            source,
            target,
            gap,
            gap_in_use,
            start_height: config.solver.start_height.min(0.5 * gap_in_use),
            lines,
            advice: Vec::new(),
        };
        checkup.advice = advice::conclude(&checkup, config);
        checkup
    }
}
