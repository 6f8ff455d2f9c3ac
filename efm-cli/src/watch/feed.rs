//! Looks at the folders of runs again and again, and keeps what pages are to be told.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use efm::report::{Page, RunRecord, log_json, pace_json, page, runs_json};

use efm::{PROGRAM, folders, gather_all, reread, title};

/// Files whose change makes a new page; logs are sent on their own.
const FILES: [&str; 10] = [
    "config.toml",
    "metrics.json",
    "provenance.json",
    "failure.json",
    "lines.npz",
    "slices.npz",
    "source.npy",
    "transported.npy",
    "target.npy",
    "pictures",
];
const LOGS: [&str; 2] = ["log.jsonl", "pace.jsonl"];

/// What a file looked like: nothing where there is none.
type Look = Option<(u64, Option<SystemTime>)>;

/// What there is to tell, and by which number it was new.
#[derive(Default)]
struct News {
    runs: Vec<RunRecord>,
    /// The runs as an event, and what tells one state of them from another.
    event: Arc<str>,
    seen: String,
    runs_number: u64,
    /// The log of each run as an event.
    logs: Vec<(u64, Arc<str>)>,
    number: u64,
    closing: bool,
}

/// Shared by the one who looks and those who tell.
pub struct Feed {
    given: Vec<PathBuf>,
    news: Mutex<News>,
    bell: Condvar,
}

/// What one page was told last.
#[derive(Debug, Default)]
pub struct Told {
    runs: u64,
    logs: Vec<u64>,
}

impl Feed {
    /// Looks once, so that there is a page from the start.
    pub fn new(given: Vec<PathBuf>) -> Self {
        Self { given, news: Mutex::default(), bell: Condvar::new() }
    }

    fn news(&self) -> MutexGuard<'_, News> {
        // What a thread that panicked has left is replaced at the next look.
        self.news.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks every `pause` until [`Feed::close`].
    pub fn look(&self, pause: Duration) {
        let (mut files, mut logs) = (Vec::new(), Vec::new());
        loop {
            let found = present(&self.given);
            let now: Vec<_> = found.iter().map(|folder| looks(folder, &FILES)).collect();
            let now_logs: Vec<_> = found.iter().map(|folder| looks(folder, &LOGS)).collect();
            if now != files {
                self.tell_runs(&found);
            } else if now_logs != logs {
                let changed = (0..found.len()).filter(|&index| now_logs.get(index) != logs.get(index));
                changed.for_each(|index| self.tell_log(index, &found[index]));
            }
            (files, logs) = (now, now_logs);
            let news = self.news();
            if news.closing {
                return;
            }
            drop(self.bell.wait_timeout_while(news, pause, |news| !news.closing));
        }
    }

    fn tell_runs(&self, found: &[PathBuf]) {
        let runs = gather_all(found);
        let json = serde_json::json!({ "runs": runs_json(&runs) }).to_string();
        let seen = blake3::hash(json.as_bytes()).to_hex().to_string();
        let mut news = self.news();
        if news.seen == seen && news.number > 0 {
            return;
        }
        news.number += 1;
        news.runs_number = news.number;
        news.logs = vec![(news.number, Arc::from("")); runs.len()];
        news.runs = runs;
        news.event = event("runs", &json);
        news.seen = seen;
        self.bell.notify_all();
    }

    fn tell_log(&self, index: usize, folder: &Path) {
        let mut run = self.news().runs.get(index).cloned().unwrap_or_default();
        reread(folder, &mut run);
        let json = serde_json::json!({
            "index": index, "log": log_json(&run.log), "pace": pace_json(&run.pace), "state": run.state,
        });
        let mut news = self.news();
        news.number += 1;
        let number = news.number;
        if let (Some(log), Some(old)) = (news.logs.get_mut(index), Some(run)) {
            *log = (number, event("log", &json.to_string()));
            news.runs[index] = old;
        }
        self.bell.notify_all();
    }

    /// The page as it is now.
    pub fn page(&self) -> String {
        let (runs, seen) = {
            let news = self.news();
            (news.runs.clone(), news.seen.clone())
        };
        let names: Vec<_> = runs.iter().map(|run| run.name.clone()).collect();
        page(&Page { title: &title(&names), program: PROGRAM, runs: &runs, live: Some(&seen) })
    }

