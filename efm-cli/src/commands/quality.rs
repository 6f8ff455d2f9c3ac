//! What a run's samples are worth at how many evaluations of the field.

use std::path::Path;

use burn::tensor::Device;
use efm::Classifier;
use efm::config::{EvalConfig, RunConfig, SolverConfig};
use efm::{
    Prepared, RunDir, TrainedModel, few_steps, judge, kept_classifier, measure, prepare, round_trip, saved_config,
    transport_learned,
};
use efm_core::streams;
use efm_core::{Points, Seed};
use efm_data::image::ImagesSpec;
use efm_data::{DataSpec, Sampler};
use efm_eval::frechet_distance;
use efm_models::device;
use efm_report::picture::{QualityCurve, quality};
use efm_train::write_atomically;
use serde::Serialize;

use crate::args::{CLASSIFIER_STEPS, EvalArgs};
use crate::failure::Failure;
use crate::say;
use crate::terminal::Terminal;

/// One solver's result; `quality.json` is a list of them.
#[derive(Debug, Serialize)]
struct Row {
    /// `heun` between graded heights, or `own`, as the run was configured.
    solver: &'static str,
    /// Steps of Heun's method; 0 for the run's own solver.
    steps: usize,
    /// Evaluations of the field per line, mean.
    evaluations: f64,
    /// Share of lines that landed.
    landed: f64,
    w2: Option<f64>,
    sliced_w2: Option<f64>,
    /// Squared Fréchet distance of the features of the kept classifier of the target, if there is one.
    frechet: Option<f64>,
    /// Root mean square distance per coordinate of target points from where they come back to after the way to the source
    /// and back, in data units.
    round_trip: f64,
}

/// Features of test images.
struct Features {
    classifier: Classifier,
    /// Two draws.
    tests: [Points; 2],
}

/// `efm eval RUN --evaluations …`.
pub fn run(args: &EvalArgs, host: &Terminal) -> Result<(), Failure> {
    let (folder, budgets) = (args.first.as_path(), args.evaluations.as_slice());
    if let Some(few) = budgets.iter().find(|&&count| !(3..=1_000_000).contains(&count)) {
        return Err(Failure::usage(
            format!("--evaluations {few}: a line takes at least one step of two evaluations and one more"),
            "write e.g. --evaluations 5,10,20,40",
        ));
    }
    let config = saved_config(folder)?;
    let device = device::parse("cpu")?;
    let model = TrainedModel::load(&folder.join("model"), &device)?;
    let own = SolverConfig { lost_share: 1.0, ..config.solver.clone() };
    let samples = args.max.map_or(config.eval.samples, |most| config.eval.samples.min(most));
    let eval = EvalConfig { repeats: 1, lines: 0, samples, ..config.eval.clone() };
    let mut prepared = prepare(RunConfig { eval, ..config }, host)?;
    let features = features(&prepared, &device, host)?;
    host.listen();
    let solvers = budgets.iter().map(|&count| ("heun", (count - 1) / 2)).chain([("own", 0)]);
    let (mut rows, mut floors) = (Vec::new(), [None; 3]);
    floors[2] = features.as_ref().map(|features| features.floor()).transpose()?;
    for (solver, steps) in solvers {
        prepared.config.solver = few_steps(&own, (steps > 0).then_some(steps));
        let transported = transport_learned(&prepared, &model, &device, host)?;
        let metrics = measure(&prepared, &transported, "cpu", None)?;
        floors[0] = floors[0].or(metrics.w2_floor);
        floors[1] = floors[1].or(metrics.sliced_w2_floor);
        // Floors are those of the target; once is enough.
        prepared.config.eval.floor_repeats = 0;
        rows.push(Row {
            solver,
            steps,
            evaluations: transported.evaluations,
            landed: transported.landed,
            w2: metrics.w2,
            sliced_w2: metrics.sliced_w2,
            frechet: features.as_ref().map(|features| features.distance(&transported.ends, &device)).transpose()?,
            round_trip: round_trip(&prepared, &model, &device, host)?,
        });
    }
    let text = serde_json::to_string_pretty(&rows).expect("plain data");
    write_atomically(&folder.join("quality.json"), (text.clone() + "\n").as_bytes())?;
    let picture = RunDir::open(folder)?.pictures()?.join("quality.svg");
    quality(picture, &curves(&rows, floors))?;
    say::out(if args.json { text } else { table(&rows, floors) });
    Ok(())
}

