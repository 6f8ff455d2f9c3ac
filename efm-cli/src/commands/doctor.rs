use std::fs;
use std::path::Path;
use std::sync::Arc;

use efm::checkup::{Checkup, CloudCheck, LinesCheck};
use efm::config::{ConfigSource, Gap, Method, Objective, RunConfig, load};
use efm::{Fresh, GapRule, Host, Pace, Prepared, estimate, exact, pace, prepare};
use efm_core::{Points, Seed, Side};
use efm_models::device;
use efm_train::write_atomically;

use super::settings::configuration;
use crate::args::DoctorArgs;
use crate::failure::{Exit, Failure};
use crate::say;
use crate::terminal::Terminal;

/// `efm doctor`.
pub fn run(args: &DoctorArgs, host: &Terminal) -> Result<(), Failure> {
    let config = configuration(&args.experiment, args.method.map(Method::from))?;
    if config.train.objective == Objective::FlowMatching {
        return Err(Failure::usage(
            "flow matching has no field, so there is no gap to choose and nothing to look into",
            "look at the same data with --method mirror",
        ));
    }
    let device = device::parse(&args.device)?;
    if let Some(path) = &args.write {
        make_room(path, args.force)?;
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
    let pace = pace(&prepared, &field, &device, host)?;
    if args.json {
        let json = serde_json::json!({ "checkup": checkup, "training": pace });
        say::out(serde_json::to_string_pretty(&json).expect("plain data"));
    } else {
        say::out(page(&checkup, &pace, &prepared.config));
    }
    if let Some(path) = &args.write {
        write_experiment(path, config, rule)?;
        say::note(format!("wrote {0}; `efm run {0}` trains it", path.display()));
    }
    Ok(())
}

/// An experiment that is there already is not written over unasked.
fn make_room(path: &Path, force: bool) -> Result<(), Failure> {
    if path.is_dir() {
        return Err(Failure::new(Exit::Io, format!("{}: is a folder", path.display()), "name a file, e.g. mine.toml"));
    }
    if path.exists() && !force {
        return Err(Failure::usage(format!("{} is there already", path.display()), "--force writes over it"));
    }
    Ok(())
}

fn look(prepared: &Prepared, rule: GapRule) -> Result<Checkup, Failure> {
    let config = &prepared.config;
    let seed = Seed(config.seed);
    let cloud = |side: Side, fresh: &Fresh| -> Result<CloudCheck, Failure> {
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
fn points(fresh: &Fresh, seed: Seed, config: &RunConfig) -> Result<(Option<usize>, Points), Failure> {
    use efm::config::Charges;
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

fn page(checkup: &Checkup, pace: &Pace, config: &RunConfig) -> String {
    let minutes = pace.training_seconds / 60.0;
    let time = if minutes < 2.0 { format!("{:.0} s", pace.training_seconds) } else { format!("{minutes:.0} min") };
    let memory = pace.memory_bytes / f64::from(1 << 20);
    format!(
        "{checkup}\ntraining takes about {time} here ({} steps of {:.1} ms, pools of {:.2} s) and {memory:.0} MiB for {} weights",
        config.train.steps,
        1e3 * pace.step_seconds,
        pace.pool_seconds,
        pace.parameters,
    )
}

/// The keys that differ from the defaults, with the recommended gap where none is set.
fn write_experiment(path: &Path, mut config: RunConfig, rule: GapRule) -> Result<(), Failure> {
    let automatic = config.plates.gap == Gap::Auto;
    if automatic {
        // Two digits are as much as the rule knows.
        config.plates.gap = Gap::Length((rule.gap * 100.0).round().max(1.0) / 100.0);
    }
    let whole = |config: &RunConfig| toml::Table::try_from(config).expect("a configuration is plain data");
    let plain = "source.kind = \"gaussian\"\ntarget.kind = \"gaussian\"\n".to_owned();
    let usual = load(&ConfigSource { text: plain, method: Some(config.method), ..ConfigSource::default() })?;
    let mut table = different(&whole(&config), &whole(&usual));
    for key in ["source", "target", "name"] {
        table.insert(key.to_owned(), whole(&config)[key].clone());
    }
    table.insert("method".to_owned(), toml::Value::String(config.method.name().to_owned()));
    let mut text = "# Written by `efm doctor`; `efm presets NAME` prints every key there is.\n".to_owned();
    if automatic {
        text.push_str("# plates.gap is the automatic one for these data, to two digits.\n");
    }
    text.push_str(&toml::to_string(&ordered(table)).expect("a configuration is plain data"));
    // What is written is read once before it gets its name.
    load(&ConfigSource { name: path.display().to_string(), text: text.clone(), ..ConfigSource::default() })?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        fs::create_dir_all(folder).map_err(|error| {
            Failure::new(Exit::Io, format!("{}: {error}", folder.display()), "check that the folder is writable")
        })?;
    }
    write_atomically(path, text.as_bytes())?;
    Ok(())
}

/// What of `table` is not so in `usual`; tables with a kind are kept whole.
fn different(table: &toml::Table, usual: &toml::Table) -> toml::Table {
    let mut kept = toml::Table::new();
    for (key, value) in table {
        match (value, usual.get(key)) {
            (value, Some(other)) if value == other => {}
            (toml::Value::Table(inner), Some(toml::Value::Table(other))) if !inner.contains_key("kind") => {
                kept.insert(key.clone(), toml::Value::Table(different(inner, other)));
            }
            (value, _) => {
                kept.insert(key.clone(), value.clone());
            }
        }
    }
    kept
}

/// Plain values before tables, as TOML wants them.
fn ordered(table: toml::Table) -> toml::Table {
    let (tables, values): (Vec<_>, Vec<_>) = table.into_iter().partition(|(_, value)| value.is_table());
    values.into_iter().chain(tables).collect()
}
