use std::path::Path;

use efm_core::Seed;
use efm_data::read_points_within;
use efm_eval::{Evaluation, Metrics, evaluate};
use efm_models::device;
use efm_train::TrainedModel;
use efm_train::config::{ConfigSource, load};

use super::{features, quality};
use crate::args::EvalArgs;
use crate::failure::Failure;
use crate::memory::Memory;
use crate::pipeline;
use crate::pipeline::estimate::evaluation;
use crate::say;
use crate::signals::Signals;

/// `efm eval`: a run again, or any two sets of points.
pub fn run(args: &EvalArgs, memory: Memory) -> Result<(), Failure> {
    if !args.evaluations.is_empty() {
        return quality::run(&args.first, &args.evaluations, args.json, memory);
    }
    if let (Some(network), Some(target)) = (args.features.features, &args.second) {
        return features::run(args, network, target, memory);
    }
    let metrics = match &args.second {
        Some(target) => compare(args, target, memory)?,
        None => again(&args.first, memory)?,
    };
    if args.json {
        say::out(serde_json::to_string_pretty(&metrics).expect("plain data"));
    } else {
        say::out(metrics.summary());
    }
    Ok(())
}

fn compare(args: &EvalArgs, target: &Path, memory: Memory) -> Result<Metrics, Failure> {
    let read = |path: &Path| read_points_within(path, None, &memory.limits());
    let (transported, target) = (read(&args.first)?, read(target)?);
    let start = args.start.as_deref().map(read).transpose()?;
    // What is too large to be matched is left out.
    let options = Evaluation { seed: Seed(args.seed), ..Evaluation::default() };
    let options = Evaluation { memory_limit: options.memory_limit.min(memory.for_rows()), ..options };
    let metrics = evaluate(start.as_ref(), &transported, &target, None, &options)?;
    Ok(Metrics {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        method: "files".to_owned(),
        seed: args.seed,
        ..metrics
    })
}

/// Transports and measures with the model of a finished run; its `metrics.json` stays as it is.
fn again(folder: &Path, memory: Memory) -> Result<Metrics, Failure> {
    let file = folder.join("config.toml");
    let source = ConfigSource::from_file(&file)
        .map_err(|error| Failure::from(error).hint_on_io("give a run's folder, or two files of points"))?;
    let config = load(&source)?;
    let device = device::parse("cpu")?;
    let model = TrainedModel::load(&folder.join("model"), &device)?;
    let prepared = pipeline::prepare(config, memory)?;
    memory.check(&evaluation(&prepared))?;
    let transported = pipeline::transport_learned(&prepared, &model, &device, &Signals::listen().within(memory))?;
    pipeline::measure(&prepared, &transported, "cpu", None)
}