/// A measure of a row, if it was taken.
type Value = fn(&Row) -> Option<f64>;

fn curves(rows: &[Row], floors: [Option<f64>; 3]) -> Vec<QualityCurve> {
    let measures: [(&str, Value, Option<f64>); 4] = [
        ("W2", |row| row.w2, floors[0]),
        ("sliced W2", |row| row.sliced_w2, floors[1]),
        ("Fréchet distance", |row| row.frechet, floors[2]),
        ("round trip", |row| Some(row.round_trip), None),
    ];
    let known = measures.into_iter().filter(|(_, value, _)| rows.iter().any(|row| value(row).is_some()));
    known
        .map(|(measure, value, floor)| {
            let of = |solver: &str| -> Vec<(f64, f64)> {
                let mut points: Vec<_> = rows
                    .iter()
                    .filter(|row| row.solver == solver)
                    .filter_map(|row| Some((row.evaluations, value(row)?)))
                    .collect();
                points.sort_by(|a, b| a.0.total_cmp(&b.0));
                points
            };
            let solvers = vec![("Heun, graded heights".to_owned(), of("heun")), ("own solver".to_owned(), of("own"))];
            QualityCurve { measure: measure.to_owned(), solvers, floor }
        })
        .collect()
}

fn table(rows: &[Row], floors: [Option<f64>; 3]) -> String {
    let number = |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.4}"));
    let mut text = format!(
        "{:<8}{:>7}{:>13}{:>10}{:>10}{:>11}{:>10}{:>12}",
        "solver", "steps", "evaluations", "landed", "W2", "sliced W2", "Fréchet", "round trip"
    );
    for row in rows {
        text += &format!(
            "\n{:<8}{:>7}{:>13.1}{:>9.1}%{:>10}{:>11}{:>10}{:>12.4}",
            row.solver,
            if row.steps > 0 { row.steps.to_string() } else { "–".to_owned() },
            row.evaluations,
            100.0 * row.landed,
            number(row.w2),
            number(row.sliced_w2),
            number(row.frechet),
            row.round_trip
        );
    }
    text + &format!("\n{:<38}{:>10}{:>11}{:>10}", "floor", number(floors[0]), number(floors[1]), number(floors[2]))
}

/// What the kept classifier of the target sees in two draws of its test images; `None` where there is none.
fn features(prepared: &Prepared, device: &Device, host: &Terminal) -> Result<Option<Features>, Failure> {
    let DataSpec::Images(target) = &prepared.config.target else { return Ok(None) };
    let every = ImagesSpec { class: None, classes: Vec::new(), limit: None, ..target.clone() };
    let Some(test) = target.held_out(Path::new(""))? else { return Ok(None) };
    let train = every.open(Path::new(""))?;
    if train.labels().is_none() {
        return Ok(None);
    }
    let seed = Seed(1);
    let Some(classifier) = kept_classifier(&train, CLASSIFIER_STEPS, seed, device, host) else {
        say::note(
            "no classifier of these images is kept, so there are no Fréchet distances; `efm classify` trains one",
        );
        return Ok(None);
    };
    let count = prepared.config.eval.samples;
    let draw = |draw: u64| -> Result<Points, Failure> {
        let images = test.draw(&seed.stream(streams::CLASSIFY_TEST), draw * count as u64, count)?;
        Ok(judge(&classifier, &images, device)?.features)
    };
    let tests = [draw(0)?, draw(1)?];
    Ok(Some(Features { classifier, tests }))
}

impl Features {
    fn distance(&self, points: &Points, device: &Device) -> Result<f64, Failure> {
        Ok(frechet_distance(&judge(&self.classifier, points, device)?.features, &self.tests[0])?)
    }

    fn floor(&self) -> Result<f64, Failure> {
        Ok(frechet_distance(&self.tests[1], &self.tests[0])?)
    }
}
