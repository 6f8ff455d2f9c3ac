use std::f64::consts::LN_2;

use efm::core::Seed;
use efm::data::write_column;
use efm::{DensityOptions, Host, LnDensities, TrainedModel, ln_densities, read_rows, saved_config};

use crate::args::DensityArgs;
use crate::failure::Failure;
use crate::say;
use crate::terminal::Terminal;

/// `efm density`: log-densities of the points of a file under the map of a run.
pub fn run(args: &DensityArgs, host: &Terminal) -> Result<(), Failure> {
    check_place(args)?;
    let options = DensityOptions { probes: args.probes, nodes: args.nodes, seed: Seed(args.seed) };
    options.check()?;
    let device = host.device()?;
    let model = TrainedModel::load(&args.run.join("model"), &device)?;
    let config = saved_config(&args.run)?;
    let points = read_rows(&args.input, args.key.as_deref(), host)?.rows.into_points()?;
    host.listen();
    let started = host.seconds();
    let found = ln_densities(&model, &config, &points, &options, &device, host)?;
    write_column(&args.output, "ln_density", &found.values)?;
    summarise(args, &found, points.dim(), host.seconds() - started);
    Ok(())
}

/// Refuses a file that cannot hold one number per row before any work is done.
fn check_place(args: &DensityArgs) -> Result<(), Failure> {
    let extension = args.output.extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase();
    if ["npy", "csv", "tsv", "txt"].contains(&extension.as_str()) {
        return Ok(());
    }
    Err(Failure::usage(
        format!("{}: one number per row is written as npy or CSV", args.output.display()),
        "use the extension .npy, .csv, .tsv or .txt",
    ))
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
    let errors: Vec<f64> = found.standard_errors.iter().copied().filter(|error| *error > 0.0).collect();
    let probes =
        if errors.is_empty() { String::new() } else { format!("; error of the probes {:.3} per point", mean(&errors)) };
    let bits = -mean(&finite) / LN_2 / dim as f64;
    say::out(format!("mean ln q {:.4} per point, {bits:.4} bits per coordinate{probes}", mean(&finite)));
}
