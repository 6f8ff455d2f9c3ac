//! Fields of single classes of the target.

use std::collections::BTreeMap;

use burn::tensor::Device;
use efm_core::Points;
use efm_models::LearnedField;

use crate::{Drawn, Error, Host, Prepared, Rule, Scalers, TrainedModel, Transported, Way, fresh, send};

/// The field that a class, by name or by number, has in a model, or that of the whole target for none, with the scaling of its
/// plates; `weight` is that of the guidance.
pub fn class_field(
    model: &TrainedModel,
    class: Option<&str>,
    weight: f64,
    device: &Device,
) -> Result<(LearnedField, Scalers), Error> {
    let Some(class) = class else { return Ok((model.field(device), model.scalers.clone())) };
    model.of_class(find(&model.classes, class)?, weight, device)
}

/// The index of a class: that of the name, else the number itself.
fn find(classes: &[String], class: &str) -> Result<usize, Error> {
    if classes.is_empty() {
        return Err(Error::argument(
            "class",
            class,
            "the model was trained without classes",
            "train with train.conditional = true on a target whose points have classes",
        ));
    }
    let number = || class.parse().ok().filter(|&number: &usize| number < classes.len());
    let found = classes.iter().position(|name| name == class).or_else(number);
    found.ok_or_else(|| {
        Error::argument("class", class, "there is no such class", format!("there are {}", classes.join(", ")))
    })
}

/// Fresh source samples of a run, the i-th of which goes to class i modulo their number.
pub fn transport_to_classes(
    prepared: &Prepared,
    model: &TrainedModel,
    device: &Device,
    host: &dyn Host,
) -> Result<Transported, Error> {
    let starts = fresh(prepared)?;
    let classes = model.classes.len();
    let solver = &prepared.config.solver;
    let rule = Rule::learned(solver, None)?;
    let mut parts = Vec::with_capacity(classes);
    for class in 0..classes.min(starts.len()) {
        let (field, scalers) = model.of_class(class, solver.guidance, device)?;
        let way = Way::new(&field, &scalers, solver, rule, prepared.seed()).part(class, starts.len());
        let rows: Vec<_> = (class..starts.len()).step_by(classes).collect();
        parts.push(send(way, starts.select(&rows), prepared, host)?);
    }
    Ok(together(&starts, parts, prepared.config.eval.lines))
}

/// One transport out of those of the classes.
fn together(starts: &Points, parts: Vec<Transported>, lines: usize) -> Transported {
    let classes = parts.len();
    let dim = starts.dim();
    let mean = |of: fn(&Transported) -> f64| {
        let sum: f64 = parts.iter().map(|part| of(part) * part.ends.len() as f64).sum();
        sum / starts.len().max(1) as f64
    };
    let (landed, evaluations) = (mean(|part| part.landed), mean(|part| part.evaluations));
    let ends = (0..starts.len()).flat_map(|row| parts[row % classes].ends.point(row / classes)).copied().collect();
    let mut tally = BTreeMap::new();
    for (reason, count) in parts.iter().flat_map(|part| &part.tally) {
        *tally.entry(reason.clone()).or_insert(0) += count;
    }
    let each = |row: usize| (row % classes, row / classes);
    let stops = (0..starts.len()).map(each).map(|(class, index)| parts[class].stops[index]).collect();
    let each_evaluations =
        (0..starts.len()).map(each).map(|(class, index)| parts[class].each_evaluations[index]).collect();
    let seconds = parts.iter().map(|part| part.seconds).sum();
    let mut drawn = Drawn { forward: parts.iter().all(|part| part.drawn.forward), ..Drawn::default() };
    for part in parts {
        let share = lines.div_ceil(classes);
        drawn.lines.extend(part.drawn.lines.into_iter().take(share));
        drawn.stops.extend(part.drawn.stops.into_iter().take(share));
    }
    Transported {
        starts: starts.clone(),
        ends: Points::from_values(dim, ends).expect("rows of finite points"),
        tally,
        landed,
        evaluations,
        seconds,
        paired: true,
        drawn,
        stops,
        each_evaluations,
        classes: (0..starts.len()).map(|row| row % classes).collect(),
    }
}
