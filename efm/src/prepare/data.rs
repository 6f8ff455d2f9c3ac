//! The data of a plate: named by a configuration, or given by the program.

use std::path::Path;
use std::sync::Arc;

use efm_core::streams;
use efm_core::{Points, Seed};
use efm_data::image::ImagesSpec;
use efm_data::{DataError, DataSpec, Sampler, Scaler, Table, split};
use efm_train::PlateData;

use crate::config::RunConfig;
use crate::estimate::representatives;
use crate::{Error, Host};

/// Points for the evaluation, in data units.
pub enum Fresh {
    /// A distribution.
    Endless(Arc<dyn Sampler>),
    /// Rows kept from training, and all rows.
    Rows {
        /// Rows training does not see.
        held_out: Points,
        /// All rows; pairs of disjoint draws from them make the noise floor.
        all: Points,
    },
}

impl Fresh {
    /// `count` points of draw number `draw`; a finite set gives its held-out rows, at most `count`.
    ///
    /// # Errors
    /// A sampler that fails.
    pub fn points(&self, seed: Seed, name: &str, draw: u64, count: usize) -> Result<Points, DataError> {
        match self {
            Self::Endless(sampler) => sampler.draw(&seed.stream(name), draw * count as u64, count),
            Self::Rows { held_out, .. } => {
                let rows: Vec<_> = (0..held_out.len().min(count)).collect();
                Ok(held_out.select(&rows))
            }
        }
    }

    /// How many points there are at most.
    pub fn limit(&self) -> Option<usize> {
        match self {
            Self::Endless(_) => None,
            Self::Rows { held_out, .. } => Some(held_out.len()),
        }
    }
}

/// The data of one plate that a program has, in data units.
#[derive(Clone)]
pub enum Given {
    /// Rows: a part of them is kept from training, for the evaluation.
    Rows(Points),
    /// A distribution.
    Sampler(Arc<dyn Sampler>),
}

impl From<Points> for Given {
    fn from(rows: Points) -> Self {
        Self::Rows(rows)
    }
}

impl From<Arc<dyn Sampler>> for Given {
    fn from(sampler: Arc<dyn Sampler>) -> Self {
        Self::Sampler(sampler)
    }
}

impl From<Box<dyn Sampler>> for Given {
    fn from(sampler: Box<dyn Sampler>) -> Self {
        Self::Sampler(sampler.into())
    }
}

impl Given {
    pub(super) fn opened(self, config: &RunConfig, name: &str, host: &dyn Host) -> Result<Opened, Error> {
        match self {
            Self::Rows(rows) => of_rows(rows, config, name),
            Self::Sampler(sampler) => of_sampler(Arc::clone(&sampler), sampler, None, config, name, host),
        }
    }
}

/// One plate's data, opened.
pub(super) struct Opened {
    /// The distribution; `None` for rows, which are the sample.
    pub endless: Option<PlateData>,
    /// Points the scaling and the gap are learned from, in data units.
    pub sample: Points,
    pub fresh: Fresh,
    pub centres: Option<Points>,
    /// Height and width of a set of images.
    pub image: Option<[usize; 2]>,
}

/// Opens what a configuration names for both plates. Columns of two files are brought into one order by their names.
pub(super) fn open_both(config: &RunConfig, host: &dyn Host) -> Result<(Opened, Opened), Error> {
    let table = |spec: &DataSpec| match spec {
        DataSpec::File(file) => file.table(Path::new(""), host.memory_for_rows()).map(Some),
        _ => Ok(None),
    };
    let source = table(&config.source)?;
    let target = match (&source, table(&config.target)?) {
        (Some(source), Some(target)) => Some(target.in_order_of(source)?),
        (_, target) => target,
    };
    say(&config.source, &source, host);
    say(&config.target, &target, host);
    if let (Some(source), Some(target)) = (&source, &target)
        && source.rows.dim() == target.rows.dim()
        && let Some(origin) = source.rows.common_origin(&target.rows)?
    {
        let far: Vec<_> = (0..origin.len()).filter(|&at| origin[at] != 0.0).map(|at| (at + 1).to_string()).collect();
        host.note(&format!(
            "precision: column(s) {} lie thousands of their spreads from zero, where f32 rounds their differences; subtract \
             their means from both files first",
            far.join(", ")
        ));
    }
    let opened = |table: Option<Table>, spec: &DataSpec, name: &str| match table {
        Some(table) => of_rows(table.rows.into_points()?, config, name),
        None => open(spec, config, name, host),
    };
    Ok((opened(source, &config.source, "source")?, opened(target, &config.target, "target")?))
}

