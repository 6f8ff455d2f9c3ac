use efm_core::{Capacitor, Seed, Side};
use efm_data::write_points;
use efm_eval::Metrics;
use efm_field::ExactField;
use efm_train::config::{Charges, Method};
use efm_train::{RunDir, write_atomically};

use super::run::{folder, make_room, resolved};
use super::settings::configuration;
use crate::args::{MapArg, MapArgs};
use crate::failure::Failure;
use crate::pipeline::{self, Prepared, prepare};
use crate::say;
use crate::signals::Signals;

/// `efm map`: the exact field in place of a network.
pub fn run(args: &MapArgs) -> Result<(), Failure> {
    let charges = charges(&args.charges)?;
    let mut experiment = args.experiment.clone();
    if let Some(gap) = &args.gap {
        experiment.settings.push(format!("plates.gap={gap}"));
    }
    let method = match args.map {
        MapArg::Mirror => Method::Mirror,
        MapArg::Forward => Method::Forward,
    };
    let prepared = prepare(configuration(&experiment, Some(method))?)?;
    let field = exact(&prepared, charges)?;
    let signals = Signals::listen();

    let name = format!("{}-map", prepared.config.name);
    let run = RunDir::open(&folder(args.out.as_deref(), args.force, &name)?)?;
    make_room(&run, false, args.force)?;
    write_atomically(&run.config(), resolved(&prepared.config).as_bytes())?;
    let transported = pipeline::transport(&prepared, &field, &signals)?;
    write_points(&run.file("source.npy"), &transported.starts)?;
    write_points(&run.file("transported.npy"), &transported.ends)?;
    let metrics = pipeline::measure(&prepared, &transported, "cpu", None)?;
    let metrics = Metrics { method: format!("map {}", method.name()), ..metrics };
    metrics.write(run.metrics())?;
    pipeline::draw(&run, &prepared, None, &transported, &metrics)?;
    say::out(metrics.summary());
    say::out(format!("everything is in {}", run.path().display()));
    Ok(())
}

/// The field of so many charges on each plate.
pub(super) fn exact(prepared: &Prepared, charges: Charges) -> Result<ExactField, Failure> {
    let seed = Seed(prepared.config.seed);
    let plates = &prepared.plates;
    let cloud = |side: Side| match side {
        Side::Source => plates.source.charges(charges, &seed.stream("map/source"), 0),
        Side::Target => plates.target.charges(charges, &seed.stream("map/target"), 0),
    };
    let capacitor = Capacitor::new(cloud(Side::Source)?, cloud(Side::Target)?, plates.gap)?;
    Ok(ExactField::new(capacitor, plates.law))
}

/// `all`, or a positive number.
fn charges(text: &str) -> Result<Charges, Failure> {
    match text.parse() {
        Ok(count) if count > 0 => Ok(Charges::Count(count)),
        _ if text == "all" => Ok(Charges::All),
        _ => Err(Failure::usage(
            format!("--charges {text}: neither a positive number nor `all`"),
            "write --charges 10000 or --charges all",
        )),
    }
}
