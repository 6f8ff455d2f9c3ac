//! Where known data sets lie on this machine: the one place that asks the environment.

use std::env;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

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
