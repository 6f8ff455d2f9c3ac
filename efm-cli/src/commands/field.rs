use std::path::{Path, PathBuf};

use efm::config::{Charges, ConfigSource, RunConfig, load};
use efm::{Prepared, TrainedModel, Way, exact, prepare, some_lines};
use efm_core::streams;
use efm_core::{Augmented, Points, Seed, Side};
use efm_data::write_arrays;
use efm_field::{ExactField, Field, Law, coulomb_potential, potential};
use efm_models::device;
use efm_report::picture::{Plane, View, planes, planes_png};
use efm_train::write_atomically;

use super::settings::named;
use crate::failure::{Exit, Failure};
use crate::report_args::{FieldArgs, PlaneArg, ShowArg};
use crate::say;
use crate::terminal::Terminal;

/// Points of a grid in all, and charges that are drawn.
const MOST_POINTS: usize = 1 << 20;
const DRAWN_CHARGES: usize = 400;

/// Planes next to a plate are this share of the gap away from it: nearer, the field is that of separate atoms.
const NEAREST: f64 = 0.02;

/// `efm field`: planes of the field, for papers.
pub fn run(args: &FieldArgs, host: &Terminal) -> Result<(), Failure> {
    let out = args.out.clone().unwrap_or_else(|| PathBuf::from("field.svg"));
    let kind = kind(&out)?;
    if args.size < 2 || args.size.saturating_mul(args.size) > MOST_POINTS {
        let hint = "write --size 80; at most 1024";
        return Err(Failure::usage(format!("--size {}: not a grid that can be drawn", args.size), hint));
    }
    let (config, folder) = configuration(&args.of, &args.settings)?;
    let prepared = prepare(config, host)?;
    let field = exact(&prepared, Charges::Count(args.charges), None)?;
    let device = device::parse("cpu")?;
    let model = match folder.map(|folder| folder.join("model")).filter(|model| model.is_dir() && !args.exact) {
        Some(model) => Some(TrainedModel::load(&model, &device)?),
        None => None,
    };
    let learned = model.as_ref().map(|model| model.field(&device));
    let shown = Shown {
        args,
        prepared: &prepared,
        exact: &field,
        direction: learned.as_ref().map_or(&field as &dyn Field, |learned| learned),
        view: View::of(field.capacitor().plate(Side::Target)),
        name: if learned.is_some() { "learned" } else { "exact" },
    };
    let found = shown.planes()?;
    if found.iter().any(|plane| plane.ln_strengths.iter().chain(&plane.potentials).any(|value| value.is_infinite())) {
        say::note(
            "a point of the grid lies on a charge, where strength and potential have no value; another --size avoids it",
        );
    }
    match kind {
        Kind::Svg => write_atomically(&out, planes(&found)?.as_bytes())?,
        Kind::Png => write_atomically(&out, &planes_png(&found)?)?,
        Kind::Npz => export(&out, &found)?,
    }
    let what =
        if learned.is_some() { "directions and lines are learned, strength and potential exact" } else { "exact" };
    say::out(format!(
        "{} of the field ({what}) in {}",
        if found.len() == 1 { "a plane" } else { "planes" },
        out.display()
    ));
    Ok(())
}

/// What a file may be.
enum Kind {
    Svg,
    Png,
    Npz,
}

fn kind(out: &Path) -> Result<Kind, Failure> {
    match out.extension().and_then(|end| end.to_str()).map(str::to_ascii_lowercase).as_deref() {
        Some("svg") => Ok(Kind::Svg),
        Some("png") => Ok(Kind::Png),
        Some("npz") => Ok(Kind::Npz),
        _ => Err(Failure::usage(
            format!("{}: neither SVG nor PNG nor npz", out.display()),
            "end --out with .svg, .png or .npz",
        )),
    }
}

/// The configuration of a run's folder, with the folder, or of a preset or a file.
fn configuration(of: &str, settings: &[String]) -> Result<(RunConfig, Option<PathBuf>), Failure> {
    let folder = PathBuf::from(of);
    let mut source = if folder.join("config.toml").is_file() {
        let file = folder.join("config.toml");
        ConfigSource::from_file(&file)
            .map_err(|error| Failure::new(Exit::Io, format!("{}: {error}", file.display()), "give a run's folder"))?
    } else {
        named(of)?
    };
    source.settings.extend(settings.iter().cloned());
    let config = load(&source)?;
    Ok((config, folder.join("config.toml").is_file().then_some(folder)))
}

