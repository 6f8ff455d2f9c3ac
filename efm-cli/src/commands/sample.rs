use std::path::Path;

use efm::config::{Rule as LearnedRule, RunConfig};
use efm::{Collection, Rule, TrainedModel, Way, carry, check_losses, class_field, few_steps, saved_config};
use efm_core::streams;
use efm_core::{Points, Seed, Side};
use efm_data::DataSpec;
use efm_models::device;

use crate::args::{LinesArgs, SampleArgs};
use crate::failure::{Exit, Failure};
use crate::say;
use crate::terminal::Terminal;

/// `efm sample`: lines from fresh points of the source.
pub fn run(args: &SampleArgs, host: &Terminal) -> Result<(), Failure> {
    let device = device::parse(&args.device)?;
    let config = saved_config(&args.run)?;
    let model = adjusted(TrainedModel::load(&args.run.join("model"), &device)?, &args.lines)?;
    let starts = starts(&config, &args.run, args.seed, args.count)?;
    let out = Collection::place(args.out.as_deref(), &args.run, "samples")?;
    host.listen();
    let weight = model.solver.guidance;
    // One class, or all in turn.
    let classes: Vec<Option<String>> = match &args.lines.class {
        Some(class) => vec![Some(class.clone())],
        None if model.classes.is_empty() => vec![None],
        None => model.classes.iter().cloned().map(Some).collect(),
    };
    let (mut ends, mut seconds, mut evaluations) = (vec![0.0; starts.as_slice().len()], 0.0, 0.0);
    let dim = starts.dim();
    for (turn, class) in classes.iter().enumerate() {
        let rows: Vec<_> = (turn..starts.len()).step_by(classes.len()).collect();
        if rows.is_empty() {
            continue;
        }
        let (field, scalers) = class_field(&model, class.as_deref(), weight, &device)?;
        let rule = Rule::learned(&model.solver, None)?;
        let way = Way::new(&field, &scalers, &model.solver, rule, Seed(args.seed)).part(turn, starts.len());
        let (found, lines, spent) = carry(way, &starts.select(&rows), false, host)?;
        check_losses(&lines, model.solver.lost_share)?;
        for (&row, point) in rows.iter().zip(found.iter()) {
            ends[row * dim..(row + 1) * dim].copy_from_slice(point);
        }
        (seconds, evaluations) = (seconds + spent, evaluations + lines.evaluations_mean() * rows.len() as f64);
    }
    let ends = Points::from_values(dim, ends)?;
    Collection::of(Some(&config), Side::Target, &ends).write(&out, &ends)?;
    say::out(format!(
        "{} samples in {seconds:.2} s, {:.1} evaluations each; written to {}",
        ends.len(),
        evaluations / ends.len() as f64,
        out.display()
    ));
    Ok(())
}

/// The model with its lines followed as asked for.
pub(super) fn adjusted(model: TrainedModel, args: &LinesArgs) -> Result<TrainedModel, Failure> {
    if args.steps.is_some() && model.solver.rule != LearnedRule::Forward {
        return Err(Failure::usage(
            "--steps: lines of this model pass behind the plates, and few steps are for those of the gap",
            "leave --steps out, or train with --method mirror",
        ));
    }
    let mut solver = few_steps(&model.solver, args.steps);
    if let Some(weight) = args.guidance {
        if !weight.is_finite() || model.classes.is_empty() {
            return Err(Failure::usage(
                format!("--guidance {weight}: guidance is a number, and leads towards a class"),
                "train with --set train.conditional=true on a target whose points have classes",
            ));
        }
        solver.guidance = weight;
    }
    Ok(TrainedModel { solver, ..model })
}

/// Fresh points of the source of `run`, in data units.
pub(super) fn starts(config: &RunConfig, run: &Path, seed: u64, count: usize) -> Result<Points, Failure> {
    if matches!(config.source, DataSpec::File(_) | DataSpec::Images(_)) {
        return Err(Failure::new(
            Exit::Usage,
            format!("the source of {} is a set of data, not a distribution to sample from", run.display()),
            "--input takes points of your own, with `efm transport` or `efm interpolate`",
        ));
    }
    let source = config.source.open(Path::new(""))?;
    Ok(source.draw(&Seed(seed).stream(streams::SAMPLE), 0, count)?)
}
