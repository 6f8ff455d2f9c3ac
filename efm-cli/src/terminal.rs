//! The program around a run: bars and notes on stderr, the clock, signals, the limit of memory, the folder of known sets.

use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::time::Instant;

use efm::{Error, Estimate, Host, Kind, NamedDevice};

use crate::data_folder;
use crate::memory::{Memory, resident};
use crate::progress::Bar;
use crate::say;
use crate::signals::Signals;

/// What a command gives to the library.
#[derive(Debug)]
pub struct Terminal {
    memory: Memory,
    device: String,
    signals: OnceCell<Signals>,
    started: Instant,
}

impl Terminal {
    /// Within this memory, on the device of this name; signals end the process until [`Terminal::listen`].
    pub fn new(memory: Memory, device: String) -> Self {
        Self { memory, device, signals: OnceCell::new(), started: Instant::now() }
    }

    /// From here on signals end the work after its step, and so does memory that runs out.
    pub fn listen(&self) -> &Signals {
        self.signals.get_or_init(|| Signals::listen().within(self.memory))
    }

    /// The device that the command computes on.
    pub fn device(&self) -> Result<NamedDevice, Error> {
        NamedDevice::open(&self.device)
    }
}

impl Host for Terminal {
    fn note(&self, line: &str) {
        say::note(line);
    }

    fn progress(&self, stage: &'static str, total: usize) -> Box<dyn efm::Progress + '_> {
        Box::new(Bar::new(stage, total))
    }

    fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    fn stop(&self) -> Option<Kind> {
        self.signals.get().and_then(Signals::received)
    }

    fn stopped(&self, kind: Kind, done: &str, run: Option<&Path>) -> Error {
        if kind == Kind::Resource {
            return self.memory.exceeded(done);
        }
        Error::Stopped { kind, done: done.to_owned(), run: run.map(Path::to_path_buf) }
    }

    fn check_memory(&self, estimate: &Estimate) -> Result<(), Error> {
        self.memory.check(estimate)
    }

    fn memory_for_rows(&self) -> u64 {
        self.memory.for_rows()
    }

    fn memory_in_use(&self) -> Option<u64> {
        resident()
    }

    fn store(&self) -> Option<PathBuf> {
        data_folder::folder(None).ok()
    }
}