/// What is drawn, and of what.
struct Shown<'a> {
    args: &'a FieldArgs,
    prepared: &'a Prepared,
    exact: &'a ExactField,
    direction: &'a dyn Field,
    view: View,
    name: &'static str,
}

impl Shown<'_> {
    fn has(&self, what: ShowArg) -> bool {
        self.args.show.contains(&what)
    }

    fn planes(&self) -> Result<Vec<Plane>, Failure> {
        let dim = self.exact.dim();
        match self.args.plane {
            PlaneArg::Across => Ok(vec![self.across()?]),
            PlaneArg::Along if dim < 2 => Err(Failure::usage(
                "planes along the plates need D = 2 or more; these data have D = 1",
                "leave --plane along out: the plane across the gap shows all of it",
            )),
            PlaneArg::Along => self.args.height.iter().map(|&share| self.along(share)).collect(),
        }
    }

    /// z to the right, the first coordinate (or principal component) upwards.
    fn across(&self) -> Result<Plane, Failure> {
        let gap = self.exact.gap();
        let [low, high] = self.range(0);
        // Behind the plates there is a field of its own only without mirrors.
        let beyond = if self.exact.law() == Law::Mirror { 0.0 } else { 0.3 * gap };
        let size = self.args.size;
        let (from, to) = ([-beyond, low], [gap + beyond, high]);
        let middle = self.middle(1);
        let place = |[z, x]: [f64; 2]| (self.view.lift([x, middle]), z);
        let charges = Side::BOTH.map(|side| {
            let z = side.height(gap);
            self.view.place_all(self.exact.capacitor().plate(side), DRAWN_CHARGES).iter().map(|x| [z, x[0]]).collect()
        });
        let mut plane =
            self.plane([from, to], size, place, |direction, turn| [direction[direction.len() - 1], turn[0]])?;
        plane.title = format!("across the gap, {}", self.name);
        plane.axes = ["z".to_owned(), self.axis(0)];
        plane.charges = charges;
        if self.has(ShowArg::Lines) {
            let starts = self.prepared.source.points(
                Seed(self.prepared.config.seed),
                streams::EVAL_SOURCE,
                0,
                self.args.lines,
            )?;
            let (scalers, solver) = (&self.prepared.scalers, &self.prepared.config.solver);
            let way = Way::new(self.direction, scalers, solver, None, self.prepared.seed());
            let drawn = some_lines(way, &starts, self.args.lines)?;
            let project = |line: &Augmented| {
                (0..line.len()).map(|index| [line.z(index), self.view.place(line.x(index))[0]]).collect()
            };
            plane.lines = drawn.lines.iter().map(project).collect();
        }
        Ok(plane)
    }

    /// Both coordinates at the height that is this share of the gap.
    fn along(&self, share: f64) -> Result<Plane, Failure> {
        if !(0.0..=1.0).contains(&share) {
            return Err(Failure::usage(
                format!("--height {share}: not a share of the gap"),
                "write --height 0.1,0.5,0.9",
            ));
        }
        let gap = self.exact.gap();
        let z = gap * share.clamp(NEAREST, 1.0 - NEAREST);
        let ranges = [self.range(0), self.range(1)];
        let width = ranges.iter().map(|[low, high]| high - low).fold(0.0, f64::max);
        let square = ranges.map(|[low, high]| [0.5 * (low + high - width), 0.5 * (low + high + width)]);
        let (from, to) = ([square[0][0], square[1][0]], [square[0][1], square[1][1]]);
        let mut plane = self.plane([from, to], self.args.size, |at| (self.view.lift(at), z), |_, turn| turn)?;
        plane.title = format!("z = {:.3} ({:.0} % of the gap), {}", z, 100.0 * z / gap, self.name);
        plane.axes = [self.axis(0), self.axis(1)];
        Ok(plane)
    }

    /// The values asked for on a grid; `place` says where a point of the plane is, `part` which components of a direction and of its turned x are in it.
    fn plane(
        &self,
        [from, to]: [[f64; 2]; 2],
        size: usize,
        place: impl Fn([f64; 2]) -> (Vec<f64>, f64),
        part: impl Fn(&[f64], [f64; 2]) -> [f64; 2],
    ) -> Result<Plane, Failure> {
        let mut at = Augmented::new(self.exact.dim());
        for row in 0..size {
            for column in 0..size {
                let share = |k: usize, axis: usize| from[axis] + (to[axis] - from[axis]) * k as f64 / (size - 1) as f64;
                let (x, z) = place([share(column, 0), share(row, 1)]);
                at.push(&x, z);
            }
        }
        let mut plane = Plane { from, to, size: [size, size], ..Plane::default() };
        if self.has(ShowArg::Strength) {
            plane.ln_strengths = self.exact.evaluate(&at)?.ln_strengths;
            if plane.ln_strengths.len() < at.len() || plane.ln_strengths.iter().any(|value| value.is_nan()) {
                return Err(no_strength());
            }
        }
        if self.has(ShowArg::Potential) {
            let (x, z) = (self.view.lift([self.middle(0), self.middle(1)]), 0.5 * self.exact.gap());
            let origin: Vec<f64> = x.into_iter().chain([z]).collect();
            plane.potentials = match self.exact.law() {
                Law::Coulomb => coulomb_potential(self.exact.capacitor(), &at, &origin)?,
                _ => potential(self.exact, &at, &origin)?.ok_or_else(no_strength)?,
            };
        }
        if self.has(ShowArg::Direction) {
            let values = self.direction.evaluate(&at)?.directions;
            let one = |direction: &[f64]| part(direction, self.view.turn(&direction[..direction.len() - 1]));
            plane.directions = values.iter().map(one).collect();
        }
        Ok(plane)
    }

    /// Where all but the outermost charges are on an axis of the view, a sixth wider.
    fn range(&self, axis: usize) -> [f64; 2] {
        const OUTER: f64 = 0.005;
        let mut range = [f64::INFINITY, f64::NEG_INFINITY];
        for side in Side::BOTH {
            let plate = self.exact.capacitor().plate(side);
            let mut values: Vec<f64> = self.view.place_all(plate, plate.len()).iter().map(|x| x[axis]).collect();
            values.sort_unstable_by(f64::total_cmp);
            let at = |share: f64| values[(share * (values.len() - 1) as f64).round() as usize];
            range = [range[0].min(at(OUTER)), range[1].max(at(1.0 - OUTER))];
        }
        let margin = ((range[1] - range[0]) / 12.0).max(1e-3);
        [range[0] - margin, range[1] + margin]
    }

    fn middle(&self, axis: usize) -> f64 {
        let [low, high] = self.range(axis);
        0.5 * (low + high)
    }

    fn axis(&self, axis: usize) -> String {
        self.view.labels()[axis].replace("target's principal component", "PC")
    }
}

