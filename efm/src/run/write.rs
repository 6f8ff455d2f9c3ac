//! What a run leaves in its folder for its report: traced lines, planes of the field, fresh points of the target.

use std::path::Path;

use efm_core::streams;
use efm_core::{Augmented, Points, Seed};
use efm_data::{list_arrays, read_points, write_arrays, write_points};
use efm_field::Field;
use efm_integrate::Stop;
use efm_report::{Slices, Traced};

use crate::config::Charges;
use crate::{Drawn, Error, Kind, Prepared, RunDir, Transported, exact, repeats};

/// Numbers in the vertices of drawn lines, and charges per plate, at most.
const NUMBERS: usize = 1_000_000;
const CHARGES: usize = 1_000;

/// Vertices of a line where all of them would be too many.
const FEW: usize = 13;

/// Points per side of a plane, planes, and charges per plate that the exact field is summed over.
const SIDE: usize = 41;
const PLANES: usize = 9;
const SUMMED: usize = 3_000;

/// Points of a plane that go through a network together: the layers of a wide one take more than the run itself did.
const AT_ONCE: usize = 512;

/// Writes all that the report of a finished run needs.
pub fn keep(
    run: &RunDir,
    prepared: &Prepared,
    learned: Option<&dyn Field>,
    transported: &Transported,
) -> Result<(), Error> {
    keep_lines(run, prepared, &transported.drawn, &transported.stops, &transported.each_evaluations)?;
    keep_slices(run, prepared, learned)?;
    keep_target(run, prepared, transported)
}

/// Writes `lines.npz`: drawn lines and charges in scaled units, and how every line ended.
pub fn keep_lines(run: &RunDir, prepared: &Prepared, drawn: &Drawn, stops: &[Stop], each: &[u32]) -> Result<(), Error> {
    let dim = prepared.setup.dim();
    let whole: Vec<_> = drawn.lines.iter().map(finite).collect();
    let lines = thinned(&whole, dim);
    let count = CHARGES.min(NUMBERS / dim).max(1);
    let stream = Seed(prepared.config.seed).stream(streams::REPORT_CHARGES);
    let source = prepared.setup.source().charges(Charges::Count(count), &stream, 0)?;
    let target = prepared.setup.target().charges(Charges::Count(count), &stream, 1)?;
    let vertices = lines.iter().flat_map(|line| line.as_slice().iter().map(|&value| value as f32)).collect();
    let column = |values: Vec<f32>| Points::from_values(1, values);
    let code = |stop: &Stop| Stop::ALL.iter().position(|other| other == stop).unwrap_or(Stop::ALL.len()) as f32;
    let drawn_stops = drawn.stops.iter().take(lines.len());
    let arrays = [
        ("path", Points::from_values(dim + 1, vertices)?),
        ("vertices", column(lines.iter().map(|line| line.len() as f32).collect())?),
        ("path_stops", column(drawn_stops.map(code).collect())?),
        ("source", source),
        ("target", target),
        ("stops", column(stops.iter().map(code).collect())?),
        ("evaluations", column(each.iter().map(|&count| count as f32).collect())?),
        ("gap", column(vec![prepared.setup.gap() as f32])?),
        ("forward", column(vec![f32::from(u8::from(drawn.forward))])?),
    ];
    // A file of arrays holds none without rows.
    let filled: Vec<_> =
        arrays.iter().filter(|(_, points)| !points.is_empty()).map(|(key, points)| (*key, points)).collect();
    Ok(write_arrays(&run.file("lines.npz"), &filled)?)
}

/// A line without the vertices that are no numbers a file could hold: where a line was lost, they end it.
fn finite(line: &Augmented) -> Augmented {
    let mut kept = Augmented::new(line.dim());
    line.iter()
        .filter(|point| point.iter().all(|&value| (value as f32).is_finite()))
        .for_each(|point| kept.push_point(point));
    kept
}

/// As many lines, of as many vertices each, as [`NUMBERS`] allow; first and last vertices stay.
fn thinned(lines: &[Augmented], dim: usize) -> Vec<Augmented> {
    let most = NUMBERS / (dim + 1);
    if lines.iter().map(Augmented::len).sum::<usize>() <= most {
        return lines.to_vec();
    }
    let few = FEW.min(most).max(2);
    let kept = lines.iter().take((most / few).max(1));
    kept.map(|line| {
        let mut thin = Augmented::new(dim);
        let count = line.len().min(few);
        for k in 0..count {
            thin.push_point(line.point(if count > 1 { k * (line.len() - 1) / (count - 1) } else { 0 }));
        }
        thin
    })
    .collect()
}

