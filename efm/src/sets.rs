//! Any set that a person can name: a file of rows, images, a known set, a run.

use std::path::{Path, PathBuf};

use efm_core::{Points, Stream};
use efm_data::image::{ClassName, ImageShape, ImageSize, ImagesSpec, Split};
use efm_data::{DataError, DataSpec, Table, TableOptions, count_axes, read_points_within, read_table};
use rayon::prelude::*;

use crate::memory::limits;
use crate::{Error, Host, Kind, is_run, known_set, saved_config};

/// Points, and where they came from.
#[derive(Debug, Clone)]
pub struct Set {
    /// The points.
    pub points: Points,
    /// The set in a few words.
    pub what: String,
    /// Their shape, where they are known to be images.
    pub image: Option<ImageShape>,
    /// The file they are from, as it is.
    table: Option<Table>,
}

/// A table of a file; what was left out or converted is said.
///
/// # Errors
/// [`Error::Data`] for files that cannot be read.
pub fn read_rows(path: &Path, key: Option<&str>, host: &dyn Host) -> Result<Table, Error> {
    let table = read_table(path, key, &TableOptions::default(), &limits(host))?;
    table.notes.iter().for_each(|note| host.note(&format!("{}: {note}", path.display())));
    Ok(table)
}

/// Brings the columns of files into the order of the first, by their names, and their origin to where f32 keeps their
/// differences. Measures of two sets do not depend on where both have their origin.
///
/// # Errors
/// [`Error::Data`] for columns of other names.
pub fn in_one_frame(sets: [&mut Set; 2], host: &dyn Host) -> Result<(), Error> {
    let [first, second] = sets;
    let (Some(one), Some(other)) = (&first.table, &mut second.table) else { return Ok(()) };
    if one.rows.dim() != other.rows.dim() {
        // What measures the sets says so.
        return Ok(());
    }
    let before = other.notes.len();
    *other = other.clone().in_order_of(one)?;
    other.notes[before..].iter().for_each(|note| host.note(&format!("{}: {note}", second.what)));
    let Some(origin) = one.rows.common_origin(&other.rows)? else {
        if other.notes.len() > before {
            second.points = other.rows.to_points()?;
        }
        return Ok(());
    };
    first.points = one.rows.about(&origin)?;
    second.points = other.rows.about(&origin)?;
    Ok(())
}

/// How images become points, and how many points count.
#[derive(Debug, Clone, Copy, Default)]
pub struct Pixels {
    /// Side of a square.
    pub side: Option<u16>,
    /// Shape of the images of the other set, where a run sets it.
    pub shape: Option<ImageShape>,
    /// At most so many points, chosen by the stream.
    pub most: Option<(usize, Stream)>,
    /// Whether arrays of more than two axes are images, and not rows.
    pub arrays: bool,
}

impl Pixels {
    /// At most as many of `count` points as are wanted, without repeats, in their order; none where that is all of them.
    fn chosen(&self, count: usize) -> Option<Vec<usize>> {
        let (most, stream) = self.most.filter(|&(most, _)| most < count)?;
        let mut chosen = rand::seq::index::sample(&mut stream.at(0), count, most).into_vec();
        chosen.sort_unstable();
        Some(chosen)
    }
}

/// A name and what was written behind its colons.
struct Named {
    path: PathBuf,
    words: Vec<String>,
}

impl Named {
    /// A path that exists is itself, colons and all; otherwise the words behind the last colons choose a part of what is before.
    fn of(path: &Path, host: &dyn Host) -> Result<Self, Error> {
        let mut words = Vec::new();
        let mut rest = path.to_string_lossy().into_owned();
        loop {
            let here = Path::new(&rest);
            if here.exists() {
                return Ok(Self { path: here.to_path_buf(), words });
            }
            if let Some(known) = known_set(here, host)? {
                return Ok(Self { path: known, words });
            }
            match rest.rsplit_once(':') {
                Some((before, word)) if !before.is_empty() => {
                    words.insert(0, word.to_owned());
                    rest = before.to_owned();
                }
                // There is nothing of that name; the reader says so.
                _ => return Ok(Self { path: path.to_path_buf(), words: Vec::new() }),
            }
        }
    }
}

/// The shape of the images of a run, if `path` names one.
pub fn shape_of_run(path: &Path, host: &dyn Host) -> Option<ImageShape> {
    let named = Named::of(path, host).ok()?;
    is_run(&named.path).then(|| run_shape(&named.path))?
}

fn run_shape(folder: &Path) -> Option<ImageShape> {
    let config = saved_config(folder).ok()?;
    let [height, width] = config.data.image?;
    let points = read_points_within(&folder.join("target.npy"), None, &efm_data::Limits::default()).ok()?;
    let channels = points.dim().checked_div(height * width)?;
    ImageShape::new(height, width, channels).ok().filter(|shape| shape.dim() == points.dim())
}

