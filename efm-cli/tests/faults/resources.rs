//! Memory, numbers that are none, lost lines, and surroundings that are not what they usually are.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};

use crate::common::{Bench, TINY, csv};
use crate::row::{Row, check, efm, watch};

pub const TESTS: &[(&str, &str)] = &[
    ("non-finite loss", "seed_and_batch_of_a_loss_that_is_none_are_saved"),
    ("too little memory", "an_address_space_that_is_too_small_is_no_crash"),
    ("too little memory", "a_limit_that_is_given_is_kept"),
    ("closed stdout", "a_reader_that_goes_away_is_no_error"),
    ("closed stdout", "outputs_that_cannot_be_written_are_no_panic"),
    ("no terminal", "without_a_terminal_nothing_is_drawn"),
    ("paths that are not UTF-8", "names_of_any_bytes_are_taken_or_refused"),
];

/// Arguments with the settings of a tiny run, and others that win.
fn tiny<'a>(words: &[&'a str], settings: &[&'a str]) -> Vec<&'a str> {
    let all = TINY.iter().copied().filter(|setting| {
        let key = setting.split('=').next();
        settings.iter().all(|other| other.split('=').next() != key)
    });
    words.iter().copied().chain(all.chain(settings.iter().copied()).flat_map(|setting| ["--set", setting])).collect()
}

const RUN: [&str; 4] = ["run", "gaussian-to-moons", "--out", "run"];
const MEMORY: &str = "too little memory";

fn memory(name: &'static str, words: &[&str], says: &[&'static str]) -> Row {
    Row::refused(MEMORY, name, 6, says).file("a.csv", csv(40, 0.0)).typed(words)
}

pub fn rows() -> Vec<Row> {
    let lost = |name, command: &str, makes: &'static [&'static str]| {
        let words = tiny(
            &[command, "gaussian-to-moons", "--out", "run"],
            &["solver.lost_share=0.5", "solver.max_evaluations=1"],
        );
        let row = Row::refused(
            "lost lines",
            name,
            5,
            &["100.0 % of the lines did not land", "max_evaluations", "lost_share"],
        );
        row.making(makes).typed(&words)
    };
    let set =
        |name, setting: &str, says: &[&'static str]| memory(name, &[&RUN[..], &["--set", setting]].concat(), says);
    vec![
        Row::refused(
            "non-finite loss",
            "learning-rate-too-large",
            5,
            &["the loss is", "seed 1, batch", "train.learning_rate"],
        )
        .making(&["run"])
        .typed(&tiny(&RUN, &["train.learning_rate=1e38", "train.clip=0", "train.warmup=0"])),
        lost("run", "run", &["run"]),
        lost("map", "map", &["run"]),
        set("samples", "eval.samples=100000000000000", &["eval.samples", "GiB"]),
        set("repeats", "eval.repeats=1000000000000", &["GiB"]),
        set("pool", "train.pool=100000000000000", &["train.pool", "GiB"]),
        set("charges", "train.charges=100000000000000", &["train.charges", "GiB"]),
        set("dimension", "source.dim=16777216", &["D = 16777216", "GiB"]),
        set("weights", "model={ kind = 'mlp', width = 65536, depth = 64 }", &["model", "GiB"]),
        set("directions", "eval.projections=1000000000000000", &["eval.projections", "GiB"]),
        set("drawn-lines", "eval.lines=100000000000000", &["eval.lines", "GiB"]),
        memory(
            "map-charges",
            &["map", "gaussian-to-moons", "--charges", "100000000000000", "--out", "run"],
            &["--charges", "GiB"],
        ),
        memory(
            "map-samples",
            &["map", "gaussian-to-moons", "--set", "eval.samples=1000000000000", "--out", "run"],
            &["eval.samples"],
        ),
        memory("doctor", &["doctor", "gaussian-to-moons", "--set", "train.pool=100000000000000"], &["train.pool"]),
        memory("given", &[&RUN[..], &["--memory", "20MiB"]].concat(), &["20 MiB", "--memory"]),
        memory(
            "given-map",
            &["--memory", "64MiB", "map", "gaussian-to-moons", "--charges", "1000000", "--out", "run"],
            &["64 MiB"],
        ),
        memory("bench", &["bench", "field", "--points", "1000000000000"], &["1000000000000"]),
        Row::refused(MEMORY, "rows-of-a-file", 6, &["a.npy", "the limit is"])
            .given(|bench| {
                // As many bytes as the header says, on a file without blocks.
                let rows: u64 = 100_000_000;
                let head = crate::bytes::npy(&crate::bytes::header("<f4", &format!("({rows}, 2)")), &[]);
                std::fs::write(bench.path("a.npy"), &head).unwrap();
                let file = File::options().write(true).open(bench.path("a.npy")).unwrap();
                file.set_len(head.len() as u64 + 8 * rows).unwrap();
            })
            .typed(&["run", "--target", "a.npy", "--memory", "256MiB", "--out", "run"]),
        Row::refused(MEMORY, "limit-that-is-none", 2, &["--memory", "8GiB"])
            .typed(&[&RUN[..], &["--memory", "lots"]].concat()),
    ]
}

