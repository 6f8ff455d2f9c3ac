use efm::core::{Seed, Side};
use efm::{Between, Collection, TrainedModel, between, ends_of_rows, points_like, saved_config, source_points};

use crate::args::InterpolateArgs;
use crate::failure::{Exit, Failure};
use crate::say;
use crate::terminal::Terminal;

/// `efm interpolate`: samples between samples.
pub fn run(args: &InterpolateArgs, host: &Terminal) -> Result<(), Failure> {
    let (device, seed) = (host.device()?, Seed(args.seed));
    let config = saved_config(&args.run)?;
    let model = args.lines.options().apply(TrainedModel::load(&args.run.join("model"), &device)?)?;
    let out = Collection::place(args.out.as_deref(), &args.run, "between")?;
    host.listen();
    let points = match &args.input {
        Some(file) => {
            let targets = points_like(file, None, Some(&config), Side::Target, host)?;
            ends_of_rows(&targets, args.rows, model.geometry.dim, &file.display().to_string())
                .map_err(|error| Failure::from(error).hint_too(Exit::Data, "with --rows"))?
        }
        None => source_points(&config, seed, 2 * args.rows)
            .map_err(|error| Failure::from(error).hint_too(Exit::Usage, "with --input"))?,
    };
    let ends = if args.input.is_some() { Between::Target(&points) } else { Between::Source(&points) };
    let sent = between(&model, ends, args.lines.class.as_deref(), args.count, seed, &device, host)?;
    Collection::of(Some(&config), Side::Target, &sent.ends).in_columns(args.count).write(&out, &sent.ends)?;
    let (rows, count, seconds) = (args.rows, args.count, sent.seconds);
    say::out(format!("{rows} rows of {count} samples in {seconds:.2} s; written to {}", out.display()));
    Ok(())
}
