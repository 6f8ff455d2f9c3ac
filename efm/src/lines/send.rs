use burn::tensor::Device;
use efm_core::{Points, Seed};

use crate::{Error, Host, Rule, TrainedModel, Way, carry, check_losses, class_field, mean_ends};

/// Points that were sent from plate to plate.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Where they came to, in data units, in their order.
    pub ends: Points,
    /// Evaluations of the field per line, mean.
    pub evaluations: f64,
    /// Lines that did not arrive.
    pub lost: usize,
    /// Wall time.
    pub seconds: f64,
}

/// Sends `starts`, points of the source in data units, to one class of the target, or without one to all classes in turn.
///
/// # Errors
/// [`Error::Argument`] for a class that there is not, too many lost lines, and [`Error::Stopped`].
pub fn send_in_turn(
    model: &TrainedModel,
    starts: &Points,
    class: Option<&str>,
    seed: Seed,
    device: &Device,
    host: &dyn Host,
) -> Result<Sent, Error> {
    let classes: Vec<Option<&str>> = match class {
        Some(class) => vec![Some(class)],
        None if model.classes.is_empty() => vec![None],
        None => model.classes.iter().map(|class| Some(class.as_str())).collect(),
    };
    let dim = starts.dim();
    let (mut ends, mut seconds, mut evaluations, mut lost) = (vec![0.0; starts.as_slice().len()], 0.0, 0.0, 0);
    for (turn, class) in classes.iter().enumerate() {
        let rows: Vec<_> = (turn..starts.len()).step_by(classes.len()).collect();
        if rows.is_empty() {
            continue;
        }
        let (field, scalers) = class_field(model, *class, model.solver.guidance, device)?;
        let rule = Rule::learned(&model.solver, None)?;
        let way = Way::new(&field, &scalers, &model.solver, rule, seed).part(turn, starts.len());
        let (found, lines, spent) = carry(way, &starts.select(&rows), false, host)?;
        check_losses(&lines, model.solver.lost_share)?;
        for (&row, point) in rows.iter().zip(found.iter()) {
            ends[row * dim..(row + 1) * dim].copy_from_slice(point);
        }
        (seconds, lost) = (seconds + spent, lost + lines.lost());
        evaluations += lines.evaluations_mean() * rows.len() as f64;
    }
    let evaluations = evaluations / starts.len() as f64;
    Ok(Sent { ends: Points::from_values(dim, ends)?, evaluations, lost, seconds })
}

/// How points are sent.
#[derive(Debug, Clone, Copy)]
pub struct SendOptions<'a> {
    /// The class of the target, by its name or number; the whole target without one.
    pub class: Option<&'a str>,
    /// Whether points of the target are sent back to the source.
    pub reverse: bool,
    /// Lines from every point, each with noise of its own, the mean of whose ends is taken for its end.
    pub mean_of: usize,
    /// Seed of the noise that lines start with.
    pub seed: Seed,
}

/// Sends `points` in data units along the lines of a model.
///
/// # Errors
/// As [`send_in_turn`].
pub fn send_points(
    model: &TrainedModel,
    points: &Points,
    options: &SendOptions<'_>,
    device: &Device,
    host: &dyn Host,
) -> Result<Sent, Error> {
    let &SendOptions { class, reverse, mean_of, seed } = options;
    let (field, scalers) = class_field(model, class, model.solver.guidance, device)?;
    let way = Way::new(&field, &scalers, &model.solver, Rule::learned(&model.solver, None)?, seed);
    let (ends, lines, seconds) = carry(way, points, reverse, host)?;
    check_losses(&lines, model.solver.lost_share)?;
    let sent = Sent { ends, evaluations: lines.evaluations_mean(), lost: lines.lost(), seconds };
    if mean_of <= 1 {
        return Ok(sent);
    }
    let (means, more, spent) = mean_ends(way, points, sent.ends, &lines, mean_of, host)?;
    Ok(Sent { ends: means, lost: sent.lost + more, seconds: seconds + spent, ..sent })
}
