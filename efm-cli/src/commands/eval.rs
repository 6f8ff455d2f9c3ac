use std::path::Path;

use efm::estimate::evaluation;
use efm::eval::Metrics;
use efm::{Host, TrainedModel, measure, prepare, saved_config, transport_learned};

use super::{compare, features, quality};
use crate::args::EvalArgs;
use crate::failure::Failure;
use crate::say;
use crate::terminal::Terminal;

/// `efm eval`: a run again, or any two sets.
pub fn run(args: &EvalArgs, host: &Terminal) -> Result<(), Failure> {
    if !args.evaluations.is_empty() {
        return quality::run(args, host);
    }
    if let (Some(most), None) = (args.max, &args.second) {
        return Err(Failure::usage(
            format!("--max {most}: a run is measured again as it was, with as many points"),
            "--max is for two sets, or for --evaluations",
        ));
    }
    if let Some(second) = &args.second {
        return match args.features.features {
            Some(network) => features::run(args, network, second, host),
            None => compare::run(args, second, host),
        };
    }
    let metrics = again(&args.first, host)?;
    if args.json {
        say::out(serde_json::to_string_pretty(&metrics).expect("plain data"));
    } else {
        say::out(metrics.summary());
    }
    Ok(())
}

/// Transports and measures with the model of a finished run; its `metrics.json` stays as it is.
fn again(folder: &Path, host: &Terminal) -> Result<Metrics, Failure> {
    let config = saved_config(folder)
        .map_err(|error| Failure::from(error).hint_on_io("give a run's folder, or two sets to compare"))?;
    let device = host.device()?;
    let model = TrainedModel::load(&folder.join("model"), &device)?;
    let prepared = prepare(config, host)?;
    host.check_memory(&evaluation(&prepared))?;
    let transported = transport_learned(&prepared, &model, &device, host)?;
    Ok(measure(&prepared, &transported, device.name(), None)?)
}
