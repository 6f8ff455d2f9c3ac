//! Points on their way out: rows of a file, and images besides.

use std::fs;
use std::path::{Path, PathBuf};

use efm_core::{Points, Side};
use efm_data::{DataSpec, write_points};
use efm_eval::ImageShape;
use efm_report::picture::{image, image_grid};

use crate::config::{ConfigSource, RunConfig, load};
use crate::{Error, Kind};

/// The configuration kept in the folder of a run.
pub fn saved_config(run: &Path) -> Result<RunConfig, Error> {
    let file = run.join("config.toml");
    let source = ConfigSource::from_file(&file)
        .map_err(|error| Error::new(Kind::Io, format!("{}: {error}", file.display()), "give a run's folder"))?;
    Ok(load(&source)?)
}

/// How points are written: as rows, or as images too.
pub struct Collection {
    /// Shape and darkest and brightest value, for images.
    image: Option<(ImageShape, (f32, f32))>,
    columns: Option<usize>,
}

/// Most images of a grid, and how many stand side by side.
const GRID: usize = 400;

impl Collection {
    /// For points of one side of a run.
    pub fn of(config: Option<&RunConfig>, side: Side, points: &Points) -> Self {
        let Some(config) = config else { return Self { image: None, columns: None } };
        let spec = match side {
            Side::Source => &config.source,
            Side::Target => &config.target,
        };
        // Noise has no range of its own.
        let range = match spec {
            DataSpec::Images(images) => images.range.ends(),
            _ => points
                .as_slice()
                .iter()
                .fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), &value| (low.min(value), high.max(value))),
        };
        let shape = config.data.image.and_then(|[height, width]| {
            let channels = points.dim().checked_div(height * width)?;
            let whole = channels > 0 && channels * height * width == points.dim();
            whole.then_some(ImageShape { height, width, channels })
        });
        Self { image: shape.map(|shape| (shape, range)), columns: None }
    }

    /// With so many images in a row of a grid.
    pub fn in_columns(self, columns: usize) -> Self {
        Self { columns: Some(columns), ..self }
    }

    /// The place asked for, or the first free one of `RUN/NAME`, `RUN/NAME-2`, …; folders have to be new or empty.
    pub fn place(out: Option<&Path>, run: &Path, name: &str) -> Result<PathBuf, Error> {
        let Some(out) = out else {
            let free = (1..10_000_u32)
                .map(|count| run.join(if count == 1 { name.to_owned() } else { format!("{name}-{count}") }))
                .find(|path| !path.exists());
            return free.ok_or_else(|| Error::config("there are 10 000 such folders", "choose another place"));
        };
        let used = out.is_dir() && fs::read_dir(out).is_ok_and(|mut entries| entries.next().is_some());
        if used {
            return Err(Error::config(
                format!("{} is a folder and not empty", out.display()),
                "name a new folder or a file: npy, npz, csv, png",
            ));
        }
        Ok(out.to_path_buf())
    }

    /// Writes `points`: into a file of rows or a PNG grid by its extension, else into a folder: `points.npz`, and for images
    /// `grid.png` and `images/000000.png`, ….
    pub fn write(&self, out: &Path, points: &Points) -> Result<(), Error> {
        let extension = out.extension().and_then(|end| end.to_str()).map(str::to_ascii_lowercase);
        match (extension.as_deref(), self.image) {
            (Some("png"), Some((shape, range))) => self.grid(out, points, shape, range),
            (Some("png"), None) => Err(Error::config(
                format!("{}: these points are not known to be images", out.display()),
                "write them to an npy, npz or CSV file",
            )),
            (Some(_), _) => Ok(write_points(out, points)?),
            (None, image) => self.folder(out, points, image),
        }
    }

    fn folder(&self, out: &Path, points: &Points, shape: Option<(ImageShape, (f32, f32))>) -> Result<(), Error> {
        let make = |folder: &Path| fs::create_dir_all(folder).map_err(|error| Error::io(folder, error));
        make(out)?;
        if let Some((shape, range)) = shape {
            let images = out.join("images");
            make(&images)?;
            for (index, point) in points.iter().enumerate() {
                image(images.join(format!("{index:06}.png")), point, shape, range)?;
            }
            self.grid(&out.join("grid.png"), points, shape, range)?;
        }
        Ok(write_points(&out.join("points.npz"), points)?)
    }

    fn grid(&self, path: &Path, points: &Points, shape: ImageShape, range: (f32, f32)) -> Result<(), Error> {
        let rows: Vec<_> = (0..points.len().min(GRID)).collect();
        let columns = self.columns.unwrap_or(if rows.len() > 100 { 20 } else { 10 });
        Ok(image_grid(path, &points.select(&rows), shape, columns, range)?)
    }
}
