use efm::config::{Rule as LearnedRule, SolverConfig};
use efm::{Collection, TrainedModel, Way, carry, check_losses, class_field, lifted, saved_config, without_noise};
use efm_core::{Points, Seed, Side};
use efm_models::device;

use super::sample::{adjusted, starts};
use super::transport::inputs;
use crate::args::InterpolateArgs;
use crate::failure::{Exit, Failure};
use crate::say;
use crate::terminal::Terminal;

/// `efm interpolate`: samples between samples.
pub fn run(args: &InterpolateArgs, host: &Terminal) -> Result<(), Failure> {
    let device = device::parse(&args.device)?;
    let config = saved_config(&args.run)?;
    let model = adjusted(TrainedModel::load(&args.run.join("model"), &device)?, &args.lines)?;
    if model.solver.rule != LearnedRule::Forward {
        return Err(Failure::usage(
            "this model's map draws by chance, where its lines leave and end; there is nothing between two draws",
            "train with --method mirror",
        ));
    }
    let out = Collection::place(args.out.as_deref(), &args.run, "between")?;
    host.listen();
    let (field, scalers) = class_field(&model, args.lines.class.as_deref(), model.solver.guidance, &device)?;
    // Noise of the lift is part of a start: it goes over from one to the other as well.
    let solver: SolverConfig = without_noise(&model.solver);
    let way = Way::new(&field, &scalers, &solver, None, Seed(args.seed));
    let ends = match &args.input {
        Some(file) => {
            let targets = inputs(file, None, Some(&config), Side::Target, host)?;
            if targets.len() < 2 * args.rows || targets.dim() != model.geometry.dim {
                let message = format!(
                    "{}: {} points of D = {}; {} rows need {} of D = {}",
                    file.display(),
                    targets.len(),
                    targets.dim(),
                    args.rows,
                    2 * args.rows,
                    model.geometry.dim
                );
                return Err(Failure::new(
                    Exit::Data,
                    message,
                    "give more points like those of the target, or fewer --rows",
                ));
            }
            let chosen = targets.select(&(0..2 * args.rows).collect::<Vec<_>>());
            let (starts, lines, _) = carry(way, &chosen, true, host)?;
            check_losses(&lines, solver.lost_share)?;
            starts
        }
        None => {
            let plain = starts(&config, &args.run, args.seed, 2 * args.rows)?;
            lifted(&model, &plain, Seed(args.seed))?
        }
    };
    let between = between(&model, &ends, args.count)?;
    let (found, lines, seconds) = carry(way, &between, false, host)?;
    check_losses(&lines, solver.lost_share)?;
    Collection::of(Some(&config), Side::Target, &found).in_columns(args.count).write(&out, &found)?;
    say::out(format!("{} rows of {} samples in {seconds:.2} s; written to {}", args.rows, args.count, out.display()));
    Ok(())
}

/// `count` points from every first to every second of `ends`, in data units of the source: on the great circle about the
/// middle of the plate where they are about as far from it as each other, as normal noise in many dimensions is, which keeps
/// that distance on the way (Shoemake 1985); straight for points in line with the middle.
fn between(model: &TrainedModel, ends: &Points, count: usize) -> Result<Points, Failure> {
    let scaler = model.scalers.plate(Side::Source);
    let scaled = scaler.apply(ends)?;
    let mut values = Vec::with_capacity(ends.len() / 2 * count * ends.dim());
    for row in 0..scaled.len() / 2 {
        let (a, b) = (scaled.point(2 * row), scaled.point(2 * row + 1));
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
        let cosine = dot(a, b) / (dot(a, a) * dot(b, b)).sqrt().max(f64::MIN_POSITIVE);
        let angle = cosine.clamp(-1.0, 1.0).acos();
        for step in 0..count {
            let t = step as f64 / (count - 1) as f64;
            let weights = if angle.sin() > 1e-3 {
                [((1.0 - t) * angle).sin() / angle.sin(), (t * angle).sin() / angle.sin()]
            } else {
                [1.0 - t, t]
            };
            values
                .extend(a.iter().zip(b).map(|(a, b)| (weights[0] * f64::from(*a) + weights[1] * f64::from(*b)) as f32));
        }
    }
    Ok(scaler.undo(&Points::from_values(ends.dim(), values)?)?)
}
