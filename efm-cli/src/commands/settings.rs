//! From the command line to a configuration.

use std::path::{Path, PathBuf};

use efm::config::{ConfigSource, Method, RunConfig, load};
use efm::data::DataSpec;
use efm::{known_set, presets};

use crate::args::ExperimentArgs;
use crate::failure::Failure;
use crate::terminal::Terminal;

/// The configuration of one run; its data paths are absolute.
pub fn configuration(args: &ExperimentArgs, method: Option<Method>, host: &Terminal) -> Result<RunConfig, Failure> {
    let mut source = experiment(args)?;
    source.method = method;
    for (table, path) in [("source", &args.source), ("target", &args.target)] {
        if let Some(path) = path {
            // Paths on the command line start from the present folder, those in a file from the file's.
            let value = toml::Value::String(absolute(path, table)?.to_string_lossy().into_owned());
            let setting = match args.image {
                // Transparent pixels and frames become white; a set needs one number of channels for all its images.
                Some(size) => format!("{table}={{ kind = \"images\", path = {value}, size = {size}, channels = 3 }}"),
                None => format!("{table}={{ kind = \"{}\", path = {value} }}", DataSpec::kind_for(path)),
            };
            source.settings.insert(0, setting);
        }
    }
    source.settings.extend(args.settings.iter().cloned());
    if let Some(seed) = args.seed {
        source.settings.push(format!("seed={seed}"));
    }
    let mut config = load(&source)?;
    for (table, spec) in [("source", &mut config.source), ("target", &mut config.target)] {
        let images = matches!(spec, DataSpec::Images(_));
        if let Some(path) = spec.path_mut() {
            let beside = source.base.join(&*path);
            let known = if images && !beside.exists() { known_set(path, host)? } else { None };
            *path = absolute(&known.unwrap_or(beside), table)?;
        }
    }
    if let Some(path) = &mut config.train.init {
        *path = absolute(&source.base.join(&*path), "train.init")?;
    }
    Ok(config)
}

/// The path as the run's own configuration keeps it, so that the run can be measured again from any folder.
pub(super) fn absolute(path: &Path, table: &str) -> Result<PathBuf, Failure> {
    let path = std::path::absolute(path).map_err(|error| {
        Failure::usage(format!("{table}.path: {error}"), "name a file: npy, npz, CSV or safetensors")
    })?;
    match path.to_str() {
        Some(_) => Ok(path),
        None => Err(Failure::usage(
            format!("{}: the path is not UTF-8, so a configuration cannot hold it", path.display()),
            "rename the file or its folder, or give a link to it",
        )),
    }
}

/// The text of the preset or file, or of an experiment made of two files.
fn experiment(args: &ExperimentArgs) -> Result<ConfigSource, Failure> {
    match &args.name {
        Some(name) => named(name),
        None if args.target.is_some() => {
            let stem = |path: &Option<PathBuf>| {
                let stem = path.as_ref().and_then(|path| path.file_stem());
                stem.map_or("gaussian".to_owned(), |stem| stem.to_string_lossy().into_owned())
            };
            let name = toml::Value::String(format!("{}-to-{}", stem(&args.source), stem(&args.target)));
            let mut text = format!("name = {name}\nsource.kind = \"gaussian\"\ntarget.kind = \"gaussian\"\n");
            if let Some(size) = args.image {
                text = images(&name.to_string(), usize::from(size), args.source.is_some());
            }
            Ok(ConfigSource { name: "the command line".to_owned(), text, ..ConfigSource::default() })
        }
        None => Err(Failure::usage(
            "nothing to run: neither an experiment nor a target file was given",
            "try `efm run gaussian-to-swiss-roll`, or `efm run --source a.npy --target b.csv`; `efm presets` lists more",
        )),
    }
}

/// What works for images: noise lines of a charge at the start, one length for all coordinates, a U-Net; and for translation
/// a gap in which images keep something of themselves.
fn images(name: &str, size: usize, translation: bool) -> String {
    let dim = 3 * size * size;
    let gap = if translation { format!("{:.1}", TRANSLATION_GAP * (dim as f64).sqrt()) } else { "\"auto\"".to_owned() };
    // Images are halved as long as they have an even side of 8 or more.
    let levels = (size.trailing_zeros() as usize + 1).min(1 + (size / 8).max(1).ilog2() as usize).clamp(1, 3);
    let multipliers = &["1", "1, 2", "1, 2, 2"][levels - 1];
    format!(
        "name = {name}\nsource = {{ kind = \"gaussian\", dim = {dim} }}\ntarget.kind = \"gaussian\"\n\
         data.scaling = \"joint\"\nplates.gap = {gap}\n\
         solver = {{ lift = \"brownian\", start_height = 1.0, lost_share = 0.2 }}\n\
         model = {{ kind = \"u-net\", multipliers = [{multipliers}] }}\n\
         train = {{ batch = 64, learning_rate = 1e-3, points = {{ kind = \"flux\", margin = 0.002, edge = 0.5 }} }}\n\
         eval = {{ samples = 200, repeats = 1 }}\n"
    )
}

/// Gap between two sets of images in units of √D spreads: lines are longer than the sets are apart, and few run along the
/// plates; beyond that images forget what they were.
const TRANSLATION_GAP: f64 = 1.8;

/// A preset by name, or a TOML file.
pub fn named(name: &str) -> Result<ConfigSource, Failure> {
    if let Some(preset) = presets::find(name) {
        return Ok(preset.source());
    }
    let path = Path::new(name);
    if path.extension().is_some_and(|extension| extension == "toml") || path.is_file() {
        return ConfigSource::from_file(path)
            .map_err(|error| Failure::from(error).hint_on_io("give a preset's name or a TOML file"));
    }
    Err(Failure::usage(
        format!("there is no preset or file called `{name}`"),
        format!("did you mean `{}`? `efm presets` lists all", presets::nearest(name)),
    ))
}
