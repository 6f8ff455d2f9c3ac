//! Where known data sets lie on this machine: the one place that asks the environment.

use std::env;
use std::path::{Path, PathBuf};

use efm_data::store;

use crate::failure::{Exit, Failure};

/// The folder of all sets: the one given, $EFM_DATA, or `efm` in the folder for the data of users (XDG base directories).
pub fn folder(given: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(given) = given {
        return Ok(given.into());
    }
    let absolute = |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let own = env::var_os("EFM_DATA").filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || absolute("HOME").map(|home| home.join(".local/share"));
    let shared = || absolute("XDG_DATA_HOME").or_else(|| absolute("LOCALAPPDATA")).or_else(home);
    own.or_else(|| shared().map(|shared| shared.join("efm"))).ok_or_else(|| {
        Failure::usage("there is no folder for data: neither EFM_DATA nor HOME is set", "set EFM_DATA to a folder")
    })
}

/// Where the known set that `path` names lies; `None` if it names none.
pub fn known_set(path: &Path) -> Result<Option<PathBuf>, Failure> {
    let Some(set) = path.to_str().and_then(|name| store::known(name).ok()) else { return Ok(None) };
    let store = folder(None)?;
    if set.is_installed(&store) {
        return Ok(Some(set.folder(&store)));
    }
    let how = match (set.package, set.files) {
        (Some(package), _) => format!("get {package}, then `efm data import {} PACKAGE`", set.name),
        (None, _) => format!("`efm data fetch {}` downloads it", set.name),
    };
    Err(Failure::new(Exit::Io, format!("the data set {} is not in {}", set.name, store.display()), how))
}
