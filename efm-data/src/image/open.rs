//! From a configuration to a sampler: what the path holds, which part of it, and how much of that fits into memory.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Read,
    path::{Path, PathBuf},
    sync::Arc,
};

use rayon::prelude::*;

use super::{
    Colour, DecodeLimits, ImageSampler, ImageSet, ImageShape, ImagesSpec, Labels, Split, Target, cifar, idx,
    packed::Packed,
    read_image_array,
    sampler::Store,
    stream::{Files, Stream},
};
use crate::{DataError, Limits, format::Source};

/// Pixels kept in memory unless the configuration says otherwise.
const MAX_BYTES: u64 = 1 << 30;

/// Bytes of pixels decoded between two looks at what they came to, and the least and most files for it.
const IN_FLIGHT: u64 = 32 << 20;
const FEWEST: u64 = 16;
const MOST: u64 = 256;

/// An open set and what was found on the way.
pub struct Opened {
    /// Draws from it.
    pub sampler: ImageSampler,
    /// What is in it.
    pub report: ImageReport,
}

/// What was found when a set was opened.
#[derive(Debug, Default)]
pub struct ImageReport {
    /// `IDX`, `CIFAR`, `folder of images`, `zip of images`, `array`.
    pub format: &'static str,
    /// Images there are, those left out by class, limit or damage included.
    pub found: usize,
    /// Files left out because they are damaged, each with its error; at most the first hundred.
    pub bad: Vec<DataError>,
    /// How many files were damaged.
    pub bad_count: usize,
    /// Pictures in formats that are not read, and so passed over: extension in small letters, how many.
    pub passed_over: BTreeMap<String, usize>,
    /// Whether all pixels are in memory.
    pub in_memory: bool,
}

