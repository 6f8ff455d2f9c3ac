use std::cell::Cell;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;

use burn::tensor::Device;
use efm_eval::picture::LossPoint;
use efm_models::LearnedField;
use efm_train::{Ended, Report, RunDir, TrainError, TrainedModel, Trainer};

use crate::failure::{Exit, Failure};
use crate::pipeline::{Prepared, draw_samples};
use crate::progress::Progress;
use crate::say;
use crate::signals::Signals;

/// A trained field and how it came about.
pub struct Trained {
    /// The model, as saved in the run's folder.
    pub model: TrainedModel,
    /// The metrics log.
    pub log: Vec<LossPoint>,
    /// Wall time of this call.
    pub seconds: f64,
}

/// Trains in `run`, from where `trainer` is.
pub fn train(
    prepared: &Prepared,
    mut trainer: Trainer<'_>,
    run: &RunDir,
    device: &Device,
    stop_after: Option<usize>,
    signals: &Signals,
) -> Result<Trained, Failure> {
    let config = &prepared.config;
    let checkpoints = run.checkpoints();
    let mut log = read_log(&run.log(), trainer.step())?;
    let mut writer = LogWriter::create(&run.log(), &log)?;
    let mut progress = Progress::new("train", config.train.steps);
    let mut problem = None;
    // Between two pictures training goes on from where it stopped, with the same bits.
    let picture_at = Cell::new(None);
    let mut watch = |report: &Report| {
        progress.set(report.step, || format!("loss {:.5}", report.smooth));
        if report.step.is_multiple_of(config.train.log_every) || report.validation.is_some() || report.step == 1 {
            let point = LossPoint {
                step: report.step as u64,
                loss: report.loss,
                validation: report.validation,
                grad_norm: Some(report.gradient_norm),
                lr: report.learning_rate,
            };
            log.push(point);
            if let Err(failure) = writer.append(&point) {
                problem = Some(failure);
                return ControlFlow::Break(());
            }
        }
        if signals.received().is_some() || stop_after.is_some_and(|step| report.step >= step) {
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
                let field = LearnedField::new(trainer.network(), prepared.geometry, device);
                draw_samples(run, prepared, &field, step, signals)?;
            }
            None => break ended,
        }
    };
    let seconds = progress.finish();
    if let Some(problem) = problem {
        return Err(problem);
    }
    let ended = match ended {
        Ok(ended) => ended,
        Err(error @ TrainError::NonFiniteLoss { step, seed, .. }) => {
            let record = serde_json::json!({ "step": step, "seed": seed, "batch": step, "error": error.to_string() });
            efm_train::write_atomically(&run.file("failure.json"), record.to_string().as_bytes())?;
            return Err(error.into());
        }
        Err(error) => return Err(error.into()),
    };
    match ended {
        Ended::Stopped => {
            let exit = signals.received().unwrap_or(Exit::Interrupted);
            let done = format!("stopped after step {} with a checkpoint in {}", trainer.step(), run.path().display());
            return Err(signals.failure(exit, &done, &format!("go on with --resume --out {}", run.path().display())));
        }
        Ended::Plateau => say::note(format!("the validation loss stood still; stopped at step {}", trainer.step())),
        Ended::Finished => {}
    }
    let model = TrainedModel {
        network: trainer.network().clone(),
        geometry: prepared.geometry,
        scalers: prepared.scalers.clone(),
        solver: config.solver.clone(),
        config: config.model.clone(),
    };
    model.save(&run.model())?;
    Ok(Trained { model, log, seconds })
}

/// The log up to and including `step`; what was logged after the checkpoint will be logged again.
fn read_log(path: &Path, step: usize) -> Result<Vec<LossPoint>, Failure> {
    if step == 0 || !path.exists() {
        return Ok(Vec::new());
    }
    let bytes = efm_train::read_within(path, u64::MAX)?;
    let text = String::from_utf8_lossy(&bytes);
    // The last line may be cut if the process was killed while writing it.
    let points = text.lines().filter_map(|line| serde_json::from_str::<LossPoint>(line).ok());
    Ok(points.filter(|point| point.step <= step as u64).collect())
}

/// Appends one JSON object per line.
struct LogWriter {
    file: std::fs::File,
    path: std::path::PathBuf,
}

impl LogWriter {
    fn create(path: &Path, log: &[LossPoint]) -> Result<Self, Failure> {
        let mut text = String::new();
        for point in log {
            text.push_str(&line(point));
        }
        efm_train::write_atomically(path, text.as_bytes())?;
        let file = std::fs::File::options().append(true).open(path).map_err(|error| io(path, &error))?;
        Ok(Self { file, path: path.to_path_buf() })
    }

    fn append(&mut self, point: &LossPoint) -> Result<(), Failure> {
        self.file.write_all(line(point).as_bytes()).map_err(|error| io(&self.path, &error))
    }
}

fn line(point: &LossPoint) -> String {
    serde_json::to_string(point).expect("plain numbers") + "\n"
}

fn io(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Io, format!("{}: {error}", path.display()), "check that the folder is writable and has room")
}
