use std::fs;
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use efm::config::{Method, RunConfig};
use efm::{Host, Partners, Prepared, Provenance, RunDir, estimate, prepare, shown};
use efm_data::{write_column, write_points};
use efm_eval::{Metrics, Seconds, Spread};
use efm_models::device;
use efm_train::{TrainError, write_atomically};

use super::settings::{absolute, configuration, seeds};
use crate::args::RunArgs;
use crate::failure::{Exit, Failure};
use crate::memory::resident;
use crate::say;
use crate::terminal::Terminal;

/// How far a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stages {
    /// Training only.
    TrainOnly,
    /// Training, transport, measures, pictures.
    All,
}

/// `efm run` and `efm train`.
pub fn run(args: &RunArgs, stages: Stages, host: &Terminal) -> Result<(), Failure> {
    if !args.methods.is_empty() {
        return methods(args, stages, host);
    }
    let mut config = configuration(&args.experiment, args.method.map(Method::from))?;
    if let Some(init) = &args.init {
        config.train.init = Some(absolute(init, "train.init")?);
    }
    let device = device::parse(&args.device)?;
    if args.dry_run {
        return dry_run(config, &device, stages, host);
    }
    host.listen();
    let one = |config: RunConfig, folder: &Path| {
        let job = Job { args, stages, device: &device, host };
        job.run(config, folder)
    };
    let folder = folder(args.out.as_deref(), args.force, &config.name)?;
    let Some(list) = &args.seeds else {
        one(config, &folder)?;
        return Ok(());
    };
    let mut all = Vec::new();
    for seed in seeds(list)? {
        say::note(format!("seed {seed}"));
        let folder = folder.join(format!("seed-{seed}"));
        all.extend(one(RunConfig { seed, ..config.clone() }, &folder)?);
    }
    if !all.is_empty() {
        let spread = Spread::of(&all);
        write_seeds(&folder, &all, &spread)?;
        let page = folder.join("report.html");
        match efm::folders(std::slice::from_ref(&folder)).and_then(|runs| efm::write_report(&runs, &page)) {
            Ok(()) => say::out(format!("all seeds side by side: {}", page.display())),
            Err(failure) => say::note(format!("efm: no report: {}", failure)),
        }
        say::out(spread.summary());
    }
    say::out(format!("everything is in {}", folder.display()));
    Ok(())
}

/// One run after the other, each below the folder of all.
fn methods(args: &RunArgs, stages: Stages, host: &Terminal) -> Result<(), Failure> {
    let name = configuration(&args.experiment, None)?.name;
    let all = folder(args.out.as_deref(), args.force, &name)?;
    for &method in &args.methods {
        let method_name = Method::from(method).name();
        say::note(format!("method {method_name}"));
        let out = Some(all.join(method_name));
        run(&RunArgs { method: Some(method), methods: Vec::new(), out, ..args.clone() }, stages, host)?;
    }
    Ok(())
}

/// What stays the same over the seeds.
struct Job<'a> {
    args: &'a RunArgs,
    stages: Stages,
    device: &'a Device,
    host: &'a Terminal,
}

impl Job<'_> {
    fn run(&self, config: RunConfig, folder: &Path) -> Result<Option<Metrics>, Failure> {
        // Data, configuration and checkpoints are checked before anything is written.
        let args = self.args;
        let prepared = ready(config, self.stages, self.host)?;
        let partners = Partners::of(&prepared)?;
        let mut trainer = efm::trainer(&prepared, self.device)?;
        if !args.resume {
            trainer = efm::start(trainer, &prepared, self.host)?;
        }
        let run = RunDir::open(folder)?;
        if !args.resume {
            free(&run, args.force)?;
            clear(&run)?;
        }
        if args.resume {
            trainer = efm::resume(trainer, &prepared, &run, self.host)?;
        }
        write_atomically(&run.config(), resolved(&prepared.config).as_bytes())?;
        let command = if self.stages == Stages::TrainOnly { "train" } else { "run" };
        let options = ["--device".to_owned(), args.device.clone()];
        Provenance::of(&prepared.config, &run, &args.device, &[command], &options, &say::typed())?.write(&run)?;
        let trained = efm::train(&prepared, trainer, &run, self.device, args.stop_after, self.host)?;
        if self.stages == Stages::TrainOnly {
            let (seconds, rate) = (trained.seconds, trained.rate);
            say::out(format!(
                "trained in {seconds:.1} s, {rate:.0} points/s; the model is in {}",
                run.model().display()
            ));
            say::report(run.path());
            return Ok(None);
        }
        let field = trained.model.field(self.device);
        let transported = efm::transport_learned(&prepared, &trained.model, self.device, self.host)?;
        write_points(&run.file("source.npy"), &transported.starts)?;
        write_points(&run.file("transported.npy"), &transported.ends)?;
        if !transported.classes.is_empty() {
            let classes: Vec<_> = transported.classes.iter().map(|&class| class as f64).collect();
            write_column(&run.file("classes.npy"), "class", &classes)?;
        }
        let metrics = efm::measure(&prepared, &transported, &args.device, Some(trained.seconds))?;
        let seconds = Seconds { points_per_second: Some(trained.rate), ..metrics.seconds };
        let measured = |partners: &Partners| partners.measure(&run, &prepared, &trained.model, self.device, self.host);
        let pairs = partners.as_ref().map(measured).transpose()?;
        let metrics = Metrics { seconds, pairs, ..metrics };
        metrics.write(run.metrics())?;
        efm::draw(&run, &prepared, Some(&trained), &transported, &metrics)?;
        efm::keep(&run, &prepared, Some(&field), &transported)?;
        say::out(metrics.summary());
        if transported.landed < 1.0 {
            say::note(format!("{:.2} % of the lines did not land", 100.0 * (1.0 - transported.landed)));
        }
        say::out(format!("everything is in {}", run.path().display()));
        say::report(run.path());
        Ok(Some(metrics))
    }
}

