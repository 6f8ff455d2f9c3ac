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
}

/// What the document promises.
#[derive(Debug, PartialEq)]
pub struct Architecture {
    /// Promises per crate.
    pub crates: BTreeMap<String, Promise>,
}

impl Architecture {
    /// Reads the table between `<!-- arrows -->` and `<!-- /arrows -->` with the columns crate, may depend on and
    /// burn.
    ///
    /// # Errors
    /// When markers are missing or a row is not understood.
    pub fn parse(text: &str) -> Result<Self> {
        let mut crates = BTreeMap::new();
        let table = between(text, "arrows")?.lines().filter(|line| line.starts_with('|'));
        for line in table.skip(2) {
            let cells: Vec<_> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
            let [name, arrows, burn, ..] = cells[..] else {
                bail!("ARCHITECTURE.md: this row needs three cells: {line}");
            };
            let may_depend_on = match arrows {
                "none" => BTreeSet::new(),
                names => names.split(',').map(|name| name.trim().to_owned()).collect(),
            };
            crates.insert(name.to_owned(), Promise { may_depend_on, burn: yes(burn, line)? });
        }
        Ok(Self { crates })
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
            "# Title\n<!-- arrows -->\n| crate | may depend on | burn |\n|---|---|---|\n\
             | down | none | no |\n| up | down | yes |\n<!-- /arrows -->\n",
        )
        .unwrap()
    }

    #[test]
    fn the_tables_are_read() {
        let read = two_crates();
        assert_eq!(read.crates["up"], Promise { may_depend_on: ["down".to_owned()].into(), burn: true });
        assert_eq!(read.crates["down"], Promise { may_depend_on: [].into(), burn: false });
        assert_eq!(read.without_burn().collect::<Vec<_>>(), ["down"]);
    }

    #[test]
    fn a_document_that_cannot_be_read_is_an_error_with_the_place() {
        let error = Architecture::parse("nothing").unwrap_err().to_string();
        assert!(error.contains("<!-- arrows -->"), "{error}");
        let row = "<!-- arrows -->\n| crate |\n|---|\n| down | none | maybe |\n<!-- /arrows -->";
        let error = Architecture::parse(row).unwrap_err().to_string();
        assert!(error.contains("`maybe`"), "{error}");
    }
}
