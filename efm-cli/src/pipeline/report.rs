use std::path::{Path, PathBuf};

use efm_report::{Page, model_card, page};
use efm_train::write_atomically;

use crate::failure::Failure;
use crate::pipeline::{gather, gather_all};
use crate::say;

/// The program as pages name it.
pub const PROGRAM: &str = concat!("efm ", env!("CARGO_PKG_VERSION"));

/// Title of a page on these runs.
pub fn title(names: &[String]) -> String {
    match names {
        [one] => one.clone(),
        many => format!("{} runs", many.len()),
    }
}

/// Writes one page on runs.
pub fn write_report(folders: &[PathBuf], out: &Path) -> Result<(), Failure> {
    let runs = gather_all(folders);
    let names: Vec<_> = runs.iter().map(|run| run.name.clone()).collect();
    let html = page(&Page { title: &title(&names), program: PROGRAM, runs: &runs, live: None });
    Ok(write_atomically(out, html.as_bytes())?)
}

/// Writes `report.html` and `model-card.md` into a run's folder. The run itself is done by then: a page that cannot be
/// written is worth a note, not a failure.
pub fn report(folder: &Path) {
    let file = folder.join("report.html");
    let card = folder.join("model-card.md");
    let written = write_report(&[folder.to_path_buf()], &file)
        .and_then(|()| Ok(write_atomically(&card, model_card(&gather(folder), PROGRAM).as_bytes())?));
    match written {
        Ok(()) => say::out(format!("to look at: {}", file.display())),
        Err(failure) => say::note(format!("efm: no report: {}", failure.cause())),
    }
}
