//! Files below a folder.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{DataError, format::regular};

/// Deepest nesting, and most files.
const DEEPEST: usize = 64;
const MOST: usize = 10_000_000;

/// Whether a name ends like an image's and is not hidden.
pub(crate) fn is_image(name: &Path) -> bool {
    let extension = name.extension().and_then(|end| end.to_str()).map(str::to_ascii_lowercase);
    let hidden = name.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
    !hidden && matches!(extension.as_deref(), Some("png" | "jpg" | "jpeg" | "jpe" | "jfif"))
}

/// The extension of a picture in a format that is not read, in small letters. What systems leave behind has none of these.
#[cfg(feature = "images")]
pub(crate) fn other_picture(name: &Path) -> Option<String> {
    const KNOWN: [&str; 14] =
        ["webp", "gif", "bmp", "tif", "tiff", "heic", "heif", "avif", "jp2", "jxl", "psd", "svg", "ppm", "tga"];
    let hidden = name.file_name().is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
    let end = name.extension()?.to_str()?.to_ascii_lowercase();
    (!hidden && KNOWN.contains(&end.as_str())).then_some(end)
}

/// All files below `root` that are `wanted`, relative to it, in the order of their names. Others and hidden ones are passed
/// over. Links are followed; one that leads back to a folder above it is an error, as is a wanted name that is no file.
pub(crate) fn walk(root: &Path, wanted: &dyn Fn(&Path) -> bool) -> Result<Vec<PathBuf>, DataError> {
    let mut found = Vec::new();
    let mut above = Vec::new();
    descend(root, Path::new(""), wanted, &mut above, &mut found)?;
    found.sort();
    Ok(found)
}

fn descend(
    root: &Path,
    below: &Path,
    wanted: &dyn Fn(&Path) -> bool,
    above: &mut Vec<PathBuf>,
    found: &mut Vec<PathBuf>,
) -> Result<(), DataError> {
    let folder = root.join(below);
    let failed = |path: &Path, error: io::Error| DataError::Io { path: path.into(), action: "read", error };
    let real = fs::canonicalize(&folder).map_err(|error| failed(&folder, error))?;
    if above.contains(&real) {
        return Err(DataError::NotAFile { path: folder, found: "a link to a folder above it" });
    }
    if above.len() == DEEPEST {
        let problem = format!("folders are nested more than {DEEPEST} deep");
        return Err(DataError::TooLarge { path: folder, place: "folder".into(), problem });
    }
    above.push(real);
    for entry in fs::read_dir(&folder).map_err(|error| failed(&folder, error))? {
        let name = entry.map_err(|error| failed(&folder, error))?.file_name();
        if name.as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let relative = below.join(&name);
        let path = root.join(&relative);
        let image = wanted(&relative);
        let metadata = match fs::metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if image => return Err(failed(&path, error)),
            // A dead link that is not wanted is nobody's business.
            Err(_) => continue,
        };
        if metadata.is_dir() {
            descend(root, &relative, wanted, above, found)?;
        } else if image {
            regular(&path, &metadata)?;
            if found.len() == MOST {
                let problem = format!("holds more than {MOST} files");
                return Err(DataError::TooLarge { path: root.into(), place: "folder".into(), problem });
            }
            found.push(relative);
        }
    }
    above.pop();
    Ok(())
}