/// Says what was left out of a file, or converted.
fn say(spec: &DataSpec, table: &Option<Table>, host: &dyn Host) {
    if let (DataSpec::File(file), Some(table)) = (spec, table) {
        table.notes.iter().for_each(|note| host.note(&format!("{}: {note}", file.path.display())));
    }
}

/// Opens what a configuration names.
fn open(spec: &DataSpec, config: &RunConfig, name: &str, host: &dyn Host) -> Result<Opened, Error> {
    // Data paths are absolute by now, or start from the present folder.
    let base = Path::new("");
    match spec {
        DataSpec::File(file) => of_rows(file.read_within(base, host.memory_for_rows())?.into_points(), config, name),
        DataSpec::Images(images) => {
            let images = &with_room(images, host);
            let sampler = Arc::new(images.open(base)?);
            let shape = sampler.shape();
            let fresh: Arc<dyn Sampler> = match images.held_out(base)? {
                Some(test) => Arc::new(test),
                None => Arc::clone(&sampler) as Arc<dyn Sampler>,
            };
            of_sampler(sampler, fresh, Some([shape.height, shape.width]), config, name, host)
        }
        _ => {
            let sampler: Arc<dyn Sampler> = spec.open(base)?.into();
            of_sampler(Arc::clone(&sampler), sampler, None, config, name, host)
        }
    }
}

fn of_rows(all: Points, config: &RunConfig, name: &str) -> Result<Opened, Error> {
    let share = config.data.test_fraction;
    let (train, held_out) = match share > 0.0 {
        true => split(&all, share, &Seed(config.seed).stream(&streams::split_of(name)))?,
        false => (all.clone(), all.clone()),
    };
    // A set too small to be split is evaluated on itself.
    let held_out = if held_out.len() < 2 { all.clone() } else { held_out };
    Ok(Opened { sample: train, endless: None, fresh: Fresh::Rows { held_out, all }, centres: None, image: None })
}

fn of_sampler(
    sampler: Arc<dyn Sampler>,
    fresh: Arc<dyn Sampler>,
    image: Option<[usize; 2]>,
    config: &RunConfig,
    name: &str,
    host: &dyn Host,
) -> Result<Opened, Error> {
    let centres = sampler.modes().map(|modes| modes.centres().clone());
    host.check_memory(&representatives(sampler.dim(), REPRESENTATIVES))?;
    let sample = sampler.draw(&Seed(config.seed).stream(&streams::scaling_of(name)), 0, REPRESENTATIVES)?;
    let scaler = Scaler::identity(sampler.dim());
    Ok(Opened {
        endless: Some(PlateData::Endless { sampler, scaler }),
        sample,
        fresh: Fresh::Endless(fresh),
        centres,
        image,
    })
}

/// Points of an endless distribution that stand for it where a finite set is needed.
const REPRESENTATIVES: usize = 8_000;

/// A set of images that keeps no more in memory than its share.
fn with_room(images: &ImagesSpec, host: &dyn Host) -> ImagesSpec {
    let room = images.max_bytes.unwrap_or(IMAGES).min(host.memory_for_rows());
    let usual = images.max_bytes.is_none() && room == IMAGES;
    ImagesSpec { max_bytes: if usual { None } else { Some(room) }, ..images.clone() }
}

/// Bytes of pixels that a set of images keeps unless told otherwise.
const IMAGES: u64 = 1 << 30;