/// Reads what [`keep_lines`] wrote.
pub fn kept_lines(path: &Path) -> Result<Traced, Error> {
    let wrong = |what: &str| {
        Error::new(Kind::Data, format!("{}: {what}", path.display()), "run the experiment again to write it anew")
    };
    let names = list_arrays(path)?;
    let array = |key: &str| read_points(path, Some(key)).map_err(Error::from);
    let maybe = |key: &str| if names.iter().any(|name| name == key) { array(key).map(Some) } else { Ok(None) };
    let column = |points: Option<Points>| points.map(|points| points.as_slice().to_vec()).unwrap_or_default();
    let (source, target) = (array("source")?, array("target")?);
    let dim = target.dim();
    let vertices = column(maybe("vertices")?);
    let mut lines = Vec::with_capacity(vertices.len());
    if let Some(path) = maybe("path")? {
        if path.dim() != dim + 1 || source.dim() != dim {
            return Err(wrong("its arrays are not of one dimension"));
        }
        let mut rows = path.iter();
        for &count in &vertices {
            let mut line = Augmented::new(dim);
            for row in rows.by_ref().take(count as usize) {
                let row: Vec<f64> = row.iter().map(|&value| f64::from(value)).collect();
                line.push_point(&row);
            }
            lines.push(line);
        }
    }
    let stop = |&code: &f32| Stop::ALL.get(code as usize).copied();
    let lost = column(maybe("path_stops")?).iter().map(|code| stop(code).is_some_and(Stop::is_lost)).collect();
    Ok(Traced {
        source,
        target,
        gap: f64::from(column(maybe("gap")?).first().copied().unwrap_or(1.0)),
        lines,
        lost,
        forward: column(maybe("forward")?).first() == Some(&1.0),
        evaluations: column(maybe("evaluations")?).iter().map(|&count| count as u32).collect(),
    })
}

/// Writes `target.npy`: the fresh points of the target that the first draw was measured against.
fn keep_target(run: &RunDir, prepared: &Prepared, transported: &Transported) -> Result<(), Error> {
    let count = transported.ends.len() / repeats(prepared);
    let target = prepared.target.points(Seed(prepared.config.seed), streams::EVAL_TARGET, 0, count)?;
    Ok(write_points(&run.file("target.npy"), &target)?)
}

/// Writes `slices.npz` for points of the plane: the exact field of some charges, and the learned one if there is one, in
/// planes parallel to the plates. Nothing for other D.
fn keep_slices(run: &RunDir, prepared: &Prepared, learned: Option<&dyn Field>) -> Result<(), Error> {
    if prepared.setup.dim() != 2 {
        return Ok(());
    }
    let slices = slices(prepared, learned)?;
    let rows =
        |dim: usize, values: Vec<f64>| Points::from_values(dim, values.iter().map(|&value| value as f32).collect());
    let exact = slices.exact.as_deref().unwrap_or_default();
    let strengths: Vec<f64> = exact.iter().map(|value| value[3]).collect();
    let mut arrays = vec![
        ("extent", rows(2, [slices.from, slices.to].concat())?),
        ("heights", rows(1, slices.heights.clone())?),
        ("gap", rows(1, vec![slices.gap])?),
        ("exact", rows(3, exact.iter().flat_map(|value| [value[0], value[1], value[2]]).collect())?),
    ];
    // Each plate's field normalised on its own has no strength.
    if strengths.iter().all(|value| value.is_finite()) {
        arrays.push(("ln_strength", rows(1, strengths)?));
    }
    if let Some(learned) = &slices.learned {
        arrays.push(("learned", rows(3, learned.concat())?));
    }
    let arrays: Vec<_> = arrays.iter().map(|(key, points)| (*key, points)).collect();
    Ok(write_arrays(&run.file("slices.npz"), &arrays)?)
}

