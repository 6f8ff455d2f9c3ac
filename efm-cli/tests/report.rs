//! The page of a run: written by the run itself, by `efm report`, and served live by `efm watch`. Where a Chromium is
//! installed the page is opened in it; elsewhere those tests say SKIPPED and pass.

#[path = "common/browser.rs"]
mod browser;
mod common;
#[path = "common/server.rs"]
mod server;

use std::path::Path;

use browser::{Browser, installed};
use common::{Bench, files, refused};
use server::Server;

/// The data inside a page.
fn data(page: &Path) -> serde_json::Value {
    let html = std::fs::read_to_string(page).unwrap();
    let (_, rest) = html.split_once("<script id=\"data\" type=\"application/json\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn a_run_leaves_a_page_and_a_card_that_hold_all_of_it() {
    let bench = Bench::new();
    let done = bench.tiny(&["run", "gaussian-to-moons", "--out", "a run's"]).assert().success();
    let said = String::from_utf8(done.get_output().stdout.clone()).unwrap();
    assert!(said.contains("report.html"), "{said}");
    let data = data(&bench.path("a run's/report.html"));
    let run = &data["runs"][0];
    assert_eq!(run["missing"], serde_json::json!([]), "nothing is missing from a whole run");
    for part in ["scene", "clouds", "slices", "pace", "config", "effort"] {
        assert!(!run[part].is_null(), "{part}");
    }
    for part in ["strength", "tilt_learned", "angle", "arrows_learned"] {
        assert!(!run["slices"][part].is_null(), "{part}");
    }
    assert_eq!(run["scene"]["lines"].as_array().unwrap().len(), 5);
    let again = run["commands"][1][1].as_str().unwrap();
    assert!(again.starts_with("efm run 'a run'\\''s/config.toml' --device cpu --out "), "{again}");
    let card = std::fs::read_to_string(bench.path("a run's/model-card.md")).unwrap();
    assert!(card.contains("model.safetensors") && card.contains("| W2 |"), "{card}");
    // The exported model alone does what the run's folder does.
    std::fs::copy(bench.path("a run's/model.safetensors"), bench.path("alone.safetensors")).unwrap();
    for (model, out) in [("a run's", "folder.npy"), ("alone.safetensors", "file.npy")] {
        bench.efm(&["transport", model, "-i", "a run's/source.npy", "-o", out]).assert().success();
    }
    assert_eq!(std::fs::read(bench.path("folder.npy")).unwrap(), std::fs::read(bench.path("file.npy")).unwrap());
}

#[test]
fn the_command_on_the_page_makes_the_same_run_again() {
    let bench = Bench::new();
    bench.put("a.csv", common::csv(60, 0.0));
    bench.put("b.csv", common::csv(50, 4.0));
    bench
        .tiny(&["map", "--source", "a.csv", "--target", "b.csv", "--map", "loops", "--charges", "40", "--out", "one"])
        .assert()
        .success();
    let run = data(&bench.path("one/report.html"))["runs"][0].clone();
    let again: Vec<_> = run["commands"][1][1].as_str().unwrap().split(' ').map(str::to_owned).collect();
    let words: Vec<&str> = again.iter().skip(1).map(String::as_str).collect();
    bench.efm(&words).assert().success();
    for name in ["transported.npy", "lines.npz", "config.toml"] {
        let [one, two] = ["one", "one-again"].map(|run| std::fs::read(bench.path(run).join(name)).unwrap());
        assert!(one == two, "{name}");
    }
    // The hash of the data is that of the file.
    let hash = blake3::hash(common::csv(60, 0.0).as_bytes()).to_hex().to_string();
    assert!(run["facts"].to_string().contains(&hash), "{}", run["facts"]);
}

#[test]
fn an_old_or_broken_folder_has_a_page_that_says_what_is_missing() {
    let bench = Bench::new();
    bench.tiny(&["run", "gaussian-to-moons", "--out", "run"]).assert().success();
    for name in ["lines.npz", "slices.npz", "target.npy", "pace.jsonl", "provenance.json", "report.html"] {
        std::fs::remove_file(bench.path("run").join(name)).unwrap();
    }
    bench.efm(&["report", "run"]).assert().success();
    let page = bench.path("run/report.html");
    let missing = data(&page)["runs"][0]["missing"].to_string();
    for name in ["lines.npz", "slices.npz", "target.npy", "pace.jsonl", "provenance.json"] {
        assert!(missing.contains(name), "{missing}");
    }
    // Files that are cut, no numbers, or someone else's.
    for (name, bytes) in
        [("lines.npz", "PK\x03\x04"), ("metrics.json", "{\"w2\":"), ("config.toml", "a ="), ("log.jsonl", "{}\nx\n")]
    {
        std::fs::write(bench.path("run").join(name), bytes).unwrap();
    }
    bench.efm(&["report", "run", "--out", "page.html"]).assert().success();
    let missing = data(&bench.path("page.html"))["runs"][0]["missing"].to_string();
    for name in ["lines.npz", "metrics.json", "config.toml"] {
        assert!(missing.contains(name), "{missing}");
    }
}

#[test]
fn what_is_no_run_is_refused() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("empty")).unwrap();
    refused(bench.efm(&["report", "empty"]).assert(), 4, &["empty", "holds no run"]);
    refused(bench.efm(&["report", "missing"]).assert(), 4, &["missing", "no such folder"]);
    bench.put("log.jsonl", "");
    refused(bench.efm(&["report", ".", "--out", "none/page.html"]).assert(), 4, &["none", "--out"]);
    bench.efm(&["report"]).assert().code(2);
}

