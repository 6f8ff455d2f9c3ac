//! What the library asks of the program around it.

use std::path::{Path, PathBuf};

use crate::{Error, Estimate, Kind};

/// The program that a run happens in: it hears of progress, keeps the clock, and may ask for an end.
///
/// Every method has a default, which is that of [`Alone`]: nothing is shown, nothing is limited, nothing stops.
pub trait Host {
    /// Takes one line for the user: what was left out, passed over or begun anew.
    fn note(&self, _line: &str) {}

    /// Follows a stage of `total` units of work.
    fn progress(&self, _stage: &'static str, _total: usize) -> Box<dyn Progress + '_> {
        Box::new(Alone)
    }

    /// Seconds since some fixed moment; the same number always where nobody keeps the time.
    fn seconds(&self) -> f64 {
        0.0
    }

    /// Why the work should end now, if it should: [`Kind::Interrupted`], [`Kind::Terminated`] or [`Kind::Resource`]. Asked often.
    fn stop(&self) -> Option<Kind> {
        None
    }

    /// The error to end with because of [`Host::stop`]: what was done until then, and the run that can be resumed.
    fn stopped(&self, kind: Kind, done: &str, run: Option<&Path>) -> Error {
        Error::Stopped { kind, done: done.to_owned(), run: run.map(Path::to_path_buf) }
    }

    /// Holds memory that is about to be taken against what there is.
    ///
    /// # Errors
    /// [`Kind::Resource`], naming the part that takes most.
    fn check_memory(&self, _estimate: &Estimate) -> Result<(), Error> {
        Ok(())
    }

    /// Bytes that one file may take as rows.
    fn memory_for_rows(&self) -> u64 {
        u64::MAX
    }

    /// Bytes that the process has in memory now, where they are known.
    fn memory_in_use(&self) -> Option<u64> {
        None
    }

    /// Folder of the known sets, where trained classifiers are kept too.
    fn store(&self) -> Option<PathBuf> {
        None
    }
}

/// One stage of work on its way.
pub trait Progress {
    /// So much is done; `remark` is asked for where it is shown.
    fn set(&mut self, _done: usize, _remark: &dyn Fn() -> String) {}

    /// So much is done, and a positive value called `name` has come to `value`; `more` is said behind it.
    fn set_value(&mut self, _done: usize, _name: &str, _value: f64, _more: &str) {}
}

/// Nobody watches: the host of a program that wants results and no more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Alone;

impl Host for Alone {}
impl Progress for Alone {}
