//! Files that appear under their names only when they are whole.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// How the names of files begin and end that have not got their own yet.
const UNFINISHED: (&str, &str) = (".efm-", ".part");

/// Writes a file so that its name never stands for half of it: a temporary file in the same folder, fsync, rename, fsync of
/// the folder. On any error the temporary file is gone and the old file, if there was one, untouched.
///
/// Readable for whom the umask lets, as any new file.
///
/// # Errors
/// What the system says.
pub fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    write_with(path, |out| out.write_all(content))
}

/// As [`write()`], for content that is written bit by bit.
///
/// # Errors
/// What the system says, and what `fill` does.
pub fn write_with(path: &Path, fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(UNFINISHED.0).suffix(UNFINISHED.1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Narrowed by the umask; the default of a temporary file is 0600.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let (file, place) = builder.tempfile_in(folder)?.into_parts();
    let mut out = BufWriter::with_capacity(1 << 16, file);
    fill(&mut out)?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    place.persist(path)?;
    sync_folder(folder)
}

/// Waits until the names in a folder are on the disk; where folders cannot be synced there is nothing to wait for.
///
/// # Errors
/// What the system says.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Removes what killed processes were writing into a folder; nobody else may be writing there. What cannot be removed only
/// takes room, and stays.
pub fn remove_unfinished(folder: &Path) {
    let unfinished = |name: &str| name.starts_with(UNFINISHED.0) && name.ends_with(UNFINISHED.1);
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_name().to_str().is_some_and(unfinished) {
            let _ = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_was_written_is_there_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("points");
        for content in ["old", "new and longer", ""] {
            write(&path, content.as_bytes()).unwrap();
            assert_eq!(
                (fs::read_to_string(&path).unwrap().as_str(), names(folder.path())),
                (content, vec!["points".to_owned()])
            );
        }
    }

    #[test]
    fn a_writer_that_fails_leaves_the_old_file_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("points");
        write(&path, b"old").unwrap();
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        let error = write_with(&path, |out| {
            // More than the buffer, so that a part is on the disk.
            out.write_all(&[7; 1 << 17])?;
            Err(full())
        });
        assert_eq!(error.unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert_eq!((fs::read(&path).unwrap(), names(folder.path())), (b"old".to_vec(), vec!["points".to_owned()]));
        // A folder in the place of the file, and a folder that is missing.
        fs::create_dir_all(folder.path().join("taken/inside")).unwrap();
        assert!(write(&folder.path().join("taken"), b"new").is_err());
        assert!(write(&folder.path().join("missing/points"), b"new").is_err());
        assert_eq!(names(folder.path()), ["points", "taken"]);
    }

    #[test]
    fn only_what_is_unfinished_is_swept() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".efm-a1.part", ".efm-notes", "b.part", "points"] {
            fs::write(folder.path().join(name), "x").unwrap();
        }
        remove_unfinished(folder.path());
        assert_eq!(names(folder.path()), [".efm-notes", "b.part", "points"]);
        remove_unfinished(&folder.path().join("missing"));
    }

    #[cfg(unix)]
    #[test]
    fn results_are_as_readable_as_other_new_files() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let mode = |name: &str| fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        fs::write(folder.path().join("plain"), "x").unwrap();
        write(&folder.path().join("whole"), b"x").unwrap();
        assert_eq!(mode("whole"), mode("plain"));
    }
}
