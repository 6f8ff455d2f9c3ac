//! What becomes of each column: a coordinate, the class of the row, or nothing.

use std::path::Path;

use super::{TableOptions, header::Plan};
use crate::DataError;

/// What a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Coordinate of this index.
    Coordinate(usize),
    Label,
    Skipped,
}

/// The role of each column, and the names of the coordinates if there are names.
pub(super) fn roles(
    path: &Path,
    plan: &Plan,
    options: &TableOptions,
) -> Result<(Vec<Role>, Option<Vec<String>>), DataError> {
    let names: Vec<String> = match &plan.names {
        Some(names) => names.clone(),
        None => (0..plan.width).map(|column| format!("x{column}")).collect(),
    };
    let find = |field: &'static str, name: &String| {
        let mut places = (0..names.len()).filter(|&at| names[at] == *name && !(names[at].is_empty()));
        match (places.next(), places.next()) {
            (Some(at), None) => Ok(at),
            (Some(_), Some(_)) => {
                Err(DataError::DuplicateKey { path: path.into(), key: name.clone(), available: names.clone() })
            }
            _ => {
                Err(DataError::NoSuchColumn { path: path.into(), field, name: name.clone(), available: names.clone() })
            }
        }
    };
    let mut roles = vec![Role::Skipped; plan.width.max(names.len())];
    let label = options.label.as_ref().map(|name| find("label", name)).transpose()?;
    let dropped: Vec<usize> = options.drop.iter().map(|name| find("drop", name)).collect::<Result<_, _>>()?;
    let taken: Vec<usize> = if options.columns.is_empty() {
        let kept = |at: &usize| Some(*at) != label && !dropped.contains(at) && !plan.left_out.contains(at);
        (0..plan.width).filter(kept).collect()
    } else {
        options.columns.iter().map(|name| find("columns", name)).collect::<Result<_, _>>()?
    };
    if taken.is_empty() {
        return Err(DataError::Malformed {
            path: path.into(),
            place: "columns".into(),
            problem: "none is left".into(),
        });
    }
    for (coordinate, &at) in taken.iter().enumerate() {
        if matches!(roles[at], Role::Coordinate(_)) || Some(at) == label || dropped.contains(&at) {
            let problem = format!("hold \"{}\" twice, or drop or label has it too", names[at]);
            return Err(DataError::BadParameter { place: "file", field: "columns", problem });
        }
        roles[at] = Role::Coordinate(coordinate);
    }
    if let Some(at) = label {
        roles[at] = Role::Label;
    }
    let names = plan.names.is_some().then(|| taken.iter().map(|&at| names[at].clone()).collect());
    Ok((roles, names))
}