    /// What a page that shows the state `seen` has been told already.
    pub fn told(&self, seen: &str) -> Told {
        let news = self.news();
        let runs = if news.seen == seen { news.runs_number } else { 0 };
        Told { runs, logs: vec![runs; news.logs.len()] }
    }

    /// Waits for news; gives their text, an empty one after a while without any, `None` at the end.
    pub fn wait(&self, told: &mut Told, most: Duration) -> Option<Vec<Arc<str>>> {
        let new = |news: &News, told: &Told| {
            news.runs_number > told.runs || news.logs.iter().enumerate().any(|(index, log)| log.0 > told.log(index))
        };
        let news = self.news();
        let (news, _) = self
            .bell
            .wait_timeout_while(news, most, |news| !news.closing && !new(news, told))
            .unwrap_or_else(PoisonError::into_inner);
        if news.closing {
            return None;
        }
        let mut events = Vec::new();
        if news.runs_number > told.runs {
            events.push(Arc::clone(&news.event));
            *told = Told { runs: news.runs_number, logs: vec![news.runs_number; news.logs.len()] };
        }
        for (index, (number, event)) in news.logs.iter().enumerate() {
            if *number > told.log(index) {
                events.push(Arc::clone(event));
                told.hear(index, *number);
            }
        }
        Some(events)
    }

    /// Ends the looking and the waiting.
    pub fn close(&self) {
        self.news().closing = true;
        self.bell.notify_all();
    }
}

impl Told {
    fn log(&self, index: usize) -> u64 {
        self.logs.get(index).copied().unwrap_or(0)
    }

    fn hear(&mut self, index: usize, number: u64) {
        if self.logs.len() <= index {
            self.logs.resize(index + 1, 0);
        }
        self.logs[index] = number;
    }
}

/// The runs below the folders given; a folder that is not there yet stands for the run it will hold.
fn present(given: &[PathBuf]) -> Vec<PathBuf> {
    let one = |folder: &PathBuf| folders(std::slice::from_ref(folder)).unwrap_or_else(|_| vec![folder.clone()]);
    given.iter().flat_map(one).collect()
}

fn looks(folder: &Path, names: &[&str]) -> (PathBuf, Vec<Look>) {
    let look = |name: &&str| {
        let about = fs::metadata(folder.join(name)).ok()?;
        Some((about.len(), about.modified().ok()))
    };
    (folder.to_path_buf(), names.iter().map(look).collect())
}

/// A server-sent event; its data are JSON and so have no line breaks.
fn event(name: &str, json: &str) -> Arc<str> {
    Arc::from(format!("event: {name}\ndata: {json}\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_grows_shrinks_or_vanishes_is_told_and_silence_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let run = folder.path().join("run");
        let feed = Feed::new(vec![run.clone()]);
        let soon = Duration::from_millis(1);
        // The folder is not there yet: a page that waits for it.
        feed.tell_runs(&present(&feed.given));
        assert!(feed.page().contains("no step is logged yet"));
        let mut told = feed.told("another state");
        assert_eq!(feed.wait(&mut told, soon).unwrap().len(), 1, "a page of another state is told the present one");
        assert!(feed.wait(&mut told, soon).unwrap().is_empty());
        fs::create_dir(&run).unwrap();
        for text in [
            "{\"step\":1,\"loss\":0.5,\"lr\":0.1}\n{\"step\":2,\"loss\":0.25,\"lr\":0.1}\n{\"st",
            "{\"step\":1,\"loss\":0.125,\"lr\":0.1}\n",
            "",
        ] {
            fs::write(run.join("log.jsonl"), text).unwrap();
            feed.tell_log(0, &run);
            let events = feed.wait(&mut told, soon).unwrap();
            assert_eq!(events.len(), 1);
            let whole = text.lines().filter(|line| line.ends_with('}')).count();
            let json: serde_json::Value =
                serde_json::from_str(events[0].split_once("data: ").unwrap().1.trim()).unwrap();
            assert_eq!(json["log"]["loss"].as_array().unwrap().len(), whole, "{text}");
        }
        feed.close();
        assert!(feed.wait(&mut told, soon).is_none());
    }
}