/// The data and all else a run needs, if there is memory for it.
fn ready(config: RunConfig, stages: Stages, host: &Terminal) -> Result<Prepared, Failure> {
    let prepared = prepare(config, host)?;
    host.check_memory(&estimate::run(&prepared, stages == Stages::All))?;
    Ok(prepared)
}

/// A folder that holds a run already is not written over unasked.
pub(super) fn free(run: &RunDir, force: bool) -> Result<(), Failure> {
    let used = [run.config(), run.metrics(), run.file("checkpoints")].iter().any(|path| path.exists());
    if used && !force {
        return Err(Failure::usage(
            format!("{} holds a run already", run.path().display()),
            "--resume goes on with it, --force replaces it, --out chooses another folder",
        ));
    }
    Ok(())
}

/// Removes what a run or a map has left.
pub(super) fn clear(run: &RunDir) -> Result<(), Failure> {
    for name in ["checkpoints", "model", "pictures"] {
        remove(&run.file(name), |path| fs::remove_dir_all(path))?;
    }
    for name in FILES {
        remove(&run.file(name), |path| fs::remove_file(path))?;
    }
    Ok(())
}

/// The files of a run; what else lies in its folder is not ours.
const FILES: [&str; 15] = [
    "config.toml",
    "provenance.json",
    "log.jsonl",
    "pace.jsonl",
    "metrics.json",
    "source.npy",
    "transported.npy",
    "classes.npy",
    "target.npy",
    "model.safetensors",
    "lines.npz",
    "slices.npz",
    "failure.json",
    "report.html",
    "model-card.md",
];

fn remove(path: &Path, how: impl Fn(&Path) -> std::io::Result<()>) -> Result<(), Failure> {
    match how(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(TrainError::Io { path: path.to_path_buf(), message: error.to_string() }.into())
        }
        _ => Ok(()),
    }
}

/// The folder asked for, or the first free one of `runs/NAME`, `runs/NAME-2`, …
pub(super) fn folder(out: Option<&Path>, force: bool, name: &str) -> Result<PathBuf, Failure> {
    if let Some(out) = out {
        return Ok(out.to_path_buf());
    }
    // A name is one folder, whatever it holds.
    let name: String = name.chars().map(|c| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect();
    let name = name.trim_matches('.').to_owned();
    let name = if name.is_empty() { "run".to_owned() } else { name };
    let free = (1..10_000_u32)
        .map(|count| Path::new("runs").join(if count == 1 { name.clone() } else { format!("{name}-{count}") }))
        .find(|path| force || !path.exists());
    free.ok_or_else(|| Failure::new(Exit::Io, "runs holds 10 000 runs of this name", "choose a folder with --out"))
}

/// The configuration file of the run, with every key.
pub(super) fn resolved(config: &RunConfig) -> String {
    toml::to_string(config).expect("a configuration is plain data")
}

fn dry_run(config: RunConfig, device: &Device, stages: Stages, host: &Terminal) -> Result<(), Failure> {
    let prepared = ready(config, stages, host)?;
    efm::start(efm::trainer(&prepared, device)?, &prepared, host)?;
    say::out(resolved(&prepared.config));
    let train = &prepared.config.train;
    let then = match stages {
        Stages::All => format!(", then transport {} samples", prepared.config.eval.samples),
        Stages::TrainOnly => String::new(),
    };
    say::note(format!(
        "would train D = {}, L = {:.3}, {} steps of {} points{then}, in about {}; nothing was written",
        prepared.setup.dim(),
        prepared.setup.gap(),
        train.steps,
        train.batch,
        shown(resident().unwrap_or(0) as f64 + estimate::run(&prepared, stages == Stages::All).bytes())
    ));
    Ok(())
}

/// `seeds.json`: every run's metrics, their mean and their standard deviation.
fn write_seeds(folder: &Path, runs: &[Metrics], spread: &Spread) -> Result<(), Failure> {
    let of = |pick: fn(&efm_eval::Statistics) -> f64| -> serde_json::Map<String, serde_json::Value> {
        spread.values.iter().map(|(key, value)| (key.clone(), pick(value).into())).collect()
    };
    let json = serde_json::json!({ "runs": runs, "mean": of(|s| s.mean), "std": of(|s| s.std) });
    let text = serde_json::to_string_pretty(&json).expect("plain data") + "\n";
    write_atomically(&folder.join("seeds.json"), text.as_bytes())?;
    Ok(())
}