#[test]
fn what_cannot_be_done_is_refused() {
    check(&rows());
}

#[test]
fn seed_and_batch_of_a_loss_that_is_none_are_saved() {
    let bench = Bench::new();
    let words =
        tiny(&[&RUN[..], &["--seed", "7"]].concat(), &["train.learning_rate=1e38", "train.clip=0", "train.warmup=0"]);
    let ran = watch(efm(&bench).args(words));
    assert_eq!(ran.code, Some(5), "{}", ran.err);
    let text = std::fs::read_to_string(bench.path("run/failure.json")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(record["seed"], 7);
    let step = record["step"].as_u64().unwrap();
    assert_eq!(record["batch"].as_u64(), Some(step));
    assert!(ran.err.contains(&format!("step {step} (seed 7, batch {step})")), "{}", ran.err);
    assert!(!bench.path("run/model").exists() && !bench.path("run/metrics.json").exists());
}

#[test]
fn an_address_space_that_is_too_small_is_no_crash() {
    // Threads reserve more than they use: the binary alone takes some hundred MiB of addresses.
    let limited = |kibibytes: u64, words: &[&str]| {
        let bench = Bench::new();
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -v {kibibytes} && exec \"$0\" \"$@\"")]).arg(env!("CARGO_BIN_EXE_efm"));
        watch(command.args(words).current_dir(bench.path("")))
    };
    let small = tiny(&RUN, &[]);
    assert_eq!(limited(2 << 20, &small).code, Some(0), "2 GiB are plenty");
    let large = tiny(&RUN, &["train.pool=20000000"]);
    let ran = limited(2 << 20, &large);
    assert_eq!(ran.code, Some(6), "{}", ran.err);
    assert!(ran.err.contains("train.pool") && ran.err.contains("address space"), "{}", ran.err);
}

#[test]
fn a_limit_that_is_given_is_kept() {
    // What a command says it needs is asked for first; allowed just that, it has to run, and to keep to it to a tenth.
    let forward = ["map", "gaussian-to-moons", "--map", "forward", "--charges", "100000", "--accuracy", "1e-2"];
    let trained =
        ["train.batch=2048", "train.pool=4096", "model.width=512", "train.steps=4", "solver.max_evaluations=20"];
    let pictures = |side: usize, batch: &'static str| {
        let size: &'static str = if side == 16 { "16" } else { "32" };
        let words =
            ["train", "--target", if side == 16 { "16.npy" } else { "32.npy" }, "--image", size, "--out", "run"];
        let model = "model={ kind = 'u-net', channels = 16, multipliers = [1, 2], attention = [] }";
        let settings = [batch, "train.pool=256", "train.charges=50", "train.steps=4", "train.warmup=2", model];
        let words = words.iter().copied();
        words.chain(settings.iter().copied().flat_map(|setting| ["--set", setting])).collect::<Vec<_>>()
    };
    for (name, words) in [
        ("a U-Net, 32 of 16 × 16", pictures(16, "train.batch=32")),
        ("a U-Net, 64 of 16 × 16", pictures(16, "train.batch=64")),
        ("a U-Net, 64 of 32 × 32", pictures(32, "train.batch=64")),
        ("a pool of 200 000", tiny(&RUN, &["train.pool=200000", "train.charges=8", "train.steps=4", "eval.repeats=1"])),
        ("D = 64", tiny(&RUN, &["train.pool=20000", "train.charges=8", "source.dim=64", "target.dim=64"])),
        ("100 000 charges in trees", tiny(&[&forward[..], &["--out", "run"]].concat(), &["eval.samples=10"])),
        ("a network 512 wide", tiny(&RUN, &trained)),
        ("matching 1500 points", tiny(&RUN, &["eval.samples=1500", "eval.repeats=1", "solver.max_evaluations=20"])),
    ] {
        let within = |mebibytes: u64| {
            let bench = Bench::new();
            for side in [16, 32] {
                let pixels: Vec<u8> = (0..60 * side * side).map(|at| (at % 251) as u8).collect();
                bench.put(
                    &format!("{side}.npy"),
                    crate::bytes::npy(&crate::bytes::header("|u1", &format!("(60, {side}, {side})")), &pixels),
                );
            }
            watch(efm(&bench).args(&words).arg("--memory").arg(format!("{mebibytes}MiB")))
        };
        // The first sum is of what is drawn to scale the data, the last of everything.
        let (mut limit, mut ran) = (12_u64, within(13));
        for _ in 0..3 {
            let said = ran.err.split("takes about ").nth(1).and_then(|rest| rest.split(" MiB").next());
            let Some(said) = said.filter(|_| ran.code == Some(6)) else { break };
            limit = said.parse().unwrap_or_else(|_| panic!("{name}: {}", ran.err));
            ran = within(limit + 1);
        }
        assert_eq!(ran.code, Some(0), "{name}, {limit} MiB: {}", ran.err);
        let peak = ran.peak as f64 / f64::from(1 << 20);
        println!("{name:<26} said {limit:>4} MiB, took {peak:>6.1} MiB");
        assert!(peak <= 1.1 * (limit + 1) as f64, "{name}: {peak} MiB of {limit}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    for words in [&["presets"][..], &["completions", "bash"], &["presets", "digits"], &["--help"], &["run", "--help"]] {
        let bench = Bench::new();
        let mut child = efm(&bench).args(words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        reader.read_line(&mut String::new()).unwrap();
        drop(reader);
        let ended = child.wait_with_output().unwrap();
        assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stderr).as_ref()), (Some(0), ""), "{words:?}");
    }
    // A run does all its work, whoever listens.
    let bench = Bench::new();
    let mut child = efm(&bench).args(tiny(&RUN, &[])).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(bench.path("run/metrics.json").is_file());
}

