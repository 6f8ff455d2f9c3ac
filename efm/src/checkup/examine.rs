//! The checkup of a run that is to be.

use std::sync::Arc;

use efm_core::{Points, Seed, Side};

use super::{Checkup, CloudCheck, LinesCheck, Pace, pace};
use crate::config::{Charges, Gap, Objective, RunConfig};
use crate::{Error, Fresh, GapRule, Host, NamedDevice, Prepared, estimate, exact, prepare, summed_on};

/// What is known of a run before it is made.
#[derive(Debug, Clone)]
pub struct Examined {
    /// The data and the field between them.
    pub checkup: Checkup,
    /// What the training will take on this device.
    pub pace: Pace,
    /// The configuration with nothing left open.
    pub config: RunConfig,
    /// The same configuration, with the recommended gap in the place of `plates.gap = "auto"`, to two digits: as much as the
    /// rule knows.
    pub recommended: RunConfig,
}

/// Looks at the data of a run, at the field between them, and at a few steps of its training.
///
/// # Errors
/// [`Error::Refused`] for flow matching, which has no field; those of data, device and training.
pub fn examine(config: &RunConfig, device: &NamedDevice, host: &dyn Host) -> Result<Examined, Error> {
    if config.train.objective == Objective::FlowMatching {
        return Err(Error::config(
            "flow matching has no field, so there is no gap to choose and nothing to look into",
            "look at the same data with the method mirror",
        ));
    }
    // The automatic gap is worth knowing where another is set, too.
    let mut open = config.clone();
    open.plates.gap = Gap::Auto;
    let mut prepared = prepare(open, host)?;
    host.check_memory(&estimate::run(&prepared, true))?;
    let rule = prepared.gap_rule.expect("the gap was left open");
    if let Gap::Length(gap) = config.plates.gap {
        prepared.config.plates.gap = Gap::Length(gap);
        prepared.setup = Arc::new(Arc::unwrap_or_clone(prepared.setup).with_gap(gap)?);
    }
    let checkup = look(&prepared, rule)?;
    let field = exact(&prepared, prepared.config.train.charges, None)?;
    let summed = summed_on(&field, device);
    let pace = pace(&prepared, summed.as_deref().unwrap_or(&field), device, host)?;
    let mut recommended = config.clone();
    if config.plates.gap == Gap::Auto {
        recommended.plates.gap = Gap::Length((rule.gap * 100.0).round().max(1.0) / 100.0);
    }
    Ok(Examined { checkup, pace, config: prepared.config, recommended })
}

fn look(prepared: &Prepared, rule: GapRule) -> Result<Checkup, Error> {
    let config = &prepared.config;
    let seed = Seed(config.seed);
    let cloud = |side: Side, fresh: &Fresh| -> Result<CloudCheck, Error> {
        let (rows, raw) = points(fresh, seed, config)?;
        let scaled = prepared.scalers.plate(side).apply(&raw)?;
        Ok(CloudCheck::of(rows, &raw, &scaled, seed))
    };
    let source = cloud(Side::Source, &prepared.source)?;
    let target = cloud(Side::Target, &prepared.target)?;
    let near = source.neighbour_distance;
    let start = config.solver.start_height.min(0.5 * prepared.setup.gap());
    let lines = LinesCheck::of(&prepared.setup, config.train.charges, near, start, seed)?;
    Ok(Checkup::new(config, [source, target], rule, prepared.setup.gap(), lines))
}

/// All rows of a file, or as many points of a distribution as one pool of training has charges.
fn points(fresh: &Fresh, seed: Seed, config: &RunConfig) -> Result<(Option<usize>, Points), Error> {
    match fresh {
        Fresh::Rows { all, .. } => Ok((Some(all.len()), all.clone())),
        Fresh::Endless(_) => {
            let count = match config.train.charges {
                Charges::All => Charges::MANY,
                Charges::Count(count) => count.clamp(2, Charges::MANY),
            };
            Ok((None, fresh.points(seed, "doctor/points", 0, count)?))
        }
    }
}
