//! Markdown tables: printed, and put into a document between markers.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use comfy_table::{Table, presets::ASCII_MARKDOWN};

use crate::shell;

/// A markdown table with aligned columns.
pub fn markdown(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table.load_preset(ASCII_MARKDOWN).set_header(head).add_rows(rows);
    format!("{table}\n")
}

/// Replaces the text between `<!-- table:NAME -->` and the next `<!-- /table -->`; the markers stay.
///
/// # Errors
/// When a marker is missing.
pub fn replace(document: &str, name: &str, table: &str) -> Result<String> {
    let open = format!("<!-- table:{name} -->");
    let close = "<!-- /table -->";
    let Some((before, rest)) = document.split_once(&open) else {
        bail!("no line `{open}` there; add it and `{close}` where the table belongs");
    };
    let Some((_, after)) = rest.split_once(close) else {
        bail!("`{open}` is not followed by `{close}`");
    };
    Ok(format!("{before}{open}\n{table}{close}{after}"))
}

/// Prints a table, and puts it into a document where its name has a place there.
///
/// # Errors
/// When the document cannot be read or written, or has no such place.
pub fn publish(head: &[&str], rows: &[Vec<String>], name: &str, document: Option<&Path>) -> Result<()> {
    let text = markdown(head, rows);
    println!("\n{text}");
    if let Some(file) = document {
        let path = shell::root().join(file);
        let document = fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))?;
        let document = replace(&document, name, &text)
            .with_context(|| format!("could not put the table into {}", path.display()))?;
        fs::write(&path, document).with_context(|| format!("could not write {}", path.display()))?;
        println!("table written into {}", path.display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let table = markdown(&["a", "σ"], &[vec!["long".into(), "1".into()], vec!["é".into(), "22".into()]]);
        assert_eq!(table, "| a    | σ  |\n|------|----|\n| long | 1  |\n| é    | 22 |\n");
    }

    #[test]
    fn a_table_replaces_the_one_of_its_name_and_nothing_else() {
        let document = "a\n<!-- table:x -->\nold\n<!-- /table -->\nb\n<!-- table:y -->\nkept\n<!-- /table -->\n";
        let once = replace(document, "x", "| new |\n").unwrap();
        assert_eq!(once, "a\n<!-- table:x -->\n| new |\n<!-- /table -->\nb\n<!-- table:y -->\nkept\n<!-- /table -->\n");
        assert_eq!(replace(&once, "x", "| new |\n").unwrap(), once);
    }

    #[test]
    fn missing_markers_are_named() {
        let error = replace("text", "x", "").unwrap_err().to_string();
        assert!(error.contains("<!-- table:x -->"), "{error}");
        let error = replace("<!-- table:x -->", "x", "").unwrap_err().to_string();
        assert!(error.contains("<!-- /table -->"), "{error}");
    }
}
