use clap::ValueEnum;
use efm::config::{Charges, Method};
use efm::{
    Drawn, Estimate, Host, Prepared, Provenance, Rule, RunDir, Transported, Way, estimate, fresh, prepare, repeats,
    sample_count, send,
};
use efm_core::streams;
use efm_core::{Capacitor, Points, Seed, Side};
use efm_data::write_points;
use efm_eval::Metrics;
use efm_field::ExactField;
use efm_integrate::Stop;
use efm_integrate::maps::{MapKind, spacing};
use efm_train::write_atomically;
use rand::seq::index::sample;

use super::run::{clear, folder, free, resolved};
use super::settings::configuration;
use crate::args::{MapArg, MapArgs};
use crate::failure::Failure;
use crate::say;
use crate::terminal::Terminal;

/// `efm map`: the exact field in place of a network.
pub fn run(args: &MapArgs, host: &Terminal) -> Result<(), Failure> {
    let charges = charges(&args.charges)?;
    let mut experiment = args.experiment.clone();
    if let Some(gap) = &args.gap {
        experiment.settings.push(format!("plates.gap={gap}"));
    }
    let prepared = prepare(configuration(&experiment, Some(method(args.map)))?, host)?;
    host.check_memory(&estimate(&prepared, charges))?;
    let field = efm::exact(&prepared, charges, args.accuracy)?;
    host.listen();

    let name = format!("{}-map", prepared.config.name);
    let run = RunDir::open(&folder(args.out.as_deref(), args.force, &name)?)?;
    free(&run, args.force)?;
    let transported = transported(args.map, &prepared, &field, host)?;
    // Only now is there something to put in the place of what was there.
    clear(&run)?;
    write_atomically(&run.config(), resolved(&prepared.config).as_bytes())?;
    let mut options = vec!["--map".to_owned(), name_of(args.map), "--charges".to_owned(), args.charges.clone()];
    if let Some(accuracy) = args.accuracy {
        options.extend(["--accuracy".to_owned(), accuracy.to_string()]);
    }
    Provenance::of(&prepared.config, &run, "cpu", &["map"], &options, &say::typed())?.write(&run)?;
    write_points(&run.file("source.npy"), &transported.starts)?;
    write_points(&run.file("transported.npy"), &transported.ends)?;
    let metrics = efm::measure(&prepared, &transported, "cpu", None)?;
    let metrics = Metrics { method: format!("map {}", name_of(args.map)), ..metrics };
    metrics.write(run.metrics())?;
    efm::draw(&run, &prepared, None, &transported, &metrics)?;
    efm::keep(&run, &prepared, None, &transported)?;
    say::out(metrics.summary());
    say::out(format!("everything is in {}", run.path().display()));
    say::report(run.path());
    Ok(())
}

/// What the charges, as kernels and trees keep them, and the lines through their field take.
fn estimate(prepared: &Prepared, charges: Charges) -> Estimate {
    let plates = [prepared.setup.source(), prepared.setup.target()];
    estimate::charges(plates, charges, "--charges", "lower --charges").and(estimate::evaluation(prepared))
}

/// The configuration's defaults for a map.
fn method(map: MapArg) -> Method {
    match map {
        MapArg::Mirror => Method::Mirror,
        MapArg::Published => Method::Published,
        MapArg::Flux | MapArg::Charges | MapArg::Accept | MapArg::Forward | MapArg::Random => Method::Forward,
    }
}

fn name_of(map: MapArg) -> String {
    map.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

/// Samples sent through the field of all charges.
fn transported(map: MapArg, prepared: &Prepared, field: &ExactField, host: &Terminal) -> Result<Transported, Failure> {
    let plates = field.capacitor();
    let rule = |kind| {
        // Nearer than the neighbours the field is that of separate atoms; a plate as thick as the gap is none.
        let spacing = Side::BOTH.map(|side| spacing(plates.plate(side))).into_iter().fold(0.0, f64::max);
        Rule::Samples { kind, plates, height: spacing.min(0.1 * plates.gap()) }
    };
    let way = |rule| Way::new(field, &prepared.scalers, &prepared.config.solver, rule, prepared.seed());
    let count = repeats(prepared) * sample_count(prepared);
    match map {
        MapArg::Mirror | MapArg::Forward | MapArg::Published => Ok(efm::transport(prepared, field, host)?),
        MapArg::Flux => Ok(send(way(Some(rule(MapKind::Flux))), fresh(prepared)?, prepared, host)?),
        MapArg::Charges => {
            let starts = some_charges(prepared, plates, Side::Source, count)?;
            Ok(send(way(Some(rule(MapKind::Charges))), starts, prepared, host)?)
        }
        MapArg::Accept => {
            // Half of the lines are kept.
            let starts = some_charges(prepared, plates, Side::Source, 2 * count)?;
            let transported = send(way(Some(rule(MapKind::Accept))), starts, prepared, host)?;
            Ok(Transported { paired: false, ..transported })
        }
        MapArg::Random => {
            let ends = some_charges(prepared, plates, Side::Target, count)?;
            let starts = fresh(prepared)?;
            let tally = [("landed".to_owned(), count as u64)].into();
            Ok(Transported {
                starts,
                ends,
                tally,
                landed: 1.0,
                evaluations: 0.0,
                seconds: 0.0,
                paired: true,
                drawn: Drawn::default(),
                stops: vec![Stop::Landed; count],
                each_evaluations: vec![0; count],
                classes: Vec::new(),
            })
        }
    }
}

/// Charges of a plate in data units, in random order; more than there are come again in another order.
fn some_charges(prepared: &Prepared, plates: &Capacitor, side: Side, count: usize) -> Result<Points, Failure> {
    let charges = plates.plate(side);
    let stream = Seed(prepared.config.seed).stream(&streams::map_order_of(side));
    let mut rows = Vec::with_capacity(count);
    while rows.len() < count {
        let wanted = (count - rows.len()).min(charges.len());
        rows.extend(sample(&mut stream.at(rows.len() as u64), charges.len(), wanted));
    }
    Ok(prepared.scalers.plate(side).undo(&charges.select(&rows))?)
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
