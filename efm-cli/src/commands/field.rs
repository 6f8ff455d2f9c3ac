use std::path::{Path, PathBuf};

use efm::config::{ConfigSource, RunConfig, load};
use efm::core::Points;
use efm::data::write_arrays;
use efm::learning::write_atomically;
use efm::report::picture::{Plane, planes, planes_png};
use efm::{Cut, PlaneOptions, TrainedModel, field_planes, prepare};

use super::settings::named;
use crate::args::{FieldArgs, PlaneArg};
use crate::failure::Failure;
use crate::say;
use crate::terminal::Terminal;

/// `efm field`: planes of the field, for papers.
pub fn run(args: &FieldArgs, host: &Terminal) -> Result<(), Failure> {
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from("field.svg"));
    let kind = kind(&out)?;
    let cut = match args.plane {
        PlaneArg::Across => Cut::Across,
        PlaneArg::Along => Cut::Along(args.height.clone()),
    };
    let show = args.show.clone();
    let options = PlaneOptions { cut, show, size: args.size, charges: args.charges, lines: args.lines };
    options.check()?;
    let device = host.device()?;
    let (config, folder) = configuration(&args.of, &args.settings)?;
    let prepared = prepare(config, host)?;
    let model = folder.map(|folder| folder.join("model")).filter(|model| model.is_dir() && !args.exact);
    let model = model.map(|model| TrainedModel::load(&model, &device)).transpose()?;
    let found = field_planes(&prepared, model.as_ref(), &options, &device)?;
    if found.iter().any(|plane| plane.ln_strengths.iter().chain(&plane.potentials).any(|value| value.is_infinite())) {
        say::note(
            "a point of the grid lies on a charge, where strength and potential have no value; another --size avoids it",
        );
    }
    match kind {
        Kind::Svg => write_atomically(&out, planes(&found)?.as_bytes())?,
        Kind::Png => write_atomically(&out, &planes_png(&found)?)?,
        Kind::Npz => export(&out, &found)?,
    }
    let what = if model.is_some() { "directions and lines are learned, strength and potential exact" } else { "exact" };
    let planes = if found.len() == 1 { "a plane" } else { "planes" };
    say::out(format!("{planes} of the field ({what}) in {}", out.display()));
    Ok(())
}

/// What a file may be.
enum Kind {
    Svg,
    Png,
    Npz,
}

fn kind(out: &Path) -> Result<Kind, Failure> {
    match out.extension().and_then(|end| end.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("svg") => Ok(Kind::Svg),
        Some("png") => Ok(Kind::Png),
        Some("npz") => Ok(Kind::Npz),
        _ => Err(Failure::usage(
            format!("{}: neither SVG nor PNG nor npz", out.display()),
            "end --out with .svg, .png or .npz",
        )),
    }
}

/// The configuration of a run's folder, with the folder, or of a preset or a file.
fn configuration(of: &str, settings: &[String]) -> Result<(RunConfig, Option<PathBuf>), Failure> {
    let folder = Some(PathBuf::from(of)).filter(|folder| folder.join("config.toml").is_file());
    let mut source = match &folder {
        Some(folder) => ConfigSource::from_file(&folder.join("config.toml"))?,
        None => named(of)?,
    };
    source.settings.extend(settings.iter().cloned());
    Ok((load(&source)?, folder))
}

/// `npz`: the numbers behind the picture; with several planes the names of all but the first end in `_1`, `_2`, ….
fn export(out: &Path, found: &[Plane]) -> Result<(), Failure> {
    let mut arrays: Vec<(String, Points)> = Vec::new();
    for (index, plane) in found.iter().enumerate() {
        let end = if index == 0 { String::new() } else { format!("_{index}") };
        let mut add = |name: &str, dim: usize, values: Vec<f64>| -> Result<(), Failure> {
            if !values.is_empty() {
                // On a charge a value is infinite; a file of points holds the largest there is.
                let values = values.iter().map(|&value| (value as f32).clamp(f32::MIN, f32::MAX)).collect();
                arrays.push((format!("{name}{end}"), Points::from_values(dim, values)?));
            }
            Ok(())
        };
        for (axis, name) in ["first", "second"].into_iter().enumerate() {
            let count = plane.size[axis];
            let step = (plane.to[axis] - plane.from[axis]) / (count - 1) as f64;
            add(name, 1, (0..count).map(|k| plane.from[axis] + k as f64 * step).collect())?;
        }
        add("ln_strength", plane.size[0], plane.ln_strengths.clone())?;
        add("potential", plane.size[0], plane.potentials.clone())?;
        add("direction", 2, plane.directions.concat())?;
        add("lines", 2, plane.lines.concat().concat())?;
        add("vertices", 1, plane.lines.iter().map(|line| line.len() as f64).collect())?;
        for (charges, name) in plane.charges.iter().zip(["source", "target"]) {
            add(name, 2, charges.concat())?;
        }
    }
    let arrays: Vec<_> = arrays.iter().map(|(name, points)| (name.as_str(), points)).collect();
    Ok(write_arrays(out, &arrays)?)
}