#[test]
fn a_report_changes_nothing_but_its_page() {
    let bench = Bench::new();
    bench.tiny(&["run", "gaussian-to-moons", "--seeds", "1..2", "--out", "runs"]).assert().success();
    let before = files(&bench.path("runs"));
    bench.efm(&["report", "runs", "--out", "page.html"]).assert().success();
    assert_eq!(files(&bench.path("runs")), before);
    let runs = data(&bench.path("page.html"))["runs"].clone();
    let names: Vec<_> = runs.as_array().unwrap().iter().map(|run| run["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["gaussian-to-moons seed-1", "gaussian-to-moons seed-2"]);
    assert!(before.iter().any(|(path, _)| path == Path::new("report.html")), "all seeds have a page together");
}

#[test]
fn a_server_gives_its_page_to_this_machine_and_nothing_else_to_anyone() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("run")).unwrap();
    bench.put("run/log.jsonl", "{\"step\":1,\"loss\":0.5,\"lr\":0.1}\n");
    let server = Server::start(&bench, &["run"]);
    let port = server.port;
    let get =
        |target: &str, host: &str| server.ask(format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes());
    let here = format!("127.0.0.1:{port}");
    let page = get("/", &here);
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("<!doctype html>"), "{}", &page[..200]);
    assert!(page.contains("connect-src 'self'") && page.contains("nosniff") && page.contains("DENY"));
    let head = server.ask(format!("HEAD / HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n").as_bytes());
    assert!(head.starts_with("HTTP/1.1 200") && head.ends_with("\r\n\r\n"), "{head}");
    for host in ["evil.example", &format!("evil.example:{port}"), "127.0.0.1", "localhost:1", ""] {
        assert!(get("/", host).starts_with("HTTP/1.1 403"), "{host}");
        assert!(get("/events", host).starts_with("HTTP/1.1 403"), "{host}");
    }
    for target in
        ["/../Cargo.toml", "/run/log.jsonl", "/log.jsonl", "//", "/events?seen=../x", "/%2e%2e/x", "http://a/", "*"]
    {
        assert!(get(target, &here).starts_with("HTTP/1.1 404"), "{target}");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"] {
        let answer = server.ask(format!("{method} / HTTP/1.1\r\nHost: {here}\r\n\r\n").as_bytes());
        assert!(answer.starts_with("HTTP/1.1 405") && answer.contains("Allow: GET, HEAD"), "{answer}");
    }
    let long = format!("GET / HTTP/1.1\r\nHost: {here}\r\nX: {}\r\n\r\n", "a".repeat(20_000));
    assert!(server.ask(long.as_bytes()).starts_with("HTTP/1.1 431"));
    for text in
        ["\r\n\r\n", "GET /\r\n\r\n", "\u{0}\u{1}\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "\u{16}\u{3}\u{1}\r\n\r\n"]
    {
        assert!(server.ask(text.as_bytes()).starts_with("HTTP/1.1 400"), "{text:?}");
    }
    // Half a request: told so after a while, and nobody else waits for it.
    let slow = server.open(b"GET / HTTP/1.1\r\nHost: ");
    assert!(get("/", &here).starts_with("HTTP/1.1 200"));
    assert!(Server::rest(slow).starts_with("HTTP/1.1 408"));
    // More clients than there is room for are turned away at once, and let in when others have gone.
    let crowd: Vec<_> = (0..24).map(|_| server.stream("/events")).collect();
    assert!(get("/", &here).starts_with("HTTP/1.1 503"));
    drop(crowd);
    server.wait_until(|| get("/", &here).starts_with("HTTP/1.1 200"));
    let left = files(&bench.path("run"));
    assert_eq!(left.len(), 1, "it only reads: {left:?}");
    assert_eq!(server.interrupt(), Some(0), "Ctrl-C ends it");
}

