use std::path::Path;

use efm::config::Charges;
use efm::{MapJob, free_folder};

use super::settings::configuration;
use crate::args::MapArgs;
use crate::failure::{Exit, Failure};
use crate::say;
use crate::terminal::Terminal;

/// `efm map`: the exact field in place of a network.
pub fn run(args: &MapArgs, host: &Terminal) -> Result<(), Failure> {
    let charges = charges(&args.charges)?;
    let device = host.device()?;
    let mut experiment = args.experiment.clone();
    if let Some(gap) = &args.gap {
        experiment.settings.push(format!("plates.gap={gap}"));
    }
    let config = configuration(&experiment, Some(args.map.method()), host)?;
    let folder = match &args.out {
        Some(out) => out.clone(),
        None => free_folder(Path::new("runs"), &format!("{}-map", config.name), args.force)?,
    };
    let accuracy = args.accuracy.map(|accuracy| accuracy.to_string());
    let mut options = vec!["--map", args.map.name(), "--charges", &args.charges, "--device", device.name()];
    if let Some(accuracy) = &accuracy {
        options.extend(["--accuracy", accuracy]);
    }
    let origin = say::origin("map", &folder, &options);
    host.listen();
    let job =
        MapJob { map: args.map, charges, accuracy: args.accuracy, folder: folder.clone(), replace: args.force, origin };
    let finished = job
        .run(config, &device, host)
        .map_err(|error| Failure::from(error).hint_too(Exit::Resource, "--charges takes fewer"))?;
    say::out(finished.metrics.unwrap_or_default().summary());
    say::out(format!("everything is in {}", folder.display()));
    say::report(&folder);
    Ok(())
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
