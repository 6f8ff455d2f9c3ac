use std::path::Path;

use efm::config::RunConfig;
use efm::estimate::transported;
use efm::{Collection, Host, Rule, TrainedModel, Way, carry, check_losses, class_field, mean_ends, saved_config};
use efm_core::{Points, Seed, Side};
use efm_data::image::{Colour, ImageSize, ImagesSpec, Split};
use efm_data::{DataSpec, Sampler};
use efm_models::device;

use super::sample::adjusted;
use crate::args::TransportArgs;
use crate::failure::{Exit, Failure};
use crate::say;
use crate::sets::table;
use crate::terminal::Terminal;

/// `efm transport`.
pub fn run(args: &TransportArgs, host: &Terminal) -> Result<(), Failure> {
    let device = device::parse(&args.device)?;
    let inside = args.run.join("model");
    let model = if args.run.is_file() {
        TrainedModel::import(&args.run, &device)?
    } else {
        TrainedModel::load(if inside.is_dir() { &inside } else { &args.run }, &device)?
    };
    let model = adjusted(model, &args.lines)?;
    let (from, to) = if args.reverse { (Side::Target, Side::Source) } else { (Side::Source, Side::Target) };
    // A folder of a model alone has no configuration, and knows nothing of images.
    let config = args.run.join("config.toml").is_file().then(|| saved_config(&args.run)).transpose()?;
    let points = inputs(&args.input, args.key.as_deref(), config.as_ref(), from, host)?;
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
    let (field, scalers) = class_field(&model, args.lines.class.as_deref(), model.solver.guidance, &device)?;
    let way = Way::new(&field, &scalers, &model.solver, Rule::learned(&model.solver, None)?, seed);
    let (mut ends, lines, mut seconds) = carry(way, &points, args.reverse, host)?;
    check_losses(&lines, model.solver.lost_share)?;
    let mut lost = lines.lost();
    if args.mean_of > 1 {
        let (means, more, spent) = mean_ends(way, &points, ends, &lines, args.mean_of, host)?;
        (ends, lost, seconds) = (means, lost + more, seconds + spent);
    }
    Collection::of(config.as_ref(), to, &ends).write(&out, &ends)?;
    say::out(format!(
        "{} points in {seconds:.2} s, {:.1} evaluations each, {lost} lost; written to {}",
        points.len(),
        lines.evaluations_mean(),
        args.output.display()
    ));
    Ok(())
}

/// Rows of a file, or images sized and coloured as those of the run, in their order.
pub(super) fn inputs(
    input: &Path,
    key: Option<&str>,
    config: Option<&RunConfig>,
    from: Side,
    host: &Terminal,
) -> Result<Points, Failure> {
    if DataSpec::kind_for(input) != ImagesSpec::NAME {
        return Ok(table(input, key, host)?.rows.into_points()?);
    }
    let spec = config.map(|config| if from == Side::Source { &config.source } else { &config.target });
    let Some(DataSpec::Images(like)) = spec else {
        return Err(Failure::usage(
            format!("{} holds images, but this side of the run has none", input.display()),
            "give points: npy, npz, CSV or safetensors",
        ));
    };
    let spec = ImagesSpec {
        path: input.to_path_buf(),
        class: None,
        classes: Vec::new(),
        limit: None,
        domain: None,
        split: Split::All,
        key: key.map(str::to_owned),
        // Colours of chance are for training; these have their own.
        colour: Colour::Keep,
        channels: if like.colour == Colour::Random { Some(3) } else { like.channels },
        // Of any size here, and of the run's there.
        size: like.size.or_else(|| Some(ImageSize::Sides(config?.data.image?))),
        ..like.clone()
    };
    let images = spec.open(Path::new(""))?;
    let mut values = vec![0.0; images.dim() * images.count()];
    for (index, out) in values.chunks_exact_mut(images.dim()).enumerate() {
        images.image_into(index, out)?;
    }
    Ok(Points::from_values(images.dim(), values)?)
}
