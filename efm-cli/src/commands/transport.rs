use efm::core::{Seed, Side};
use efm::estimate::transported;
use efm::{Collection, Host, SendOptions, TrainedModel, points_like, saved_config, send_points};

use crate::args::TransportArgs;
use crate::failure::{Exit, Failure};
use crate::say;
use crate::terminal::Terminal;

/// `efm transport`: the points of a file along the lines of a trained field.
pub fn run(args: &TransportArgs, host: &Terminal) -> Result<(), Failure> {
    let device = host.device()?;
    let model = args.lines.options().apply(TrainedModel::open(&args.run, &device)?)?;
    let (from, to) = if args.reverse { (Side::Target, Side::Source) } else { (Side::Source, Side::Target) };
    // A folder of a model alone has no configuration, and knows nothing of images.
    let config = args.run.join("config.toml").is_file().then(|| saved_config(&args.run)).transpose()?;
    let points = points_like(&args.input, args.key.as_deref(), config.as_ref(), from, host)?;
    if points.dim() != model.geometry.dim {
        return Err(Failure::new(
            Exit::Data,
            format!("{}: D = {}, the model has D = {}", args.input.display(), points.dim(), model.geometry.dim),
            "transport points like those the model was trained on",
        ));
    }
    host.check_memory(&transported(points.dim(), points.len(), args.mean_of > 1))?;
    let out = Collection::place(Some(&args.output), &args.run, "")?;
    // Where nothing else is asked for, the seed of the run: a model alone has none, and takes the usual one.
    let seed = Seed(args.seed.or(config.as_ref().map(|config| config.seed)).unwrap_or(1));
    host.listen();
    let class = args.lines.class.as_deref();
    let options = SendOptions { class, reverse: args.reverse, mean_of: args.mean_of, seed };
    let sent = send_points(&model, &points, &options, &device, host)?;
    Collection::of(config.as_ref(), to, &sent.ends).write(&out, &sent.ends)?;
    say::out(format!(
        "{} points in {:.2} s, {:.1} evaluations each, {} lost; written to {}",
        points.len(),
        sent.seconds,
        sent.evaluations,
        sent.lost,
        args.output.display()
    ));
    Ok(())
}
