//! SIGINT and SIGTERM ask a run to finish its step and save.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};

use crate::failure::Exit;

/// The last signal that asked for an end, if any. A second SIGINT ends the process at once.
#[derive(Debug, Clone)]
pub struct Signals {
    last: Arc<AtomicUsize>,
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
        Self { last }
    }

    /// What to exit with if a signal came.
    pub fn received(&self) -> Option<Exit> {
        match self.last.load(Ordering::Relaxed) as i32 {
            SIGINT => Some(Exit::Interrupted),
            SIGTERM => Some(Exit::Terminated),
            _ => None,
        }
    }
}