pub(super) fn open(
    spec: &ImagesSpec,
    path: &Path,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Opened, DataError> {
    let (target, selection) = (spec.target()?, spec.selection()?);
    let room = spec.max_bytes.unwrap_or(MAX_BYTES);
    let limits = Limits { max_bytes: spec.max_bytes.unwrap_or(Limits::default().max_bytes), ..Limits::default() };
    let (mut report, store, labels) = match find(spec, path)? {
        Found::Sets(format, paths) => {
            let mut all: Option<ImageSet> = None;
            for path in &paths {
                let set = match format {
                    "IDX" => idx::read_set(path, &limits)?,
                    "CIFAR" => cifar::read_cifar(path, &limits)?,
                    _ => read_image_array(path, spec.key.as_deref(), spec.split, spec.background, &limits)?,
                };
                match &mut all {
                    None => all = Some(set),
                    Some(all) => all.append(path, set)?,
                }
            }
            let set = all.ok_or_else(|| none(path, "holds no image"))?;
            let chosen = selection.indices(path, set.labels(), set.len())?;
            let found = set.len();
            let set = if chosen.len() == found { set } else { set.select(&chosen) };
            let set = set.fitted(&target);
            let labels = set.labels().cloned();
            (
                ImageReport { format, found, in_memory: true, ..ImageReport::default() },
                Store::Set(Arc::new(set)),
                labels,
            )
        }
        Found::Files(format, mut files) => {
            let found = files.names.len();
            let labels = arrange(&mut files, spec)?;
            let chosen = selection.indices(path, labels.as_ref(), files.names.len())?;
            files.keep(&chosen);
            let labels = labels.map(|all| pick(all, &chosen));
            let passed_over = std::mem::take(&mut files.passed_over);
            let mut report = ImageReport { format, found, passed_over, ..ImageReport::default() };
            let (store, labels) = load(files, labels, target, room, spec.skip_bad, &mut report, progress)?;
            (report, store, labels)
        }
    };
    let tinted = spec.colour == Colour::Random;
    let inner = match &store {
        Store::Set(set) => set.shape(),
        Store::Files(stream) => stream.target.goal(ImageShape { height: 1, width: 1, channels: 3 }),
    };
    let shape = ImageShape { channels: if tinted { 3 } else { inner.channels }, ..inner };
    report.in_memory = matches!(store, Store::Set(_));
    let sampler = ImageSampler { store, rows: None, shape, labels, range: spec.range, flip: spec.flip, tinted };
    if sampler.count() < 2 {
        return Err(DataError::TooFewPoints { path: path.into(), count: sampler.count(), needed: 2 });
    }
    Ok(Opened { sampler, report })
}

/// What a path holds.
enum Found {
    /// Files of many images each.
    Sets(&'static str, Vec<PathBuf>),
    /// Files of one image each.
    Files(&'static str, Files),
}

fn find(spec: &ImagesSpec, path: &Path) -> Result<Found, DataError> {
    if fs::metadata(path).is_ok_and(|metadata| metadata.is_dir()) {
        let idx = idx::files_in(path, spec.split);
        if !idx.is_empty() {
            return Ok(Found::Sets("IDX", idx));
        }
        let cifar = cifar::files_in(path, spec.split);
        if !cifar.is_empty() {
            return Ok(Found::Sets("CIFAR", cifar));
        }
        return Ok(Found::Files("folder of images", Files::in_folder(path)?));
    }
    let mut source = Source::open(path)?;
    let mut magic = [0_u8; 6];
    let length = source.len.min(6) as usize;
    source.file.read_exact(&mut magic[..length]).map_err(|error| source.io(error))?;
    let named = |end: &str| path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(end));
    let format = match magic {
        [0x93, b'N', b'U', b'M', b'P', b'Y'] => "array",
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => {
            let archive = Packed::open(path)?;
            if !archive.holds_arrays() {
                return Ok(Found::Files("zip of images", Files::in_archive(path, archive)));
            }
            "array"
        }
        // The extension first: a label of CIFAR and a black corner look like the start of an IDX file.
        _ if named("bin") => "CIFAR",
        [0x1f, 0x8b, ..] | [0, 0, 8..=14, _, ..] => "IDX",
        _ if named("npy") || named("npz") => "array",
        _ if named("zip") => return Ok(Found::Files("zip of images", Files::in_archive(path, Packed::open(path)?))),
        _ if named("idx") || named("gz") => "IDX",
        _ => return Err(DataError::UnknownFormat { path: path.into() }),
    };
    Ok(Found::Sets(format, vec![path.into()]))
}

fn none(path: &Path, problem: impl Into<String>) -> DataError {
    DataError::NoImages { path: path.into(), problem: problem.into() }
}

/// Keeps the files of the split and the domain, and reads the classes off their folders.
fn arrange(files: &mut Files, spec: &ImagesSpec) -> Result<Option<Labels>, DataError> {
    let root = files.root().to_path_buf();
    if files.names.is_empty() {
        return Err(none(&root, "holds no image (png, jpg, jpeg)"));
    }
    // The folders above the file, from the outermost.
    let mut folders: Vec<Vec<String>> = files
        .names
        .iter()
        .map(|name| name.parent().into_iter().flatten().map(|part| part.to_string_lossy().into_owned()).collect())
        .collect();
    let wanted = |split: &str| match &spec.domain {
        Some(domain) => format!("{split}{domain}"),
        None => split.to_owned(),
    };
    let splits: Vec<String> = match spec.split {
        Split::All => vec![wanted("train"), wanted("test")],
        one => vec![wanted(one.name())],
    };
    let tops = |folders: &[Vec<String>]| folders.iter().map(|f| f.first().cloned()).collect::<BTreeSet<_>>();
    // What an archive has wrapped around everything is no class.
    loop {
        let all = tops(&folders);
        match all.iter().next() {
            Some(Some(top)) if all.len() == 1 && !splits.contains(top) && folders.iter().all(|f| f.len() > 1) => {
                folders.iter_mut().for_each(|folder| drop(folder.remove(0)));
            }
            _ => break,
        }
    }
    let all: Vec<String> = tops(&folders).into_iter().flatten().collect();
    if spec.domain.is_none() && ["trainA", "trainB"].iter().all(|name| all.iter().any(|top| top == name)) {
        let problem = "is missing, and there are trainA and trainB; set it to A or B".to_owned();
        return Err(DataError::BadParameter { place: ImagesSpec::NAME, field: "domain", problem });
    }
    let split_up = splits.iter().any(|split| all.contains(split));
    if split_up {
        let chosen: Vec<_> = (0..folders.len())
            .filter(|&index| folders[index].first().is_some_and(|top| splits.contains(top)))
            .collect();
        files.keep(&chosen);
        folders = chosen.iter().map(|&index| folders[index][1..].to_vec()).collect();
    } else if spec.domain.is_some() || spec.split == Split::Test {
        let there = if all.is_empty() { "none".to_owned() } else { all.join(", ") };
        return Err(none(&root, format!("holds no folder {} with images; there are: {there}", splits.join(" or "))));
    }
    if folders.iter().any(Vec::is_empty) {
        return Ok(None);
    }
    let names: Vec<String> = tops(&folders).into_iter().flatten().collect();
    let of = folders.iter().map(|folder| names.partition_point(|name| *name < folder[0]) as u32).collect();
    Ok(Some(Labels { names, of }))
}

fn pick(labels: Labels, indices: &[usize]) -> Labels {
    let of = indices.iter().map(|&index| labels.of[index]).collect();
    Labels { names: labels.names, of }
}

/// Decodes every file once, in parallel, and keeps what fits.
fn load(
    mut files: Files,
    mut labels: Option<Labels>,
    mut target: Target,
    room: u64,
    skip_bad: bool,
    report: &mut ImageReport,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<(Store, Option<Labels>), DataError> {
    let limits = DecodeLimits::default();
    let count = files.names.len();
    // Whether the channels are those of the files: of colour unless all are grey.
    let free = target.channels.is_none();
    if free && !all_grey(&files, target, &limits) {
        target.channels = Some(3);
    }
    let mut shape: Option<ImageShape> = None;
    let mut kept: Vec<u8> = Vec::new();
    let mut fits = true;
    let mut good = Vec::new();
    let mut start = 0;
    'batches: while start < count {
        // As many at once as keep all threads busy and little memory.
        let each = shape.map_or(u64::MAX, |shape| shape.dim() as u64);
        let batch = (IN_FLIGHT / each.max(1)).clamp(FEWEST, MOST) as usize;
        let range = start..(start + batch).min(count);
        start = range.end;
        // What will be decoded again and gets its size anyway need not get it now.
        let known = shape.filter(|_| !fits && target.size.is_some());
        let look = |index| files.decode(index, target.background, &limits);
        let decoded: Vec<Result<(ImageShape, Vec<u8>), DataError>> = range
            .clone()
            .into_par_iter()
            .map(|index| match known {
                Some(shape) => look(index)
                    .map(|raster| (target.goal(ImageShape { channels: raster.shape().channels, ..shape }), Vec::new())),
                None => look(index).map(|raster| target.apply(raster)).map(|raster| (raster.shape(), raster.planar())),
            })
            .collect();
        for (index, result) in range.clone().zip(decoded) {
            let (found, planar) = match result {
                Ok(image) => image,
                Err(error) if skip_bad => {
                    report.bad_count += 1;
                    if report.bad.len() < 100 {
                        report.bad.push(error);
                    }
                    continue;
                }
                Err(error) => return Err(error),
            };
            if shape.is_none() {
                fits = count.checked_mul(found.dim()).is_some_and(|bytes| bytes as u64 <= room);
                kept.reserve_exact(if fits { count * found.dim() } else { 0 });
            }
            let expected = *shape.get_or_insert(found);
            if free && found.channels > expected.channels {
                // One in colour among grey ones makes the set colour: once more, all of them.
                target.channels = Some(3);
                (shape, fits) = (None, true);
                kept.clear();
                good.clear();
                (report.bad_count, start) = (0, 0);
                report.bad.clear();
                continue 'batches;
            }
            if found != expected {
                let problem = format!("is {found}, the images before it {expected}; set size");
                return Err(DataError::Malformed { path: files.path(index), place: "image".into(), problem });
            }
            good.push(index);
            if fits {
                kept.extend(planar);
            }
        }
        progress(range.end, count);
    }
    let Some(shape) = shape else {
        return Err(none(files.root(), format!("all {count} images are damaged")));
    };
    if good.len() < count {
        labels = labels.map(|all| pick(all, &good));
        files.keep(&good);
    }
    if fits {
        return Ok((Store::Set(Arc::new(ImageSet { shape, pixels: kept, labels: labels.clone() })), labels));
    }
    target.size = Some((shape.height, shape.width));
    target.channels = Some(shape.channels);
    Ok((Store::Files(Arc::new(Stream::new(files, target, limits, room))), labels))
}

/// Whether the first images, spread over the list, are all grey.
fn all_grey(files: &Files, target: Target, limits: &DecodeLimits) -> bool {
    const LOOKED_AT: usize = 16;
    let step = files.names.len().div_ceil(LOOKED_AT).max(1);
    let grey = |index| files.decode(index, target.background, limits).is_ok_and(|raster| raster.shape().channels == 1);
    (0..files.names.len()).step_by(step).all(grey)
}
