use std::path::{Path, PathBuf};

use efm_report::{Page, model_card, page};
use efm_train::write_atomically;

use crate::{Error, gather, gather_all};

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
pub fn write_report(folders: &[PathBuf], out: &Path) -> Result<(), Error> {
    let runs = gather_all(folders);
    let names: Vec<_> = runs.iter().map(|run| run.name.clone()).collect();
    let html = page(&Page { title: &title(&names), program: PROGRAM, runs: &runs, live: None });
    Ok(write_atomically(out, html.as_bytes())?)
}

/// Writes `report.html`, whose path is given back, and `model-card.md` into a run's folder.
///
/// # Errors
/// Of writing; what the page cannot be made of is named on it.
pub fn write_pages(folder: &Path) -> Result<PathBuf, Error> {
    let file = folder.join("report.html");
    let card = folder.join("model-card.md");
    write_report(&[folder.to_path_buf()], &file)?;
    write_atomically(&card, model_card(&gather(folder), PROGRAM).as_bytes())?;
    Ok(file)
}
