use std::path::Path;

use efm_eval::Metrics;
use efm_models::device;
use efm_train::TrainedModel;
use efm_train::config::{ConfigSource, load};

use super::{compare, features, quality};
use crate::args::EvalArgs;
use crate::failure::Failure;
use crate::memory::Memory;
use crate::pipeline;
use crate::pipeline::estimate::evaluation;
use crate::say;
use crate::signals::Signals;

/// `efm eval`: a run again, or any two sets.
pub fn run(args: &EvalArgs, memory: Memory) -> Result<(), Failure> {
    if !args.evaluations.is_empty() {
        return quality::run(args, memory);
    }
    if let (Some(most), None) = (args.max, &args.second) {
        return Err(Failure::usage(
            format!("--max {most}: a run is measured again as it was, with as many points"),
            "--max is for two sets, or for --evaluations",
        ));
    }
    if let Some(second) = &args.second {
        return match args.features.features {
            Some(network) => features::run(args, network, second, memory),
            None => compare::run(args, second, memory),
        };
    }
    let metrics = again(&args.first, memory)?;
    if args.json {
        say::out(serde_json::to_string_pretty(&metrics).expect("plain data"));
    } else {
        say::out(metrics.summary());
    }
    Ok(())
}

/// Transports and measures with the model of a finished run; its `metrics.json` stays as it is.
fn again(folder: &Path, memory: Memory) -> Result<Metrics, Failure> {
    let file = folder.join("config.toml");
    let source = ConfigSource::from_file(&file)
        .map_err(|error| Failure::from(error).hint_on_io("give a run's folder, or two sets to compare"))?;
    let config = load(&source)?;
    let device = device::parse("cpu")?;
    let model = TrainedModel::load(&folder.join("model"), &device)?;
    let prepared = pipeline::prepare(config, memory)?;
    memory.check(&evaluation(&prepared))?;
    let transported = pipeline::transport_learned(&prepared, &model, &device, &Signals::listen().within(memory))?;
    pipeline::measure(&prepared, &transported, "cpu", None)
}
