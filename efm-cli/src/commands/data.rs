use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use efm::core::Seed;
use efm::core::streams;
use efm::data::image::{ImageReport, ImageSampler, ImageSize, ImagesSpec, Opened, Split};
use efm::data::store::{FetchOptions, Imported, KnownSet};
use efm::data::{Sampler, store};
use efm::eval::ImageShape;
use efm::report::picture::image_grid;
use efm::{Host, known_set};

use crate::args::{DataAction, DataArgs};
use crate::failure::{Exit, Failure};
use crate::terminal::Terminal;
use crate::{data_folder, say};

/// Images in a picture of `efm data info`, and how many stand side by side.
const SHOWN: usize = 64;
const COLUMNS: usize = 16;

/// `efm data`.
pub fn run(args: &DataArgs, host: &Terminal) -> Result<(), Failure> {
    let folder = || data_folder::folder(args.folder.as_deref());
    match &args.action {
        DataAction::List => list(&folder()?),
        DataAction::Info { path, split, domain, size, grid, skip_bad } => {
            let spec = ImagesSpec {
                split: parse_split(split)?,
                domain: domain.clone(),
                size: size.map(ImageSize::Square),
                skip_bad: *skip_bad,
                ..ImagesSpec::new(place(path, args.folder.as_deref(), host)?)
            };
            info(&spec, grid.as_deref(), host)
        }
        DataAction::Import { name, package, force } => {
            import(store::known(name)?, package.as_deref(), &folder()?, *force)
        }
        DataAction::Fetch { name, mirror, force } => {
            let certificates = std::env::var_os("SSL_CERT_FILE").map(PathBuf::from);
            let options = FetchOptions { mirrors: mirror.clone(), proxy: proxy(), certificates, replace: *force };
            fetch(store::known(name)?, &folder()?, &options, host)
        }
    }
}

fn list(folder: &Path) -> Result<(), Failure> {
    say::out(format!("sets in {}", folder.display()));
    for set in store::known_sets() {
        let mark = if set.is_installed(folder) { "*" } else { " " };
        say::out(format!("{mark} {:<14} {}", set.name, set.about));
        if mark == " " {
            if let Some(package) = set.package {
                say::out(format!("  {:<14} {package}, then `efm data import {} PACKAGE`", "", set.name));
            }
            if !set.files.is_empty() {
                say::out(format!("  {:<14} `efm data fetch {}`", "", set.name));
            }
        }
    }
    Ok(())
}

/// A path, or where the known set of this name lies.
fn place(path: &Path, folder: Option<&Path>, host: &Terminal) -> Result<PathBuf, Failure> {
    if path.exists() {
        return Ok(path.into());
    }
    if let (Some(folder), Some(set)) = (folder, path.to_str().and_then(|name| store::known(name).ok())) {
        return Ok(set.folder(folder));
    }
    Ok(known_set(path, host)?.unwrap_or_else(|| path.into()))
}

fn parse_split(text: &str) -> Result<Split, Failure> {
    [Split::Train, Split::Test, Split::All].into_iter().find(|split| split.name() == text).ok_or_else(|| {
        Failure::usage(format!("`{text}` is no part of a set"), "write --split train, --split test or --split all")
    })
}

fn info(spec: &ImagesSpec, grid: Option<&Path>, host: &Terminal) -> Result<(), Failure> {
    let mut bar = None;
    let opened = spec.open_with(Path::new(""), &mut |done, all| {
        bar.get_or_insert_with(|| host.progress("reading", all)).set(done, &String::new);
    });
    drop(bar);
    let Opened { sampler, report } = opened?;
    describe(spec, &sampler, &report);
    if let Some(path) = grid {
        let (from, draws) = (sampler.shape(), sampler.draw(&Seed(1).stream(streams::INFO), 0, SHOWN)?);
        let shape = ImageShape { height: from.height, width: from.width, channels: from.channels };
        image_grid(path, &draws, shape, COLUMNS, sampler.range().ends())?;
        say::note(format!("wrote {}", path.display()));
    }
    Ok(())
}

fn describe(spec: &ImagesSpec, sampler: &ImageSampler, report: &ImageReport) {
    say::out(spec.path.display());
    say::out(format!("format    {}", report.format));
    say::out(format!("images    {} ({})", sampler.count(), spec.split.name()));
    let shape = sampler.shape();
    let (height, width, channels) = (shape.height, shape.width, shape.channels);
    say::out(format!("shape     {height} × {width}, {channels} channel(s), D = {}", shape.dim()));
    if report.bad_count > 0 {
        say::out(format!("damaged   {}", report.bad_count));
        report.bad.iter().take(10).for_each(|error| say::out(format!("          {error}")));
    }
    for (end, count) in &report.passed_over {
        say::note(format!("{count} .{end} passed over; PNG and JPEG are read"));
    }
    match sampler.labels() {
        None => say::out("classes   none"),
        Some(labels) => {
            say::out(format!("classes   {}", labels.names().len()));
            for (name, count) in labels.names().iter().zip(labels.counts()) {
                say::out(format!("          {name:<14} {count}"));
            }
        }
    }
}

fn import(set: &KnownSet, package: Option<&Path>, folder: &Path, force: bool) -> Result<(), Failure> {
    let package = match package {
        Some(package) => package.to_path_buf(),
        None => set.installs_to.iter().map(PathBuf::from).find(|path| path.exists()).ok_or_else(|| {
            let hint = match set.package {
                Some(package) => format!("get {package}, and name the file it leaves"),
                None => format!("name its archive, or try `efm data fetch {}`", set.name),
            };
            Failure::new(Exit::Io, format!("no package of {} is installed here", set.name), hint)
        })?,
    };
    done(&store::import(set, &package, folder, force, &mut |_| {})?)
}

fn fetch(set: &KnownSet, folder: &Path, options: &FetchOptions, host: &Terminal) -> Result<(), Failure> {
    host.listen();
    let unchecked = set.files.iter().any(|file| file.sha256.is_none());
    if unchecked && !set.is_verified() {
        say::note(format!("{}: {}", set.name, store::REMOTE_FILES_UNCHECKED));
    }
    let mut bar: Option<(&str, Box<dyn efm::Progress>)> = None;
    let fetched = store::fetch(set, folder, options, &mut |progress| {
        if bar.as_ref().is_none_or(|(file, _)| *file != progress.file) {
            drop(bar.take());
            bar = Some((progress.file, host.progress("fetching", progress.all.unwrap_or(0) as usize)));
        }
        if let Some((file, bar)) = &mut bar {
            bar.set(progress.done as usize, &|| (*file).to_owned());
        }
        if host.stop().is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    drop(bar);
    match (fetched, host.stop()) {
        (Err(_), Some(exit)) => Err(Failure::new(exit.into(), "stopped", "the same command goes on from there")),
        (fetched, _) => done(&fetched?),
    }
}

fn done(imported: &Imported) -> Result<(), Failure> {
    let checked = if imported.verified { "contents verified" } else { "no checksum known" };
    let (files, bytes) = (imported.files, imported.bytes);
    say::out(format!("{}: {files} files, {bytes} bytes, {checked}", imported.folder.display()));
    Ok(())
}

/// The proxy for HTTPS, as other tools find it.
fn proxy() -> Option<String> {
    ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
        .iter()
        .find_map(|name| std::env::var(name).ok())
        .filter(|value| !value.is_empty())
}