#[test]
fn a_server_gives_nothing_to_hostile_requests_and_does_not_stop() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("run")).unwrap();
    bench.put("run/log.jsonl", "{\"step\":1,\"loss\":0.5,\"lr\":0.1}\n");
    bench.put("secret", "not to be had");
    let server = Server::start(&bench, &["run"]);
    let here = format!("127.0.0.1:{}", server.port);
    let ask = |request: &str| server.ask(format!("{request}\r\n\r\n").as_bytes());
    let status = |answer: &str| answer.get(9..12).unwrap_or("nothing").to_owned();
    // Ways out of a folder, as they are written in the wild; and other names of what there is.
    for target in [
        "/run/../../secret",
        "/..%2f..%2fsecret",
        "/%2e%2e%2fsecret",
        "/%252e%252e%252fsecret",
        "/..%c0%af..%c0%afsecret",
        "/..%5c..%5csecret",
        "/..\\..\\secret",
        "/secret%00.html",
        "/run/log.jsonl?",
        "/?",
        "/#",
        "/events/",
        "/events?seen=g",
        "/events?seen=a&seen=b",
        "file:///etc/passwd",
        "//127.0.0.1/secret",
        "secret",
        "",
    ] {
        let answer = ask(&format!("GET {target} HTTP/1.1\r\nHost: {here}"));
        assert!(["404", "400"].contains(&status(&answer).as_str()), "{target}: {answer}");
        assert!(!answer.contains("not to be had") && !answer.contains("loss"), "{target}: {answer}");
    }
    // DNS rebinding: another name points here. What a proxy may have added, or the address in the request, does not help.
    for name in ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "[::1]", "0.0.0.0", "2130706433"] {
        for host in [name.to_owned(), format!("{name}:{}", server.port), format!("user@{here}"), format!("{here}.")] {
            let request =
                format!("GET / HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-Host: {here}\r\nForwarded: host={here}");
            assert_eq!(status(&ask(&request)), "403", "{host}");
        }
        let absolute = format!("GET http://{name}/ HTTP/1.1\r\nHost: {here}");
        assert_eq!(status(&ask(&absolute)), "404", "{absolute}");
    }
    // No method but two, in this spelling; nothing can be written, nor is a way to other methods believed.
    for method in ["CONNECT", "PROPFIND", "MKCOL", "MOVE", "LOCK", "get", "GETT", "\u{47}\u{45}\u{54}\u{300}", "PRI"] {
        let answer = ask(&format!("{method} / HTTP/1.1\r\nHost: {here}\r\nX-HTTP-Method-Override: GET"));
        assert!(["405", "400"].contains(&status(&answer).as_str()), "{method}: {answer}");
    }
    // Two requests in the place of one, and bodies that no GET has.
    for more in [
        "Content-Length: 5\r\n\r\nabcde",
        "Content-Length: 0\r\nContent-Length: 5",
        "Content-Length: -1",
        "Transfer-Encoding: chunked\r\n\r\n0",
        "Transfer-Encoding: identity, chunked",
        "Host: evil.example",
        " folded: value",
        "no-colon",
        ": no name",
        "a b: c",
        "X: \u{0}",
        "X: \u{7f}",
    ] {
        assert_eq!(status(&ask(&format!("GET / HTTP/1.1\r\nHost: {here}\r\n{more}"))), "400", "{more:?}");
    }
    // What follows a request is not taken for a second one.
    let twice = ask(&format!("HEAD / HTTP/1.1\r\nHost: {here}\r\n\r\nGET / HTTP/1.1\r\nHost: {here}"));
    assert_eq!(twice.matches("HTTP/1.1 ").count(), 1, "{twice}");
    // Too much: one long line, many short ones, a line that never ends.
    let many = format!("GET / HTTP/1.1\r\nHost: {here}\r\n{}", "a: b\r\n".repeat(3000));
    for request in [format!("GET /{} HTTP/1.1\r\nHost: {here}", "a".repeat(9000)), many, "a".repeat(100_000)] {
        let answer = server.ask(request.as_bytes());
        // The rest of what is still being sent may push the answer aside, nothing else.
        assert!(answer.is_empty() || status(&answer) == "431", "{answer}");
    }
    // Other pages may neither read nor frame it, and a preflight is not granted.
    let preflight = ask(&format!("OPTIONS /events HTTP/1.1\r\nHost: {here}\r\nOrigin: http://evil.example"));
    let page = ask(&format!("GET / HTTP/1.1\r\nHost: {here}\r\nOrigin: http://evil.example"));
    assert_eq!((status(&preflight).as_str(), status(&page).as_str()), ("405", "200"));
    for answer in [preflight, page] {
        let head = answer.split("\r\n\r\n").next().unwrap().to_ascii_lowercase();
        assert!(
            !head.contains("access-control") && head.contains("cross-origin-resource-policy: same-origin"),
            "{head}"
        );
    }
    assert_eq!(files(&bench.path("run")).len(), 1, "it only reads");
    assert_eq!(server.interrupt(), Some(0));
}

