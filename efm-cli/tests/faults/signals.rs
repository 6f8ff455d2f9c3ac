//! SIGINT and SIGTERM: the step is finished and saved; what is not worth saving is not written.

use std::process::Stdio;
use std::time::Duration;

use crate::common::{Bench, TINY};
use crate::row::{efm, kill};

pub const TESTS: &[(&str, &str)] = &[
    ("SIGINT and SIGTERM", "signals_end_a_run_with_a_checkpoint_to_go_on_from"),
    ("SIGINT and SIGTERM", "signals_end_a_map_without_a_result"),
];

#[test]
fn signals_end_a_run_with_a_checkpoint_to_go_on_from() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let bench = Bench::new();
        let mut command = efm(&bench);
        command.args(["train", "gaussian-to-moons", "--out", "run"]);
        for setting in TINY.iter().filter(|setting| !setting.starts_with("train.steps")) {
            command.args(["--set", setting]);
        }
        // More steps than anyone waits for.
        let mut child = command.args(["--set", "train.steps=1000000"]).stderr(Stdio::null()).spawn().unwrap();
        let log = bench.path("run/log.jsonl");
        while std::fs::metadata(&log).map_or(0, |log| log.len()) == 0 {
            assert!(child.try_wait().unwrap().is_none(), "it ended before the signal");
            std::thread::sleep(Duration::from_millis(10));
        }
        kill(signal, child.id());
        assert_eq!(child.wait().unwrap().code(), Some(code), "{signal}");
        let checkpoints = std::fs::read_dir(bench.path("run/checkpoints")).unwrap().count();
        assert!(checkpoints > 0, "{signal}");
        assert!(!bench.path("run/model").exists(), "nothing half-trained under the final name");
    }
}

#[test]
fn signals_end_a_map_without_a_result() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let bench = Bench::new();
        let mut command = efm(&bench);
        // Minutes of work, in small portions.
        command.args(["map", "gaussian-to-moons", "--charges", "500", "--out", "run"]);
        command.args(["--set", "eval.samples=50000", "--set", "solver.rtol=1e-9", "--set", "solver.atol=1e-9"]);
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        while !bench.path("run/.lock").exists() {
            assert!(child.try_wait().unwrap().is_none(), "it ended before the signal");
            std::thread::sleep(Duration::from_millis(10));
        }
        kill(signal, child.id());
        assert_eq!(child.wait().unwrap().code(), Some(code), "{signal}");
        let there: Vec<_> = crate::row::snapshot(&bench.path("run")).into_keys().collect();
        assert!(there.is_empty(), "{signal}: {there:?}");
    }
}
