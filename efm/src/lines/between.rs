use burn::tensor::Device;
use efm_core::{Points, Seed, Side};

use super::Sent;
use crate::config::MapKind;
use crate::{Error, Host, Kind, TrainedModel, Way, carry, check_losses, class_field, lifted, without_noise};

/// Ends of rows of samples, and how many samples are to be on each.
#[derive(Debug, Clone, Copy)]
pub enum Between<'a> {
    /// Points of the source in data units, two for each row; noise of the lift is drawn for each.
    Source(&'a Points),
    /// Points of the target in data units, two for each row: they are followed back first.
    Target(&'a Points),
}

/// The first two points for each of `rows` rows.
///
/// # Errors
/// [`Error::Refused`] for too few points, or of another D than `dim`.
pub fn ends_of_rows(points: &Points, rows: usize, dim: usize, what: &str) -> Result<Points, Error> {
    let need = 2 * rows;
    if points.len() < need || points.dim() != dim {
        let (count, found) = (points.len(), points.dim());
        return Err(Error::new(
            Kind::Data,
            format!("{what}: {count} points of D = {found}; {rows} rows need {need} of D = {dim}"),
            "give more points like those of the target, or take fewer rows",
        ));
    }
    Ok(points.select(&(0..need).collect::<Vec<_>>()))
}

/// Samples on the way from one to another, `count` in a row with both ends, between their starts.
///
/// # Errors
/// [`Error::Refused`] for a model whose lines draw by chance, too many lost lines, and [`Error::Stopped`].
pub fn between(
    model: &TrainedModel,
    ends: Between<'_>,
    class: Option<&str>,
    count: usize,
    seed: Seed,
    device: &Device,
    host: &dyn Host,
) -> Result<Sent, Error> {
    if model.solver.rule != MapKind::Forward {
        return Err(Error::config(
            "this model's map draws by chance, where its lines leave and end; there is nothing between two draws",
            "train with the method mirror",
        ));
    }
    let (field, scalers) = class_field(model, class, model.solver.guidance, device)?;
    // Noise of the lift is part of a start: it goes over from one to the other as well.
    let solver = without_noise(&model.solver);
    let way = Way::new(&field, &scalers, &solver, None, seed);
    let starts = match ends {
        Between::Source(points) => lifted(model, points, seed)?,
        Between::Target(points) => {
            let (starts, lines, _) = carry(way, points, true, host)?;
            check_losses(&lines, solver.lost_share)?;
            starts
        }
    };
    let (ends, lines, seconds) = carry(way, &rows(model, &starts, count)?, false, host)?;
    check_losses(&lines, solver.lost_share)?;
    Ok(Sent { ends, evaluations: lines.evaluations_mean(), lost: lines.lost(), seconds })
}

/// `count` points from every first to every second of `ends`, in data units of the source: on the great circle about the
/// middle of the plate where they are about as far from it as each other, as normal noise in many dimensions is, which keeps
/// that distance on the way (Shoemake 1985); straight for points in line with the middle.
fn rows(model: &TrainedModel, ends: &Points, count: usize) -> Result<Points, Error> {
    let scaler = model.scalers.plate(Side::Source);
    let scaled = scaler.apply(ends)?;
    let mut values = Vec::with_capacity(ends.len() / 2 * count * ends.dim());
    for row in 0..scaled.len() / 2 {
        let (a, b) = (scaled.point(2 * row), scaled.point(2 * row + 1));
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum::<f64>();
        let cosine = dot(a, b) / (dot(a, a) * dot(b, b)).sqrt().max(f64::MIN_POSITIVE);
        let angle = cosine.clamp(-1.0, 1.0).acos();
        for step in 0..count {
            let t = step as f64 / (count.max(2) - 1) as f64;
            let weights = if angle.sin() > 1e-3 {
                [((1.0 - t) * angle).sin() / angle.sin(), (t * angle).sin() / angle.sin()]
            } else {
                [1.0 - t, t]
            };
            values
                .extend(a.iter().zip(b).map(|(a, b)| (weights[0] * f64::from(*a) + weights[1] * f64::from(*b)) as f32));
        }
    }
    Ok(scaler.undo(&Points::from_values(ends.dim(), values)?)?)
}
