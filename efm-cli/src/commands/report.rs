use efm::{folders, write_report};

use crate::args::ReportArgs;
use crate::failure::{Exit, Failure};
use crate::say;

/// `efm report`: one page on one or several runs.
pub fn run(args: &ReportArgs) -> Result<(), Failure> {
    let folders = folders(&args.runs)?;
    let out = match &args.out {
        Some(out) if out.is_dir() => out.join("report.html"),
        Some(out) => out.clone(),
        None => args.runs[0].join("report.html"),
    };
    if let Some(parent) = out.parent().filter(|parent| !parent.as_os_str().is_empty() && !parent.is_dir()) {
        let message = format!("{}: there is no folder {}", out.display(), parent.display());
        return Err(Failure::new(Exit::Io, message, "make the folder, or choose another file with --out"));
    }
    write_report(&folders, &out)?;
    let runs = if folders.len() == 1 { "1 run".to_owned() } else { format!("{} runs", folders.len()) };
    say::out(format!("{runs} in {}; open it with a browser", out.display()));
    Ok(())
}
