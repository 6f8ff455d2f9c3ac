//! Progress of long work: a bar on a terminal, a line per tenth elsewhere.

use std::time::{Duration, Instant};

use efm::Progress;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::say;
use crate::sparkline::Sparkline;

/// Progress of one stage; the bar goes when this is dropped.
pub struct Bar {
    bar: ProgressBar,
    stage: &'static str,
    total: u64,
    tenth: u64,
    started: Instant,
    curve: Sparkline,
}

impl Bar {
    /// `total` units of work called `stage`.
    pub fn new(stage: &'static str, total: usize) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr_with_hz(10));
        let template = "{prefix:>10} [{bar:32}] {pos}/{len} {msg} {elapsed} eta {eta}";
        bar.set_style(ProgressStyle::with_template(template).expect("a valid template").progress_chars("=> "));
        bar.set_prefix(stage);
        bar.enable_steady_tick(Duration::from_millis(500));
        Self { bar, stage, total: total as u64, tenth: 0, started: Instant::now(), curve: Sparkline::default() }
    }
}

impl Progress for Bar {
    fn set_value(&mut self, done: usize, name: &str, value: f64, more: &str) {
        self.curve.add(done as u64, self.total, value);
        let curve = std::mem::take(&mut self.curve);
        self.set(done, &|| format!("{name} {value:.5} {}{more}", curve.text()));
        self.curve = curve;
    }

    fn set(&mut self, done: usize, remark: &dyn Fn() -> String) {
        let done = done as u64;
        let tenth = (done * 10).checked_div(self.total).unwrap_or(10);
        if self.bar.is_hidden() {
            if tenth > self.tenth {
                let seconds = self.started.elapsed().as_secs_f64();
                // What is left at the mean pace so far.
                let left = seconds * (self.total.saturating_sub(done)) as f64 / done.max(1) as f64;
                let (stage, total) = (self.stage, self.total);
                say::note(format!("{stage:>10} {done}/{total} {} {seconds:.1}s, {left:.0}s left", remark()));
            }
        } else {
            self.bar.set_position(done);
            self.bar.set_message(remark());
        }
        self.tenth = tenth.max(self.tenth);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
