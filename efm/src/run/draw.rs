use burn::tensor::Device;
use efm_core::streams;
use efm_core::{Augmented, Points, Seed, Side};
use efm_eval::Metrics;
use efm_models::{Condition, LearnedField, Network};
use efm_report::picture;
use efm_report::picture::CloudOptions;

use crate::{
    Drawn, Error, Host, Prepared, RunDir, Scalers, Trained, Transported, Way, carry, followed, image_shape, keep_lines,
    neighbours, repeats, some_lines,
};

/// Images in a grid.
const GRID: usize = 100;

/// Pairs of an image and where it went.
const PAIRS: usize = 64;

/// Images beside their nearest neighbours.
const NEIGHBOURS: usize = 32;

/// Images that are followed from plate to plate, and at how many heights they are seen.
const PATHS: usize = 8;
const HEIGHTS: usize = 11;

/// Lines that are traced on the way of the training.
const LINES: usize = 60;

/// Draws the run's pictures.
pub fn draw(
    run: &RunDir,
    prepared: &Prepared,
    trained: Option<&Trained>,
    transported: &Transported,
    metrics: &Metrics,
) -> Result<(), Error> {
    let folder = run.pictures()?;
    let config = &prepared.config;
    // One draw of the measured ones is enough to see.
    let rows: Vec<_> = (0..transported.ends.len() / repeats(prepared)).collect();
    let (starts, ends) = (&transported.starts.select(&rows), &transported.ends.select(&rows));
    let target = prepared.target.points(Seed(config.seed), streams::EVAL_TARGET, 0, ends.len())?;
    let options = CloudOptions { title: Some(config.name.clone()), w2: metrics.w2 };
    picture::clouds(folder.join("clouds.svg"), starts, ends, &target, &options)?;
    let scaled_starts = prepared.scalers.plate(Side::Source).apply(starts)?;
    let scaled_target = prepared.scalers.plate(Side::Target).apply(&target)?;
    let lines = folder.join("field-lines.svg");
    picture::field_lines(lines, &transported.drawn.lines, &scaled_starts, &scaled_target, prepared.setup.gap())?;
    if let Some(trained) = trained.filter(|trained| !trained.log.is_empty()) {
        picture::loss(folder.join("loss.svg"), &trained.log)?;
    }
    if let Some(shape) = image_shape(prepared) {
        let range = range(&target);
        for (name, points) in [("images-transported.png", ends), ("images-target.png", &target)] {
            let rows: Vec<_> = (0..points.len().min(GRID)).collect();
            picture::image_grid(folder.join(name), &points.select(&rows), shape, 10, range)?;
        }
        if transported.paired {
            let rows: Vec<_> = (0..ends.len().min(PAIRS)).collect();
            let (from, to) = (starts.select(&rows), ends.select(&rows));
            picture::image_pairs(folder.join("images-pairs.png"), &from, &to, shape, 8, range)?;
        }
        let rows: Vec<_> = (0..ends.len().min(NEIGHBOURS)).collect();
        let few = ends.select(&rows);
        if let Some(near) = neighbours(prepared, &few)? {
            picture::image_pairs(folder.join("images-neighbours.png"), &few, &near, shape, 8, range)?;
        }
        if let Some((path, columns)) = on_the_way(prepared, &transported.drawn)? {
            picture::image_grid(folder.join("images-path.png"), &path, shape, columns, range)?;
        }
    }
    Ok(())
}

/// Some images at several heights of their lines, in data units, line after line; and how many to a line. Between the
/// plates, whose scalings may differ, the scaling goes from one to the other as z does.
fn on_the_way(prepared: &Prepared, drawn: &Drawn) -> Result<Option<(Points, usize)>, Error> {
    let dim = prepared.setup.dim();
    let mut rows = Vec::new();
    let finite = |line: &&Augmented| line.as_slice().iter().all(|&value| (value as f32).is_finite());
    for line in drawn.lines.iter().filter(|line| line.len() >= HEIGHTS).filter(finite).take(PATHS) {
        for k in 0..HEIGHTS {
            let index = k * (line.len() - 1) / (HEIGHTS - 1);
            let share = (line.z(index) / prepared.setup.gap()).clamp(0.0, 1.0);
            let scaled = line.x(index).iter().map(|&value| value as f32).collect();
            let scaled = Points::from_values(dim, scaled)?;
            let [source, target] = Side::BOTH.map(|side| prepared.scalers.plate(side).undo(&scaled));
            let (source, target) = (source?, target?);
            let mix = source.as_slice().iter().zip(target.as_slice());
            rows.extend(mix.map(|(&a, &b)| (f64::from(a) + share * (f64::from(b) - f64::from(a))) as f32));
        }
    }
    Ok(if rows.is_empty() { None } else { Some((Points::from_values(dim, rows)?, HEIGHTS)) })
}

/// Draws what the training has come to on its way: transported images, and lines for the page of `efm watch`.
pub fn draw_samples(
    run: &RunDir,
    prepared: &Prepared,
    network: &Network,
    device: &Device,
    step: usize,
    host: &dyn Host,
) -> Result<(), Error> {
    let field = || followed(network, prepared.setup.geometry(), &prepared.config.solver, device);
    let whole = field();
    let way = Way::new(&whole, &prepared.scalers, &prepared.config.solver, None, prepared.seed());
    let count = prepared.config.eval.lines.min(LINES);
    let starts = prepared.source.points(Seed(prepared.config.seed), streams::EVAL_SOURCE, 0, count)?;
    keep_lines(run, prepared, &some_lines(way, &starts, count)?, &[], &[])?;
    let Some(shape) = image_shape(prepared) else { return Ok(()) };
    let starts = prepared.source.points(Seed(prepared.config.seed), streams::EVAL_SOURCE, 0, PAIRS)?;
    let send = |field: LearnedField, scalers: &Scalers, starts: &Points| -> Result<Points, Error> {
        let way = Way::new(&field, scalers, &prepared.config.solver, None, prepared.seed());
        Ok(carry(way, starts, false, host)?.0)
    };
    let ends = if prepared.classes.is_empty() {
        send(field(), &prepared.scalers, &starts)?
    } else {
        // A row of images for every class, all from the same starts.
        let starts = starts.select(&(0..starts.len().min(8)).collect::<Vec<_>>());
        let mut ends = Vec::new();
        for class in 0..prepared.classes.len() {
            let field = field().under(Condition::class(class, device))?.guided(prepared.config.solver.guidance);
            let scalers =
                field.middle().map_or_else(|| Ok(prepared.scalers.clone()), |at| prepared.scalers.about(at))?;
            ends.extend_from_slice(send(field, &scalers, &starts)?.as_slice());
        }
        Points::from_values(starts.dim(), ends)?
    };
    let target = prepared.target.points(Seed(prepared.config.seed), streams::EVAL_TARGET, 0, PAIRS)?;
    let file = run.pictures()?.join(format!("samples-{step:06}.png"));
    picture::image_grid(file, &ends, shape, 8, range(&target))?;
    Ok(())
}

/// Darkest and brightest value.
fn range(points: &Points) -> (f32, f32) {
    points.as_slice().iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(a, b), &v| (a.min(v), b.max(v)))
}