#[test]
fn outputs_that_cannot_be_written_are_no_panic() {
    let shell = |script: &str, words: &[&str]| {
        let bench = Bench::new();
        let mut command = Command::new("sh");
        command.args(["-c", script]).arg(env!("CARGO_BIN_EXE_efm")).args(words).current_dir(bench.path(""));
        watch(&mut command)
    };
    for redirection in [">&-", "2>&-", ">&- 2>&-", "</dev/null >/dev/full", "2>/dev/full", "<&-"] {
        let script = format!("exec \"$0\" \"$@\" {redirection}");
        for (words, code) in
            [(&["presets"][..], 0), (&["run", "nope"], 2), (&["completions", "zsh"], 0), (&["--help"], 0)]
        {
            let ran = shell(&script, words);
            assert_eq!(ran.code, Some(code), "{redirection} {words:?}: {}", ran.err);
            assert!(!ran.err.contains("panicked") && !ran.err.contains("internal error"), "{}", ran.err);
        }
    }
}

#[test]
fn without_a_terminal_nothing_is_drawn() {
    let bench = Bench::new();
    let ran = watch(efm(&bench).args(tiny(&RUN, &[])).env_remove("TERM"));
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(!ran.err.contains('\x1b') && !ran.out.contains('\x1b') && !ran.err.contains('\r'), "{}", ran.err);
    assert!(ran.err.contains("train 20/20"), "progress in lines: {}", ran.err);
    // With one, whatever it can do.
    for term in ["dumb", "xterm", "unknown-terminal"] {
        let words = tiny(&["train", "gaussian-to-moons", "--force", "--out", "run"], &[]);
        let line = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
        let line = format!("{} {line}", env!("CARGO_BIN_EXE_efm"));
        let mut script = Command::new("script");
        script.args(["-qec", &line, "/dev/null"]).env("TERM", term).current_dir(bench.path(""));
        if script.get_program() == "script" && Command::new("script").arg("--version").output().is_err() {
            eprintln!("SKIPPED: no `script` to make a terminal with");
            return;
        }
        let ran = watch(&mut script);
        assert_eq!(ran.code, Some(0), "{term}: {}", ran.out);
        assert!(!ran.out.contains("panicked") && !ran.out.contains("internal error"), "{}", ran.out);
    }
}

#[test]
fn names_of_any_bytes_are_taken_or_refused() {
    let bench = Bench::new();
    let odd = |name: &[u8]| OsStr::from_bytes(name).to_os_string();
    let (input, output, folder) = (odd(b"caf\xe9.csv"), odd(b"out\xff.npy"), odd(b"run\xfe"));
    std::fs::write(bench.path("").join(&input), csv(30, 0.0)).unwrap();
    let run = |words: &[&OsStr]| watch(efm(&bench).args(words));
    let word = OsStr::new;
    let mut train = efm(&bench);
    train.args(["train", "gaussian-to-moons", "--out"]).arg(&folder);
    train.args(TINY.iter().flat_map(|setting| ["--set", setting]));
    let trained = watch(&mut train);
    assert_eq!(trained.code, Some(0), "{}", trained.err);
    let ran = run(&[word("transport"), &folder, word("-i"), &input, word("-o"), &output]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(run(&[word("eval"), &output, &input]).code, Some(0));
    assert_eq!(run(&[word("eval"), &folder]).code, Some(0));
    // A configuration is UTF-8, and so are the paths in it.
    let ran = run(&[word("run"), word("--target"), &input, word("--out"), word("no")]);
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    assert!(ran.err.contains("not UTF-8") && ran.err.contains("hint: rename"), "{}", ran.err);
    for words in
        [&[word("run"), &odd(b"pre\xe9set")][..], &[word("data"), word("import"), &odd(b"\xff")], &[&odd(b"\xff")]]
    {
        let ran = run(words);
        assert_eq!(ran.code, Some(2), "{words:?}: {}", ran.err);
        assert!(ran.err.starts_with("efm: ") && ran.err.contains("\nhint: "), "{}", ran.err);
    }
    // A folder of such images, and a set in it.
    let images = bench.path("").join(odd(b"im\xe9"));
    std::fs::create_dir(&images).unwrap();
    for (name, seed) in [(&b"\xff.png"[..], 1), (b"\xfe.png", 2)] {
        std::fs::write(images.join(odd(name)), crate::pictures::png(4, 4, seed)).unwrap();
    }
    let ran = run(&[word("data"), word("info"), &images.into_os_string()]);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(!bench.path("no").exists());
}