#[test]
fn a_stream_tells_what_is_new_through_a_restart_of_the_run() {
    let bench = Bench::new();
    let server = Server::start(&bench, &["later"]);
    let mut stream = server.stream("/events");
    let first = stream.event();
    assert!(first.starts_with("event: runs") && first.contains("no step is logged yet"), "{first}");
    std::fs::create_dir(bench.path("later")).unwrap();
    let line = |step: u32| format!("{{\"step\":{step},\"loss\":0.5,\"lr\":0.1}}\n");
    bench.put("later/log.jsonl", line(20));
    stream.event_with("\"step\":[20]");
    bench.put("later/log.jsonl", line(20) + &line(40));
    stream.event_with("\"step\":[20,40]");
    // The run begins anew: its files go, and come again shorter.
    std::fs::remove_file(bench.path("later/log.jsonl")).unwrap();
    stream.event_with("\"step\":[]");
    bench.put("later/log.jsonl", line(7));
    stream.event_with("\"step\":[7]");
    bench.put("later/metrics.json", "{\"w2\":0.125,\"dim\":2}");
    let news = stream.event_with("\"key\":\"w2\"");
    assert!(news.starts_with("event: runs"));
    assert_eq!(server.interrupt(), Some(0), "an open stream does not keep it");
}

/// Loud, so that nobody takes a test that did not run for one that passed.
fn skipped() {
    let note = "SKIPPED: no Chromium on the PATH, the page was not opened\n";
    std::io::Write::write_all(&mut std::io::stderr(), note.as_bytes()).unwrap();
}

/// Different colours in a part of a picture; a canvas without anything on it has one.
const COLOURS: &str = "(async (png, {x, y, width, height}) => {
    const image = new Image();
    image.src = 'data:image/png;base64,' + png;
    await image.decode();
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [image.width, image.height];
    const context = canvas.getContext('2d');
    context.drawImage(image, 0, 0);
    const {data} = context.getImageData(x, y, width, height);
    const seen = new Set();
    for (let at = 0; at < data.length; at += 4) seen.add((data[at] << 16) | (data[at + 1] << 8) | data[at + 2]);
    return seen.size;
})";

/// Different colours of the scene as it stands on the screen.
fn colours_of_scene(browser: &mut Browser) -> u64 {
    let scroll = "document.querySelector('#scenes').scrollIntoView({ block: 'center' })";
    browser.value(&format!("{scroll}, new Promise((done) => setTimeout(done, 1000))"));
    let place = "(({x, y, width, height}) => JSON.stringify({x, y, width, height}))";
    let place = browser.value(&format!("{place}(document.querySelector('.scene canvas').getBoundingClientRect())"));
    let png = browser.picture(false);
    browser.value(&format!("{COLOURS}('{png}', {})", place.as_str().unwrap())).as_u64().unwrap()
}

/// Keeps a picture where EFM_SCREENSHOTS says, for people to look at.
fn keep(browser: &mut Browser, name: &str) {
    let Some(folder) = std::env::var_os("EFM_SCREENSHOTS") else { return };
    let asked = format!("fetch('data:image/png;base64,{}')", browser.picture(true));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        Path::new(&folder).join(format!("{name}.base64")),
        &asked["fetch('data:image/png;base64,".len()..asked.len() - 2],
    )
    .unwrap();
}

