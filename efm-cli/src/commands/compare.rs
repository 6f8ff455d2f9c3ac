//! `efm eval A B`: every measure of two sets.

use std::path::Path;

use efm::core::Seed;
use efm::eval::space_table;
use efm::learning::write_atomically;
use efm::{CompareOptions, Pixels, Set, SetComparison, compare_sets, in_one_frame, shape_of_run};
use serde::Serialize;

use crate::args::EvalArgs;
use crate::failure::{Exit, Failure};
use crate::say;
use crate::terminal::Terminal;

/// Compares the two sets that the arguments name.
pub fn run(args: &EvalArgs, second: &Path, host: &Terminal) -> Result<(), Failure> {
    if let Some(out) = &args.out {
        check_place("--out", out)?;
    }
    let shape = shape_of_run(&args.first, host).or_else(|| shape_of_run(second, host));
    let pixels = Pixels { side: args.image, shape, ..Pixels::default() };
    let mut sets = [Set::read(&args.first, pixels, host)?, Set::read(second, pixels, host)?];
    if args.start.is_none() {
        let [first, second] = &mut sets;
        in_one_frame([first, second], host)?;
    }
    let start = args.start.as_deref().map(|start| Set::read(start, pixels, host)).transpose()?;
    let start = start.as_ref().map(|start| &start.points);
    let found = compare_sets(&sets, start, &options(args), host).map_err(fewer)?;
    finish(args, &found, tables(&found))
}

/// What the arguments say of measures.
pub fn options(args: &EvalArgs) -> CompareOptions {
    CompareOptions {
        measures: args.measures.clone(),
        most: args.max,
        draws: args.draws,
        neighbours: args.neighbours,
        directions: args.directions,
        seed: Seed(args.seed),
    }
}

/// Where there are too many points: the option that takes fewer.
pub fn fewer(error: efm::Error) -> Failure {
    Failure::from(error).hint_too(Exit::Resource, "--max takes fewer points")
}

/// Writes the JSON where it is wanted, and says it or the text.
pub fn finish(args: &EvalArgs, found: &impl Serialize, text: String) -> Result<(), Failure> {
    let json = serde_json::to_string_pretty(found).expect("plain data");
    if let Some(out) = &args.out {
        write_atomically(out, (json.clone() + "\n").as_bytes())?;
    }
    say::out(if args.json { json } else { text });
    Ok(())
}

/// Refuses to work for minutes for a file that no one can write.
pub fn check_place(option: &str, file: &Path) -> Result<(), Failure> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    if file.is_dir() || folder.is_some_and(|folder| !folder.is_dir()) {
        return Err(Failure::usage(
            format!("{option} {}: no file can be there", file.display()),
            "name a file in a folder that is there",
        ));
    }
    Ok(())
}

/// How the tables are read.
pub const READING: &str = "; draws and floor are of as many points each: compare these; docs/metrics.md says how";

fn tables(SetComparison { metrics, sets, spaces, .. }: &SetComparison) -> String {
    let mut text = String::new();
    for (set, name) in sets.iter().zip(["first ", "second"]) {
        text += &format!("{name}  {}: {} points, D = {}\n", set.what, set.points, set.dim);
    }
    for space in spaces {
        let name = if spaces.len() > 1 { space.space.as_str() } else { "" };
        text += &space_table(name, &space.figures, &space.skipped);
    }
    if let Some(cost) = metrics.transport_cost {
        text += &format!("  transport cost {cost:.4}");
        if let Some(best) = metrics.optimal_cost {
            text += &format!(", least possible {best:.4}");
        }
        text += "\n";
    }
    text + "seed " + &metrics.seed.to_string() + READING
}