fn no_strength() -> Failure {
    Failure::usage(
        "the published field has directions only: no strength, no potential",
        "show --show direction,lines, or take another law: --set plates.law=mirror",
    )
}

/// `npz`: the numbers behind the picture; with several planes the names of all but the first end in `_1`, `_2`, ….
fn export(out: &Path, found: &[Plane]) -> Result<(), Failure> {
    let mut arrays: Vec<(String, Points)> = Vec::new();
    for (index, plane) in found.iter().enumerate() {
        let end = if index == 0 { String::new() } else { format!("_{index}") };
        let mut add = |name: &str, dim: usize, values: Vec<f64>| -> Result<(), Failure> {
            if !values.is_empty() {
                // On a charge a value is infinite; a file of points holds the largest there is.
                let points = Points::from_values(
                    dim,
                    values.iter().map(|&value| (value as f32).clamp(f32::MIN, f32::MAX)).collect(),
                )?;
                arrays.push((format!("{name}{end}"), points));
            }
            Ok(())
        };
        for (axis, name) in ["first", "second"].into_iter().enumerate() {
            let count = plane.size[axis];
            let step = (plane.to[axis] - plane.from[axis]) / (count - 1) as f64;
            add(name, 1, (0..count).map(|k| plane.from[axis] + k as f64 * step).collect())?;
        }
        add("ln_strength", plane.size[0], plane.ln_strengths.clone())?;
        add("potential", plane.size[0], plane.potentials.clone())?;
        add("direction", 2, plane.directions.concat())?;
        add("lines", 2, plane.lines.concat().concat())?;
        add("vertices", 1, plane.lines.iter().map(|line| line.len() as f64).collect())?;
        for (charges, name) in plane.charges.iter().zip(["source", "target"]) {
            add(name, 2, charges.concat())?;
        }
    }
    let arrays: Vec<_> = arrays.iter().map(|(name, points)| (name.as_str(), points)).collect();
    Ok(write_arrays(out, &arrays)?)
}
