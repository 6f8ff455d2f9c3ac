use std::cell::Cell;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;

use burn::tensor::Device;
use efm_report::PacePoint;
use efm_report::picture::LossPoint;
use efm_train::{Ended, Report, TrainError, Trainer, read_within, write_atomically};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, Host, Kind, Prepared, RunDir, TrainedModel, draw_samples};

/// A trained field and how it came about.
pub struct Trained {
    /// The model, as saved in the run's folder.
    pub model: TrainedModel,
    /// The metrics log.
    pub log: Vec<LossPoint>,
    /// Wall time of this call.
    pub seconds: f64,
    /// Points trained on per second in this call.
    pub rate: f64,
}

/// Trains in `run`, from where `trainer` is.
pub fn train(
    prepared: &Prepared,
    mut trainer: Trainer,
    run: &RunDir,
    device: &Device,
    stop_after: Option<usize>,
    host: &dyn Host,
) -> Result<Trained, Error> {
    let config = &prepared.config;
    let checkpoints = run.checkpoints();
    let mut log = read_log(&run.log(), trainer.step(), |point: &LossPoint| point.step)?;
    let mut writer = LogWriter::create(&run.log(), &log)?;
    let pace: Vec<PacePoint> = read_log(&run.file("pace.jsonl"), trainer.step(), |point: &PacePoint| point.step)?;
    // Wall time goes on from where the last part of the training was.
    let before = pace.last().map_or(0.0, |last| last.seconds);
    let mut pace_writer = LogWriter::create(&run.file("pace.jsonl"), &pace)?;
    let started = host.seconds();
    let mut progress = host.progress("train", config.train.steps);
    let begun = trainer.step();
    let rate = |step: usize| {
        let points = (step - begun) * config.train.batch * config.train.accumulate;
        points as f64 / (host.seconds() - started).max(1e-9)
    };
    let mut problem = None;
    // Between two pictures training goes on from where it stopped, with the same bits.
    let picture_at = Cell::new(None);
    let mut watch = |report: &Report| {
        let speed = format!(" {:.0} points/s", rate(report.step));
        progress.set_value(report.step, "loss", report.smooth, &speed);
        if report.step.is_multiple_of(config.train.log_every) || report.validation.is_some() || report.step == 1 {
            let point = LossPoint {
                step: report.step as u64,
                loss: report.loss,
                validation: report.validation,
                grad_norm: Some(report.gradient_norm),
                lr: report.learning_rate,
            };
            log.push(point);
            let seconds = before + host.seconds() - started;
            let time = PacePoint { step: point.step, seconds };
            if let Err(failure) = writer.append(&point).and_then(|()| pace_writer.append(&time)) {
                problem = Some(failure);
                return ControlFlow::Break(());
            }
        }
        if host.stop().is_some() || stop_after.is_some_and(|step| report.step >= step) {
            return ControlFlow::Break(());
        }
        let every = config.train.sample_every;
        if every > 0 && report.step.is_multiple_of(every) && report.step < report.steps {
            picture_at.set(Some(report.step));
            return ControlFlow::Break(());
        }
        ControlFlow::Continue(())
    };
    let ended = loop {
        let ended = trainer.run(&checkpoints, &mut watch);
        match picture_at.take().filter(|_| matches!(ended, Ok(Ended::Stopped))) {
            Some(step) => {
                draw_samples(run, prepared, trainer.network(), device, step, host)?;
            }
            None => break ended,
        }
    };
    let rate = rate(trainer.step());
    drop(progress);
    let seconds = host.seconds() - started;
    if let Some(problem) = problem {
        return Err(problem);
    }
    let ended = match ended {
        Ok(ended) => ended,
        Err(error @ TrainError::NonFiniteLoss { step, seed, .. }) => {
            let record = serde_json::json!({ "step": step, "seed": seed, "batch": step, "error": error.to_string() });
            write_atomically(&run.file("failure.json"), record.to_string().as_bytes())?;
            return Err(error.into());
        }
        Err(error) => return Err(error.into()),
    };
    match ended {
        Ended::Stopped => {
            let kind = host.stop().unwrap_or(Kind::Interrupted);
            let done = format!("stopped after step {} with a checkpoint in {}", trainer.step(), run.path().display());
            return Err(host.stopped(kind, &done, Some(run.path())));
        }
        Ended::Plateau => host.note(&format!("the validation loss stood still; stopped at step {}", trainer.step())),
        Ended::Finished => {}
    }
    let model = prepared.model(trainer.network().clone());
    model.save(&run.model())?;
    model.export(&run.file("model.safetensors"), &config.name, &toml::to_string(config).expect("plain data"))?;
    Ok(Trained { model, log, seconds, rate })
}

/// The log up to and including `step`; what was logged after the checkpoint will be logged again.
fn read_log<T: DeserializeOwned>(path: &Path, step: usize, of: impl Fn(&T) -> u64) -> Result<Vec<T>, Error> {
    if step == 0 || !path.exists() {
        return Ok(Vec::new());
    }
    let bytes = read_within(path, u64::MAX)?;
    let text = String::from_utf8_lossy(&bytes);
    // The last line may be cut if the process was killed while writing it.
    let points = text.lines().filter_map(|line| serde_json::from_str::<T>(line).ok());
    Ok(points.filter(|point| of(point) <= step as u64).collect())
}

/// Appends one JSON object per line.
struct LogWriter {
    file: std::fs::File,
    path: std::path::PathBuf,
}

impl LogWriter {
    fn create(path: &Path, log: &[impl Serialize]) -> Result<Self, Error> {
        let mut text = String::new();
        for point in log {
            text.push_str(&line(point));
        }
        write_atomically(path, text.as_bytes())?;
        let file = std::fs::File::options().append(true).open(path).map_err(|error| io(path, &error))?;
        Ok(Self { file, path: path.to_path_buf() })
    }

    fn append(&mut self, point: &impl Serialize) -> Result<(), Error> {
        self.file.write_all(line(point).as_bytes()).map_err(|error| io(&self.path, &error))
    }
}

fn line(point: &impl Serialize) -> String {
    serde_json::to_string(point).expect("plain numbers") + "\n"
}

fn io(path: &Path, error: &std::io::Error) -> Error {
    Error::new(Kind::Io, format!("{}: {error}", path.display()), "check that the folder is writable and has room")
}
