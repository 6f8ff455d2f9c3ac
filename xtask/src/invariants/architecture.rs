//! The part of ARCHITECTURE.md that is checked.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail};

/// What the document promises about one crate.
#[derive(Debug, PartialEq)]
pub struct Promise {
    /// Workspace crates it may depend on.
    pub may_depend_on: BTreeSet<String>,
    /// Whether its dependencies may reach burn.
    pub burn: bool,
    /// Whether it never prints, reads no clock and no environment.
    pub quiet: bool,
}

/// What the document promises.
#[derive(Debug, PartialEq)]
pub struct Architecture {
    /// Promises per crate.
    pub crates: BTreeMap<String, Promise>,
    /// Files that may hold code the compiler cannot check.
    pub unsafe_files: BTreeSet<String>,
}

impl Architecture {
    /// Reads the table between `<!-- arrows -->` and `<!-- /arrows -->` with the columns crate, may depend on, burn
    /// and quiet, and the files in backticks between `<!-- unsafe -->` and `<!-- /unsafe -->`.
    ///
    /// # Errors
    /// When markers are missing or a row is not understood.
    pub fn parse(text: &str) -> Result<Self> {
        let mut crates = BTreeMap::new();
        let table = between(text, "arrows")?.lines().filter(|line| line.starts_with('|'));
        for line in table.skip(2) {
            let cells: Vec<_> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
            let [name, arrows, burn, quiet] = cells[..] else {
                bail!("ARCHITECTURE.md: this row needs four cells: {line}");
            };
            let may_depend_on = match arrows {
                "none" => BTreeSet::new(),
                names => names.split(',').map(|name| name.trim().to_owned()).collect(),
            };
            crates.insert(name.to_owned(), Promise { may_depend_on, burn: yes(burn, line)?, quiet: yes(quiet, line)? });
        }
        let unsafe_files = between(text, "unsafe")?.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        Ok(Self { crates, unsafe_files })
    }

    /// The crates that keep clear of burn.
    pub fn without_burn(&self) -> impl Iterator<Item = String> + '_ {
        self.crates.iter().filter(|(_, promise)| !promise.burn).map(|(name, _)| name.clone())
    }
}

fn between<'a>(text: &'a str, name: &str) -> Result<&'a str> {
    let after = text.split_once(&format!("<!-- {name} -->")).map(|(_, after)| after);
    after
        .and_then(|after| after.split_once(&format!("<!-- /{name} -->")))
        .map(|(inside, _)| inside)
        .with_context(|| format!("ARCHITECTURE.md has no part between <!-- {name} --> and <!-- /{name} -->"))
}

fn yes(cell: &str, line: &str) -> Result<bool> {
    match cell {
        "yes" => Ok(true),
        "no" => Ok(false),
        other => bail!("ARCHITECTURE.md: `{other}` is neither yes nor no in this row: {line}"),
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A document of two crates, `down` below `up`.
    pub fn two_crates() -> Architecture {
        Architecture::parse(
            "# Title\n<!-- arrows -->\n| crate | may depend on | burn | quiet |\n|---|---|---|---|\n\
             | down | none | no | yes |\n| up | down | yes | no |\n<!-- /arrows -->\n\
             <!-- unsafe -->\n- `down/src/simd.rs`: lanes\n<!-- /unsafe -->\n",
        )
        .unwrap()
    }

    #[test]
    fn the_tables_are_read() {
        let read = two_crates();
        assert_eq!(read.crates["up"], Promise { may_depend_on: ["down".to_owned()].into(), burn: true, quiet: false });
        assert_eq!(read.crates["down"], Promise { may_depend_on: [].into(), burn: false, quiet: true });
        assert_eq!(read.without_burn().collect::<Vec<_>>(), ["down"]);
        assert_eq!(read.unsafe_files, ["down/src/simd.rs".to_owned()].into());
    }

    #[test]
    fn a_document_that_cannot_be_read_is_an_error_with_the_place() {
        let error = Architecture::parse("nothing").unwrap_err().to_string();
        assert!(error.contains("<!-- arrows -->"), "{error}");
        let row = "<!-- arrows -->\n| crate |\n|---|\n| down | none | maybe | yes |\n<!-- /arrows -->";
        let error = Architecture::parse(row).unwrap_err().to_string();
        assert!(error.contains("`maybe`"), "{error}");
    }
}
