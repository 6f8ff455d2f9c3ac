//! What the samples of a trained model are worth at how many evaluations of the field.

use std::path::Path;

use burn::tensor::Device;
use efm_core::streams;
use efm_core::{Points, Seed};
use efm_data::image::ImagesSpec;
use efm_data::{DataSpec, Sampler};
use efm_eval::frechet_distance;
use efm_report::picture::QualityCurve;
use serde::Serialize;

use crate::config::{EvalConfig, RunConfig, SolverConfig};
use crate::{
    CLASSIFIER_STEPS, Classifier, Error, Host, NamedDevice, Prepared, TrainedModel, few_steps, judge, kept_classifier,
    measure, prepare, round_trip, transport_learned,
};

/// One solver's result; `quality.json` is a list of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct QualityRow {
    /// `heun` between graded heights, or `own`, as the run was configured.
    pub solver: &'static str,
    /// Steps of Heun's method; 0 for the run's own solver.
    pub steps: usize,
    /// Evaluations of the field per line, mean.
    pub evaluations: f64,
    /// Share of lines that landed.
    pub landed: f64,
    /// Optimal-transport distance from fresh points of the target, in data units.
    pub w2: Option<f64>,
    /// The same, mean over directions.
    pub sliced_w2: Option<f64>,
    /// Squared Fréchet distance of the features of the kept classifier of the target, if there is one.
    pub frechet: Option<f64>,
    /// Root mean square distance per coordinate of target points from where they come back to after the way to the source
    /// and back, in data units.
    pub round_trip: f64,
}

/// Results of several solvers, and the floors of their measures.
#[derive(Debug, Clone, PartialEq)]
pub struct Quality {
    /// One row for each number of evaluations, and one for the run's own solver.
    pub rows: Vec<QualityRow>,
    /// Floors of W2, sliced W2 and Fréchet distance, where they are known.
    pub floors: [Option<f64>; 3],
}

/// Transports and measures again with about so many `evaluations` per line, beside the solver of the run. At most `most` samples of
/// those that the run measured.
///
/// # Errors
/// [`Error::Argument`] for fewer than three evaluations, and those of the stages.
pub fn quality(
    config: RunConfig,
    model: &TrainedModel,
    evaluations: &[usize],
    most: Option<usize>,
    device: &NamedDevice,
    host: &dyn Host,
) -> Result<Quality, Error> {
    if let Some(few) = evaluations.iter().find(|&&count| !(3..=1_000_000).contains(&count)) {
        let message = "a line takes at least one step of two evaluations and one more";
        return Err(Error::argument("evaluations", few, message, "take e.g. 5,10,20,40"));
    }
    let own = SolverConfig { lost_share: 1.0, ..config.solver.clone() };
    let samples = most.map_or(config.eval.samples, |most| config.eval.samples.min(most));
    let eval = EvalConfig { repeats: 1, lines: 0, samples, ..config.eval.clone() };
    let mut prepared = prepare(RunConfig { eval, ..config }, host)?;
    let features = TestFeatures::of(&prepared, device, host)?;
    let solvers = evaluations.iter().map(|&count| ("heun", (count - 1) / 2)).chain([("own", 0)]);
    let (mut rows, mut floors) = (Vec::new(), [None; 3]);
    floors[2] = features.as_ref().map(TestFeatures::floor).transpose()?;
    for (solver, steps) in solvers {
        prepared.config.solver = few_steps(&own, (steps > 0).then_some(steps));
        let transported = transport_learned(&prepared, model, device, host)?;
        let metrics = measure(&prepared, &transported, device.name(), None)?;
        floors[0] = floors[0].or(metrics.w2_floor);
        floors[1] = floors[1].or(metrics.sliced_w2_floor);
        // Floors are those of the target; once is enough.
        prepared.config.eval.floor_repeats = 0;
        rows.push(QualityRow {
            solver,
            steps,
            evaluations: transported.evaluations,
            landed: transported.landed,
            w2: metrics.w2,
            sliced_w2: metrics.sliced_w2,
            frechet: features.as_ref().map(|features| features.distance(&transported.ends, device)).transpose()?,
            round_trip: round_trip(&prepared, model, device, host)?,
        });
    }
    Ok(Quality { rows, floors })
}

/// A measure of a row, if it was taken.
type Value = fn(&QualityRow) -> Option<f64>;

impl Quality {
    /// Each measure over the evaluations, to be drawn.
    pub fn curves(&self) -> Vec<QualityCurve> {
        let measures: [(&str, Value, Option<f64>); 4] = [
            ("W2", |row| row.w2, self.floors[0]),
            ("sliced W2", |row| row.sliced_w2, self.floors[1]),
            ("Fréchet distance", |row| row.frechet, self.floors[2]),
            ("round trip", |row| Some(row.round_trip), None),
        ];
        let known = measures.into_iter().filter(|(_, value, _)| self.rows.iter().any(|row| value(row).is_some()));
        known
            .map(|(measure, value, floor)| {
                let of = |solver: &str| -> Vec<(f64, f64)> {
                    let rows = self.rows.iter().filter(|row| row.solver == solver);
                    let mut points: Vec<_> = rows.filter_map(|row| Some((row.evaluations, value(row)?))).collect();
                    points.sort_by(|a, b| a.0.total_cmp(&b.0));
                    points
                };
                let solvers =
                    vec![("Heun, graded heights".to_owned(), of("heun")), ("own solver".to_owned(), of("own"))];
                QualityCurve { measure: measure.to_owned(), solvers, floor }
            })
            .collect()
    }
}

/// What the kept classifier of the target sees in two draws of its test images.
struct TestFeatures {
    classifier: Classifier,
    tests: [Points; 2],
}

impl TestFeatures {
    /// Those of the target; `None` where it has no test images, or no classifier of it is kept.
    fn of(prepared: &Prepared, device: &Device, host: &dyn Host) -> Result<Option<Self>, Error> {
        let DataSpec::Images(target) = &prepared.config.target else { return Ok(None) };
        let every = ImagesSpec { class: None, classes: Vec::new(), limit: None, ..target.clone() };
        let Some(test) = target.held_out(Path::new(""))? else { return Ok(None) };
        let train = every.open(Path::new(""))?;
        if train.labels().is_none() {
            return Ok(None);
        }
        let seed = Seed(1);
        let Some(classifier) = kept_classifier(&train, CLASSIFIER_STEPS, seed, device, host) else {
            host.note(
                "no classifier of these images is kept, so there are no Fréchet distances; `efm classify` trains one",
            );
            return Ok(None);
        };
        let count = prepared.config.eval.samples;
        let draw = |draw: u64| -> Result<Points, Error> {
            let images = test.draw(&seed.stream(streams::CLASSIFY_TEST), draw * count as u64, count)?;
            Ok(judge(&classifier, &images, device)?.features)
        };
        let tests = [draw(0)?, draw(1)?];
        Ok(Some(Self { classifier, tests }))
    }

    fn distance(&self, points: &Points, device: &Device) -> Result<f64, Error> {
        Ok(frechet_distance(&judge(&self.classifier, points, device)?.features, &self.tests[0])?)
    }

    fn floor(&self) -> Result<f64, Error> {
        Ok(frechet_distance(&self.tests[1], &self.tests[0])?)
    }
}
