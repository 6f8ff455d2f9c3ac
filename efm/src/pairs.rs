//! Sets whose images belong together in pairs: known to nobody during training, they tell how well an unpaired map does.

use std::path::Path;

use burn::tensor::Device;
use efm_core::Points;
use efm_data::DataSpec;
use efm_eval::{PairDistances, pair_distances};
use efm_report::picture;

use crate::config::SolverConfig;
use crate::{Error, Host, Kind, Prepared, Rule, RunDir, TrainedModel, Way, all, carry, image_shape, mean_ends};

/// Held-out images of the source and, row by row, those of the target that they belong to.
pub struct Partners {
    source: Points,
    target: Points,
}

impl Partners {
    /// Those of a run with `eval.paired`; `None` for others.
    pub fn of(prepared: &Prepared) -> Result<Option<Self>, Error> {
        let config = &prepared.config;
        if !config.eval.paired {
            return Ok(None);
        }
        let held_out = |spec: &DataSpec| -> Result<Points, Error> {
            let DataSpec::Images(images) = spec else {
                return Err(Error::config(
                    format!("eval.paired is for sets of images with test images; {spec} is none"),
                    "set eval.paired = false",
                ));
            };
            let test = images.held_out(Path::new(""))?.ok_or_else(|| {
                Error::config(format!("eval.paired needs test images, and {spec} has none"), "set eval.paired = false")
            })?;
            all(&test)
        };
        let (source, target) = (held_out(&config.source)?, held_out(&config.target)?);
        if source.len() != target.len() {
            let (from, to) = (source.len(), target.len());
            return Err(Error::new(
                Kind::Data,
                format!("eval.paired: there are {from} test images in the source and {to} in the target"),
                "pairs are told by their order; set eval.paired = false if there are none",
            ));
        }
        Ok(Some(Self { source, target }))
    }

    /// Transports the source's images, measures how far from their partners they come, and draws some: a row of images, what became
    /// of them, and their partners.
    pub fn measure(
        &self,
        run: &RunDir,
        prepared: &Prepared,
        model: &TrainedModel,
        device: &Device,
        host: &dyn Host,
    ) -> Result<PairDistances, Error> {
        // Lost lines count as they ended; those of the run itself were checked.
        let solver = &SolverConfig { lost_share: 1.0, ..prepared.config.solver.clone() };
        let field = model.field(device);
        let rule = Rule::learned(solver, None)?;
        let way = Way::new(&field, &prepared.scalers, solver, rule, prepared.seed());
        let (ends, lines, _) = carry(way, &self.source, false, host)?;
        let (low, high) = self.target.as_slice().iter().fold((f32::MAX, f32::MIN), |(a, b), &v| (a.min(v), b.max(v)));
        // As images are written: no value is beyond black and white.
        let written = |ends: &Points| {
            let values = ends.as_slice().iter().map(|value| value.clamp(low, high)).collect();
            Points::from_values(ends.dim(), values)
        };
        let count = prepared.config.eval.mean_of;
        let mean = || mean_ends(way, &self.source, ends.clone(), &lines, count, host);
        let means = (count > 1).then(mean).transpose()?;
        let ends = written(&ends)?;
        if let Some(shape) = image_shape(prepared) {
            let drawn: Vec<_> = (0..ends.len()).step_by((ends.len() / DRAWN).max(1)).take(DRAWN).collect();
            let mut rows = Vec::new();
            for row in drawn.chunks(COLUMNS).filter(|row| row.len() == COLUMNS) {
                for points in [&self.source, &ends, &self.target] {
                    rows.extend_from_slice(points.select(row).as_slice());
                }
            }
            if !rows.is_empty() {
                let grid = Points::from_values(ends.dim(), rows)?;
                picture::image_grid(run.pictures()?.join("images-partners.png"), &grid, shape, COLUMNS, (low, high))?;
            }
        }
        let found = pair_distances(&self.source, &ends, &self.target)?;
        let Some((means, ..)) = means else { return Ok(found) };
        let of_means = pair_distances(&self.source, &written(&means)?, &self.target)?.transported;
        Ok(PairDistances { lines: count, of_means: Some(of_means), ..found })
    }
}

/// Images drawn, and how many to a row.
const DRAWN: usize = 48;
const COLUMNS: usize = 12;