#[test]
fn a_browser_draws_the_page_and_follows_the_slider_and_the_selector() {
    let Some(program) = installed() else { return skipped() };
    let bench = Bench::new();
    let mut efm = bench.efm(&["run", "gaussian-to-moons", "--out", "one", "--set", "train.steps=300"]);
    efm.args([
        "--set",
        "solver.lost_share=1",
        "--set",
        "eval.lines=40",
        "--set",
        "eval.samples=300",
        "--set",
        "train.log_every=5",
    ]);
    efm.args(["--set", "train.charges=200", "--set", "train.pool=1024", "--set", "eval.floor_repeats=2"])
        .assert()
        .success();
    bench.tiny(&["run", "gaussian-to-moons", "--seed", "2", "--out", "two"]).assert().success();
    bench.efm(&["report", "one", "two", "--out", "page.html"]).assert().success();
    let url = format!("file://{}", bench.path("page.html").display());
    let mut browser = Browser::start(&program);
    for (size, scheme) in [([1280, 900], "light"), ([1280, 900], "dark"), ([390, 844], "light"), ([390, 844], "dark")] {
        browser.open(&url, size, scheme);
        let name = format!("{}-{scheme}", size[0]);
        // Dots, lines and shades of two colours; a blank canvas has one.
        let colours = colours_of_scene(&mut browser);
        assert!(colours > 200, "{name}: {colours} colours");
        let wide = browser.value("document.documentElement.scrollWidth - document.documentElement.clientWidth");
        assert!(wide.as_i64().unwrap() <= 0, "{name}: the page is {wide} pixels wider than the window");
        let off = "[...document.querySelectorAll('.plot')].filter((n) => Math.abs(n._fullLayout.width - n.clientWidth) > 2).length";
        browser.wait_for(&format!("{off} === 0"));
        let dark = browser.value("getComputedStyle(document.body).backgroundColor");
        assert_eq!(dark == "rgb(255, 255, 255)", scheme == "light", "{dark}");
        keep(&mut browser, &name);
    }
    browser.open(&url, [1280, 900], "light");
    let points = "JSON.stringify(document.querySelector('.scene').data[5].x)";
    let before = browser.value(points);
    browser.value("(() => { const s = document.querySelector('#height'); s.value = 700; s.dispatchEvent(new Event('input')); })()");
    let after = browser.value(points);
    assert_ne!(before, after, "the slider moves the points");
    let heights: Vec<f64> = serde_json::from_str(after.as_str().unwrap()).unwrap();
    assert!(
        heights.iter().all(|z| *z > 0.0)
            && browser.value("document.querySelector('#height-out').textContent") != "z = 0"
    );
    browser.value("document.querySelector('#height').value = 0, document.querySelector('#play').click()");
    browser.wait_for("Number(document.querySelector('#height').value) > 100");
    browser.value("document.querySelector('#play').click()");
    // Both runs side by side; one click leaves one.
    let scenes =
        "document.querySelectorAll('.scene canvas').length > 0 && document.querySelectorAll('#scenes .panel').length";
    assert_eq!(browser.value(scenes), 2);
    browser.value("document.querySelector('#runs input').click()");
    assert_eq!(browser.value(scenes), 1);
    assert_eq!(browser.value("document.querySelectorAll('#summary .panel').length"), 1);
    assert!(browser.value("document.querySelector('#measure-table').textContent").as_str().unwrap().contains("W2"));
    let unnamed = browser.value("[...document.querySelectorAll('img, canvas[role], .plot')].filter((n) => !n.alt && !n.getAttribute('aria-label')).length");
    assert_eq!(unnamed, 0, "every picture is told in words");
    assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
}

#[test]
fn a_browser_sees_a_run_go_on() {
    let Some(program) = installed() else { return skipped() };
    let bench = Bench::new();
    let server = Server::start(&bench, &["run"]);
    let mut browser = Browser::start(&program);
    browser.open(&format!("http://127.0.0.1:{}/", server.port), [1280, 900], "light");
    browser.wait_for("document.querySelector('#status').textContent === 'live'");
    let efm = |more: &[&str]| {
        let mut efm = bench.efm(&["run", "gaussian-to-moons", "--out", "run", "--set", "train.steps=300"]);
        for setting in ["train.sample_every=50", "train.log_every=5", "train.charges=200", "train.pool=1024"] {
            efm.args(["--set", setting]);
        }
        for setting in ["solver.lost_share=1", "eval.lines=20", "eval.samples=200", "eval.floor_repeats=2"] {
            efm.args(["--set", setting]);
        }
        efm.args(more).assert()
    };
    // Stopped on its way, so that a slow page cannot miss it: the curve is there, and lines as they are by then.
    efm(&["--stop-after", "150"]).code(130);
    let count = "(document.querySelector('#curve-loss .plot')?.data?.[0]?.x ?? []).length";
    browser.wait_for(&format!("{count} === 31"));
    browser.wait_for("document.querySelector('#summary').textContent.includes('step 150 of 300')");
    browser.wait_for("!document.querySelector('#capacitor').hidden");
    efm(&["--resume"]).success();
    browser.wait_for(&format!("{count} === 61"));
    browser.wait_for("document.querySelector('#measure-table').textContent.includes('W2')");
    assert!(colours_of_scene(&mut browser) > 100);
    keep(&mut browser, "live");
    assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
    assert_eq!(server.interrupt(), Some(0));
}