/// Reads what [`keep`] wrote.
pub fn kept_slices(path: &Path) -> Result<Slices, Error> {
    let names = list_arrays(path)?;
    let array = |key: &str| -> Result<Option<Vec<f64>>, Error> {
        if !names.iter().any(|name| name == key) {
            return Ok(None);
        }
        Ok(Some(read_points(path, Some(key))?.as_slice().iter().map(|&value| f64::from(value)).collect()))
    };
    let need = |key: &str| -> Result<Vec<f64>, Error> {
        array(key)?.ok_or_else(|| {
            let hint = "run the experiment again to write it anew";
            Error::new(Kind::Data, format!("{}: has no array `{key}`", path.display()), hint)
        })
    };
    let triples =
        |values: Vec<f64>| values.chunks_exact(3).map(|value| [value[0], value[1], value[2]]).collect::<Vec<_>>();
    let (extent, heights, exact) = (need("extent")?, need("heights")?, triples(need("exact")?));
    let size = ((exact.len() / heights.len()) as f64).sqrt().round() as usize;
    let strengths = array("ln_strength")?.unwrap_or_default();
    let strength = |index: usize| strengths.get(index).copied().unwrap_or(f64::NAN);
    let [from0, from1, to0, to1] = [0, 1, 2, 3].map(|index| extent.get(index).copied().unwrap_or(0.0));
    Ok(Slices {
        from: [from0, from1],
        to: [to0, to1],
        size,
        gap: need("gap")?[0],
        heights,
        exact: Some(exact.iter().enumerate().map(|(index, &[x, y, z])| [x, y, z, strength(index)]).collect()),
        learned: array("learned")?.map(triples),
    })
}

/// The exact and the learned field in planes between the plates, D = 2.
fn slices(prepared: &Prepared, learned: Option<&dyn Field>) -> Result<Slices, Error> {
    let field = exact(prepared, Charges::Count(SUMMED), None)?;
    let gap = field.gap();
    let (from, to) = square(field.capacitor());
    // Next to a plate the field is that of separate atoms.
    let heights: Vec<f64> = (0..PLANES).map(|k| gap * (0.02 + 0.96 * k as f64 / (PLANES - 1) as f64)).collect();
    let mut at = Augmented::new(2);
    for &z in &heights {
        for row in 0..SIDE {
            for column in 0..SIDE {
                let place = |axis: usize, k: usize| from[axis] + (to[axis] - from[axis]) * k as f64 / (SIDE - 1) as f64;
                at.push(&[place(0, column), place(1, row)], z);
            }
        }
    }
    let values = field.evaluate(&at)?;
    let direction = |values: &Augmented, index: usize| [0, 1, 2].map(|axis| values.point(index)[axis]);
    let strength = |index: usize| values.ln_strengths.get(index).copied().unwrap_or(f64::NAN);
    let one = |index: usize| {
        let [x, y, z] = direction(&values.directions, index);
        [x, y, z, strength(index)]
    };
    let exact: Vec<_> = (0..at.len()).map(one).collect();
    let learned = learned
        .map(|field| {
            let mut all = Vec::with_capacity(at.len());
            for first in (0..at.len()).step_by(AT_ONCE) {
                let mut some = Augmented::new(2);
                (first..at.len().min(first + AT_ONCE)).for_each(|index| some.push_point(at.point(index)));
                let values = field.evaluate(&some)?;
                all.extend((0..some.len()).map(|index| direction(&values.directions, index)));
            }
            Ok::<_, Error>(all)
        })
        .transpose()?;
    Ok(Slices { from, to, size: SIDE, gap, heights, exact: Some(exact), learned })
}

/// A square around all but the outermost charges, a sixth wider than these.
fn square(plates: &efm_core::Capacitor) -> ([f64; 2], [f64; 2]) {
    const OUTER: f64 = 0.005;
    let range = [0, 1].map(|axis| {
        let sides = efm_core::Side::BOTH.map(|side| {
            let mut values: Vec<f32> = plates.plate(side).iter().map(|point| point[axis]).collect();
            values.sort_unstable_by(f32::total_cmp);
            let at = |share: f64| f64::from(values[(share * (values.len() - 1) as f64).round() as usize]);
            (at(OUTER), at(1.0 - OUTER))
        });
        (sides[0].0.min(sides[1].0), sides[0].1.max(sides[1].1))
    });
    let half = range.iter().map(|(low, high)| high - low).fold(0.0, f64::max).max(1e-6) * 0.5 * (1.0 + 1.0 / 6.0);
    let middle = range.map(|(low, high)| 0.5 * (low + high));
    (middle.map(|value| value - half), middle.map(|value| value + half))
}
