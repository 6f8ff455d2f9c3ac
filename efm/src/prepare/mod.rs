//! From data and a configuration to what a run trains on and is measured by.

mod data;

use std::sync::Arc;

pub use data::{Fresh, Given};
use data::{Opened, open_both};
use efm_core::{Points, Seed, Side};
use efm_data::{ColourWeight, DataSpec};
use efm_models::Geometry;
use efm_train::{PlateData, Setup};

use crate::config::{DataConfig, Gap, Objective, RunConfig};
use crate::{Error, GapRule, Host, Kind, Scalers, centred_classes};

/// Everything a run needs, checked.
pub struct Prepared {
    /// The configuration with nothing left open.
    pub config: RunConfig,
    /// Charges of both plates, scaled, their field, and what the network has to know.
    pub setup: Arc<Setup>,
    /// How the gap came about, where it was left to the data.
    pub gap_rule: Option<GapRule>,
    /// From data units to scaled units.
    pub scalers: Scalers,
    /// Names of the target's classes, where their fields are learned.
    pub classes: Vec<String>,
    /// Source points training does not see.
    pub source: Fresh,
    /// Target points training does not see.
    pub target: Fresh,
    /// Centres of the target's modes in data units, if it has any.
    pub centres: Option<Points>,
    /// Bytes of points that stood for endless plates while the scaling was learned, and are free again.
    pub given_back: f64,
}

impl Prepared {
    /// The seed of the run, which all its draws hang on.
    pub fn seed(&self) -> Seed {
        Seed(self.config.seed)
    }
}

/// Opens the data that a configuration names, learns the scaling, chooses the gap.
///
/// # Errors
/// Data that cannot be read or do not fit each other, and settings that make no run.
pub fn prepare(config: RunConfig, host: &dyn Host) -> Result<Prepared, Error> {
    config.check()?;
    let (source, target) = open_both(&config, host)?;
    put_together(config, source, target)
}

/// As [`prepare`], for data that the program has: rows, or a sampler of its own. What the configuration names in their place does not
/// matter; [`DataSpec::Given`] says so.
///
/// # Errors
/// As [`prepare`].
pub fn prepare_data(
    config: RunConfig,
    source: impl Into<Given>,
    target: impl Into<Given>,
    host: &dyn Host,
) -> Result<Prepared, Error> {
    config.check()?;
    let source = source.into().opened(&config, "source", host)?;
    let target = target.into().opened(&config, "target", host)?;
    let config = RunConfig { source: DataSpec::Given, target: DataSpec::Given, ..config };
    put_together(config, source, target)
}

fn put_together(mut config: RunConfig, source: Opened, target: Opened) -> Result<Prepared, Error> {
    let seed = Seed(config.seed);
    if source.sample.dim() != target.sample.dim() {
        let (from, to) = (source.sample.dim(), target.sample.dim());
        return Err(Error::new(
            Kind::Data,
            format!(
                "the source {} has D = {from} coordinates, the target {} has D = {to}; both plates need the same D",
                config.source, config.target
            ),
            "choose the columns of both files so that they agree, or set source.dim",
        ));
    }
    config.data.image = config.data.image.or(target.image).or(source.image);
    let colour = colour_weight(&config)?;
    let DataConfig { scaling, align, .. } = config.data;
    let scalers = Scalers::fit(scaling, align, colour, &source.sample, &target.sample)?;
    let scaled_source = scalers.plate(Side::Source).apply(&source.sample)?;
    let scaled_target = scalers.plate(Side::Target).apply(&target.sample)?;
    let (gap, gap_rule) = match config.plates.gap {
        Gap::Auto => {
            let rule = GapRule::of(&scaled_source, &scaled_target).under(config.solver.rule);
            (rule.gap, Some(rule))
        }
        Gap::Length(gap) => (gap, None),
    };
    config.plates.gap = Gap::Length(gap);
    config.model = config.model.resolved(scaled_source.dim());
    if let Some(image) = config.data.image {
        config.model = config.model.for_images(scaled_source.dim(), image);
    }
    let classes = classes(&config, target.endless.as_ref())?;
    if !classes.is_empty() {
        config.model = config.model.with_classes(classes.len());
    }
    let geometry = Geometry {
        dim: scaled_source.dim(),
        gap,
        source_spread: scaled_source.rms(),
        target_spread: scaled_target.rms(),
        stretched: config.train.objective.build().stretched(),
        head: config.train.objective.head(&config.train.points),
    };
    // Each of them as drawn and scaled.
    let bytes_of = |points: &Points| 2.0 * size_of_val(points.as_slice()) as f64;
    let given_back: f64 =
        [&source, &target].iter().filter(|plate| plate.endless.is_some()).map(|plate| bytes_of(&plate.sample)).sum();
    let plate = |endless: Option<PlateData>, rows: Points, side| match endless {
        Some(data) => data.scaled(scalers.plate(side)),
        None => Ok(PlateData::Finite(rows)),
    };
    let target_plate = plate(target.endless, scaled_target, Side::Target)?;
    let source_plate = plate(source.endless, scaled_source, Side::Source)?;
    let centred = matches!(config.train.objective, Objective::Slope | Objective::Ends) && !classes.is_empty();
    let of_classes = match centred {
        true => centred_classes(&target_plate, scalers.plate(Side::Target), seed)?,
        false => ((0..classes.len()).filter_map(|class| target_plate.of_class(class)).collect(), Vec::new()),
    };
    let setup = Setup::new(source_plate, target_plate, config.plates.law, geometry)?;
    let setup = match of_classes {
        (of_classes, middles) if centred => setup.with_centred_classes(of_classes, middles)?,
        (of_classes, _) => setup.with_classes(of_classes)?,
    };
    Ok(Prepared {
        config,
        setup: Arc::new(setup),
        gap_rule,
        scalers,
        classes,
        source: source.fresh,
        target: target.fresh,
        centres: target.centres,
        given_back,
    })
}

/// Names of the target's classes, if their fields are to be learned.
fn classes(config: &RunConfig, target: Option<&PlateData>) -> Result<Vec<String>, Error> {
    if !config.train.conditional {
        return Ok(Vec::new());
    }
    let classes = target.map(PlateData::classes).unwrap_or_default();
    if classes.is_empty() {
        return Err(Error::config(
            "train.conditional is set, but the points of the target have no classes",
            "take images with labels or with one folder per class, or a mixture; or set train.conditional=false",
        ));
    }
    let asked = config.model.classes();
    if asked != 0 && asked != classes.len() {
        return Err(Error::config(
            format!("model.classes is {asked}, but the target has {} classes", classes.len()),
            "leave model.classes out; it follows from the data",
        ));
    }
    Ok(classes)
}

/// How much the colours of images count, where that is not as much as anything else.
fn colour_weight(config: &RunConfig) -> Result<Option<ColourWeight>, Error> {
    let weight = config.data.colour;
    match config.data.image {
        _ if weight == 1.0 => Ok(None),
        Some([height, width]) => Ok(Some(ColourWeight { area: height * width, weight })),
        None => Err(Error::config(
            format!("data.colour is {weight}, but the points are not known to be images"),
            "set data.image = [height, width], or take data of kind \"images\"",
        )),
    }
}
