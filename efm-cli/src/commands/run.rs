use std::path::Path;

use efm::config::RunConfig;
use efm::{Host, Job, NamedDevice, estimate, free_folder, ready, seeds, shown, write_seeds};

use super::settings::{absolute, configuration};
use crate::args::RunArgs;
use crate::failure::Failure;
use crate::say;
use crate::terminal::Terminal;

/// `efm run` and, where only the training is wanted, `efm train`.
pub fn run(args: &RunArgs, train_only: bool, host: &Terminal) -> Result<(), Failure> {
    if !args.methods.is_empty() {
        return methods(args, train_only, host);
    }
    let mut config = configuration(&args.experiment, args.method, host)?;
    if let Some(init) = &args.init {
        config.train.init = Some(absolute(init, "train.init")?);
    }
    let device = &host.device()?;
    if args.dry_run {
        return dry_run(config, device, train_only, host);
    }
    host.listen();
    let folder = match &args.out {
        Some(out) => out.clone(),
        None => free_folder(Path::new("runs"), &config.name, args.force)?,
    };
    let Some(list) = &args.seeds else { return one(args, config, &folder, train_only, device, host).map(drop) };
    let mut all = Vec::new();
    for seed in seeds(list)? {
        say::note(format!("seed {seed}"));
        let folder = folder.join(format!("seed-{seed}"));
        all.extend(one(args, RunConfig { seed, ..config.clone() }, &folder, train_only, device, host)?);
    }
    if !all.is_empty() {
        let spread = write_seeds(&folder, &all)?;
        let page = folder.join("report.html");
        match efm::folders(std::slice::from_ref(&folder)).and_then(|runs| efm::write_report(&runs, &page)) {
            Ok(()) => say::out(format!("all seeds side by side: {}", page.display())),
            Err(failure) => say::note(format!("efm: no report: {failure}")),
        }
        say::out(spread.summary());
    }
    say::out(format!("everything is in {}", folder.display()));
    Ok(())
}

/// One run after the other, each below the folder of all.
fn methods(args: &RunArgs, train_only: bool, host: &Terminal) -> Result<(), Failure> {
    let name = configuration(&args.experiment, None, host)?.name;
    let all = match &args.out {
        Some(out) => out.clone(),
        None => free_folder(Path::new("runs"), &name, args.force)?,
    };
    for &method in &args.methods {
        say::note(format!("method {}", method.name()));
        let out = Some(all.join(method.name()));
        run(&RunArgs { method: Some(method), methods: Vec::new(), out, ..args.clone() }, train_only, host)?;
    }
    Ok(())
}

fn one(
    args: &RunArgs,
    config: RunConfig,
    folder: &Path,
    train_only: bool,
    device: &NamedDevice,
    host: &Terminal,
) -> Result<Option<efm::eval::Metrics>, Failure> {
    let command = if train_only { "train" } else { "run" };
    let job = Job {
        folder: folder.to_path_buf(),
        resume: args.resume,
        replace: args.force,
        train_only,
        stop_after: args.stop_after,
        origin: say::origin(command, folder, &["--device", device.name()]),
    };
    let finished = job.run(config, device, host)?;
    match &finished.metrics {
        None => say::out(format!(
            "trained in {:.1} s, {:.0} points/s; the model is in {}",
            finished.train_seconds,
            finished.points_per_second,
            folder.join("model").display()
        )),
        Some(metrics) => {
            say::out(metrics.summary());
            if let Some(landed) = metrics.landed_share.filter(|&landed| landed < 1.0) {
                say::note(format!("{:.2} % of the lines did not land", 100.0 * (1.0 - landed)));
            }
            say::out(format!("everything is in {}", folder.display()));
        }
    }
    say::report(folder);
    Ok(finished.metrics)
}

fn dry_run(config: RunConfig, device: &NamedDevice, train_only: bool, host: &Terminal) -> Result<(), Failure> {
    let prepared = ready(config, train_only, host)?;
    efm::start(efm::trainer(&prepared, device)?, &prepared, device, host)?;
    say::out(prepared.config.to_toml());
    let train = &prepared.config.train;
    let then = match train_only {
        false => format!(", then transport {} samples", prepared.config.eval.samples),
        true => String::new(),
    };
    let bytes = host.memory_in_use().unwrap_or(0) as f64 + estimate::run(&prepared, !train_only).bytes();
    say::note(format!(
        "would train D = {}, L = {:.3}, {} steps of {} points{then}, in about {}; nothing was written",
        prepared.setup.dim(),
        prepared.setup.gap(),
        train.steps,
        train.batch,
        shown(bytes)
    ));
    Ok(())
}
