use std::ops::ControlFlow;
use std::path::Path;

use efm::config::{ConfigSource, Rule, SolverConfig, load};
use efm::{Host, Likelihood, LnDensities, TrainedModel, Way};
use efm_core::Seed;
use efm_data::write_column;
use efm_integrate::Save;
use efm_integrate::density::{Divergence, Volume};
use efm_models::device;

use crate::args::DensityArgs;
use crate::failure::{Exit, Failure};
use crate::say;
use crate::terminal::Terminal;

/// Probes of each line where derivatives along all coordinates are too many.
const PROBES: usize = 16;

/// Half the distance of the two points of a difference, in units of the smaller spread: an f32 network then errs by about
/// 1e-3 in a derivative, mostly by its rounding, independently at every node.
const STEP: f64 = 2e-3;

/// Coarsest tolerance of the lines. At the usual 1e-3 ends are good enough for samples, but the map is not smooth, and
/// densities integrate to 0.97 in place of 1.
const TOLERANCE: f64 = 1e-6;

/// `efm density`.
pub fn run(args: &DensityArgs, host: &Terminal) -> Result<(), Failure> {
    check(args)?;
    let device = device::parse(&args.device)?;
    let model = TrainedModel::load(&args.run.join("model"), &device)?;
    if model.solver.rule != Rule::Forward {
        return Err(Failure::usage(
            "this model's map draws by chance, where its lines leave and end; densities are those of forward maps",
            "train with --method mirror",
        ));
    }
    let source = source(&args.run)?;
    let points = crate::sets::table(&args.input, args.key.as_deref(), host)?.rows.into_points()?;
    let dim = model.geometry.dim;
    for (found, what) in [(points.dim(), args.input.display()), (source.dim(), args.run.display())] {
        if found != dim {
            return Err(Failure::new(
                Exit::Data,
                format!("{what}: D = {found}, the model has D = {dim}"),
                "give points like those of the target the model was trained on",
            ));
        }
    }
    let field = model.field(&device);
    let (rtol, atol) = (model.solver.rtol.min(TOLERANCE), model.solver.atol.min(TOLERANCE));
    // Three digits more take up to ten times the steps.
    let max_evaluations = model.solver.max_evaluations.saturating_mul(10);
    let solver = SolverConfig { rtol, atol, max_evaluations, ..model.solver.clone() };
    let way = Way::new(&field, &model.scalers, &solver, None, Seed(args.seed));
    let spread = model.geometry.source_spread.min(model.geometry.target_spread);
    let likelihood = Likelihood {
        field: &field,
        scalers: &model.scalers,
        source: &*source,
        volume: Volume {
            map: way.forward(true, Save::Ends),
            divergence: args.probes.map_or(Divergence::automatic(dim, PROBES), Divergence::Probes),
            nodes: args.nodes,
            step: STEP * if spread > 0.0 { spread } else { 1.0 },
        },
        seed: Seed(args.seed),
    };
    host.listen();
    let started = host.seconds();
    let mut progress = host.progress("density", points.len());
    let found = likelihood.ln_densities(&points, &mut |now| {
        progress.set(now.finished, &|| format!("{} evaluations", now.evaluations));
        if host.stop().is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    drop(progress);
    let seconds = host.seconds() - started;
    if let Some(exit) = host.stop() {
        return Err(host.stopped(exit, "stopped on the way; nothing was written", "run the command again").into());
    }
    let lost = found.lost() as f64 / points.len() as f64;
    if lost > model.solver.lost_share {
        return Err(Failure::new(
            Exit::Numerical,
            format!("{:.1} % of the lines did not get to the source", 100.0 * lost),
            "these points may be far from the target; train longer, or raise solver.max_evaluations in model.json",
        ));
    }
    write_column(&args.output, "ln_density", &found.values)?;
    summarise(args, &found, dim, seconds);
    Ok(())
}

/// What can be known to be wrong before any work is done.
fn check(args: &DensityArgs) -> Result<(), Failure> {
    let extension = args.output.extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase();
    if !["npy", "csv", "tsv", "txt"].contains(&extension.as_str()) {
        return Err(Failure::usage(
            format!("{}: one number per row is written as npy or CSV", args.output.display()),
            "use the extension .npy, .csv, .tsv or .txt",
        ));
    }
    for (name, value, most) in [("--probes", args.probes.unwrap_or(1), 100_000), ("--nodes", args.nodes, 10_000)] {
        if value == 0 || value > most {
            return Err(Failure::usage(
                format!("{name} {value}: it must lie between 1 and {most}"),
                format!("leave {name} out for the usual number"),
            ));
        }
    }
    Ok(())
}

/// The source distribution of a run, from its configuration.
fn source(run: &Path) -> Result<Box<dyn efm_data::Sampler>, Failure> {
    let file = run.join("config.toml");
    let text = ConfigSource::from_file(&file).map_err(|error| {
        Failure::from(error).hint_on_io("give the folder of a whole run: its config.toml names the source")
    })?;
    Ok(load(&text)?.source.open(Path::new(""))?)
}

fn summarise(args: &DensityArgs, found: &LnDensities, dim: usize, seconds: f64) {
    let known: Vec<f64> = found.values.iter().copied().filter(|value| !value.is_nan()).collect();
    let count = found.values.len();
    let lost = count - known.len();
    say::out(format!(
        "{count} points in {seconds:.2} s, {:.0} evaluations each, {lost} lost{}; written to {}",
        found.evaluations as f64 / count as f64,
        if lost > 0 { " (nan)" } else { "" },
        args.output.display()
    ));
    let outside = known.iter().filter(|value| value.is_infinite()).count();
    if outside > 0 {
        say::note(format!("{outside} points come from where the source has no density (-inf)"));
    }
    let finite: Vec<f64> = known.into_iter().filter(|value| value.is_finite()).collect();
    if finite.is_empty() {
        return;
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let mean_density = mean(&finite);
    let bits = -mean_density / std::f64::consts::LN_2 / dim as f64;
    let errors: Vec<f64> = found.standard_errors.iter().copied().filter(|error| *error > 0.0).collect();
    let probes =
        if errors.is_empty() { String::new() } else { format!("; error of the probes {:.3} per point", mean(&errors)) };
    say::out(format!("mean ln q {mean_density:.4} per point, {bits:.4} bits per coordinate{probes}"));
}
