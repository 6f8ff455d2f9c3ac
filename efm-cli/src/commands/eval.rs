use std::path::Path;

use efm_core::Seed;
use efm_data::read_points;
use efm_eval::{Evaluation, Metrics, evaluate};
use efm_models::device;
use efm_train::TrainedModel;
use efm_train::config::{ConfigSource, load};

use super::quality;
use crate::args::EvalArgs;
use crate::failure::{Exit, Failure};
use crate::pipeline;
use crate::say;
use crate::signals::Signals;

/// `efm eval`: a run again, or any two sets of points.
pub fn run(args: &EvalArgs) -> Result<(), Failure> {
    if !args.evaluations.is_empty() {
        return quality::run(&args.first, &args.evaluations, args.json);
    }
    let metrics = match &args.second {
        Some(target) => compare(args, target)?,
        None => again(&args.first)?,
    };
    if args.json {
        say::out(serde_json::to_string_pretty(&metrics).expect("plain data"));
    } else {
        say::out(metrics.summary());
    }
    Ok(())
}

fn compare(args: &EvalArgs, target: &Path) -> Result<Metrics, Failure> {
    let transported = read_points(&args.first, None)?;
    let target = read_points(target, None)?;
    let start = args.start.as_deref().map(|path| read_points(path, None)).transpose()?;
    let options = Evaluation { seed: Seed(args.seed), ..Evaluation::default() };
    let metrics = evaluate(start.as_ref(), &transported, &target, None, &options)?;
    Ok(Metrics {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        method: "files".to_owned(),
        seed: args.seed,
        ..metrics
    })
}

/// Transports and measures with the model of a finished run; its `metrics.json` stays as it is.
fn again(folder: &Path) -> Result<Metrics, Failure> {
    let file = folder.join("config.toml");
    let source = ConfigSource::from_file(&file).map_err(|error| {
        let hint = "give a run's folder, or two files of points";
        Failure::new(Exit::Io, format!("{}: {error}", file.display()), hint)
    })?;
    let config = load(&source)?;
    let device = device::parse("cpu")?;
    let model = TrainedModel::load(&folder.join("model"), &device)?;
    let prepared = pipeline::prepare(config)?;
    let transported = pipeline::transport_learned(&prepared, &model, &device, &Signals::listen())?;
    pipeline::measure(&prepared, &transported, "cpu", None)
}