impl Set {
    /// Reads the set that a path or a name means:
    ///
    /// * `FILE`: its rows (npy, npz, CSV, safetensors); of other files and folders the images, see [`DataSpec::kind_for`];
    /// * `NAME`: a known set of images;
    /// * `RUN`: where a run's points landed; `RUN:source` and `RUN:target` are where they began, and fresh points of the target.
    ///
    /// Behind the colons of images stand `train` (if nothing is said), `test` or `all`, `A` or `B`, and classes.
    ///
    /// # Errors
    /// [`Error::Data`] for files that cannot be read, and [`Error::Refused`] for parts that a set has not.
    pub fn read(path: &Path, pixels: Pixels, host: &dyn Host) -> Result<Self, Error> {
        let named = Named::of(path, host)?;
        let what = path.display().to_string();
        if is_run(&named.path) {
            let image = run_shape(&named.path);
            return Ok(Self { points: some(of_run(&named, host)?, pixels), what, image, table: None });
        }
        let is_array = pixels.arrays && is_array_of_images(&named.path, host);
        if is_array || DataSpec::kind_for(&named.path) == ImagesSpec::NAME {
            return images(&named, what, pixels, host);
        }
        if let Some(word) = named.words.first() {
            return Err(Error::config(
                format!("{}: a file of rows has no part called `{word}`", named.path.display()),
                "parts are those of runs (RUN:target) and of images (FOLDER:test)",
            ));
        }
        let table = read_rows(&named.path, None, host)?;
        let points = some(table.rows.to_points()?, pixels);
        let whole = pixels.most.is_none();
        Ok(Self { points, what, image: None, table: whole.then_some(table) })
    }
}

/// Rows have two axes, images more.
fn is_array_of_images(path: &Path, host: &dyn Host) -> bool {
    let array = path.extension().is_some_and(|end| ["npy", "npz"].iter().any(|name| end.eq_ignore_ascii_case(name)));
    array && count_axes(path, &limits(host)).is_ok_and(|axes| axes > 2)
}

fn some(points: Points, pixels: Pixels) -> Points {
    match pixels.chosen(points.len()) {
        Some(chosen) => points.select(&chosen),
        None => points,
    }
}

fn of_run(named: &Named, host: &dyn Host) -> Result<Points, Error> {
    let part = match &named.words[..] {
        [] => "transported",
        [word] if ["transported", "source", "target"].contains(&word.as_str()) => word,
        words => {
            return Err(Error::config(
                format!("{}: a run has no part called `{}`", named.path.display(), words.join(":")),
                "its parts are transported, source and target, as in RUN:target",
            ));
        }
    };
    let file = named.path.join(format!("{part}.npy"));
    if !file.exists() {
        return Err(Error::new(
            Kind::Io,
            format!("{}: there is no such file in the run", file.display()),
            "`efm run` and `efm map` leave transported points; a run that was only trained has none",
        ));
    }
    Ok(read_points_within(&file, None, &limits(host))?)
}

fn images(named: &Named, what: String, pixels: Pixels, host: &dyn Host) -> Result<Set, Error> {
    let mut spec = ImagesSpec::new(&named.path);
    match (pixels.shape, pixels.side) {
        (Some(shape), _) => {
            spec.size = Some(ImageSize::Sides([shape.height, shape.width]));
            spec.channels = Some(shape.channels);
        }
        // Of one size, and in colour.
        (None, Some(side)) => {
            spec.size = Some(ImageSize::Square(usize::from(side)));
            spec.channels = Some(3);
        }
        (None, None) => {}
    }
    for word in &named.words {
        match word.as_str() {
            "train" => spec.split = Split::Train,
            "test" => spec.split = Split::Test,
            "all" => spec.split = Split::All,
            "A" | "B" => spec.domain = Some(word.clone()),
            class => {
                spec.classes.push(class.parse().map_or_else(|_| ClassName::Name(class.to_owned()), ClassName::Number))
            }
        }
    }
    let sampler = spec.open(Path::new(""))?;
    let shape = sampler.shape();
    let room = usize::try_from(host.memory_for_rows() / 4 / shape.dim() as u64).unwrap_or(usize::MAX);
    let wanted = pixels.chosen(sampler.count()).unwrap_or_else(|| (0..sampler.count()).collect());
    // More than fit are thinned evenly: files stand in the order of their classes.
    let count = wanted.len().min(room.max(2));
    let mut values = vec![0.0; count * shape.dim()];
    let read = |(index, image): (usize, &mut [f32])| -> Result<(), DataError> {
        sampler.image_into(wanted[(index as u128 * wanted.len() as u128 / count as u128) as usize], image)
    };
    values.par_chunks_mut(shape.dim()).enumerate().try_for_each(read)?;
    Ok(Set { points: Points::from_values(shape.dim(), values)?, what, image: Some(shape), table: None })
}
