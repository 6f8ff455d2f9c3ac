//! The runs whose results are frozen: every method, every map and what is done with a trained model, in seconds each.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::record::Record;
use crate::shell;

/// One call of the binary that makes a folder, and calls that work on that folder.
pub struct Case {
    /// What it is called in the file.
    pub name: String,
    arguments: Vec<String>,
    /// Arguments of further calls; `{run}` stands for the folder.
    after: &'static [&'static [&'static str]],
}

/// The data of the cases in the plane.
const PRESET: &str = "gaussian-to-swiss-roll";

/// Measures of few points.
const SMALL: [&str; 3] = ["eval.samples=256", "eval.repeats=2", "eval.floor_repeats=2"];

const TRAINING: [&str; 4] = ["train.steps=12", "train.batch=128", "train.charges=500", "train.pool=1024"];

/// Images of noise, 8 × 8 pixels, for a U-Net.
const IMAGES: [&str; 8] = [
    "source.dim=64",
    "target.dim=64",
    "data.image=[8,8]",
    "model.kind=u-net",
    "model.channels=8",
    "model.multipliers=[1,2]",
    "train.batch=32",
    "eval.samples=64",
];

/// What is done with a trained model.
const AFTERWARDS: &[&[&str]] = &[
    &["transport", "{run}", "--input", "{run}/source.npy", "--output", "{run}/there.npy"],
    &["transport", "{run}", "--reverse", "--input", "{run}/target.npy", "--output", "{run}/back.npy"],
    &["density", "{run}", "--input", "{run}/target.npy", "--output", "{run}/density.npy"],
    &["sample", "{run}", "--count", "32", "--out", "{run}/sampled.npy"],
    &["interpolate", "{run}", "--rows", "2", "--out", "{run}/between.npy"],
];

/// What the map of the two plates with their loops is called by a binary: `flux` until that word was kept for the flux.
pub struct Names {
    loops: &'static str,
}

/// Asks the binary for its names.
///
/// # Errors
/// When it cannot be started.
pub fn names(binary: &Path) -> Result<Names> {
    let help = shell::output(shell::program(binary).args(["map", "--help"]))?;
    Ok(Names { loops: if help.contains("- loops:") { "loops" } else { "flux" } })
}

/// Every case.
pub fn all(names: &Names) -> Vec<Case> {
    let with = |more: &[&'static str]| [&SMALL[..], &TRAINING, more].concat();
    let mut cases = vec![
        case("run mirror", &["run", "--method", "mirror"], &with(&[]), AFTERWARDS),
        case("run flux", &["run", "--method", names.loops], &with(&[]), &AFTERWARDS[..2]),
        case("run tube u-net", &["run", "--method", "tube"], &with(&IMAGES), &AFTERWARDS[3..]),
        case(
            "run tube ends",
            &["run", "--method", "tube"],
            &with(&[&IMAGES[..], &["train.objective=ends"]].concat()),
            &[],
        ),
    ];
    for method in ["tube", "forward", "accept", "published", "flow-matching"] {
        // This one draws points, and sends none.
        let after = if method == "accept" { &[] } else { &AFTERWARDS[..1] };
        cases.push(case(&format!("run {method}"), &["run", "--method", method], &with(&[]), after));
    }
    for (objective, method) in
        [("isotropic", "mirror"), ("direction", "mirror"), ("slope", "mirror"), ("posterior", "accept")]
    {
        let setting: &str = &format!("train.objective={objective}");
        let settings = [&with(&[])[..], &[setting]].concat();
        cases.push(case(&format!("run {objective}"), &["run", "--method", method], &settings, &[]));
    }
    for (map, called) in [("flux", names.loops)].into_iter().chain(MAPS.map(|map| (map, map))) {
        cases.push(case(&format!("map {map}"), &["map", "--map", called, "--charges", "500"], &SMALL, &[]));
    }
    cases
}

const MAPS: [&str; 6] = ["mirror", "charges", "accept", "forward", "published", "random"];

fn case(name: &str, arguments: &[&str], settings: &[&str], after: &'static [&'static [&'static str]]) -> Case {
    let (command, options) = arguments.split_first().expect("a command");
    let start = [command, PRESET, "--seed", "3"];
    let settings = settings.iter().flat_map(|setting| ["--set", setting]);
    let arguments = start.into_iter().chain(options.iter().copied()).chain(settings).map(str::to_owned).collect();
    Case { name: name.to_owned(), arguments, after }
}

impl Case {
    /// Runs the calls in a folder of this case below `folder`, and reads what they left there.
    ///
    /// # Errors
    /// When a call fails, or leaves no figures.
    pub fn run(&self, binary: &Path, folder: &Path) -> Result<Record> {
        let folder = folder.join(self.name.replace([' ', '='], "-"));
        fs::create_dir_all(&folder).with_context(|| format!("could not make {}", folder.display()))?;
        shell::output(shell::program(binary).args(&self.arguments).args(["--force", "--out"]).arg(&folder))?;
        for call in self.after {
            let call = call.iter().map(|word| word.replace("{run}", &folder.to_string_lossy()));
            shell::output(shell::program(binary).args(call))?;
        }
        Record::read(&folder)
    }
}
