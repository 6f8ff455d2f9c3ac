use std::path::{Path, PathBuf};

use efm_data::store;

use crate::{Error, Host, Kind};

/// Where the known set that `path` names lies in the host's [`Host::store`]; `None` if it names none.
///
/// # Errors
/// [`Error::NoStore`] where the host has no such folder, [`Kind::Io`] for a set that is not in it.
pub fn known_set(path: &Path, host: &dyn Host) -> Result<Option<PathBuf>, Error> {
    let Some(set) = path.to_str().and_then(|name| store::known(name).ok()) else { return Ok(None) };
    let folder = host.store().ok_or(Error::NoStore)?;
    if set.is_installed(&folder) {
        return Ok(Some(set.folder(&folder)));
    }
    let how = match (set.package, set.files) {
        (Some(package), _) => format!("get {package}, then `efm data import {} PACKAGE`", set.name),
        (None, _) => format!("`efm data fetch {}` downloads it", set.name),
    };
    Err(Error::new(Kind::Io, format!("the data set {} is not in {}", set.name, folder.display()), how))
}
