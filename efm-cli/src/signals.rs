//! What ends work early: SIGINT and SIGTERM ask a run to finish its step and save, and so does memory that runs out.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::memory::Memory;
use efm::Kind;

/// The last signal that asked for an end, if any. A second SIGINT ends the process at once.
#[derive(Debug, Clone)]
pub struct Signals {
    last: Arc<AtomicUsize>,
    memory: Cell<Option<Memory>>,
}

impl Signals {
    /// Starts listening.
    pub fn listen() -> Self {
        let last = Arc::new(AtomicUsize::new(0));
        for signal in [SIGINT, SIGTERM] {
            let again = Arc::new(std::sync::atomic::AtomicBool::new(false));
            // Order matters: the first signal arms the second hook. Failing to register leaves the default action.
            let _ = signal_hook::flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(&again));
            let _ = signal_hook::flag::register(signal, again);
            let _ = signal_hook::flag::register_usize(signal, Arc::clone(&last), signal as usize);
        }
        Self { last, memory: Cell::new(None) }
    }

    /// The same, and no more memory than this.
    #[must_use]
    pub fn within(self, memory: Memory) -> Self {
        self.memory.set(Some(memory));
        self
    }

    /// What to exit with if a signal came or too much memory is in use.
    pub fn received(&self) -> Option<Kind> {
        match self.last.load(Ordering::Relaxed) as i32 {
            SIGINT => Some(Kind::Interrupted),
            SIGTERM => Some(Kind::Terminated),
            _ => self.out_of_memory(),
        }
    }

    fn out_of_memory(&self) -> Option<Kind> {
        let mut memory = self.memory.get()?;
        let exceeded = memory.is_exceeded();
        self.memory.set(Some(memory));
        exceeded.then_some(Kind::Resource)
    }
}
